/* Code in the making: the values that a segment needs, and the instructions that compute them. */
#ifndef PELTON_BULK_ENGINE_CODE_H
#define PELTON_BULK_ENGINE_CODE_H

#include "bulk/engine/compile/scope.h"

struct code {
    struct front *front;
    const struct scope *scope;
    struct segment *segment;
    int nfilters;     /* the first of the scope's */
    bool *needed;     /* which values */
    int *running;     /* of each running sum its number in the segment; -1: not yet */
    int *place, room; /* the instruction of each value */
};

/* Then values are needed, then the code is made: the filters, and all that is needed by them and by what is
 * needed; only now are there places. 0 or -1. */
int pel_code_begin(struct code *code);
void pel_code_need(struct code *code, int value); /* -1: nothing */
int pel_code_end(struct code *code);

#endif
