#include "bulk/engine/compile/planner.h"

static bool has_name(const struct named *names, int n, struct pel_string name)
{
    for (int i = 0; i < n; i++)
        if (pel_string_same(names[i].name, name))
            return true;
    return false;
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
        return pel_planner_name(planner->front, &list->names, &list->n, &list->room, name, value);
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
            pel_planner_call(scope, value, item);
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
    if (pel_planner_close_shaped(planner))
        return -1;
    struct scope *scope = planner->scope;
    struct place place = pel_planner_rows(planner);
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
    struct scope *after = pel_planner_open(planner);
    return !after || pel_planner_column(planner->front, after, pel_string_of("lo"), 0, VALUE_F64) ||
                   pel_planner_column(planner->front, after, pel_string_of("hi"), 1, VALUE_F64) ||
                   pel_planner_column(planner->front, after, pel_string_of("count"), 2, VALUE_I64)
               ? -1
               : 0;
}

static int select_aggregates(struct planner *planner, const struct stage *stage)
{
    if (pel_planner_close_shaped(planner))
        return -1;
    struct scope *rows = planner->scope;
    rows->kind = SEGMENT_AGGREGATES;
    struct scope *scope = pel_planner_open(planner);
    if (!scope)
        return -1;
    scope->one_row = true;
    struct place place = {.front = planner->front, .scope = scope, .inner = rows};
    return select_items(planner, &place, stage);
}

int pel_planner_select(struct planner *planner, const struct stage *stage)
{
    if (is_histogram(stage))
        return select_histogram(planner, stage->items->expr);
    struct contents contents = pel_planner_look(planner->scope, stage->items);
    if (contents.aggregates && !contents.plain)
        return select_aggregates(planner, stage);
    if (pel_planner_close_for(planner, stage->items))
        return -1;
    struct place place = pel_planner_rows(planner);
    return select_items(planner, &place, stage);
}

static int end_in_groups(struct planner *planner, const struct list *keys)
{
    struct scope *scope = planner->scope;
    scope->kind = SEGMENT_GROUPS;
    scope->keys = keys->names;
    scope->nkeys = keys->n;
    return pel_planner_open_after(planner, scope->keys, scope->nkeys) ? 0 : -1;
}

int pel_planner_group(struct planner *planner, const struct stage *stage)
{
    const struct stage *select = stage->next;
    if (!select || select->kind != STAGE_SELECT) {
        pel_mistake(planner->front, stage->at, "after group by comes a select");
        pel_hint(planner->front, "... | select %t, n = count()", stage->items->name);
        return -1;
    }
    if (pel_planner_close_shaped(planner))
        return -1;
    struct scope *rows = planner->scope;
    struct place place = pel_planner_rows(planner);
    struct list keys = {0};
    if (check_items(planner, &place, stage->items, &keys))
        return -1;
    rows->key_items = stage->items;
    if (end_in_groups(planner, &keys))
        return -1;
    struct place groups = {.front = planner->front, .scope = planner->scope, .inner = rows};
    return select_items(planner, &groups, select);
}

int pel_planner_distinct(struct planner *planner)
{
    if (pel_planner_close_shaped(planner))
        return -1;
    const struct scope *scope = planner->scope;
    return end_in_groups(planner, &(struct list){scope->names, scope->nnames, 0});
}
