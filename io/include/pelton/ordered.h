/* Output of many threads in one order, with bounded memory: threads fill pieces of the parts they work on,
 * and a lane, a thread of the writer's own, writes the parts one after the other, so that no thread that
 * computes sits in a write.
 *
 * Parts are numbered from 0 without a gap. Each is filled by one thread at a time and ended once; threads
 * begin them in about ascending order. All pieces together stay within a budget, and the last free one is
 * kept for the lowest part that has not been written: so its thread waits for the lane at most, others
 * wait for it to end, and nobody waits for ever.
 */
#ifndef PELTON_ORDERED_H
#define PELTON_ORDERED_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

struct pel_ordered;

struct pel_ordered_options {
    size_t piece_bytes;              /* 0: 256 KiB */
    size_t budget_bytes;             /* of all pieces; at least one is had. 0: 64 MiB */
    const struct pel_cancel *cancel; /* ends all waiting within 50 ms; may be NULL */
    const uint64_t *cpu_mask;        /* as in <pelton/load.h> */
    size_t cpu_mask_words;
};

/* Memory to fill: bytes go to data + used, and used is raised. */
struct pel_piece {
    unsigned char *data;
    size_t capacity, used;
};

/* Begins to write to `fd`, which stays the caller's; a pipe is made as large as the system allows.
 * -ENOMEM, or what starting the lane gave. */
PEL_API PEL_MUST_CHECK int pel_ordered_open(struct pel_ordered **out, int fd,
                                            const struct pel_ordered_options *options,
                                            struct pel_error *err);

/* The part's piece to go on filling, with room for at least `room` bytes (1 to piece_bytes); a fuller one
 * is handed to the lane. It is the caller's until its next call for that part. Returns 0, -ENOMEM,
 * -EINVAL (room is larger than a piece), -ECANCELED, or why the writing has ended (-EPIPE, -ENOSPC, ...,
 * the status of pel_ordered_stop). From any thread. */
PEL_API PEL_MUST_CHECK int pel_ordered_piece(struct pel_ordered *ordered, uint64_t part,
                                             size_t room, struct pel_piece **piece);

/* Nothing more comes for the part, which may never have had a piece. Returns as pel_ordered_piece. */
PEL_API PEL_MUST_CHECK int pel_ordered_end(struct pel_ordered *ordered, uint64_t part);

/* Ends the writing with a status, even in the middle of a write that hangs: nothing more is written, and
 * waiting threads return the status. The first status stays. From any thread. */
PEL_API void pel_ordered_stop(struct pel_ordered *ordered, int status);

/* Waits until all is written, ends the lane and frees the writer. Returns 0, or why the writing has ended:
 * the first failed write, the status of pel_ordered_stop, -ECANCELED, or -EINVAL when parts were not ended
 * (those behind the first such are not written). *written, which may be NULL, is the bytes that were. NULL
 * is fine. No other call may be under way. */
PEL_API PEL_MUST_CHECK int pel_ordered_close(struct pel_ordered *ordered, uint64_t *written);

PEL_END_DECLS
#endif
