/* The values that are computed from a row, each once: an instruction with the same arguments as an earlier
 * one is that one, and one of constants is a constant. Arguments have lower numbers than what uses them. */
#ifndef PELTON_BULK_ENGINE_GRAPH_H
#define PELTON_BULK_ENGINE_GRAPH_H

#include "bulk/engine/compile/front.h"
#include "bulk/engine/program.h"

struct node {
    struct instruction in;
    struct span at; /* where it was first asked for */
    bool strong;    /* a constant that was given its type by name and keeps it */
    int rank;       /* how many running sums are inside of each other in it */
    int level;      /* how many passes over the rows must have ended before it can be computed */
    int next;       /* 1 + the next one with the same hash, 0: none */
};

struct graph {
    struct node *nodes;
    int n, room;
    int heads[256];
};

/* Each returns the number of the value, or -1. */

/* A value that is computed as the node says. */
int pel_graph_add(struct front *front, struct graph *graph, const struct node *node);

/* A column, row number or scalar. */
int pel_graph_leaf(struct front *front, struct graph *graph, const struct node *leaf);

int pel_graph_constant(struct front *front, struct graph *graph, enum value_type type,
                       union scalar value, bool strong, struct span at);

/* An instruction with one to three arguments (-1: none), which may be computed at once. */
int pel_graph_op(struct front *front, struct graph *graph, enum opcode op, enum value_type type,
                 const int args[3], struct span at);

static inline bool pel_graph_is_constant(const struct graph *graph, int value)
{
    return graph->nodes[value].in.op == OP_CONST;
}

/* Computes code of which the last instruction is the result and the others are constants: 0, -ERANGE or -EDOM
 * where it would fail on every row, -ENOMEM. */
PEL_MUST_CHECK int pel_fold(const struct instruction *code, int ncode, union scalar *out);

#endif
