#include "bulk/engine/compile/scope.h"

/* What is over several rows of a scope, those that its filters so far have left.
 *
 * Aggregates in expressions: what they are of is computed from the rows they are over, and they themselves
 * are a constant there (taken from an earlier pass), or a column of the table of groups. A running sum is a value
 * of each row that depends on those before. */

/* The first argument as a number of the type that the aggregate works on. */
static int check_number(const struct place *place, const struct expr *call, bool as_float)
{
    const struct expr *arg = call->args;
    int value = pel_check(place, arg);
    if (value < 0)
        return -1;
    enum value_type type = place->scope->graph.nodes[value].in.type;
    if (type == VALUE_STRING)
        return pel_check_refuse_text(place, call->function->name, arg, value);
    if (as_float)
        type = VALUE_F64;
    return pel_check_convert(place, value, type == VALUE_BOOL ? VALUE_I64 : type, arg->at);
}

static int check_sum(const struct place *place, const struct expr *call, struct aggregate *what)
{
    what->value = pel_check(place, call->args);
    if (what->value < 0)
        return -1;
    enum value_type type = place->scope->graph.nodes[what->value].in.type;
    what->type = type == VALUE_BOOL || type == VALUE_I64 ? VALUE_I64 : VALUE_F64;
    if (type == VALUE_BOOL) {
        what->kind = PEL_AGGREGATE_COUNT;
        return 0;
    }
    what->value = check_number(place, call, what->type == VALUE_F64);
    return what->value;
}

/* The mean of ints is that of their sum, which is exact. */
static int check_mean(const struct place *place, const struct expr *call, struct aggregate *what)
{
    what->type = VALUE_F64;
    what->value = check_number(place, call, what->kind != PEL_AGGREGATE_MEAN);
    if (what->value >= 0 && place->scope->graph.nodes[what->value].in.type == VALUE_F32)
        what->value = pel_check_convert(place, what->value, VALUE_F64, call->args->at);
    return what->value;
}

static int check_quantile(const struct place *place, const struct expr *call,
                          struct aggregate *what)
{
    what->value = check_number(place, call, true);
    what->type = VALUE_F64;
    what->parameter = 0.5;
    const struct expr *q = call->args->next;
    if (what->value < 0 || !q)
        return what->value;
    if (pel_check_number(place, q, "the second argument of quantile", &what->parameter))
        return -1;
    if (what->parameter >= 0 && what->parameter <= 1)
        return 0;
    return pel_mistake(place->front, q->at, "a quantile is of 0 to 1");
}

static int check_count(const struct place *place, const struct expr *arg, struct aggregate *what)
{
    what->type = VALUE_I64;
    what->value = -1;
    if (!arg)
        return 0;
    what->value = pel_check(place, arg);
    if (what->value < 0)
        return -1;
    if (place->scope->graph.nodes[what->value].in.type == VALUE_BOOL)
        return 0;
    pel_mistake(place->front, arg->at, "count is of rows, or of a condition");
    pel_hint(place->front, "count() counts rows, count(a > 0) those where a > 0");
    return -1;
}

static int check_kind(const struct place *place, const struct expr *call, struct aggregate *what)
{
    const struct expr *arg = call->args;
    switch (call->function->typing) {
    case TYPING_COUNT:
        return check_count(place, arg, what);
    case TYPING_SUM:
        return check_sum(place, call, what);
    case TYPING_MEAN:
        return check_mean(place, call, what);
    case TYPING_QUANTILE:
        return check_quantile(place, call, what);
    case TYPING_BOOLS:
        what->type = VALUE_BOOL;
        return what->value = pel_check_condition(place, arg, call->function->name);
    case TYPING_ANY:
        what->value = pel_check(place, arg);
        break;
    default:
        what->value = check_number(place, call, false);
    }
    if (what->value < 0)
        return -1;
    enum value_type type = place->scope->graph.nodes[what->value].in.type;
    what->type = call->function->typing == TYPING_PLACE ? VALUE_I64 : type;
    return 0;
}

static int level_of(const struct scope *rows, int value, int nfilters)
{
    int level = value < 0 ? 0 : rows->graph.nodes[value].level;
    for (int i = 0; i < nfilters; i++)
        if (rows->graph.nodes[rows->filters[i]].level > level)
            level = rows->graph.nodes[rows->filters[i]].level;
    return level;
}

