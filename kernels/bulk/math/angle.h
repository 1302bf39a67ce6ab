/* Angles that are too large for vectors. */
#ifndef PELTON_BULK_MATH_ANGLE_H
#define PELTON_BULK_MATH_ANGLE_H

#include <pelton/core.h>

/* x = quadrant pi / 2 + high + low, |high + low| <= pi / 4, with an error below 2^-104 of that,
 * |low| at most half an ulp of high; returns quadrant mod 4. |x| >= 1; NaNs where x is not
 * finite. */
uint64_t pel_angle_reduce(double x, double *high, double *low);

#endif
