#include "bulk/engine/compile/code.h"

#include <limits.h>

/* Instructions that a segment may have: a worker keeps up to 8 KiB for each of them. */
enum { CODE_MAX = 4096 };

/* Instead of a value's place. */
enum { ABSENT = -1, WANTED = -2 };

static int append(struct code *code, const struct instruction *in)
{
    struct segment *segment = code->segment;
    if (segment->ncode == CODE_MAX)
        return pel_mistake(code->front, (struct span){0, code->front->nbytes},
                           "this takes more than %u operations in one pass", (uint64_t)CODE_MAX);
    segment->code = pel_front_grow(code->front, segment->code, segment->ncode, &code->room,
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

static bool is_running(const struct code *code, int value)
{
    return code->scope->graph.nodes[value].in.op == OP_CUMSUM;
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
    if (in.op == OP_CUMSUM)
        in.index = code->running[value];
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

/* Those running sums that are needed and stand behind the first nfilters filters and no others. */
static int append_sums(struct code *code, int nfilters)
{
    const struct graph *graph = &code->scope->graph;
    for (int i = 0; i < graph->n; i++)
        if (code->needed[i] && is_running(code, i) && graph->nodes[i].in.index == nfilters)
            want(code, i);
    return append_wanted(code);
}

static int append_filter(struct code *code, int value)
{
    want(code, value);
    if (append_wanted(code))
        return -1;
    struct instruction filter = {
        .op = OP_FILTER, .type = VALUE_BOOL, .args = {code->place[value], -1, -1}};
    return append(code, &filter) < 0 ? -1 : 0;
}

/* What only later filters need comes after the earlier ones, for fewer rows; running sums come where the rows are
 * those that they are over. */
static int append_all(struct code *code)
{
    for (int i = 0; i < code->nfilters; i++)
        if (append_sums(code, i) || append_filter(code, code->scope->filters[i]))
            return -1;
    if (append_sums(code, code->nfilters))
        return -1;
    for (int i = 0; i < code->scope->graph.n; i++)
        if (code->needed[i])
            want(code, i);
    return append_wanted(code);
}

int pel_code_begin(struct code *code)
{
    size_t n = (size_t)code->scope->graph.n;
    code->place = pel_front_take(code->front, n + 1, sizeof *code->place);
    code->needed = pel_front_take(code->front, n + 1, sizeof *code->needed);
    if (!code->place || !code->needed)
        return -1;
    for (size_t i = 0; i < n; i++)
        code->place[i] = ABSENT;
    return 0;
}

void pel_code_need(struct code *code, int value)
{
    if (value >= 0)
        code->needed[value] = true;
}

static void need_arguments(struct code *code)
{
    const struct graph *graph = &code->scope->graph;
    for (int i = 0; i < code->nfilters; i++)
        pel_code_need(code, code->scope->filters[i]);
    for (int i = graph->n; i-- > 0;)
        for (int k = 0; k < 3 && code->needed[i]; k++)
            pel_code_need(code, graph->nodes[i].in.args[k]);
}

/* ---- running sums ------------------------------------------------------------------------------- */

/* Needed, and without a number. */
static bool is_open(const struct code *code, int value)
{
    return code->needed[value] && is_running(code, value) && code->running[value] < 0;
}

/* Above 0: b comes first, having fewer filters or depending on fewer running sums; 0: both at once. */
static int compare_sums(const struct node *a, const struct node *b)
{
    return a->in.index != b->in.index ? a->in.index - b->in.index : a->rank - b->rank;
}

/* The running sum that comes next, so that it needs none but those before; -1: there is none left. */
static int next_sum(const struct code *code)
{
    const struct node *nodes = code->scope->graph.nodes;
    int next = -1;
    for (int i = 0; i < code->scope->graph.n; i++)
        if (is_open(code, i) && (next < 0 || compare_sums(&nodes[next], &nodes[i]) > 0))
            next = i;
    return next;
}

/* What is added up for all running sums that can be had at once with this one. */
static int make_sums(struct code *of, int first)
{
    struct segment *sums = &of->segment->sums[of->segment->nsums++];
    const struct graph *graph = &of->scope->graph;
    struct code code = {.front = of->front,
                        .scope = of->scope,
                        .segment = sums,
                        .nfilters = graph->nodes[first].in.index,
                        .running = of->running};
    *sums = (struct segment){
        .kind = SEGMENT_SUMS, .input = of->segment->input, .limit = UINT64_MAX, .while_value = -1};
    sums->values = pel_front_take(of->front, (size_t)graph->n, sizeof *sums->values);
    sums->running = pel_front_take(of->front, (size_t)graph->n, sizeof *sums->running);
    if (!sums->values || !sums->running || pel_code_begin(&code))
        return -1;
    for (int i = first; i < graph->n; i++)
        if (is_open(of, i) && compare_sums(&graph->nodes[i], &graph->nodes[first]) == 0) {
            int value = graph->nodes[i].in.args[0];
            pel_code_need(&code, value);
            sums->values[sums->nvalues] = value;
            sums->running[sums->nvalues++] = of->running[i] = of->segment->nrunning++;
        }
    need_arguments(&code);
    if (append_all(&code))
        return -1;
    for (int i = 0; i < sums->nvalues; i++)
        sums->values[i] = code.place[sums->values[i]];
    return 0;
}

static int make_all_sums(struct code *code)
{
    struct segment *segment = code->segment;
    int n = 0;
    for (int i = 0; i < code->scope->graph.n; i++)
        n += code->needed[i] && is_running(code, i);
    if (n == 0)
        return 0;
    size_t nvalues = (size_t)code->scope->graph.n;
    code->running = pel_front_take(code->front, nvalues, sizeof *code->running);
    segment->sums = pel_front_take(code->front, (size_t)n, sizeof *segment->sums);
    if (!code->running || !segment->sums)
        return -1;
    for (size_t i = 0; i < nvalues; i++)
        code->running[i] = -1;
    for (int next; (next = next_sum(code)) >= 0;)
        if (make_sums(code, next))
            return -1;
    for (int i = 0; i < segment->nsums; i++)
        segment->sums[i].nrunning = segment->nrunning;
    return 0;
}

int pel_code_end(struct code *code)
{
    need_arguments(code);
    return make_all_sums(code) ? -1 : append_all(code);
}
