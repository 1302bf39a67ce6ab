#include "bulk/engine/scope.h"

#include <string.h>

/* Stages, one after the other, become scopes. */
struct planner {
    struct front *front;
    struct scope *scope; /* the one that the next stage sees */
};

/* Adds or replaces a name. */
static int set_name(struct front *front, struct named **names, int *n, int *room,
                    struct pel_string name, int value)
{
    for (int i = 0; i < *n; i++)
        if (pel_string_same((*names)[i].name, name)) {
            (*names)[i].value = value;
            return 0;
        }
    *names = pel_front_grow(front, *names, *n, room, sizeof **names);
    if (!*names)
        return -1;
    (*names)[(*n)++] = (struct named){name, value};
    return 0;
}

static bool has_name(const struct named *names, int n, struct pel_string name)
{
    for (int i = 0; i < n; i++)
        if (pel_string_same(names[i].name, name))
            return true;
    return false;
}

/* ---- scopes ---------------------------------------------------------------------------------- */

static struct scope *open_scope(struct planner *planner)
{
    struct scope *scope = pel_front_take(planner->front, 1, sizeof *scope);
    if (!scope)
        return NULL;
    scope->kind = SEGMENT_ROWS;
    scope->limit = UINT64_MAX;
    scope->while_value = -1;
    scope->before = planner->scope;
    if (planner->scope) {
        planner->scope->after = scope;
        scope->number = planner->scope->number + 1;
    }
    planner->scope = scope;
    return scope;
}

/* Column number `index` of what the scope reads, called `name`. Names that occur twice stay so, and are a
 * mistake where they are used. */
static int add_column(struct front *front, struct scope *scope, struct pel_string name, int index,
                      enum value_type type)
{
    struct node column = {.in = {.op = OP_COLUMN, .type = type, .index = index}};
    int value = pel_graph_leaf(front, &scope->graph, &column);
    scope->names = pel_front_grow(front, scope->names, scope->nnames, &scope->names_room,
                                  sizeof *scope->names);
    if (value < 0 || !scope->names)
        return -1;
    scope->names[scope->nnames++] = (struct named){name, value};
    return 0;
}

/* A scope over the table that the one before makes of these. */
static struct scope *open_after(struct planner *planner, const struct named *columns, int ncolumns)
{
    const struct scope *before = planner->scope;
    struct scope *scope = open_scope(planner);
    for (int i = 0; scope && i < ncolumns; i++)
        if (add_column(planner->front, scope, columns[i].name, i,
                       before->graph.nodes[columns[i].value].in.type))
            return NULL;
    return scope;
}

bool pel_scope_is_shaped(const struct scope *scope)
{
    return scope->kind == SEGMENT_ORDER || scope->skip || scope->limit != UINT64_MAX ||
           scope->while_value >= 0;
}

static int close_shaped(struct planner *planner)
{
    struct scope *scope = planner->scope;
    if (!pel_scope_is_shaped(scope))
        return 0;
    return open_after(planner, scope->names, scope->nnames) ? 0 : -1;
}

/* What the items of a select are made of. */
struct contents {
    bool aggregates, plain, row;
};

static void look(const struct scope *scope, const struct expr *expr, bool aggregated,
                 struct contents *contents)
{
    if (expr->kind == EXPR_NAME) {
        contents->plain |= !aggregated && pel_check_is_plain(scope, expr);
        contents->row |= !expr->quoted && pel_string_is(expr->text, "row");
    }
    if (expr->kind == EXPR_CALL && expr->function->kind == FUNCTION_AGGREGATE)
        contents->aggregates = aggregated = true;
    for (const struct expr *arg = expr->args; arg; arg = arg->next)
        look(scope, arg, aggregated, contents);
}

static struct contents look_at(const struct scope *scope, const struct item *item)
{
    struct contents contents = {0};
    for (; item; item = item->next) {
        contents.plain |= item->star;
        if (item->expr)
            look(scope, item->expr, false, &contents);
    }
    return contents;
}

/* Aggregates and row numbers are those of the rows as they are now. */
static int close_for(struct planner *planner, const struct item *items)
{
    struct contents contents = look_at(planner->scope, items);
    return contents.aggregates || contents.row ? close_shaped(planner) : 0;
}

/* ---- stages ---------------------------------------------------------------------------------- */

static struct place rows_of(const struct planner *planner)
{
    return (struct place){.front = planner->front, .scope = planner->scope};
}

static int add_where(struct planner *planner, const struct stage *stage)
{
    if (close_shaped(planner))
        return -1;
    struct place place = rows_of(planner);
    struct scope *scope = planner->scope;
    int value = pel_check_condition(&place, stage->items->expr, "where");
    if (value < 0)
        return -1;
    const struct instruction *in = &scope->graph.nodes[value].in;
    if (in->op == OP_CONST && in->constant.b)
        return 0;
    scope->filters = pel_front_grow(planner->front, scope->filters, scope->nfilters,
                                    &scope->filters_room, sizeof *scope->filters);
    if (!scope->filters)
        return -1;
    scope->filters[scope->nfilters++] = value;
    return 0;
}

