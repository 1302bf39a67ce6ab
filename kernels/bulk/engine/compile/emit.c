#include "bulk/engine/compile/scope.h"

/* Scopes become segments, from the first to the last, after need.c has found out what is needed of each. */
struct emitter {
    struct front *front;
    struct pel_plan *plan;
    int room;  /* of plan->segments */
    int input; /* the segment whose table the present scope reads, -1: the source */
};

/* Instructions that a segment may have: a worker keeps up to 8 KiB for each of them. */
enum { CODE_MAX = 4096 };

/* ---- code ------------------------------------------------------------------------------------ */

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

/* Code in the making: of each value of the graph, the instruction that computes it. */
enum { ABSENT = -1, WANTED = -2 };

struct code {
    struct emitter *emitter;
    const struct scope *scope;
    struct segment *segment;
    int *place, room;
};

static int append(struct code *code, const struct instruction *in)
{
    struct segment *segment = code->segment;
    if (segment->ncode == CODE_MAX)
        return pel_mistake(code->emitter->front, (struct span){0, code->emitter->front->nbytes},
                           "this takes more than %u operations in one pass", (uint64_t)CODE_MAX);
    segment->code = pel_front_grow(code->emitter->front, segment->code, segment->ncode, &code->room,
                                   sizeof *segment->code);
    if (!segment->code)
        return -1;
    segment->code[segment->ncode] = *in;
    return segment->ncode++;
}

static void want(struct code *code, int value)
{
    if (value >= 0 && code->place[value] == ABSENT)
        code->place[value] = WANTED;
}

/* A value's instruction, its arguments being there. */
static int append_value(struct code *code, int value)
{
    const struct scope *scope = code->scope;
    struct instruction in = scope->graph.nodes[value].in;
    for (int i = 0; i < 3 && in.args[i] >= 0; i++)
        in.args[i] = code->place[in.args[i]];
    if (in.op == OP_COLUMN && scope->before)
        in.index = scope->before->place[in.index];
    if (in.op == OP_SCALAR) {
        const struct scope *owner = in.segment == scope->number ? scope : scope->before;
        const struct reduction *reduction = &owner->reductions[in.index];
        in.segment = reduction->segment;
        in.index = reduction->column;
    }
    code->place[value] = append(code, &in);
    return code->place[value] < 0 ? -1 : 0;
}

/* All values that are wanted. */
static int append_wanted(struct code *code)
{
    const struct graph *graph = &code->scope->graph;
    for (int i = graph->n; i-- > 0;)
        for (int k = 0; k < 3 && code->place[i] == WANTED; k++)
            want(code, graph->nodes[i].in.args[k]);
    for (int i = 0; i < graph->n; i++)
        if (code->place[i] == WANTED && append_value(code, i))
            return -1;
    return 0;
}

/* The first nfilters filters. What only later ones need comes after them, for fewer rows. */
static int begin_code(struct code *code, int nfilters)
{
    size_t n = (size_t)code->scope->graph.n;
    code->place = pel_front_take(code->emitter->front, n + 1, sizeof *code->place);
    if (!code->place)
        return -1;
    for (size_t i = 0; i < n; i++)
        code->place[i] = ABSENT;
    for (int i = 0; i < nfilters; i++) {
        int value = code->scope->filters[i];
        want(code, value);
        if (append_wanted(code))
            return -1;
        struct instruction filter = {
            .op = OP_FILTER, .type = VALUE_BOOL, .args = {code->place[value], -1, -1}};
        if (append(code, &filter) < 0)
            return -1;
    }
    return 0;
}

static int set_fields(struct emitter *emitter, struct segment *segment, int n)
{
    segment->fields = pel_front_take(emitter->front, (size_t)n + 1, sizeof *segment->fields);
    return segment->fields ? 0 : -1;
}

static int add_field(struct emitter *emitter, struct segment *segment, struct pel_string name,
                     enum value_type type)
{
    struct pel_field *field = &segment->fields[segment->nfields++];
    field->type = pel_value_type_column(type);
    field->name = pel_front_name(emitter->front, name);
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
    struct pel_string name = pel_front_line(code->emitter->front, reduction->at);
    return name.text ? add_field(code->emitter, segment, name, aggregate->type) : -1;
}

