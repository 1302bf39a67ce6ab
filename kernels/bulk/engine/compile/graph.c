#include "bulk/engine/compile/graph.h"

#include <string.h>

static bool same_constant(enum value_type type, union scalar a, union scalar b)
{
    switch (type) {
    case VALUE_BOOL:
        return a.b == b.b;
    case VALUE_I64:
        return a.i == b.i;
    case VALUE_F32:
        return memcmp(&a.f32, &b.f32, sizeof a.f32) == 0;
    case VALUE_F64:
        return memcmp(&a.f64, &b.f64, sizeof a.f64) == 0;
    default:
        return pel_string_same(a.s, b.s);
    }
}

/* The order of these arguments does not matter: a + b and b + a are the same. */
static bool commutes(enum opcode op)
{
    return op == OP_ADD || op == OP_MUL || op == OP_EQ || op == OP_NE || op == OP_AND ||
           op == OP_OR;
}

static bool same_arguments(const struct instruction *a, const struct instruction *b)
{
    if (commutes(a->op) && a->args[0] == b->args[1] && a->args[1] == b->args[0])
        return true;
    return memcmp(a->args, b->args, sizeof a->args) == 0;
}

static bool same(const struct node *a, const struct node *b)
{
    return a->in.op == b->in.op && a->in.type == b->in.type && a->strong == b->strong &&
           same_arguments(&a->in, &b->in) && a->in.index == b->in.index &&
           a->in.segment == b->in.segment &&
           (a->in.op != OP_CONST || same_constant(a->in.type, a->in.constant, b->in.constant));
}

/* One of 256. */
static unsigned hash(const struct node *node)
{
    const int *args = node->in.args;
    unsigned h = (unsigned)node->in.op * 31 + (unsigned)node->in.type;
    h = h * 31 + (unsigned)args[0] + (unsigned)args[1];
    h = h * 31 + (unsigned)args[2];
    h = h * 31 + (unsigned)node->in.index;
    return h * 2654435761u >> 24;
}

int pel_graph_add(struct front *front, struct graph *graph, const struct node *node)
{
    int *head = &graph->heads[hash(node)];
    for (int i = *head; i; i = graph->nodes[i - 1].next)
        if (same(&graph->nodes[i - 1], node))
            return i - 1;
    graph->nodes =
        pel_front_grow(front, graph->nodes, graph->n, &graph->room, sizeof *graph->nodes);
    if (!graph->nodes)
        return -1;
    graph->nodes[graph->n] = *node;
    graph->nodes[graph->n].next = *head;
    *head = graph->n + 1;
    return graph->n++;
}

int pel_graph_leaf(struct front *front, struct graph *graph, const struct node *leaf)
{
    struct node node = *leaf;
    for (int i = 0; i < 3; i++)
        node.in.args[i] = -1;
    return pel_graph_add(front, graph, &node);
}

int pel_graph_constant(struct front *front, struct graph *graph, enum value_type type,
                       union scalar value, bool strong, struct span at)
{
    struct node node = {
        .in = {.op = OP_CONST, .type = type, .constant = value}, .at = at, .strong = strong};
    return pel_graph_leaf(front, graph, &node);
}

/* The value that an instruction has without being computed, one of its arguments; -1: none. */
static int shortcut(const struct graph *graph, const struct instruction *in)
{
    const struct instruction *a = &graph->nodes[in->args[0]].in;
    const struct instruction *b = in->args[1] < 0 ? NULL : &graph->nodes[in->args[1]].in;
    if (in->op == OP_WHERE && a->op == OP_CONST)
        return in->args[a->constant.b ? 1 : 2];
    if (in->op == OP_WHERE && in->args[1] == in->args[2])
        return in->args[1];
    if (in->op != OP_AND && in->op != OP_OR)
        return -1;
    bool decides = in->op == OP_OR; /* whichever the other side is */
    if (a->op == OP_CONST)
        return in->args[a->constant.b == decides ? 0 : 1];
    if (b->op == OP_CONST)
        return in->args[b->constant.b == decides ? 1 : 0];
    return in->args[0] == in->args[1] ? in->args[0] : -1;
}

/* The value of a node whose arguments are constants; -1 with no mistake noted: it has another one. */
static int fold(struct front *front, struct graph *graph, const struct node *node)
{
    struct instruction code[4];
    int n = 0;
    for (; n < 3 && node->in.args[n] >= 0; n++) {
        code[n] = graph->nodes[node->in.args[n]].in;
        if (code[n].op != OP_CONST)
            return -1;
    }
    code[n] = node->in;
    for (int i = 0; i < n; i++)
        code[n].args[i] = i;
    union scalar value;
    int status = pel_fold(code, n + 1, &value);
    if (!status)
        return pel_graph_constant(front, graph, node->in.type, value, node->strong, node->at);
    if (status == -EDOM)
        return pel_mistake(front, node->at, "%t: %s", pel_front_text(front, node->at),
                           node->in.op == OP_POW ? "an int has no negative powers"
                                                 : "an int cannot be divided by zero");
    if (status == -ERANGE) {
        pel_mistake(front, node->at, "%t does not fit into an int64",
                    pel_front_text(front, node->at));
        pel_hint(front, "float(...) computes with float64");
        return -1;
    }
    front->status = status;
    return -1;
}

int pel_graph_op(struct front *front, struct graph *graph, enum opcode op, enum value_type type,
                 const int args[3], struct span at)
{
    struct node node = {.in = {.op = op, .type = type, .args = {args[0], args[1], args[2]}},
                        .at = at};
    int direct = shortcut(graph, &node.in);
    if (direct >= 0)
        return direct;
    for (int i = 0; i < 3 && args[i] >= 0; i++) {
        const struct node *arg = &graph->nodes[args[i]];
        node.level = arg->level > node.level ? arg->level : node.level;
        node.rank = arg->rank > node.rank ? arg->rank : node.rank;
        node.strong |= arg->strong;
    }
    int folded = fold(front, graph, &node);
    if (folded >= 0 || front->status)
        return folded;
    node.strong = false;
    return pel_graph_add(front, graph, &node);
}
