/* The sort under all of <pelton/sort.h>: stable, by radix, of records whose keys are unsigned numbers.
 *
 * Large inputs are split once: a histogram of up to 2^16 cells over the range of the keys tells where to cut
 * it into some 2000 buckets of about equal size, each task counts what it has for each bucket, and so knows
 * where it goes. Lines of 64 bytes are collected for each bucket and written past the caches. A bucket then
 * is sorted in the second-level cache: the highest bits that vary, a few more than it takes to tell its
 * records apart, in two counting passes, and what is still out of order after that, which is little, by
 * insertion. Buckets that are too large are split again, so no distribution is quadratic.
 *
 * (Radix sort with buffered writes: e.g. Satish et al., "Fast sort on CPUs and GPUs", 2010; Polychroniou and
 * Ross, "A comprehensive study of main-memory partitioning", 2014.) */
#ifndef PELTON_BULK_SORT_RADIX_H
#define PELTON_BULK_SORT_RADIX_H

#include <pelton/core.h>

/* Records are held as one of these. */
enum radix_kind {
    RADIX_U32,    /* uint32_t: a key */
    RADIX_U64,    /* uint64_t: a key */
    RADIX_PACKED, /* uint64_t: a key above 32 bits of anything */
    RADIX_PAIR,   /* struct radix_pair */
    RADIX_KIND_COUNT
};

struct radix_pair {
    uint64_t key, value;
};

size_t pel_radix_nbytes(enum radix_kind kind);

/* What is sorted. load gives records [lo, lo + n) of the input, n <= RADIX_BLOCK; store takes those that
 * belong to places [lo, lo + n) of the result; `continues` tells that the record before, which another call
 * stores, has the key of the first. Both from any thread. The input is not read any more when the first
 * record is stored. */
enum { RADIX_BLOCK = 512 };
struct radix_job {
    enum radix_kind kind;
    size_t n;
    const void *input; /* the records, where they are in memory as such: there is no load then */
    void (*load)(const void *ctx, size_t lo, size_t n, void *records);
    void (*store)(void *ctx, size_t lo, size_t n, const void *records, bool continues);
    void *ctx;
    void *
        spare; /* room for n records that may be overwritten as soon as storing begins, perhaps with
                    the result: [lo, lo + n) is not used after store was called for it; or NULL */
    bool strict; /* equal keys tell that the input is not in reverse */
};

/* Nothing is stored for an input that is in order, or in reverse, already. */
enum radix_order { RADIX_STORED, RADIX_SORTED, RADIX_REVERSED };

/* Sorts. Memory: n records; n more without a spare where a bucket has to be split again. -ENOMEM and
 * -ECANCELED before anything is stored, or all is stored: -ECANCELED then with records in any order. */
int pel_radix_sort(const struct radix_job *job, const struct pel_team *team,
                   enum radix_order *order, struct pel_error *err);

/* The serial sort of up to RADIX_LEAF pairs, for those who have many small sets to sort; a and b have room
 * for n. Where the result is: in pairs, a or b. */
enum { RADIX_LEAF_NBYTES = 1 << 19, RADIX_LEAF = RADIX_LEAF_NBYTES / sizeof(struct radix_pair) };
struct radix_pair *pel_radix_leaf(struct radix_pair *pairs, size_t n, struct radix_pair *a,
                                  struct radix_pair *b);

#endif
