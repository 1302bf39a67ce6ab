#include "bulk/engine/graph.h"

#include <math.h>

static enum fold fold_int(enum opcode op, int64_t a, int64_t b, int64_t *out)
{
    switch (op) {
    case OP_ADD:
        return __builtin_add_overflow(a, b, out) ? FOLD_OVERFLOW : FOLD_DONE;
    case OP_SUB:
        return __builtin_sub_overflow(a, b, out) ? FOLD_OVERFLOW : FOLD_DONE;
    case OP_MUL:
        return __builtin_mul_overflow(a, b, out) ? FOLD_OVERFLOW : FOLD_DONE;
    case OP_NEG:
        return __builtin_sub_overflow(0, a, out) ? FOLD_OVERFLOW : FOLD_DONE;
    case OP_ABS:
        *out = a;
        return a < 0 && __builtin_sub_overflow(0, a, out) ? FOLD_OVERFLOW : FOLD_DONE;
    case OP_MIN:
        *out = a < b ? a : b;
        return FOLD_DONE;
    case OP_MAX:
        *out = a > b ? a : b;
        return FOLD_DONE;
    case OP_FLOOR_DIV:
    case OP_MOD:
        break;
    default:
        return FOLD_NOT;
    }
    if (b == 0)
        return FOLD_ZERO;
    if (b == -1 && op == OP_MOD)
        *out = 0;
    else if (b == -1)
        return __builtin_sub_overflow(0, a, out) ? FOLD_OVERFLOW : FOLD_DONE;
    else if (op == OP_MOD)
        *out = a % b + (a % b != 0 && (a % b < 0) != (b < 0) ? b : 0);
    else
        *out = a / b - (a % b != 0 && (a % b < 0) != (b < 0));
    return FOLD_DONE;
}

/* What one rounding of the exact result gives, in float32 too: a double has more than twice its digits, so
 * rounding twice is as rounding once. */
static enum fold fold_float(enum opcode op, double a, double b, double *out)
{
    switch (op) {
    case OP_ADD:
        *out = a + b;
        return FOLD_DONE;
    case OP_SUB:
        *out = a - b;
        return FOLD_DONE;
    case OP_MUL:
        *out = a * b;
        return FOLD_DONE;
    case OP_DIV:
        *out = a / b;
        return FOLD_DONE;
    case OP_NEG:
        *out = -a;
        return FOLD_DONE;
    case OP_ABS:
        *out = fabs(a);
        return FOLD_DONE;
    case OP_SQRT:
        *out = sqrt(a);
        return FOLD_DONE;
    case OP_FLOOR:
        *out = floor(a);
        return FOLD_DONE;
    case OP_CEIL:
        *out = ceil(a);
        return FOLD_DONE;
    case OP_ROUND:
        *out = nearbyint(a);
        return FOLD_DONE;
    default:
        return FOLD_NOT;
    }
}

/* -1, 0 or 1, and 2 where one is NaN. */
static int compare_floats(double a, double b)
{
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
}

static enum fold fold_comparison(enum opcode op, int order, bool *out)
{
    *out = op == OP_EQ   ? order == 0
           : op == OP_NE ? order != 0
           : op == OP_LT ? order == -1
                         : order == -1 || order == 0;
    return FOLD_DONE;
}

static double as_double(enum value_type type, union scalar value)
{
    return type == VALUE_F64   ? value.f64
           : type == VALUE_F32 ? (double)value.f32
           : type == VALUE_I64 ? (double)value.i
                               : (double)value.b;
}

static enum fold fold_to_int(enum value_type of, union scalar value, int64_t *out)
{
    if (of == VALUE_BOOL || of == VALUE_I64) {
        *out = of == VALUE_BOOL ? value.b : value.i;
        return FOLD_DONE;
    }
    double number = as_double(of, value);
    if (!(number >= -0x1p63 && number < 0x1p63))
        return FOLD_OVERFLOW;
    *out = (int64_t)number;
    return FOLD_DONE;
}

static void set_float(enum value_type type, double value, union scalar *out)
{
    if (value != value)
        value = NAN;
    if (type == VALUE_F32)
        out->f32 = (float)value;
    else
        out->f64 = value;
}

static enum fold fold_convert(enum value_type to, enum value_type of, union scalar value,
                              union scalar *out)
{
    if (to == VALUE_I64)
        return fold_to_int(of, value, &out->i);
    if (of == VALUE_I64 && to == VALUE_F32)
        out->f32 = (float)value.i; /* not by way of double: one rounding */
    else
        set_float(to, as_double(of, value), out);
    return FOLD_DONE;
}

static enum fold fold_bools(const struct instruction *in, enum value_type of,
                            const union scalar *args, union scalar *out)
{
    double a = as_double(of, args[0]), b = in->args[1] < 0 ? 0 : as_double(of, args[1]);
    switch (in->op) {
    case OP_NOT:
        out->b = !args[0].b;
        return FOLD_DONE;
    case OP_ISNAN:
        out->b = a != a;
        return FOLD_DONE;
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
        if (of == VALUE_I64)
            return fold_comparison(in->op, (args[0].i > args[1].i) - (args[0].i < args[1].i),
                                   &out->b);
        return fold_comparison(in->op, compare_floats(a, b), &out->b);
    default:
        return FOLD_NOT;
    }
}

enum fold pel_fold(const struct instruction *in, enum value_type of, const union scalar *args,
                   union scalar *out)
{
    if (of == VALUE_STRING)
        return FOLD_NOT;
    if (in->op == OP_CONVERT)
        return fold_convert(in->type, of, args[0], out);
    if (in->type == VALUE_BOOL)
        return fold_bools(in, of, args, out);
    if (in->type == VALUE_I64)
        return fold_int(in->op, args[0].i, in->args[1] < 0 ? 0 : args[1].i, &out->i);
    double result, a = as_double(of, args[0]), b = in->args[1] < 0 ? 0 : as_double(of, args[1]);
    enum fold fold = fold_float(in->op, a, b, &result);
    if (fold == FOLD_DONE)
        set_float(in->type, result, out);
    return fold;
}