/* The first name of a computed value, by which the plan is explained. */
static void call_it(struct scope *scope, int value, const struct item *item)
{
    struct instruction *in = &scope->graph.nodes[value].in;
    if (item->named && in->args[0] >= 0 && !in->name.nbytes)
        in->name = item->name;
}

static int add_let(struct planner *planner, const struct stage *stage)
{
    if (close_for(planner, stage->items))
        return -1;
    struct place place = rows_of(planner);
    struct scope *scope = planner->scope;
    for (const struct item *item = stage->items; item; item = item->next) {
        int value = pel_check(&place, item->expr);
        if (value < 0 || set_name(planner->front, &scope->names, &scope->nnames, &scope->names_room,
                                  item->name, value))
            return -1;
        call_it(scope, value, item);
    }
    return 0;
}

/* A list of columns in the making. */
struct list {
    struct named *names;
    int n, room;
};

static int add_item(struct planner *planner, struct list *list, struct pel_string name,
                    struct span at, int value)
{
    if (value < 0)
        return -1;
    if (!has_name(list->names, list->n, name))
        return set_name(planner->front, &list->names, &list->n, &list->room, name, value);
    pel_mistake(planner->front, at, "two columns would be called '%t'", name);
    pel_hint(planner->front, "give one another name: other = ...");
    return -1;
}

static int check_items(struct planner *planner, const struct place *place, const struct item *item,
                       struct list *list)
{
    for (; item; item = item->next) {
        struct scope *scope = place->scope;
        if (!item->star) {
            int value = pel_check(place, item->expr);
            if (add_item(planner, list, item->name, item->at, value))
                return -1;
            call_it(scope, value, item);
            continue;
        }
        for (int i = 0; i < scope->nnames; i++)
            if (add_item(planner, list, scope->names[i].name, item->at, scope->names[i].value))
                return -1;
    }
    return 0;
}

static int select_items(struct planner *planner, const struct place *place,
                        const struct stage *stage)
{
    struct list list = {0};
    const struct scope *keys = stage->brief && place->inner ? place->scope : NULL;
    for (int i = 0; keys && i < keys->nnames; i++)
        if (add_item(planner, &list, keys->names[i].name, stage->at, keys->names[i].value))
            return -1;
    if (check_items(planner, place, stage->items, &list))
        return -1;
    place->scope->names = list.names;
    place->scope->nnames = list.n;
    place->scope->names_room = list.room;
    return 0;
}

static bool is_histogram(const struct stage *stage)
{
    const struct expr *expr = stage->items->expr;
    return !stage->items->next && expr && expr->kind == EXPR_CALL &&
           expr->function->typing == TYPING_HISTOGRAM;
}

enum { BINS_MAX = 1 << 20 };

static int check_bins(const struct place *place, const struct expr *call)
{
    struct scope *scope = place->scope;
    const struct expr *bins = call->args->next, *lo = bins->next, *hi = lo->next;
    double n;
    if (pel_check_number(place, bins, "the number of bins", &n) ||
        pel_check_number(place, lo, "the first edge", &scope->lo) ||
        pel_check_number(place, hi, "the last edge", &scope->hi))
        return -1;
    if (!(n >= 1 && n <= BINS_MAX) || n != (double)(uint64_t)n)
        return pel_mistake(place->front, bins->at, "a histogram has 1 to %u bins",
                           (uint64_t)BINS_MAX);
    scope->bins = (uint64_t)n;
    double width = scope->hi - scope->lo;
    if (width > 0 && width - width == 0)
        return 0;
    return pel_mistake(place->front, pel_span_join(lo->at, hi->at),
                       "the edges of a histogram must be finite, the first below the last");
}

static int select_histogram(struct planner *planner, const struct expr *call)
{
    if (close_shaped(planner))
        return -1;
    struct scope *scope = planner->scope;
    struct place place = rows_of(planner);
    int value = pel_check(&place, call->args);
    if (value < 0)
        return -1;
    if (scope->graph.nodes[value].in.type == VALUE_STRING)
        return pel_mistake(planner->front, call->args->at,
                           "a histogram is of numbers, and this is a string");
    scope->binned = pel_check_convert(&place, value, VALUE_F64, call->args->at);
    if (scope->binned < 0 || check_bins(&place, call))
        return -1;
    scope->kind = SEGMENT_HISTOGRAM;
    struct scope *after = open_scope(planner);
    return !after || add_column(planner->front, after, pel_string_of("lo"), 0, VALUE_F64) ||
                   add_column(planner->front, after, pel_string_of("hi"), 1, VALUE_F64) ||
                   add_column(planner->front, after, pel_string_of("count"), 2, VALUE_I64)
               ? -1
               : 0;
}

static int select_aggregates(struct planner *planner, const struct stage *stage)
{
    if (close_shaped(planner))
        return -1;
    struct scope *rows = planner->scope;
    rows->kind = SEGMENT_AGGREGATES;
    struct scope *scope = open_scope(planner);
    if (!scope)
        return -1;
    scope->one_row = true;
    struct place place = {.front = planner->front, .scope = scope, .inner = rows};
    return select_items(planner, &place, stage);
}

