/* Loops that are not written for vectors: whole-number division and powers, texts. */
#include "bulk/engine/machine/ops.h"

#include <string.h>

/* out = `result` of a, b; which sets `failed` if need be. */
#define LOOP(name, TO, FROM, result)                                                               \
    static bool name(const struct call *call)                                                      \
    {                                                                                              \
        const FROM *x = call->in[0].at, *y = call->in[1].at;                                       \
        TO *out = call->out;                                                                       \
        bool failed = false;                                                                       \
        for (size_t i = 0; i < call->n; i++) {                                                     \
            const FROM a = x[i * call->in[0].step], b = y[i * call->in[1].step];                   \
            out[i] = (result);                                                                     \
            (void)b;                                                                               \
        }                                                                                          \
        return failed;                                                                             \
    }

/* ---- int64 --------------------------------------------------------------------------------------- */

/* Towards minus infinity; what fails is 0. */
static int64_t floor_div(int64_t a, int64_t b, bool *failed)
{
    if (b == 0 || (b == -1 && a == INT64_MIN)) {
        *failed = true;
        return 0;
    }
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t floor_mod(int64_t a, int64_t b, bool *failed)
{
    if (b == 0 || b == -1) {
        *failed |= b == 0;
        return 0;
    }
    int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static int64_t power(int64_t base, int64_t exponent, bool *failed)
{
    int64_t result = 1;
    if (exponent < 0) {
        *failed = true;
        return 0;
    }
    for (;;) {
        if (exponent & 1)
            *failed |= __builtin_mul_overflow(result, base, &result);
        exponent >>= 1;
        if (!exponent)
            return result;
        *failed |= __builtin_mul_overflow(base, base, &base);
    }
}

LOOP(floor_div_i64, int64_t, int64_t, floor_div(a, b, &failed))
LOOP(mod_i64, int64_t, int64_t, floor_mod(a, b, &failed))
LOOP(pow_i64, int64_t, int64_t, power(a, b, &failed))

/* ---- texts --------------------------------------------------------------------------------------- */

/* By bytes; of two of which one begins the other, the shorter is less. */
static int order(struct pel_string a, struct pel_string b)
{
    size_t both = a.nbytes < b.nbytes ? a.nbytes : b.nbytes;
    int first = both ? memcmp(a.text, b.text, both) : 0;
    return first ? first : (a.nbytes > b.nbytes) - (a.nbytes < b.nbytes);
}

static bool same(struct pel_string a, struct pel_string b)
{
    return a.nbytes == b.nbytes && (!a.nbytes || memcmp(a.text, b.text, a.nbytes) == 0);
}

#define COMPARE(name, result)                                                                      \
    static bool name##_string(const struct call *call)                                             \
    {                                                                                              \
        const struct pel_string *x = call->in[0].at, *y = call->in[1].at;                          \
        uint64_t *out = call->out;                                                                 \
        for (size_t w = 0; w < call->n / 64; w++) {                                                \
            uint64_t word = 0;                                                                     \
            for (size_t i = 64 * w; i < 64 * w + 64; i++) {                                        \
                const struct pel_string a = x[i * call->in[0].step], b = y[i * call->in[1].step];  \
                word |= (uint64_t)(result) << i % 64;                                              \
            }                                                                                      \
            out[w] = word;                                                                         \
        }                                                                                          \
        return false;                                                                              \
    }
COMPARE(eq, same(a, b))
COMPARE(ne, !same(a, b))
COMPARE(lt, order(a, b) < 0)
COMPARE(le, order(a, b) <= 0)

static bool where_string(const struct call *call)
{
    const uint64_t *words = call->in[0].at;
    const struct pel_string *y = call->in[1].at, *z = call->in[2].at;
    struct pel_string *out = call->out;
    for (size_t i = 0; i < call->n; i++)
        out[i] = words[i / 64] >> i % 64 & 1 ? y[i * call->in[1].step] : z[i * call->in[2].step];
    return false;
}

block_function *pel_plain_op(enum opcode op, enum value_type type)
{
    static block_function *const table[OP_COUNT][VALUE_TYPE_COUNT] = {
        [OP_FLOOR_DIV] = {[VALUE_I64] = floor_div_i64},
        [OP_MOD] = {[VALUE_I64] = mod_i64},
        [OP_POW] = {[VALUE_I64] = pow_i64},
        [OP_EQ] = {[VALUE_STRING] = eq_string},
        [OP_NE] = {[VALUE_STRING] = ne_string},
        [OP_LT] = {[VALUE_STRING] = lt_string},
        [OP_LE] = {[VALUE_STRING] = le_string},
        [OP_WHERE] = {[VALUE_STRING] = where_string},
    };
    return table[op][type];
}
