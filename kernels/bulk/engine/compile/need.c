#include "bulk/engine/compile/scope.h"

/* What is needed of each scope for the last one's result: from there backwards, since what a scope computes is
 * needed only as far as later ones use it. */

int pel_scope_outputs(const struct scope *scope)
{
    return scope->kind == SEGMENT_GROUPS      ? scope->nkeys + scope->ngroups
           : scope->kind == SEGMENT_HISTOGRAM ? 3
                                              : scope->nnames;
}

static void need_reduction(struct scope *scope, int index, bool *needed)
{
    struct reduction *reduction = &scope->reductions[index];
    reduction->used = true;
    if (reduction->what.value >= 0)
        needed[reduction->what.value] = true;
    for (int i = 0; i < reduction->nfilters; i++)
        needed[scope->filters[i]] = true;
}

/* The values that the scope's own segment is made of. */
static void need_result(struct scope *scope, bool *needed)
{
    for (int i = 0; i < scope->nfilters; i++)
        needed[scope->filters[i]] = true;
    for (int i = 0; i < scope->norder; i++)
        needed[scope->order[i].value] = true;
    for (int i = 0; i < scope->nkeys; i++)
        needed[scope->keys[i].value] = true;
    for (int i = 0; i < scope->ngroups; i++)
        if (scope->used[scope->nkeys + i] && scope->groups[i].what.value >= 0)
            needed[scope->groups[i].what.value] = true;
    if (scope->while_value >= 0)
        needed[scope->while_value] = true;
    if (scope->kind == SEGMENT_HISTOGRAM)
        needed[scope->binned] = true;
    if (scope->kind != SEGMENT_ROWS && scope->kind != SEGMENT_ORDER)
        return;
    for (int i = 0; i < scope->nnames; i++)
        if (scope->used[i])
            needed[scope->names[i].value] = true;
}

static void need_arguments(struct scope *scope, const struct instruction *in, bool *needed)
{
    for (int i = 0; i < 3 && in->args[i] >= 0; i++)
        needed[in->args[i]] = true;
    if (in->op == OP_COLUMN && scope->before)
        scope->before->used[in->index] = true;
    if (in->op == OP_SCALAR && in->segment == scope->number)
        need_reduction(scope, in->index, needed);
    else if (in->op == OP_SCALAR)
        scope->before->reductions[in->index].used = true;
}

/* A table has at least one column, so that it has rows. */
static void need_something(struct scope *scope)
{
    if (scope->kind == SEGMENT_AGGREGATES) {
        for (int i = 0; i < scope->nreductions; i++)
            if (scope->reductions[i].used)
                return;
        scope->reductions[0].used = true;
        return;
    }
    for (int i = 0; i < pel_scope_outputs(scope); i++)
        if (scope->used[i])
            return;
    if (pel_scope_outputs(scope))
        scope->used[0] = true;
}

static int find_needed(struct front *front, struct scope *scope)
{
    need_something(scope);
    bool *needed = pel_front_take(front, (size_t)scope->graph.n + 1, sizeof *needed);
    if (!needed)
        return -1;
    if (scope->kind == SEGMENT_AGGREGATES) {
        for (int i = 0; i < scope->nreductions; i++)
            if (scope->reductions[i].used)
                need_reduction(scope, i, needed);
    } else {
        need_result(scope, needed);
    }
    for (int i = scope->graph.n; i-- > 0;)
        if (needed[i])
            need_arguments(scope, &scope->graph.nodes[i].in, needed);
    return 0;
}

static int prepare(struct front *front, struct scope *scope)
{
    size_t n = (size_t)pel_scope_outputs(scope) + 1;
    scope->used = pel_front_take(front, n, sizeof *scope->used);
    scope->place = pel_front_take(front, n, sizeof *scope->place);
    if (!scope->used || !scope->place)
        return -1;
    for (int i = 0; !scope->after && i < pel_scope_outputs(scope); i++)
        scope->used[i] = true;
    return 0;
}

int pel_scope_need(struct front *front, struct scope *last)
{
    for (struct scope *scope = last; scope; scope = scope->before)
        if (prepare(front, scope))
            return -1;
    for (struct scope *scope = last; scope; scope = scope->before)
        if (find_needed(front, scope))
            return -1;
    return 0;
}