static int add_select(struct planner *planner, const struct stage *stage)
{
    if (is_histogram(stage))
        return select_histogram(planner, stage->items->expr);
    struct contents contents = look_at(planner->scope, stage->items);
    if (contents.aggregates && !contents.plain)
        return select_aggregates(planner, stage);
    if (close_for(planner, stage->items))
        return -1;
    struct place place = rows_of(planner);
    return select_items(planner, &place, stage);
}

static int end_in_groups(struct planner *planner, const struct list *keys)
{
    struct scope *scope = planner->scope;
    scope->kind = SEGMENT_GROUPS;
    scope->keys = keys->names;
    scope->nkeys = keys->n;
    return open_after(planner, scope->keys, scope->nkeys) ? 0 : -1;
}

/* group by ... | select ... */
static int add_group(struct planner *planner, const struct stage *stage)
{
    const struct stage *select = stage->next;
    if (!select || select->kind != STAGE_SELECT) {
        pel_mistake(planner->front, stage->at, "after group by comes a select");
        pel_hint(planner->front, "... | select %t, n = count()", stage->items->name);
        return -1;
    }
    if (close_shaped(planner))
        return -1;
    struct scope *rows = planner->scope;
    struct place place = rows_of(planner);
    struct list keys = {0};
    if (check_items(planner, &place, stage->items, &keys))
        return -1;
    rows->key_items = stage->items;
    if (end_in_groups(planner, &keys))
        return -1;
    struct place groups = {.front = planner->front, .scope = planner->scope, .inner = rows};
    return select_items(planner, &groups, select);
}

static int add_distinct(struct planner *planner)
{
    if (close_shaped(planner))
        return -1;
    const struct scope *scope = planner->scope;
    return end_in_groups(planner, &(struct list){scope->names, scope->nnames, 0});
}

static int add_order(struct planner *planner, const struct stage *stage)
{
    if (close_shaped(planner))
        return -1;
    struct scope *scope = planner->scope;
    struct place place = rows_of(planner);
    for (const struct item *item = stage->items; item; item = item->next) {
        scope->order = pel_front_grow(planner->front, scope->order, scope->norder,
                                      &scope->order_room, sizeof *scope->order);
        int value = scope->order ? pel_check(&place, item->expr) : -1;
        if (value < 0)
            return -1;
        scope->order[scope->norder++] = (struct order_key){value, item->descending};
    }
    scope->kind = SEGMENT_ORDER;
    return 0;
}

static int add_take(struct planner *planner, uint64_t n)
{
    if (n < planner->scope->limit)
        planner->scope->limit = n;
    return 0;
}

static int add_skip(struct planner *planner, uint64_t n)
{
    struct scope *scope = planner->scope;
    if (__builtin_add_overflow(scope->skip, n, &scope->skip))
        scope->skip = UINT64_MAX;
    if (scope->limit != UINT64_MAX)
        scope->limit -= n < scope->limit ? n : scope->limit;
    return 0;
}

static int add_take_while(struct planner *planner, const struct stage *stage)
{
    if (close_shaped(planner))
        return -1;
    struct place place = rows_of(planner);
    planner->scope->while_value = pel_check_condition(&place, stage->items->expr, "take while");
    return planner->scope->while_value < 0 ? -1 : 0;
}

static int add_stage(struct planner *planner, const struct stage *stage)
{
    switch (stage->kind) {
    case STAGE_WHERE:
        return add_where(planner, stage);
    case STAGE_LET:
        return add_let(planner, stage);
    case STAGE_SELECT:
        return add_select(planner, stage);
    case STAGE_GROUP:
        return add_group(planner, stage);
    case STAGE_ORDER:
        return add_order(planner, stage);
    case STAGE_DISTINCT:
        return add_distinct(planner);
    case STAGE_TAKE:
        return add_take(planner, stage->rows);
    case STAGE_SKIP:
        return add_skip(planner, stage->rows);
    default:
        return add_take_while(planner, stage);
    }
}

static int add_stages(struct planner *planner, const struct stage *stage)
{
    for (; stage; stage = stage->next) {
        if (add_stage(planner, stage))
            return -1;
        if (stage->kind == STAGE_GROUP)
            stage = stage->next;
    }
    return 0;
}

static int open_source(struct planner *planner, const struct pel_plan *plan)
{
    struct scope *scope = open_scope(planner);
    for (size_t i = 0; scope && i < plan->nsource; i++)
        if (add_column(planner->front, scope, pel_string_of(plan->source[i].name), (int)i,
                       pel_value_type_of(plan->source[i].type)))
            return -1;
    return scope ? 0 : -1;
}

struct scope *pel_scope_stages(struct front *front, const struct pel_plan *plan,
                               const struct stage *stages)
{
    struct planner planner = {.front = front};
    return open_source(&planner, plan) || add_stages(&planner, stages) ? NULL : planner.scope;
}
