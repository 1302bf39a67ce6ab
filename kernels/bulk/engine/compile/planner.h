/* Stages, one after the other, become scopes (stages.c); those that say which columns there are, and make
 * tables of another kind, are in columns.c. */
#ifndef PELTON_BULK_ENGINE_PLANNER_H
#define PELTON_BULK_ENGINE_PLANNER_H

#include "bulk/engine/compile/scope.h"

struct planner {
    struct front *front;
    struct scope *scope; /* the one that the next stage sees */
};

/* ---- scopes (stages.c) ------------------------------------------------------------------------ */

/* A scope after the present one, without columns; NULL without memory. */
struct scope *pel_planner_open(struct planner *planner);

/* The same over the table that the present one makes of these columns. */
struct scope *pel_planner_open_after(struct planner *planner, const struct named *columns,
                                     int ncolumns);

/* Adds column number `index` of what the scope reads. Names that occur twice stay so, and are a mistake where
 * they are used. 0 or -1. */
int pel_planner_column(struct front *front, struct scope *scope, struct pel_string name, int index,
                       enum value_type type);

/* Adds or replaces a name. 0 or -1. */
int pel_planner_name(struct front *front, struct named **names, int *n, int *room,
                     struct pel_string name, int value);

/* Goes on with the table that the scope makes if that is shaped. 0 or -1. */
int pel_planner_close_shaped(struct planner *planner);

/* What the items of a select are made of. */
struct contents {
    bool aggregates, plain;
    bool row; /* row numbers, or running sums, which are over the rows as they are now, too */
};

struct contents pel_planner_look(const struct scope *scope, const struct item *item);

/* The same if the items have aggregates, row numbers or running sums: these are of the rows as they are now. */
int pel_planner_close_for(struct planner *planner, const struct item *items);

/* Where an expression of the present scope stands. */
struct place pel_planner_rows(const struct planner *planner);

/* Notes the first name of a computed value, by which the plan is explained. */
void pel_planner_call(struct scope *scope, int value, const struct item *item);

/* ---- stages (columns.c): 0 or -1 ---------------------------------------------------------------- */

int pel_planner_select(struct planner *planner, const struct stage *stage);

/* Of a group by and the select that follows. */
int pel_planner_group(struct planner *planner, const struct stage *stage);

int pel_planner_distinct(struct planner *planner);

#endif
