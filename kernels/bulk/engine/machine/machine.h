/* Carries out a segment's code over blocks of rows: one machine a worker.
 *
 * A block's values stand in registers of PEL_BLOCK_ROWS each, which instructions whose values are not live at
 * the same time share, so that what a query works on stays in the first-level cache. Columns that are
 * int64, float32 or float64 in the machine's own form are used where they are.
 *
 * Filters are masks: all rows of a block are computed, and the mask says which of them count. Where few are
 * left and dear instructions follow, the later ones are computed for these alone. What comes out is the same
 * either way, and at each instruction set.
 */
#ifndef PELTON_BULK_ENGINE_MACHINE_H
#define PELTON_BULK_ENGINE_MACHINE_H

#include "bulk/engine/program.h"

struct machine;

enum { MASK_WORDS = PEL_BLOCK_ROWS / 64 };

/* A machine for the segment's code, which must outlive it. results: the tables of the plan's segments, by
 * number, of which OP_SCALAR takes values now; NULL where the code has none. The values that
 * pel_machine_value can be asked for are those that segment->values, order, aggregates and while_value
 * name. -ENOMEM. */
PEL_MUST_CHECK int pel_machine_open(struct machine **out, const struct segment *segment,
                                    const struct pel_table *results, enum pel_isa isa,
                                    struct pel_error *err);

/* NULL is fine. */
void pel_machine_close(struct machine *machine);

/* What rows add up to: of floats, or of ints modulo 2^64; the other one is 0. */
struct running_sum {
    double real;
    uint64_t whole;
};

/* Running sums, of which there are segment->nrunning, begin with these; without that they go on from the block
 * that was run last, at first from 0. */
void pel_machine_begin_sums(struct machine *machine, const struct running_sum *before);

/* Adds the values (int64 or float64) of the selected rows of the last block to what those before in the same
 * 16384 rows have come to, in the order of pel_scan_sum. */
void pel_machine_add_up(struct machine *machine, int value, struct running_sum *into);

/* Computes rows [lo, lo + n) of the chunk; 1 <= n <= PEL_BLOCK_ROWS, lo a multiple of PEL_BLOCK_ROWS. The
 * chunk's columns must stay until the last value of the block has been taken. Returns 0, or -ERANGE (a
 * number does not fit) or -EDOM (division of an int by zero) with the lowest row at fault, counted in the
 * whole input, in *row and the message: then what is selected are rows before it, and their values are
 * good. */
PEL_MUST_CHECK int pel_machine_run(struct machine *machine, const struct pel_chunk *chunk,
                                   size_t lo, size_t n, uint64_t *row, struct pel_error *err);

/* Which rows the last run left, and how many: bit i of MASK_WORDS words is row lo + i; bits from n on are 0.
 * Never NULL; *nselected == n when no filter left one out. */
const uint64_t *pel_machine_selected(const struct machine *machine, size_t *nselected);

/* The values of the last block, each at the place of its row, and anything at the places of rows that are not
 * selected, or behind n: bool (one byte, 0 or 1), int64_t, float, double or struct pel_string. A NaN that was computed is
 * the positive quiet one. Aligned to its type; may be the column itself. Valid until the next run. */
const void *pel_machine_value(struct machine *machine, int value);

/* The same where NaNs are allowed to be any NaN, which takes less time: for who makes his own of them, as sums
 * do. */
const void *pel_machine_operand(struct machine *machine, int value);

/* The same of the selected rows alone, one behind the other, if that is how they were computed and no other
 * function has been asked for the value; else NULL. */
const void *pel_machine_packed(const struct machine *machine, int value);

/* A bool as MASK_WORDS words of bits. Bits of rows that are not selected are anything. */
const uint64_t *pel_machine_mask(struct machine *machine, int value);

/* Writes the values of the selected rows alone, in order, as pel_machine_value gives them; returns how many.
 * `out` has room for PEL_BLOCK_ROWS of them and is aligned to their type: that much may be overwritten. */
size_t pel_machine_compact(struct machine *machine, int value, void *out);

#endif
