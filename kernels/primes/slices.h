/* The primes of an interval in slices of equally many, in order, while several threads sieve.
 *
 * The interval is sieved in segments. Who asks for a slice while too few primes are ready sieves the next segment
 * and counts its primes; slices are cut by counts alone, so that one may begin in the middle of a segment and
 * end in another, and are decoded by who has got them. */
#ifndef PELTON_PRIMES_SLICES_H
#define PELTON_PRIMES_SLICES_H

#include <pelton/core.h>

enum {
    PEL_SLICE_PRIMES = 65536,
    /* By the counts of blocks of a bitmap it is found where a slice begins: behind some primes of a block. */
    PEL_SLICES_BLOCK_NBYTES = 512,
    /* Places to decode a slice into, with what stands before it in its block, and with a word behind it. */
    PEL_SLICES_ROOM = PEL_SLICE_PRIMES + 8 * PEL_SLICES_BLOCK_NBYTES + 64
};

struct pel_slices;

struct pel_slice {
    uint64_t index;                          /* 0, 1, 2, ... */
    size_t nprimes;                          /* PEL_SLICE_PRIMES; 1 to that in the last */
    struct pel_slices_segment *first, *last; /* lent */
    size_t block, passed;                    /* where it begins in the first */
};

/* Of [start, stop], 7 <= start <= stop. Memory: a bitmap of pel_part_numbers_within(start, stop) / 30 bytes for each
 * thread that asks and each slice that is lent, and a sieve for each thread. -ENOMEM. */
PEL_MUST_CHECK int pel_slices_open(struct pel_slices **out, uint64_t start, uint64_t stop,
                                   struct pel_error *err);

/* The next slice: 1, 0 behind the last, or -ENOMEM, which every later call gives, too. From any thread, several at
 * once. */
PEL_MUST_CHECK int pel_slices_next(struct pel_slices *slices, struct pel_slice *slice,
                                   struct pel_error *err);

/* Gives the slice back, exactly once. From any thread. */
void pel_slices_release(struct pel_slices *slices, const struct pel_slice *slice);

/* Writes the slice's primes somewhere into the PEL_SLICES_ROOM places at `room`, and returns where they begin. */
const uint64_t *pel_slices_decode(const struct pel_slices *slices, const struct pel_slice *slice,
                                  uint64_t *room);

/* All slices have been released. NULL is fine. */
void pel_slices_close(struct pel_slices *slices);

#endif
