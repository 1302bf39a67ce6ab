/* The functions of <pelton/math.h> as the engine calls them.
 *
 * To add a function: its name here, its lanes in a body of its own, included by body.h, a line in
 * that file's list, its calls in math.c and <pelton/math.h>. */
#ifndef PELTON_BULK_MATH_MATH_H
#define PELTON_BULK_MATH_MATH_H

#include <pelton/core.h>

enum math_function {
    MATH_EXP,
    MATH_LOG,
    MATH_LOG2,
    MATH_LOG10,
    MATH_SIN,
    MATH_COS,
    MATH_TAN,
    MATH_POW,
    MATH_ATAN2,
    MATH_COUNT /* of functions */
};

/* out[i] = f(x[i]) or f(x[i], y[i]) for n numbers. With step 1 an operand's numbers stand in order,
 * and out may be x or y; with step 0 it is one number, which stands there 64 bytes long, over and
 * over. Functions of one number read y, too: give x again. */
typedef void math_loop(const void *x, size_t x_step, const void *y, size_t y_step, void *out,
                       size_t n);

struct math_loops {
    math_loop *f64[MATH_COUNT];
    math_loop *f32[MATH_COUNT]; /* by way of double, rounded once more */
};
const struct math_loops *pel_math_for(enum pel_isa isa);

#endif
