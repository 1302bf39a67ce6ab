/* Which number of a block failed, and in what words to say so. */
#include "bulk/engine/ops.h"

#include <string.h>

/* Text that grows to the right; numbers of 20 characters and short words, so that 160 are enough. */
struct text {
    char line[160];
    size_t n;
};

static void say(struct text *text, const char *word)
{
    size_t n = strlen(word);
    memcpy(text->line + text->n, word, n + 1);
    text->n += n;
}

static void say_unsigned(struct text *text, uint64_t number)
{
    char digits[21];
    char *at = digits + 20;
    for (*at = 0; number || !*at; number /= 10)
        *--at = (char)('0' + number % 10);
    say(text, at);
}

static void say_number(struct text *text, int64_t number)
{
    if (number < 0)
        say(text, "-");
    say_unsigned(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static struct text say_row(uint64_t row)
{
    struct text text = {.n = 0};
    say(&text, "row ");
    say_unsigned(&text, row);
    say(&text, ": ");
    return text;
}

static int outside(struct text *text, struct pel_error *err)
{
    say(text, " is outside int64");
    return pel_error_set(err, -ERANGE, PEL_STAGE_COMPUTE, text->line);
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
        [OP_NEG] = "-",   [OP_ABS] = "abs",        [OP_ADD] = " + ", [OP_SUB] = " - ",
        [OP_MUL] = " * ", [OP_FLOOR_DIV] = " // ", [OP_MOD] = " % ", [OP_POW] = " ** ",
    };
    int code = check_ints(op, a, b);
    if (!code)
        return 0;
    struct text text = say_row(row);
    if (op == OP_NEG || op == OP_ABS)
        say(&text, signs[op]);
    say(&text, a < 0 ? "(" : "");
    say_number(&text, a);
    say(&text, a < 0 ? ")" : "");
    if (op != OP_NEG && op != OP_ABS) {
        say(&text, signs[op]);
        say_number(&text, b);
    }
    if (code == -ERANGE)
        return outside(&text, err);
    say(&text, op == OP_POW ? ": a negative power of an int" : ": division by zero");
    return pel_error_set(err, code, PEL_STAGE_COMPUTE, text.line);
}

/* int(a) */
static int fault_of_float(double a, uint64_t row, struct pel_error *err)
{
    if (a >= -0x1p63 && a < 0x1p63)
        return 0;
    struct text text = say_row(row);
    if (a != a)
        say(&text, "int(nan) has no value");
    else
        say(&text, a < 0 ? "int() of a number below -2^63" : "int() of a number above 2^63 - 1");
    return pel_error_set(err, -ERANGE, PEL_STAGE_COMPUTE, text.line);
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

int pel_fault_of_column(uint64_t value, uint64_t row, struct pel_error *err)
{
    if (value <= INT64_MAX)
        return 0;
    struct text text = say_row(row);
    say_unsigned(&text, value);
    return outside(&text, err);
}
