#include "bulk/engine/compile/code.h"

/* Scopes become segments, from the first to the last, after need.c has found out what is needed of each. */
struct emitter {
    struct front *front;
    struct pel_plan *plan;
    int room;  /* of plan->segments */
    int input; /* the segment whose table the present scope reads, -1: the source */
};

/* ---- fields ------------------------------------------------------------------------------------ */

static int set_fields(struct front *front, struct segment *segment, int n)
{
    segment->fields = pel_front_take(front, (size_t)n + 1, sizeof *segment->fields);
    return segment->fields ? 0 : -1;
}

static int add_field(struct front *front, struct segment *segment, struct pel_string name,
                     enum value_type type)
{
    struct pel_field *field = &segment->fields[segment->nfields++];
    field->type = pel_value_type_column(type);
    field->name = pel_front_name(front, name);
    return field->name ? 0 : -1;
}

/* An aggregate is called as it is written. */
static int add_aggregate(struct code *code, const struct reduction *reduction)
{
    struct segment *segment = code->segment;
    struct aggregate *aggregate = &segment->aggregates[segment->naggregates++];
    *aggregate = reduction->what;
    if (aggregate->value >= 0)
        aggregate->value = code->place[aggregate->value];
    struct pel_string name = pel_front_line(code->front, reduction->at);
    return name.text ? add_field(code->front, segment, name, aggregate->type) : -1;
}

/* ---- segments -------------------------------------------------------------------------------- */

static struct segment *add_segment(struct emitter *emitter, enum segment_kind kind)
{
    struct pel_plan *plan = emitter->plan;
    plan->segments = pel_front_grow(emitter->front, plan->segments, plan->nsegments, &emitter->room,
                                    sizeof *plan->segments);
    if (!plan->segments)
        return NULL;
    struct segment *segment = &plan->segments[plan->nsegments++];
    *segment = (struct segment){
        .kind = kind, .input = emitter->input, .limit = UINT64_MAX, .while_value = -1};
    return segment;
}

static bool same_pass(const struct reduction *a, const struct reduction *b)
{
    return a->used && a->segment < 0 && a->level == b->level && a->nfilters == b->nfilters;
}

/* One pass for all aggregates that can be had in the same as this one. */
static int emit_reductions(struct emitter *emitter, struct scope *scope, struct reduction *first)
{
    struct segment *segment = add_segment(emitter, SEGMENT_AGGREGATES);
    struct code code = {
        .front = emitter->front, .scope = scope, .segment = segment, .nfilters = first->nfilters};
    if (!segment || pel_code_begin(&code))
        return -1;
    struct reduction *end = scope->reductions + scope->nreductions;
    for (struct reduction *each = first; each < end; each++)
        if (same_pass(each, first))
            pel_code_need(&code, each->what.value);
    segment->aggregates =
        pel_front_take(emitter->front, (size_t)(end - first), sizeof *segment->aggregates);
    if (pel_code_end(&code) || !segment->aggregates ||
        set_fields(emitter->front, segment, (int)(end - first)))
        return -1;
    int nfilters = first->nfilters, level = first->level;
    for (struct reduction *each = first; each < end; each++) {
        if (!each->used || each->segment >= 0 || each->level != level || each->nfilters != nfilters)
            continue;
        each->segment = emitter->plan->nsegments - 1;
        each->column = segment->naggregates;
        if (add_aggregate(&code, each))
            return -1;
    }
    return 0;
}

/* The pass that comes next: the lowest level, of that the fewest filters. */
static struct reduction *next_reduction(struct scope *scope)
{
    struct reduction *next = NULL;
    for (int i = 0; i < scope->nreductions; i++) {
        struct reduction *each = &scope->reductions[i];
        if (!each->used || each->segment >= 0)
            continue;
        if (!next || each->level < next->level ||
            (each->level == next->level && each->nfilters < next->nfilters))
            next = each;
    }
    return next;
}

static int emit_all_reductions(struct emitter *emitter, struct scope *scope)
{
    for (struct reduction *next; (next = next_reduction(scope));)
        if (emit_reductions(emitter, scope, next))
            return -1;
    return 0;
}

/* The values that become the columns of rows, and their places. */
static int emit_values(struct code *code, struct scope *scope)
{
    struct front *front = code->front;
    struct segment *segment = code->segment;
    for (int i = 0; i < scope->nnames; i++)
        if (scope->used[i])
            pel_code_need(code, scope->names[i].value);
    for (int i = 0; i < scope->norder; i++)
        pel_code_need(code, scope->order[i].value);
    pel_code_need(code, scope->while_value);
    segment->values = pel_front_take(front, (size_t)scope->nnames + 1, sizeof *segment->values);
    if (pel_code_end(code) || !segment->values || set_fields(front, segment, scope->nnames))
        return -1;
    for (int i = 0; i < scope->nnames; i++) {
        if (!scope->used[i])
            continue;
        int value = scope->names[i].value;
        scope->place[i] = segment->nvalues;
        segment->values[segment->nvalues++] = code->place[value];
        if (add_field(front, segment, scope->names[i].name, scope->graph.nodes[value].in.type))
            return -1;
    }
    return 0;
}

static int emit_rows(struct code *code, struct scope *scope)
{
    struct segment *segment = code->segment;
    if (emit_values(code, scope))
        return -1;
    segment->skip = scope->skip;
    segment->limit = scope->limit;
    if (scope->while_value >= 0)
        segment->while_value = code->place[scope->while_value];
    segment->order = scope->order;
    segment->norder = scope->norder;
    for (int i = 0; i < scope->norder; i++)
        segment->order[i].value = code->place[scope->order[i].value];
    return 0;
}