/* ---- segments -------------------------------------------------------------------------------- */

static bool same_pass(const struct reduction *a, const struct reduction *b)
{
    return a->used && a->segment < 0 && a->level == b->level && a->nfilters == b->nfilters;
}

/* One pass for all aggregates that can be had in the same as this one. */
static int emit_reductions(struct emitter *emitter, struct scope *scope, struct reduction *first)
{
    struct segment *segment = add_segment(emitter, SEGMENT_AGGREGATES);
    struct code code = {.emitter = emitter, .scope = scope, .segment = segment};
    if (!segment || begin_code(&code, first->nfilters))
        return -1;
    struct reduction *end = scope->reductions + scope->nreductions;
    for (struct reduction *each = first; each < end; each++)
        if (same_pass(each, first))
            want(&code, each->what.value);
    segment->aggregates =
        pel_front_take(emitter->front, (size_t)(end - first), sizeof *segment->aggregates);
    if (append_wanted(&code) || !segment->aggregates ||
        set_fields(emitter, segment, (int)(end - first)))
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
    struct emitter *emitter = code->emitter;
    struct segment *segment = code->segment;
    for (int i = 0; i < scope->nnames; i++)
        if (scope->used[i])
            want(code, scope->names[i].value);
    for (int i = 0; i < scope->norder; i++)
        want(code, scope->order[i].value);
    want(code, scope->while_value);
    segment->values =
        pel_front_take(emitter->front, (size_t)scope->nnames + 1, sizeof *segment->values);
    if (append_wanted(code) || !segment->values || set_fields(emitter, segment, scope->nnames))
        return -1;
    for (int i = 0; i < scope->nnames; i++) {
        if (!scope->used[i])
            continue;
        int value = scope->names[i].value;
        scope->place[i] = segment->nvalues;
        segment->values[segment->nvalues++] = code->place[value];
        if (add_field(emitter, segment, scope->names[i].name, scope->graph.nodes[value].in.type))
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
        pel_front_take(code->emitter->front, (size_t)scope->nkeys + 1, sizeof *segment->values);
    if (!segment->values)
        return -1;
    for (int i = 0; i < scope->nkeys; i++) {
        int value = scope->keys[i].value;
        scope->place[i] = i;
        segment->values[segment->nvalues++] = code->place[value];
        if (add_field(code->emitter, segment, scope->keys[i].name,
                      scope->graph.nodes[value].in.type))
            return -1;
    }
    return 0;
}

static int emit_groups(struct code *code, struct scope *scope)
{
    struct emitter *emitter = code->emitter;
    struct segment *segment = code->segment;
    for (int i = 0; i < scope->nkeys; i++)
        want(code, scope->keys[i].value);
    for (int i = 0; i < scope->ngroups; i++)
        if (scope->used[scope->nkeys + i])
            want(code, scope->groups[i].what.value);
    segment->aggregates =
        pel_front_take(emitter->front, (size_t)scope->ngroups + 1, sizeof *segment->aggregates);
    if (append_wanted(code) || !segment->aggregates ||
        set_fields(emitter, segment, pel_scope_outputs(scope)) || emit_keys(code, scope))
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
    struct emitter *emitter = code->emitter;
    struct segment *segment = code->segment;
    want(code, scope->binned);
    segment->values = pel_front_take(emitter->front, 1, sizeof *segment->values);
    if (append_wanted(code) || !segment->values || set_fields(emitter, segment, 3))
        return -1;
    segment->values[segment->nvalues++] = code->place[scope->binned];
    segment->bins = scope->bins;
    segment->lo = scope->lo;
    segment->hi = scope->hi;
    for (int i = 0; i < 3; i++)
        scope->place[i] = i;
    return add_field(emitter, segment, pel_string_of("lo"), VALUE_F64) ||
                   add_field(emitter, segment, pel_string_of("hi"), VALUE_F64) ||
                   add_field(emitter, segment, pel_string_of("count"), VALUE_I64)
               ? -1
               : 0;
}

static int emit_result(struct emitter *emitter, struct scope *scope)
{
    struct segment *segment = add_segment(emitter, scope->kind);
    struct code code = {.emitter = emitter, .scope = scope, .segment = segment};
    if (!segment || begin_code(&code, scope->nfilters))
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
