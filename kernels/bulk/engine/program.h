/* What a query is compiled to, by parse.c, check.c and plan.c, and what run.c and its helpers carry out.
 *
 * A query is a list of segments. Each reads rows (of the query's source, or of the table that an earlier
 * segment made), runs one straight program over them, block by block, and ends in something: rows, one row
 * of aggregates, groups, a histogram, or rows in order. The last segment's result is the query's.
 *
 *     select clip((a - mean(a)) / std(a) * b, -3, 3)
 *         segment 0: source -> mean(a), std(a)                      one row
 *         segment 1: source, with the two as scalars -> rows
 *
 *     where p > 1 | group by c | select c, r = sum(p) / count() | order by r
 *         segment 0: source, filter -> groups by c: sum(p), count()
 *         segment 1: table 0 -> rows in order of sum / count: c, r
 */
#ifndef PELTON_BULK_ENGINE_PROGRAM_H
#define PELTON_BULK_ENGINE_PROGRAM_H

#include <pelton/engine.h>
#include <pelton/group.h>

enum value_type { VALUE_BOOL, VALUE_I64, VALUE_F32, VALUE_F64, VALUE_STRING, VALUE_TYPE_COUNT };

/* What values of a column are widened to, to be computed with. */
enum value_type pel_value_type(enum pel_type type);

/* To add a function: a value here, its row in the table of functions.c (name, arguments, types, accuracy),
 * its loop in ops_body.h. */
enum opcode {
    /* Where values come from. */
    OP_COLUMN, /* field `index` of the segment's input, widened to `type` */
    OP_CONST,  /* `constant` */
    OP_ROW,    /* i64: the row's number in the segment's input */
    OP_SCALAR, /* column `index` of the one-row result of segment `segment` */

    OP_CONVERT, /* args[0] as `type`: bool -> i64 -> f32 -> f64, never back but by name (int(), ...) */

    /* Arguments and result of one type, i64, f32 or f64. */
    OP_NEG,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV, /* floats only */
    OP_FLOOR_DIV,
    OP_MOD,
    OP_ABS,
    OP_MIN,
    OP_MAX,
    OP_POW,
    /* Floats only. */
    OP_SQRT,
    OP_EXP,
    OP_LOG,
    OP_LOG2,
    OP_LOG10,
    OP_SIN,
    OP_COS,
    OP_TAN,
    OP_ATAN2,
    OP_FLOOR,
    OP_CEIL,
    OP_ROUND, /* ties to even */

    /* Two arguments of one type, any; the result is bool. > and >= are these with arguments exchanged. */
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    /* bool */
    OP_AND,
    OP_OR,
    OP_NOT,
    OP_ISNAN,   /* of a float */
    OP_ISPRIME, /* of an i64 */

    OP_CUMSUM, /* running sum number `index` of the segment: of args[0], of the result's type (int64 or
                  float64), over this row and those before it that the filters up to here have left */

    OP_WHERE, /* args[0] (bool) ? args[1] : args[2], of the result's type */

    /* No value: rows where args[0] (bool) is false are left out of everything that follows. */
    OP_FILTER,
    OP_COUNT
};

union scalar {
    bool b;
    int64_t i;
    float f32;
    double f64;
    struct pel_string s; /* in the plan's memory */
};

/* The value of instruction number k is "value k"; arguments are numbers of earlier instructions. */
struct instruction {
    enum opcode op;
    enum value_type type; /* of the value */
    int args[3];          /* -1: none */
    int index, segment;
    union scalar constant;
    struct pel_string name; /* that the query gave it, for people */
};

struct aggregate {
    enum pel_aggregate kind;
    enum value_type type; /* of the result */
    int value; /* -1: count of rows. int64 or float64 for sum and mean, float64 for var, std and quantile, bool
                  for count, any and all, a number for min, max, argmin and argmax */
    double parameter; /* q of the quantile, in [0, 1], between neighbours linearly, as numpy */
};

enum segment_kind {
    SEGMENT_ROWS,       /* values -> rows, streamed */
    SEGMENT_AGGREGATES, /* aggregates -> one row */
    SEGMENT_GROUPS,     /* keys, aggregates -> a row a group, in order of first appearance */
    SEGMENT_HISTOGRAM, /* one value -> rows lo, hi, count: bins of equal width, the last one closed, as
                           numpy; values outside and NaN are not counted */
    SEGMENT_ORDER,     /* keys, values -> rows, sorted, stable */
    SEGMENT_SUMS       /* no step of a plan, but done before one on each chunk: values -> what they add up to,
                          with which running sums of the next chunk begin */
};

struct order_key {
    int value;
    bool descending;
};

/* One column of a segment's result: of which value (rows, order), key or aggregate (in this order: keys
 * first) it comes is given by its place. */
struct segment {
    enum segment_kind kind;
    int input; /* -1: the query's source; else the segment whose table is read */
    struct instruction *code;
    int ncode;

    int *values; /* rows, order, histogram (one float64): the values; groups: the keys */
    int nvalues;
    struct aggregate *aggregates;
    int naggregates;
    struct order_key *order;
    int norder;

    uint64_t skip;   /* rows, order: leave out so many of the result's first rows */
    uint64_t limit;  /* and then keep so many; UINT64_MAX: all */
    int while_value; /* rows: ends before the first row (that no filter left out) where this bool is
                        false; -1: none */

    uint64_t bins; /* histogram */
    double lo, hi;

    int nrunning;         /* running sums in the code */
    struct segment *sums; /* what is added up for them of a chunk before the code runs over it: first of those that
                             need no others */
    int nsums;
    int *running; /* sums: of which running sum each value is added up */

    struct pel_field *fields; /* the result's columns: types are PEL_BOOL, I64, F32, F64, STRING */
    size_t nfields;
};

/* How many of the first rows a result is cut from, skip + limit; UINT64_MAX: all. */
static inline uint64_t pel_segment_end(const struct segment *segment)
{
    uint64_t end;
    return __builtin_add_overflow(segment->skip, segment->limit, &end) ? UINT64_MAX : end;
}

struct pel_plan {
    struct segment *segments;
    int nsegments;
    bool scalar;                    /* one row of aggregates */
    const struct pel_field *source; /* what it was compiled for */
    size_t nsource;
    struct pel_arena *arena; /* holds all of the above */
};

#endif
