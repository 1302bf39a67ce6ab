/* Which number of a block failed, and in what words to say so. */
#include "bulk/engine/machine/ops.h"

#include "bulk/engine/text.h"

/* An int64 as two arguments of pel_write: %s%u. */
#define SIGNED(number)                                                                             \
    (number) < 0 ? "-" : "", (number) < 0 ? 0 - (uint64_t)(number) : (uint64_t)(number)

static int set(struct pel_error *err, int code, const char *format, ...)
{
    char message[sizeof err->message];
    struct writer writer = {message, sizeof message - 1, 0};
    va_list arguments;
    va_start(arguments, format);
    pel_write_list(&writer, format, arguments);
    va_end(arguments);
    message[writer.nbytes < writer.room ? writer.nbytes : writer.room] = 0;
    return pel_error_set(err, code, PEL_STAGE_COMPUTE, message);
}

/* What is wrong with op(a) or a op b: overflow (-ERANGE), no value (-EDOM) or 0. */
static int check_ints(enum opcode op, int64_t a, int64_t b)
{
    int64_t result = 1;
    switch (op) {
    case OP_NEG:
    case OP_ABS:
        return a == INT64_MIN ? -ERANGE : 0;
    case OP_ADD:
        return __builtin_add_overflow(a, b, &result) ? -ERANGE : 0;
    case OP_SUB:
        return __builtin_sub_overflow(a, b, &result) ? -ERANGE : 0;
    case OP_MUL:
        return __builtin_mul_overflow(a, b, &result) ? -ERANGE : 0;
    case OP_FLOOR_DIV:
        return b == 0 ? -EDOM : a == INT64_MIN && b == -1 ? -ERANGE : 0;
    case OP_MOD:
        return b == 0 ? -EDOM : 0;
    case OP_POW: /* of 0, 1 and -1 all powers fit; of others, the 64th does not */
        if (b < 0)
            return -EDOM;
        for (; b > 0 && a != 0 && a != 1 && (a != -1); b--)
            if (__builtin_mul_overflow(result, a, &result))
                return -ERANGE;
        return 0;
    default:
        return 0;
    }
}

static int fault_of_ints(enum opcode op, int64_t a, int64_t b, uint64_t row, struct pel_error *err)
{
    static const char *const signs[OP_COUNT] = {
        [OP_ADD] = " + ",        [OP_SUB] = " - ", [OP_MUL] = " * ",
        [OP_FLOOR_DIV] = " // ", [OP_MOD] = " % ", [OP_POW] = " ** ",
    };
    int code = check_ints(op, a, b);
    const char *open = a < 0 ? "(" : "", *close = a < 0 ? ")" : "";
    if (!code)
        return 0;
    if (!signs[op])
        return set(err, code, "row %u: %s(%s%u) is outside int64", row, op == OP_NEG ? "-" : "abs",
                   SIGNED(a));
    return set(err, code, "row %u: %s%s%u%s%s%s%u%s", row, open, SIGNED(a), close, signs[op],
               SIGNED(b),
               code == -ERANGE ? " is outside int64"
               : op == OP_POW  ? ": a negative power of an int"
                               : ": division by zero");
}

/* int(a) */
static int fault_of_float(double a, uint64_t row, struct pel_error *err)
{
    if (a >= -0x1p63 && a < 0x1p63)
        return 0;
    return set(err, -ERANGE, "row %u: int() of %s", row,
               a != a  ? "nan"
               : a < 0 ? "a number below -2^63"
                       : "a number above 2^63 - 1");
}

static const void *at(const struct operand *operand, size_t i, size_t nbytes)
{
    return (const char *)operand->at + i * operand->step * nbytes;
}

int pel_fault(enum opcode op, enum value_type from, const struct call *call, size_t i, uint64_t row,
              struct pel_error *err)
{
    if (from == VALUE_I64)
        return fault_of_ints(op, *(const int64_t *)at(&call->in[0], i, 8),
                             *(const int64_t *)at(&call->in[1], i, 8), row, err);
    double a = from == VALUE_F32 ? *(const float *)at(&call->in[0], i, 4)
                                 : *(const double *)at(&call->in[0], i, 8);
    return fault_of_float(a, row, err);
}

int pel_fault_of_running(uint64_t row, struct pel_error *err)
{
    return set(err, -ERANGE, "row %u: the running sum is outside int64", row);
}

int pel_fault_of_column(uint64_t value, uint64_t row, struct pel_error *err)
{
    return value <= INT64_MAX ? 0 : set(err, -ERANGE, "row %u: %u is outside int64", row, value);
}
