/* One file, or a pipe, read ahead in order: its bytes come in segments, while the caller's threads compute.
 * No thread of the caller ever waits inside a read: an I/O lane, a thread of the stream's own, reads.
 *
 *     pel_stream_open(&stream, path, &options, &err)
 *     any number of threads:
 *         while (pel_stream_next(stream, &segment, &err) > 0) {
 *             compute on segment.data[0 .. segment.nbytes)
 *             pel_stream_release(stream, &segment)
 *         }
 *     pel_stream_close(stream)
 *
 * Memory: `depth` segments at most are being read or are ready; those that callers hold come on top, so
 * that who holds some can always have the next. With one segment a thread that is
 * (depth + threads) * segment_bytes.
 *
 * A regular file has the size it had when it was opened: one that shrinks while it is read is an error that
 * names the place, what is appended meanwhile is not read, and what is overwritten is not noticed. All
 * backends give the same segments and the same errors.
 */
#ifndef PELTON_STREAM_H
#define PELTON_STREAM_H

#include <pelton/load.h>

PEL_BEGIN_DECLS

struct pel_stream;

struct pel_stream_options {
    const char *backend;  /* as in <pelton/load.h>; pipes are read with plain reads by any */
    size_t segment_bytes; /* 0: 1 MiB */
    int depth;       /* 1 to 16; 0: 4. For regular files so many reads are in flight, each through
                             a descriptor of its own where the system lets the file be opened anew */
    uint64_t offset; /* bytes to pass over; of a descriptor, from where it stands */
    uint64_t taken;  /* of a pipe: bytes that were read from it before, which offset (not below it) and
                        the places that are told count in */
    uint64_t nbytes; /* exactly so many are read, fewer in the file are an error; 0: to the end */

    /* Ranges of nbytes each (not 0) that are read side by side, of regular files only: range j begins at
     * offset + ranges[j], and segment i is part i / nranges of range i % nranges. NULL: one range, at
     * offset. Used until pel_stream_open returns. */
    const uint64_t *ranges;
    size_t nranges;

    uint64_t drain_ns;        /* as in <pelton/load.h> */
    const uint64_t *cpu_mask; /* as in <pelton/load.h> */
    size_t cpu_mask_words;
    const struct pel_cancel *cancel; /* ends waiting with -ECANCELED within 100 ms; may be NULL */
    struct pel_load_sim sim;         /* of the backend "sim" */
};

/* Bytes of the file, lent until pel_stream_release. */
struct pel_stream_segment {
    uint64_t index;               /* 0, 1, 2, ... */
    uint64_t offset;              /* of the first byte; of a pipe, `taken` and what came before it */
    const unsigned char *data;    /* aligned to a cache line */
    size_t nbytes;                /* segment_bytes; 1 to that in the last of a range */
    struct pel_stream_slot *slot; /* the stream's own */
};

/* Begins to read. -EINVAL (unknown backend, a value out of range, ranges of a pipe), -ENOMEM, -EISDIR, or
 * what opening the file or starting the lane gave; a backend that is denied is replaced as in
 * <pelton/load.h>. pel_stream_open_fd reads a descriptor, which stays the caller's, open until
 * pel_stream_close; the position of a regular file is not moved. */
PEL_API PEL_MUST_CHECK int pel_stream_open(struct pel_stream **out, const char *path,
                                           const struct pel_stream_options *options,
                                           struct pel_error *err);
PEL_API PEL_MUST_CHECK int pel_stream_open_fd(struct pel_stream **out, int fd,
                                              const struct pel_stream_options *options,
                                              struct pel_error *err);

/* Waits for the next segment: 1 with *segment filled in, 0 after the last, or a negative errno, which
 * every later call gives again: what reading gave, at err->offset; -EIO for a file that ended early;
 * -ENOMEM; -ECANCELED; -EOWNERDEAD in a child process after fork. From any thread; each segment is handed
 * out once, in ascending order, those before an error too. */
PEL_API PEL_MUST_CHECK int pel_stream_next(struct pel_stream *stream,
                                           struct pel_stream_segment *segment,
                                           struct pel_error *err);

/* Gives the segment's memory back, exactly once. From any thread. */
PEL_API void pel_stream_release(struct pel_stream *stream, struct pel_stream_segment *segment);

/* Ends reading and frees the stream, perhaps before its end; all segments have been released. A read that
 * is stuck in the system is waited for drain_ns; after that the lane stays behind with it, and frees the
 * stream when it comes back. NULL is fine. In a child process after fork, this and release do nothing. */
PEL_API void pel_stream_close(struct pel_stream *stream);

PEL_END_DECLS
#endif
