/* The rows that some stages of a query see: those of the source or of an earlier scope's result, with what is
 * computed from them. A scope ends where a table is made, and becomes one segment, after those of the
 * aggregates that its expressions use. */
#ifndef PELTON_BULK_ENGINE_SCOPE_H
#define PELTON_BULK_ENGINE_SCOPE_H

#include "bulk/engine/compile/ast.h"
#include "bulk/engine/compile/graph.h"

/* A column as the next stage sees it. */
struct named {
    struct pel_string name;
    int value;
};

/* An aggregate over the rows of a scope that its first nfilters filters left. */
struct reduction {
    struct aggregate what;
    struct span at;
    int nfilters;
    int level; /* passes that must be over before this one */
    bool used;
    int segment, column; /* where its result is, once there is code; -1 before */
};

struct scope {
    struct scope *before, *after;
    int number;
    bool one_row; /* what it reads is the result of aggregates */
    struct graph graph;

    struct named *names;
    int nnames, names_room;
    int *filters; /* bools */
    int nfilters, filters_room;
    struct reduction *reductions; /* of the whole scope */
    int nreductions, reductions_room;

    /* How it ends. */
    enum segment_kind kind;
    struct order_key *order;
    int norder, order_room;
    bool skipped; /* rows are numbered anew behind a skip, of 0 rows too */
    uint64_t skip, limit;
    int while_value;
    const struct item *key_items;
    struct named *keys; /* groups */
    int nkeys, keys_room;
    struct reduction *groups; /* aggregates of each group */
    int ngroups, groups_room;
    int binned; /* histogram: the value */
    uint64_t bins;
    double lo, hi;

    /* Of the result's columns (names; keys and groups): is it needed, and its place among those that are. */
    bool *used;
    int *place;
};

/* Have rows been put in order or left out by their number, so that what looks at all rows, or changes which
 * there are, must be done to the resulting table? */
bool pel_scope_is_shaped(const struct scope *scope);

/* The last of the scopes that stages over the plan's source make; NULL after a failure. */
struct scope *pel_scope_stages(struct front *front, const struct pel_plan *plan,
                               const struct stage *stages);

/* Where an expression stands. */
struct place {
    struct front *front;
    struct scope *scope; /* whose rows it is computed from */
    struct scope *inner; /* whose rows are aggregated, where that is another one */
    bool in_group;       /* inside of an aggregate of groups */
    bool beside_text;    /* compared with a text */
};

/* The value of an expression, or -1. */
int pel_check(const struct place *place, const struct expr *expr);

/* The same of an expression that must be a bool: of `what`. */
int pel_check_condition(const struct place *place, const struct expr *expr, const char *what);

/* The number, as float64, of an expression that must be a constant; 0 or -1. */
int pel_check_number(const struct place *place, const struct expr *expr, const char *what,
                     double *out);

/* A numeric value as `type`. */
int pel_check_convert(const struct place *place, int value, enum value_type type, struct span at);

/* Notes that `what` is for numbers, and its argument, which has this value, is text. Returns -1. */
int pel_check_refuse_text(const struct place *place, const char *what, const struct expr *arg,
                          int value);

/* An aggregate's value; see aggregate.c. */
int pel_check_aggregate(const struct place *place, const struct expr *call);

/* A running sum; see aggregate.c. */
int pel_check_cumsum(const struct place *place, const struct expr *call, int value);

/* "int64" and so on, as the language's documentation calls them. */
const char *pel_value_type_name(enum value_type type);

/* The type of a result's column. */
enum pel_type pel_value_type_column(enum value_type type);

/* The value of a name, or -1. */
int pel_check_name(const struct place *place, const struct expr *name);

/* Does a name mean a column, or the row, and not a constant such as pi? */
bool pel_check_is_plain(const struct scope *scope, const struct expr *name);

/* How many columns a scope's table would have, were all of them needed. */
int pel_scope_outputs(const struct scope *scope);

/* Fills in `used` of all scopes up to `last`, and of their reductions. 0 or -1. */
int pel_scope_need(struct front *front, struct scope *last);

/* The segments of the scopes up to `last`. 0 or -1. */
int pel_emit(struct front *front, struct pel_plan *plan, struct scope *last);

#endif
