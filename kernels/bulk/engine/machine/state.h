/* What a machine consists of, for the files that make it (open.c), run it (machine.c) and hand out its values
 * (select.c). */
#ifndef PELTON_BULK_ENGINE_STATE_H
#define PELTON_BULK_ENGINE_STATE_H

#include "bulk/engine/machine/isprime.h"
#include "bulk/engine/machine/load.h"
#include "bulk/reduce/lanes.h"
#include "bulk/transform/running.h"
#include "core/arena.h"

#include <string.h>

/* A value of the block that is being computed. */
struct value {
    const void *at; /* its register, or a column's memory */
    size_t step;    /* 0: one for all rows */
    bool packed;    /* the selected ones alone, from the front */
    bool quiet;     /* has no NaN but the positive quiet one, or those of a column */

    /* The same for all blocks. */
    void *reg;
    enum value_type type;
    block_function *compute; /* NULL: not from other values */
    int last_use;            /* instruction; INT_MAX: for who runs the machine */
    int ahead;               /* a column, of which the next block is fetched meanwhile; -1: none */
    bool computed;           /* by an instruction that may make a NaN */
};

/* A running sum: before the 16384 rows of which the block is, and of floats, in these before the block. */
struct running {
    struct running_sum before;
    double group;
};

struct machine {
    const struct instruction *code;
    int ncode;
    enum pel_isa isa;
    const struct number_ops *numbers;
    const struct mask_ops *masks;
    const struct pel_lanes *lanes;
    const struct pel_running *sums;
    struct pel_arena *arena;
    struct value *values;
    int *dear;  /* cost of the instructions from this one on */
    int *moves; /* of values, if from this one on they are packed, less those that packing saves */
    struct sieved *sieved; /* of each instruction */
    struct running *running;
    int nrunning;

    /* The block. */
    const struct pel_chunk *chunk;
    size_t lo, n;
    uint64_t selected[MASK_WORDS];
    size_t nselected;
    bool packed; /* what follows is computed for the selected ones alone */
    uint64_t fault_row;
    int fault;
};

/* ---- bits of a block's rows ---------------------------------------------------------------------- */

static inline size_t words(size_t n)
{
    return (n + 63) / 64;
}

/* Sets the first n bits, and no others. */
static inline void first_bits(uint64_t *mask, size_t n)
{
    for (size_t w = 0; w < MASK_WORDS; w++)
        mask[w] = n >= 64 * w + 64 ? UINT64_MAX : n > 64 * w ? (UINT64_C(1) << n % 64) - 1 : 0;
}

/* Where set bit number k is. */
static inline size_t find_bit(const uint64_t *mask, size_t k)
{
    size_t w = 0;
    for (size_t here; k >= (here = (size_t)__builtin_popcountll(mask[w])); w++)
        k -= here;
    uint64_t bits = mask[w];
    for (; k; k--)
        bits &= bits - 1;
    return 64 * w + (size_t)__builtin_ctzll(bits);
}

/* ---- selected values to the front and back (select.c) --------------------------------------------- */

/* To the front of n values or bits those whose bit in `mask` is set. */
void pel_value_pack(const struct machine *machine, struct value *value, const uint64_t *mask,
                    size_t n);

/* Back to the places of the selected rows. */
void pel_value_unpack(const struct machine *machine, struct value *value);

/* ---- running sums (running.c) --------------------------------------------------------------------- */

/* A block begins. */
void pel_running_advance(struct machine *machine);

/* Carries out OP_CUMSUM; returns where in the block the first sum is that is no int64, or n. */
size_t pel_value_sum_up(struct machine *machine, int k);

#endif
