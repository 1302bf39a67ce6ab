/* What transforms do with a block: functions for pel_map, of each instruction set, whose ctx is a
 * struct pel_line or pel_limits. x may be y. All levels give the same bits. */
#ifndef PELTON_BULK_TRANSFORM_H
#define PELTON_BULK_TRANSFORM_H

#include "bulk/reduce/lanes.h"

typedef void pel_map_function(void *ctx, const void *x, void *y, size_t n);

struct pel_line {
    double a, b;
};

/* Two values of the type that is clipped. */
struct pel_limits {
    const void *lo, *hi;
};

struct pel_transforms {
    pel_map_function *scale_add_f32, *scale_add_f64; /* a x + b */
    pel_map_function *clip[PEL_TYPE_COUNT];          /* NULL for types that are not reduced */
    pel_map_function *normalise_f32, *normalise_f64; /* (x - a) / b of doubles */
};

const struct pel_transforms *pel_transforms_for(enum pel_isa isa);

#endif
