/* What instructions do to a block: a function for each, of a table for each instruction set.
 *
 * To add an instruction: its name in program.h, its loop in ops_body.h, masks_body.h or plain.c (where it is not
 * for vectors), a line in that file's table; in faults.c what can be wrong with
 * its numbers. */
#ifndef PELTON_BULK_ENGINE_OPS_H
#define PELTON_BULK_ENGINE_OPS_H

#include "bulk/engine/machine/machine.h"

/* Values in order (step 1), or one value for all (step 0), which stands there 64 bytes long, over and over.
 * Bools are words of bits, step 1 always. */
struct operand {
    const void *at;
    size_t step;
};

/* `ahead` is memory that will be read next: loops over numbers fetch as many bytes of it as they write, so that
 * it comes while they compute; NULL: nothing. Out may be an operand of the same size. n is a multiple of 64, so that no loop has an odd end: memory goes on for
 * as long, and any number may stand there, but of texts empty ones. */
struct call {
    void *out;
    struct operand in[3];
    size_t n;
    const void *ahead;
};

/* Brings a line into the second-level cache: waiting for the first would hold up loads that are at hand. */
static inline void fetch(const unsigned char *at)
{
    __builtin_prefetch(at, 0, 2);
}

/* Whether one of the n may have failed, or more: overflow, division of an int by zero. */
typedef bool block_function(const struct call *call);

struct number_ops {
    block_function *of[OP_COUNT][VALUE_TYPE_COUNT];
    block_function *convert[VALUE_TYPE_COUNT][VALUE_TYPE_COUNT]; /* from, to */
    block_function *quiet[VALUE_TYPE_COUNT]; /* all NaNs the positive quiet one */
};
const struct number_ops *pel_number_ops_for(enum pel_isa isa);

struct mask_ops {
    block_function
        *of[OP_COUNT][VALUE_TYPE_COUNT]; /* comparisons and where: of the type compared or chosen */
    block_function *from_bytes;          /* bit i: byte i is not 0 */
    block_function *to_bytes;            /* 0 or 1 */
    /* By the bytes of a value; 0: bools, which are bits. The values of the set bits of n / 64 words, to the front of
     * `out`, which may be `in`. Up to as many bytes as `in` has may be overwritten. */
    void (*pack[17])(const void *in, const uint64_t *words, size_t n, void *out);
    /* The first n values of a register back to the places of the set bits, of which there are n; at others may be
     * anything. */
    void (*unpack[17])(void *values, const uint64_t *words, size_t nwords, size_t n);
};
const struct mask_ops *pel_mask_ops_for(enum pel_isa isa);

/* Loops that are not written for vectors; else NULL. */
block_function *pel_plain_op(enum opcode op, enum value_type type);

/* What carries out code[k], or NULL where no values are computed from others. */
static inline block_function *pel_block_function(enum pel_isa isa, const struct instruction *code,
                                                 int k)
{
    const struct instruction *in = &code[k];
    if (in->args[0] < 0 || in->op == OP_CUMSUM)
        return NULL;
    enum value_type from = code[in->args[in->op == OP_WHERE]].type;
    if (in->op == OP_CONVERT)
        return pel_number_ops_for(isa)->convert[from][in->type];
    block_function *of = pel_number_ops_for(isa)->of[in->op][from];
    if (!of)
        of = pel_mask_ops_for(isa)->of[in->op][from];
    return of ? of : pel_plain_op(in->op, from);
}

/* What is wrong with number i of a call that may have failed, whose arguments are of type `from`: 0 for
 * nothing, or -ERANGE or -EDOM, with a message in *err that tells `row`. */
int pel_fault(enum opcode op, enum value_type from, const struct call *call, size_t i, uint64_t row,
              struct pel_error *err);

/* The same for a value of an unsigned column. */
int pel_fault_of_column(uint64_t value, uint64_t row, struct pel_error *err);

/* That of a running sum of ints. */
int pel_fault_of_running(uint64_t row, struct pel_error *err);

#endif