static int emit_keys(struct code *code, struct scope *scope)
{
    struct segment *segment = code->segment;
    segment->values =
        pel_front_take(code->front, (size_t)scope->nkeys + 1, sizeof *segment->values);
    if (!segment->values)
        return -1;
    for (int i = 0; i < scope->nkeys; i++) {
        int value = scope->keys[i].value;
        scope->place[i] = i;
        segment->values[segment->nvalues++] = code->place[value];
        if (add_field(code->front, segment, scope->keys[i].name, scope->graph.nodes[value].in.type))
            return -1;
    }
    return 0;
}

static int emit_groups(struct code *code, struct scope *scope)
{
    struct front *front = code->front;
    struct segment *segment = code->segment;
    for (int i = 0; i < scope->nkeys; i++)
        pel_code_need(code, scope->keys[i].value);
    for (int i = 0; i < scope->ngroups; i++)
        if (scope->used[scope->nkeys + i])
            pel_code_need(code, scope->groups[i].what.value);
    segment->aggregates =
        pel_front_take(front, (size_t)scope->ngroups + 1, sizeof *segment->aggregates);
    if (pel_code_end(code) || !segment->aggregates ||
        set_fields(front, segment, pel_scope_outputs(scope)) || emit_keys(code, scope))
        return -1;
    for (int i = 0; i < scope->ngroups; i++) {
        const struct reduction *group = &scope->groups[i];
        if (!scope->used[scope->nkeys + i])
            continue;
        scope->place[scope->nkeys + i] = scope->nkeys + segment->naggregates;
        if (add_aggregate(code, group))
            return -1;
    }
    return 0;
}

static int emit_histogram(struct code *code, struct scope *scope)
{
    struct front *front = code->front;
    struct segment *segment = code->segment;
    pel_code_need(code, scope->binned);
    segment->values = pel_front_take(front, 1, sizeof *segment->values);
    if (pel_code_end(code) || !segment->values || set_fields(front, segment, 3))
        return -1;
    segment->values[segment->nvalues++] = code->place[scope->binned];
    segment->bins = scope->bins;
    segment->lo = scope->lo;
    segment->hi = scope->hi;
    for (int i = 0; i < 3; i++)
        scope->place[i] = i;
    return add_field(front, segment, pel_string_of("lo"), VALUE_F64) ||
                   add_field(front, segment, pel_string_of("hi"), VALUE_F64) ||
                   add_field(front, segment, pel_string_of("count"), VALUE_I64)
               ? -1
               : 0;
}

static int emit_result(struct emitter *emitter, struct scope *scope)
{
    struct segment *segment = add_segment(emitter, scope->kind);
    struct code code = {
        .front = emitter->front, .scope = scope, .segment = segment, .nfilters = scope->nfilters};
    if (!segment || pel_code_begin(&code))
        return -1;
    if (scope->kind == SEGMENT_GROUPS)
        return emit_groups(&code, scope);
    if (scope->kind == SEGMENT_HISTOGRAM)
        return emit_histogram(&code, scope);
    return emit_rows(&code, scope);
}

/* Is this value column number `column` of the table that the scope reads? */
static bool is_column(const struct emitter *emitter, const struct scope *scope, int value,
                      int column)
{
    const struct instruction *in = &scope->graph.nodes[value].in;
    if (in->op == OP_COLUMN)
        return scope->before->place[in->index] == column;
    if (in->op != OP_SCALAR || in->segment != scope->before->number)
        return false;
    const struct reduction *reduction = &scope->before->reductions[in->index];
    return reduction->segment == emitter->input && reduction->column == column;
}

/* Is the scope's result what it reads, but for the names? */
static bool is_identity(const struct emitter *emitter, const struct scope *scope)
{
    if (!scope->before || scope->kind != SEGMENT_ROWS || scope->nfilters || scope->skip ||
        scope->limit != UINT64_MAX || scope->while_value >= 0)
        return false;
    const struct segment *input = &emitter->plan->segments[emitter->input];
    if ((size_t)scope->nnames != input->nfields)
        return false;
    for (int i = 0; i < scope->nnames; i++)
        if (!is_column(emitter, scope, scope->names[i].value, i))
            return false;
    return true;
}

static int rename_columns(struct emitter *emitter, const struct scope *scope)
{
    struct segment *input = &emitter->plan->segments[emitter->input];
    for (int i = 0; i < scope->nnames; i++) {
        input->fields[i].name = pel_front_name(emitter->front, scope->names[i].name);
        if (!input->fields[i].name)
            return -1;
        scope->place[i] = i;
    }
    return 0;
}

static int emit_scope(struct emitter *emitter, struct scope *scope)
{
    if (emit_all_reductions(emitter, scope))
        return -1;
    if (is_identity(emitter, scope))
        return rename_columns(emitter, scope);
    if (scope->kind != SEGMENT_AGGREGATES && emit_result(emitter, scope))
        return -1;
    emitter->input = emitter->plan->nsegments - 1;
    return 0;
}

int pel_emit(struct front *front, struct pel_plan *plan, struct scope *last)
{
    struct scope *first = last;
    if (pel_scope_need(front, last))
        return -1;
    while (first->before)
        first = first->before;
    struct emitter emitter = {.front = front, .plan = plan, .input = -1};
    for (struct scope *scope = first; scope; scope = scope->after)
        if (emit_scope(&emitter, scope))
            return -1;
    return 0;
}
