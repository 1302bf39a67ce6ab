#include "bulk/engine/compile/planner.h"

int pel_planner_name(struct front *front, struct named **names, int *n, int *room,
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

/* ---- scopes ---------------------------------------------------------------------------------- */

struct scope *pel_planner_open(struct planner *planner)
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

int pel_planner_column(struct front *front, struct scope *scope, struct pel_string name, int index,
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

struct scope *pel_planner_open_after(struct planner *planner, const struct named *columns,
                                     int ncolumns)
{
    const struct scope *before = planner->scope;
    struct scope *scope = pel_planner_open(planner);
    for (int i = 0; scope && i < ncolumns; i++)
        if (pel_planner_column(planner->front, scope, columns[i].name, i,
                               before->graph.nodes[columns[i].value].in.type))
            return NULL;
    return scope;
}

bool pel_scope_is_shaped(const struct scope *scope)
{
    return scope->kind == SEGMENT_ORDER || scope->skipped || scope->limit != UINT64_MAX ||
           scope->while_value >= 0;
}

int pel_planner_close_shaped(struct planner *planner)
{
    struct scope *scope = planner->scope;
    if (!pel_scope_is_shaped(scope))
        return 0;
    return pel_planner_open_after(planner, scope->names, scope->nnames) ? 0 : -1;
}

static void look(const struct scope *scope, const struct expr *expr, bool aggregated,
                 struct contents *contents)
{
    if (expr->kind == EXPR_NAME) {
        contents->plain |= !aggregated && pel_check_is_plain(scope, expr);
        contents->row |= !expr->quoted && pel_string_is(expr->text, "row");
    }
    if (expr->kind == EXPR_CALL && expr->function->typing == TYPING_CUMSUM) {
        contents->plain |= !aggregated;
        contents->row = true;
    }
    if (expr->kind == EXPR_CALL && expr->function->kind == FUNCTION_AGGREGATE)
        contents->aggregates = aggregated = true;
    for (const struct expr *arg = expr->args; arg; arg = arg->next)
        look(scope, arg, aggregated, contents);
}

struct contents pel_planner_look(const struct scope *scope, const struct item *item)
{
    struct contents contents = {0};
    for (; item; item = item->next) {
        contents.plain |= item->star;
        if (item->expr)
            look(scope, item->expr, false, &contents);
    }
    return contents;
}

int pel_planner_close_for(struct planner *planner, const struct item *items)
{
    struct contents contents = pel_planner_look(planner->scope, items);
    return contents.aggregates || contents.row ? pel_planner_close_shaped(planner) : 0;
}

/* ---- stages ---------------------------------------------------------------------------------- */

struct place pel_planner_rows(const struct planner *planner)
{
    return (struct place){.front = planner->front, .scope = planner->scope};
}

static int add_where(struct planner *planner, const struct stage *stage)
{
    if (pel_planner_close_shaped(planner))
        return -1;
    struct place place = pel_planner_rows(planner);
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

void pel_planner_call(struct scope *scope, int value, const struct item *item)
{
    struct instruction *in = &scope->graph.nodes[value].in;
    if (item->named && in->args[0] >= 0 && !in->name.nbytes)
        in->name = item->name;
}

static int add_let(struct planner *planner, const struct stage *stage)
{
    if (pel_planner_close_for(planner, stage->items))
        return -1;
    struct place place = pel_planner_rows(planner);
    struct scope *scope = planner->scope;
    for (const struct item *item = stage->items; item; item = item->next) {
        int value = pel_check(&place, item->expr);
        if (value < 0 || pel_planner_name(planner->front, &scope->names, &scope->nnames,
                                          &scope->names_room, item->name, value))
            return -1;
        pel_planner_call(scope, value, item);
    }
    return 0;
}

static int add_order(struct planner *planner, const struct stage *stage)
{
    if (pel_planner_close_shaped(planner))
        return -1;
    struct scope *scope = planner->scope;
    struct place place = pel_planner_rows(planner);
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
    scope->skipped = true;
    if (__builtin_add_overflow(scope->skip, n, &scope->skip))
        scope->skip = UINT64_MAX;
    if (scope->limit != UINT64_MAX)
        scope->limit -= n < scope->limit ? n : scope->limit;
    return 0;
}

static int add_take_while(struct planner *planner, const struct stage *stage)
{
    if (pel_planner_close_shaped(planner))
        return -1;
    struct place place = pel_planner_rows(planner);
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
        return pel_planner_select(planner, stage);
    case STAGE_GROUP:
        return pel_planner_group(planner, stage);
    case STAGE_ORDER:
        return add_order(planner, stage);
    case STAGE_DISTINCT:
        return pel_planner_distinct(planner);
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
    struct scope *scope = pel_planner_open(planner);
    for (size_t i = 0; scope && i < plan->nsource; i++)
        if (pel_planner_column(planner->front, scope, pel_string_of(plan->source[i].name), (int)i,
                               pel_value_type(plan->source[i].type)))
            return -1;
    return scope ? 0 : -1;
}

struct scope *pel_scope_stages(struct front *front, const struct pel_plan *plan,
                               const struct stage *stages)
{
    struct planner planner = {.front = front};
    return open_source(&planner, plan) || add_stages(&planner, stages) ? NULL : planner.scope;
}