static int rank_of(const struct scope *rows, int value, int nfilters)
{
    int rank = rows->graph.nodes[value].rank;
    for (int i = 0; i < nfilters; i++)
        if (rows->graph.nodes[rows->filters[i]].rank > rank)
            rank = rows->graph.nodes[rows->filters[i]].rank;
    return rank;
}

int pel_check_cumsum(const struct place *place, const struct expr *call, int value)
{
    struct scope *rows = place->scope;
    enum value_type type = rows->graph.nodes[value].in.type;
    if (type == VALUE_STRING)
        return pel_check_refuse_text(place, call->function->name, call->args, value);
    type = type == VALUE_BOOL || type == VALUE_I64 ? VALUE_I64 : VALUE_F64;
    value = pel_check_convert(place, value, type, call->at);
    if (value < 0)
        return -1;
    const struct node node = {
        .in = {.op = OP_CUMSUM, .type = type, .args = {value, -1, -1}, .index = rows->nfilters},
        .at = call->at,
        .rank = rank_of(rows, value, rows->nfilters) + 1,
        .level = level_of(rows, value, rows->nfilters)};
    return pel_graph_add(place->front, &rows->graph, &node);
}

static bool same(const struct reduction *a, const struct reduction *b)
{
    return a->what.kind == b->what.kind && a->what.value == b->what.value &&
           a->what.parameter == b->what.parameter && a->nfilters == b->nfilters;
}

/* The number of a reduction in a list, in which it is put where it is not yet. */
static int add(struct front *front, struct reduction **list, int *n, int *room,
               const struct reduction *reduction)
{
    for (int i = 0; i < *n; i++)
        if (same(&(*list)[i], reduction))
            return i;
    *list = pel_front_grow(front, *list, *n, room, sizeof **list);
    if (!*list)
        return -1;
    (*list)[*n] = *reduction;
    return (*n)++;
}

static int add_group(const struct place *place, const struct reduction *reduction)
{
    struct scope *rows = place->inner;
    int k = add(place->front, &rows->groups, &rows->ngroups, &rows->groups_room, reduction);
    struct node column = {
        .in = {.op = OP_COLUMN, .type = reduction->what.type, .index = rows->nkeys + k},
        .at = reduction->at};
    return k < 0 ? -1 : pel_graph_leaf(place->front, &place->scope->graph, &column);
}

/* Groups keep no texts besides their keys. */
static int check_group(const struct place *place, const struct expr *call,
                       const struct aggregate *what)
{
    const char *name = call->function->name;
    if (what->value >= 0 && place->inner->graph.nodes[what->value].in.type == VALUE_STRING)
        return pel_mistake(place->front, call->at, "%s of texts is not supported in groups", name);
    return 0;
}

int pel_check_aggregate(const struct place *place, const struct expr *call)
{
    struct scope *rows = place->inner ? place->inner : place->scope;
    bool groups = rows->kind == SEGMENT_GROUPS;
    if (call->function->typing == TYPING_HISTOGRAM) {
        pel_mistake(place->front, call->word, "a histogram stands alone in its select");
        pel_hint(place->front, "select histogram(a, 64, 0, 1) gives rows lo, hi, count");
        return -1;
    }
    if (place->in_group)
        return pel_mistake(place->front, call->word,
                           "%s cannot be inside of another aggregate of groups",
                           call->function->name);
    struct place inside = {.front = place->front, .scope = rows, .in_group = groups};
    struct reduction reduction = {.at = call->at,
                                  .nfilters = rows->nfilters,
                                  .segment = -1,
                                  .what.kind = (enum pel_aggregate)call->function->code};
    if (check_kind(&inside, call, &reduction.what) < 0)
        return -1;
    if (groups)
        return check_group(place, call, &reduction.what) ? -1 : add_group(place, &reduction);
    reduction.level = level_of(rows, reduction.what.value, reduction.nfilters);
    int k = add(place->front, &rows->reductions, &rows->nreductions, &rows->reductions_room,
                &reduction);
    struct node scalar = {
        .in = {.op = OP_SCALAR, .type = reduction.what.type, .index = k, .segment = rows->number},
        .at = call->at,
        .level = rows == place->scope ? reduction.level + 1 : 0};
    return k < 0 ? -1 : pel_graph_leaf(place->front, &place->scope->graph, &scalar);
}
