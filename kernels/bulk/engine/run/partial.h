/* Aggregates: what each makes of a block of values, how the results of neighbours become one, and what comes
 * of it in the end. */
#ifndef PELTON_BULK_ENGINE_PARTIAL_H
#define PELTON_BULK_ENGINE_PARTIAL_H

#include "bulk/engine/run/scan.h"
#include "bulk/reduce/lanes.h"
#include "bulk/reduce/moments.h"

/* An aggregate's result over some rows; zeroed: over none. */
struct partial {
    union {
        pel_int128 wide;
        double f64;
        struct pel_dd dd;
        struct pel_moments moments;
        struct pel_best_f64 best_f64;
        struct pel_best_i64 best_i64;
        struct {
            union scalar value;
            uint64_t row;
        } held;
        bool found; /* any: a true; all: a false */
    };
    uint64_t n; /* values */
};

/* What the functions below work on. */
struct fold_input {
    const struct scan_block *block;
    const struct pel_lanes *lanes;
    const uint64_t *mask; /* NULL: all rows are selected */
    int value;
    enum value_type type;    /* of the value */
    struct pel_exact *exact; /* the worker's, for this aggregate */
    void *scratch;           /* PEL_BLOCK_ROWS values of 8 bytes */
};

struct fold {
    /* *out is zeroed, or, unless of_nothing, what the left neighbours have given: what is to be beaten. */
    void (*block)(const struct fold_input *input, struct partial *out);
    /* `from` is the right neighbour. */
    void (*combine)(struct partial *into, const struct partial *from);
    /* The result, as a value of `type`, from a partial result of n > 0 values, or of any n where
     * `of_nothing`. */
    int (*finish)(const struct partial *all, enum value_type type, void *out,
                  struct pel_error *err);
    bool of_nothing;
};

/* How the aggregate is computed of values of a type (NULL for those that are collected: quantiles). */
const struct fold *pel_fold_for(enum pel_aggregate kind, enum value_type type,
                                enum pel_precision precision);

/* Whether nothing that comes behind these rows can change the result. */
bool pel_fold_decided(enum pel_aggregate kind, const struct partial *partial);

/* The same of sum, mean, var and std. */
const struct fold *pel_fold_of_sums(enum pel_aggregate kind, bool is_int,
                                    enum pel_precision precision);

/* The block's values as doubles, and, of ints and bools, as ints, each at its place. */
const double *pel_fold_floats(const struct fold_input *input);
const int64_t *pel_fold_ints(const struct fold_input *input);

/* Writes a number as a value of the type. */
void pel_put_f64(double x, enum value_type type, void *out);
void pel_put_i64(int64_t x, enum value_type type, void *out);

#endif
