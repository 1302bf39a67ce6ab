/* The machine against an interpreter of one row at a time: every instruction at every type, filters, faults,
 * forms of columns, and random programs; at each instruction set. */
#include "bulk/engine/machine/machine.h"

#include <pelton/math.h>

#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one row at a time ---------------------------------------------------------------------------- */

enum { CODE_MAX = 60, COLUMNS_MAX = 16 };

/* What a row comes to. */
struct row {
    union scalar values[CODE_MAX];
    bool left_out;
    int fault;
};

static struct pel_string string_of(const char *text)
{
    return (struct pel_string){*text ? text : NULL, strlen(text)};
}

static int order_of(struct pel_string a, struct pel_string b)
{
    for (size_t i = 0; i < a.nbytes && i < b.nbytes; i++)
        if (a.text[i] != b.text[i])
            return (unsigned char)a.text[i] < (unsigned char)b.text[i] ? -1 : 1;
    return a.nbytes < b.nbytes ? -1 : a.nbytes > b.nbytes;
}

static int int_row(enum opcode op, int64_t a, int64_t b, int64_t *r)
{
    switch (op) {
    case OP_NEG:
        return __builtin_sub_overflow(0, a, r) ? -ERANGE : 0;
    case OP_ADD:
        return __builtin_add_overflow(a, b, r) ? -ERANGE : 0;
    case OP_SUB:
        return __builtin_sub_overflow(a, b, r) ? -ERANGE : 0;
    case OP_MUL:
        return __builtin_mul_overflow(a, b, r) ? -ERANGE : 0;
    case OP_ABS:
        *r = a;
        return a < 0 && __builtin_sub_overflow(0, a, r) ? -ERANGE : 0;
    case OP_MIN:
        *r = a < b ? a : b;
        return 0;
    case OP_MAX:
        *r = a > b ? a : b;
        return 0;
    case OP_FLOOR_DIV:
    case OP_MOD: {
        if (b == 0)
            return -EDOM;
        __int128_t quotient = (__int128_t)a / b, rest = (__int128_t)a % b;
        if (rest != 0 && (rest < 0) != (b < 0)) {
            quotient--;
            rest += b;
        }
        *r = (int64_t)(op == OP_MOD ? rest : quotient);
        return op == OP_FLOOR_DIV && quotient > INT64_MAX ? -ERANGE : 0;
    }
    case OP_POW:
        if (b < 0)
            return -EDOM;
        if (a == 1 || a == 0 || a == -1) {
            *r = b == 0 ? 1 : a == -1 && b % 2 == 0 ? 1 : a;
            return 0;
        }
        for (*r = 1; b; b--)
            if (__builtin_mul_overflow(*r, a, r))
                return -ERANGE;
        return 0;
    default:
        fail();
        return 0;
    }
}

#define FLOAT_ROW(name, T, f)                                                                      \
    static T name(enum opcode op, T a, T b)                                                        \
    {                                                                                              \
        T rest = op == OP_MOD || op == OP_FLOOR_DIV ? fmod##f(a, b) : 0;                           \
        switch (op) {                                                                              \
        case OP_NEG:                                                                               \
            return -a;                                                                             \
        case OP_ADD:                                                                               \
            return a + b;                                                                          \
        case OP_SUB:                                                                               \
            return a - b;                                                                          \
        case OP_MUL:                                                                               \
            return a * b;                                                                          \
        case OP_DIV:                                                                               \
            return a / b;                                                                          \
        case OP_ABS:                                                                               \
            return fabs##f(a);                                                                     \
        case OP_MIN:                                                                               \
            return isnan(a) || isnan(b) ? (T)NAN : a == b ? signbit(a) ? a : b : a < b ? a : b;    \
        case OP_MAX:                                                                               \
            return isnan(a) || isnan(b) ? (T)NAN : a == b ? signbit(a) ? b : a : a > b ? a : b;    \
        case OP_SQRT:                                                                              \
            return sqrt##f(a);                                                                     \
        case OP_FLOOR:                                                                             \
            return floor##f(a);                                                                    \
        case OP_CEIL:                                                                              \
            return ceil##f(a);                                                                     \
        case OP_ROUND:                                                                             \
            return rint##f(a);                                                                     \
        case OP_POW:                                                                               \
            return (T)pel_pow((double)a, (double)b);                                               \
        case OP_ATAN2:                                                                             \
            return (T)pel_atan2((double)a, (double)b);                                             \
        case OP_EXP:                                                                               \
            return (T)pel_exp((double)a);                                                          \
        case OP_LOG:                                                                               \
            return (T)pel_log((double)a);                                                          \
        case OP_LOG2:                                                                              \
            return (T)pel_log2((double)a);                                                         \
        case OP_LOG10:                                                                             \
            return (T)pel_log10((double)a);                                                        \
        case OP_SIN:                                                                               \
            return (T)pel_sin((double)a);                                                          \
        case OP_COS:                                                                               \
            return (T)pel_cos((double)a);                                                          \
        case OP_TAN:                                                                               \
            return (T)pel_tan((double)a);                                                          \
        case OP_MOD:                                                                               \
            if (rest == 0)                                                                         \
                return copysign##f(0, b);                                                          \
            return (rest < 0) != (b < 0) ? rest + b : rest;                                        \
        case OP_FLOOR_DIV: {                                                                       \
            if (b == 0)                                                                            \
                return a / b;                                                                      \
            T quotient = (a - rest) / b;                                                           \
            if (rest != 0 && (rest < 0) != (b < 0))                                                \
                quotient -= 1;                                                                     \
            if (quotient == 0)                                                                     \
                return copysign##f(0, a / b);                                                      \
            T whole = floor##f(quotient);                                                          \
            return quotient - whole > (T)0.5 ? whole + 1 : whole;                                  \
        }                                                                                          \
        default:                                                                                   \
            fail();                                                                                \
            return 0;                                                                              \
        }                                                                                          \
    }
FLOAT_ROW(f64_row, double, )
FLOAT_ROW(f32_row, float, f)

#define COMPARED(op, a, b)                                                                         \
    ((op) == OP_EQ   ? (a) == (b)                                                                  \
     : (op) == OP_NE ? (a) != (b)                                                                  \
     : (op) == OP_LT ? (a) < (b)                                                                   \
                     : (a) <= (b))

static bool compare_row(enum opcode op, enum value_type type, union scalar a, union scalar b)
{
    switch (type) {
    case VALUE_BOOL:
        return COMPARED(op, a.b, b.b);
    case VALUE_I64:
        return COMPARED(op, a.i, b.i);
    case VALUE_F32:
        return COMPARED(op, a.f32, b.f32);
    case VALUE_F64:
        return COMPARED(op, a.f64, b.f64);
    default:
        return COMPARED(op, order_of(a.s, b.s), 0);
    }
}

static int convert_row(enum value_type from, enum value_type to, union scalar a, union scalar *r)
{
    double real = from == VALUE_F32 ? (double)a.f32 : a.f64;
    if (from == VALUE_BOOL)
        a.i = a.b;
    bool whole = from == VALUE_BOOL || from == VALUE_I64;
    if (to == VALUE_F64)
        r->f64 = whole ? (double)a.i : real;
    else if (to == VALUE_F32)
        r->f32 = whole ? (float)a.i : (float)real;
    else if (whole)
        r->i = a.i;
    else if (!(real >= -0x1p63 && real < 0x1p63))
        return -ERANGE;
    else
        r->i = (int64_t)real;
    return 0;
}

static double half_of(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    double mantissa = bits & 1023;
    double value = exponent == 31  ? mantissa != 0 ? (double)NAN : (double)INFINITY
                   : exponent == 0 ? ldexp(mantissa, -24)
                                   : ldexp(1024 + mantissa, exponent - 25);
    return bits & 0x8000 ? -value : value;
}

/* Value i of a column, widened. */
static int column_row(const struct pel_column *column, size_t i, union scalar *r)
{
    unsigned char bytes[16];
    size_t n = pel_type_nbytes(column->type);
    memcpy(bytes, (const char *)column->data + (ptrdiff_t)i * column->stride, n);
    for (size_t j = 0; column->swapped && j < n / 2; j++) {
        unsigned char byte = bytes[j];
        bytes[j] = bytes[n - 1 - j];
        bytes[n - 1 - j] = byte;
    }
    union {
        int8_t i8;
        int16_t i16;
        int32_t i32;
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        union scalar as;
    } value;
    memcpy(&value, bytes, n);
    switch (column->type) {
    case PEL_BOOL:
        r->b = value.u8 != 0;
        break;
    case PEL_I8:
        r->i = value.i8;
        break;
    case PEL_I16:
        r->i = value.i16;
        break;
    case PEL_I32:
        r->i = value.i32;
        break;
    case PEL_U8:
        r->i = value.u8;
        break;
    case PEL_U16:
        r->i = value.u16;
        break;
    case PEL_U32:
        r->i = value.u32;
        break;
    case PEL_U64:
        r->i = (int64_t)value.u64;
        return value.u64 > INT64_MAX ? -ERANGE : 0;
    case PEL_F16:
        r->f32 = (float)half_of(value.u16);
        if (isnan(r->f32)) { /* its bits as they are */
            uint32_t nan = (uint32_t)(value.u16 & 0x8000) << 16 | 0x7f800000 |
                           (uint32_t)(value.u16 & 0x3ff) << 13;
            memcpy(&r->f32, &nan, sizeof nan);
        }
        break;
    default:
        memcpy(r, &value, n);
    }
    return 0;
}

static void run_row(const struct segment *segment, const struct pel_chunk *chunk, size_t i,
                    struct row *row)
{
    *row = (struct row){.fault = 0};
    for (int k = 0; k < segment->ncode && !row->left_out && !row->fault; k++) {
        const struct instruction *in = &segment->code[k];
        union scalar *r = &row->values[k], arg[3] = {{0}};
        for (int j = 0; j < 3; j++)
            if (in->args[j] >= 0)
                arg[j] = row->values[in->args[j]];
        enum value_type from = in->args[0] >= 0 ? segment->code[in->args[0]].type : in->type;
        switch (in->op) {
        case OP_COLUMN:
            row->fault = column_row(&chunk->columns[in->index], i, r);
            break;
        case OP_CONST:
            *r = in->constant;
            break;
        case OP_ROW:
            r->i = (int64_t)(chunk->index * PEL_CHUNK_ROWS + i);
            break;
        case OP_CONVERT:
            row->fault = convert_row(from, in->type, arg[0], r);
            break;
        case OP_EQ:
        case OP_NE:
        case OP_LT:
        case OP_LE:
            r->b = compare_row(in->op, from, arg[0], arg[1]);
            break;
        case OP_AND:
            r->b = arg[0].b && arg[1].b;
            break;
        case OP_OR:
            r->b = arg[0].b || arg[1].b;
            break;
        case OP_NOT:
            r->b = !arg[0].b;
            break;
        case OP_ISNAN:
            r->b = from == VALUE_F32 ? isnan(arg[0].f32) : isnan(arg[0].f64);
            break;
        case OP_ISPRIME:
            r->b = arg[0].i > 1;
            for (int64_t d = 2; d <= arg[0].i / d && r->b; d++)
                r->b = arg[0].i % d != 0;
            break;
        case OP_WHERE:
            *r = arg[0].b ? arg[1] : arg[2];
            break;
        case OP_FILTER:
            row->left_out = !arg[0].b;
            break;
        default:
            if (in->type == VALUE_I64)
                row->fault = int_row(in->op, arg[0].i, arg[1].i, &r->i);
            else if (in->type == VALUE_F32)
                r->f32 = f32_row(in->op, arg[0].f32, arg[1].f32);
            else
                r->f64 = f64_row(in->op, arg[0].f64, arg[1].f64);
        }
    }
}

/* ---- the two compared ------------------------------------------------------------------------------ */

static size_t nbytes_of(enum value_type type)
{
    static const size_t nbytes[] = {1, 8, 4, 8, sizeof(struct pel_string)};
    return nbytes[type];
}

static void check_value(const struct instruction *in, union scalar want, const void *got)
{
    if (in->args[0] >= 0 && in->type == VALUE_F64 && isnan(want.f64))
        want.i = INT64_C(0x7ff8000000000000);
    if (in->args[0] >= 0 && in->type == VALUE_F32 && isnan(want.f32))
        want.i = 0x7fc00000;
    if (memcmp(got, &want, nbytes_of(in->type)) != 0) {
        union scalar other = {0};
        memcpy(&other, got, nbytes_of(in->type));
        fail_msg("op %d type %d: %llx, should be %llx", in->op, in->type,
                 (unsigned long long)other.i, (unsigned long long)want.i);
    }
}

static struct row expected[PEL_BLOCK_ROWS];

/* A message names the row. */
static void check_message(const struct pel_error *err, uint64_t row)
{
    char prefix[40];
    snprintf(prefix, sizeof prefix, "row %llu: ", (unsigned long long)row);
    assert_int_equal(strncmp(err->message, prefix, strlen(prefix)), 0);
}

/* Values of the block as they are handed out, in one of the orders that they can be asked for. */
static void check_out(struct machine *machine, const struct segment *segment, int value, size_t n,
                      size_t nselected, bool compact_first)
{
    _Alignas(64) static unsigned char packed[PEL_BLOCK_ROWS * sizeof(struct pel_string)];
    const struct instruction *in = &segment->code[value];
    size_t nbytes = nbytes_of(in->type), k = 0;
    if (compact_first)
        assert_int_equal(pel_machine_compact(machine, value, packed), nselected);
    const unsigned char *values = pel_machine_value(machine, value);
    if (!compact_first)
        assert_int_equal(pel_machine_compact(machine, value, packed), nselected);
    for (size_t i = 0; i < n; i++)
        if (!expected[i].left_out) {
            check_value(in, expected[i].values[value], values + i * nbytes);
            check_value(in, expected[i].values[value], packed + k++ * nbytes);
        }
    assert_int_equal(k, nselected);
}

static void check_block(struct machine *machine, const struct segment *segment,
                        const struct pel_chunk *chunk, size_t lo, size_t n, bool compact_first)
{
    uint64_t row;
    struct pel_error err = {0};
    int status = pel_machine_run(machine, chunk, lo, n, &row, &err), want = 0;
    size_t end = n, wanted = 0, nselected;
    for (size_t i = 0; i < n && !want; i++) {
        want = expected[i].fault;
        end = want ? i : n;
        wanted += i < end && !expected[i].left_out;
    }
    assert_int_equal(status, want);
    assert_int_equal(row, want ? chunk->index * PEL_CHUNK_ROWS + lo + end : 0);
    if (want) {
        check_message(&err, row);
        assert_int_equal(err.code, want);
    }
    const uint64_t *selected = pel_machine_selected(machine, &nselected);
    assert_int_equal(nselected, wanted);
    for (size_t i = 0; i < PEL_BLOCK_ROWS; i++)
        assert_int_equal(selected[i / 64] >> i % 64 & 1, i < end && !expected[i].left_out);
    for (int v = 0; v < segment->nvalues; v++)
        check_out(machine, segment, segment->values[v], end, nselected, compact_first);
}

static void check(const struct segment *segment, const struct pel_chunk *chunk, size_t lo, size_t n)
{
    for (size_t i = 0; i < n; i++)
        run_row(segment, chunk, lo + i, &expected[i]);
    for (enum pel_isa isa = 0; isa <= pel_isa_best(); isa++) {
        struct machine *machine;
        assert_int_equal(pel_machine_open(&machine, segment, NULL, isa, NULL), 0);
        for (int again = 0; again < 2; again++)
            check_block(machine, segment, chunk, lo, n, again);
        pel_machine_close(machine);
    }
}

/* ---- columns --------------------------------------------------------------------------------------- */

/* Two columns of each type of values, of two blocks. */
enum { NROWS = 2 * PEL_BLOCK_ROWS };
enum { FIELD_BOOL, FIELD_I64 = 2, FIELD_F32 = 4, FIELD_F64 = 6, FIELD_STRING = 8, NFIELDS = 10 };

static bool bools[2][NROWS];
static int64_t ints[2][NROWS];
static float floats[2][NROWS];
static double doubles[2][NROWS];
static struct pel_string strings[2][NROWS];
static struct pel_column columns[NFIELDS];
static const struct pel_chunk chunk = {.index = 3, .nrows = NROWS, .columns = columns};

static const double specials[] = {0,
                                  -0.0,
                                  1,
                                  -1,
                                  0.5,
                                  -0.5,
                                  1.5,
                                  2.5,
                                  -2.5,
                                  3,
                                  -7,
                                  NAN,
                                  -NAN,
                                  INFINITY,
                                  -INFINITY,
                                  5e-324,
                                  -1e-310,
                                  1e-40,
                                  1.7976931348623157e308,
                                  -1e300,
                                  3.4028234663852886e38,
                                  9223372036854775808.0,
                                  -9223372036854775808.0,
                                  9007199254740993.0,
                                  4503599627370497.5,
                                  1e22};

static double some_double(struct test_random *random)
{
    if (test_random_below(random, 3) == 0)
        return specials[test_random_below(random, sizeof specials / sizeof specials[0])];
    return (double)(int64_t)test_random_next(random) / 1e17;
}

static int64_t some_int(struct test_random *random, bool extreme)
{
    static const int64_t ends[] = {INT64_MAX, INT64_MIN, INT64_MIN + 1, INT64_C(1) << 62,
                                   INT64_C(3037000500)};
    if (extreme && test_random_below(random, 200) == 0)
        return ends[test_random_below(random, 5)];
    return (int64_t)test_random_below(random, 41) - (extreme ? 20 : -1);
}

static void fill(struct test_random *random, bool extreme)
{
    static const char *const texts[] = {"", "a", "ab", "abc", "b", "\xff", "abcdefghijklmnop", "A"};
    for (int c = 0; c < 2; c++)
        for (size_t i = 0; i < NROWS; i++) {
            bools[c][i] = test_random_below(random, 2);
            ints[c][i] = some_int(random, extreme);
            doubles[c][i] = some_double(random);
            floats[c][i] = (float)some_double(random);
            strings[c][i] = string_of(texts[test_random_below(random, 8)]);
        }
    for (int c = 0; c < 2; c++) {
        columns[FIELD_BOOL + c] = (struct pel_column){PEL_BOOL, false, 1, bools[c]};
        columns[FIELD_I64 + c] = (struct pel_column){PEL_I64, false, 8, ints[c]};
        columns[FIELD_F32 + c] = (struct pel_column){PEL_F32, false, 4, floats[c]};
        columns[FIELD_F64 + c] = (struct pel_column){PEL_F64, false, 8, doubles[c]};
        columns[FIELD_STRING + c] =
            (struct pel_column){PEL_STRING, false, sizeof(struct pel_string), strings[c]};
    }
}

/* ---- programs -------------------------------------------------------------------------------------- */

struct program {
    struct instruction code[CODE_MAX];
    int values[CODE_MAX];
    struct segment segment;
};

static int emit(struct program *program, enum opcode op, enum value_type type, int a, int b, int c)
{
    int k = program->segment.ncode++;
    assert_in_range(k, 0, CODE_MAX - 1);
    program->code[k] = (struct instruction){.op = op, .type = type, .args = {a, b, c}};
    return k;
}

static int emit_column(struct program *program, int field, enum value_type type)
{
    int k = emit(program, OP_COLUMN, type, -1, -1, -1);
    program->code[k].index = field;
    return k;
}

static int emit_const(struct program *program, enum value_type type, union scalar constant)
{
    int k = emit(program, OP_CONST, type, -1, -1, -1);
    program->code[k].constant = constant;
    return k;
}

static void begin(struct program *program)
{
    memset(program, 0, sizeof *program);
    program->segment = (struct segment){.kind = SEGMENT_ROWS,
                                        .input = -1,
                                        .code = program->code,
                                        .values = program->values,
                                        .limit = UINT64_MAX,
                                        .while_value = -1};
}

static void give(struct program *program, int value)
{
    program->values[program->segment.nvalues++] = value;
}

static const size_t sizes[] = {1, 2, 7, 31, 63, 64, 65, 127, 128, 500, 1000, 1023, 1024};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

/* Arguments from columns, and each of them a constant once. */
static void check_op(enum opcode op, enum value_type from, enum value_type to, int nargs)
{
    static const int fields[] = {FIELD_BOOL, FIELD_I64, FIELD_F32, FIELD_F64, FIELD_STRING};
    for (int constant = -1; constant < nargs; constant++) {
        struct program program;
        begin(&program);
        int args[3] = {-1, -1, -1};
        for (int i = 0; i < nargs; i++) {
            bool condition = op == OP_WHERE && i == 0;
            enum value_type type = condition ? VALUE_BOOL : from;
            int field = fields[type] + (op == OP_WHERE ? i == 2 : i);
            union scalar value;
            (void)column_row(&columns[field], 5, &value);
            args[i] = i == constant ? emit_const(&program, type, value)
                                    : emit_column(&program, field, type);
        }
        give(&program, emit(&program, op, to, args[0], args[1], args[2]));
        for (int s = 0; s < NSIZES; s++)
            check(&program.segment, &chunk, (size_t)(s % 2) * PEL_BLOCK_ROWS, sizes[s]);
    }
}

static const struct {
    enum opcode op;
    int nargs;
    bool ints;
} arithmetic[] = {
    {OP_NEG, 1, true},    {OP_ADD, 2, true},       {OP_SUB, 2, true},   {OP_MUL, 2, true},
    {OP_DIV, 2, false},   {OP_FLOOR_DIV, 2, true}, {OP_MOD, 2, true},   {OP_ABS, 1, true},
    {OP_MIN, 2, true},    {OP_MAX, 2, true},       {OP_POW, 2, true},   {OP_SQRT, 1, false},
    {OP_EXP, 1, false},   {OP_LOG, 1, false},      {OP_LOG2, 1, false}, {OP_LOG10, 1, false},
    {OP_SIN, 1, false},   {OP_COS, 1, false},      {OP_TAN, 1, false},  {OP_ATAN2, 2, false},
    {OP_FLOOR, 1, false}, {OP_CEIL, 1, false},     {OP_ROUND, 1, false}};
enum { NARITHMETIC = sizeof arithmetic / sizeof arithmetic[0] };

static void test_arithmetic(void **state)
{
    (void)state;
    struct test_random random = {test_seed(1)};
    for (int extreme = 0; extreme < 2; extreme++) {
        fill(&random, extreme);
        for (size_t i = 0; i < NARITHMETIC; i++)
            for (enum value_type type = VALUE_I64; type <= VALUE_F64; type++)
                if (type != VALUE_I64 || arithmetic[i].ints)
                    check_op(arithmetic[i].op, type, type, arithmetic[i].nargs);
    }
}

/* Roots next to what lies in the middle between two numbers, of all numbers the hardest to round: with m = 52 or
 * 53, a multiple of 2^m that is k^2 + k - j = (k + 1/2)^2 - j - 1/4 for a small j. Newton's iteration
 * solves that modulo 2^m. */
static uint64_t hard_root(int m, int64_t j, uint64_t parity)
{
    uint64_t k = parity;
    for (int i = 0; i < 7; i++) {
        uint64_t slope = 2 * k + 1, inverse = slope;
        for (int n = 0; n < 6; n++)
            inverse *= 2 - slope * inverse;
        k -= (k * k + k - (uint64_t)j) * inverse;
    }
    return k & ((UINT64_C(1) << m) - 1);
}

static void test_hard_roots(void **state)
{
    (void)state;
    struct test_random random = {test_seed(10)};
    struct program program;
    begin(&program);
    int x = emit_column(&program, FIELD_F64, VALUE_F64);
    give(&program, emit(&program, OP_SQRT, VALUE_F64, x, -1, -1));
    for (int round = 0; round < 60; round++) {
        fill(&random, false);
        for (size_t i = 0; i < NROWS; i++) {
            int m = 52 + (int)(i / 2 % 2);
            int64_t j = 2 * ((int64_t)(i / 4) - NROWS / 8);
            uint64_t k = hard_root(m, j, i % 2) | UINT64_C(1) << 52;
            __uint128_t square = (__uint128_t)k * k + k - (uint64_t)j;
            double hard = (double)(uint64_t)(square >> m);
            double edge = ldexp(1, round - 30) * (1 + ((double)i - NROWS / 2) * 0x1p-52);
            double any = ldexp(1 + (double)(test_random_next(&random) >> 12) * 0x1p-52,
                               (int)test_random_below(&random, 2000) - 1000);
            doubles[0][i] = round % 3 == 0   ? ldexp(hard, m + 6 * (round - 30))
                            : round % 3 == 1 ? edge
                                             : any;
        }
        check(&program.segment, &chunk, 0, 1024);
        check(&program.segment, &chunk, 1024, 1024);
    }
}

/* Numbers of so many bits, and quotients that are nearly whole. */
static void test_whole_division(void **state)
{
    (void)state;
    struct test_random random = {test_seed(9)};
    for (int bits = 40; bits <= 64; bits += 2) {
        fill(&random, false);
        for (size_t i = 0; i < NROWS; i++) {
            int64_t a = (int64_t)test_random_next(&random) >> (64 - bits);
            int64_t b = (int64_t)test_random_next(&random) >> (13 + test_random_below(&random, 51));
            b = b ? b : 3;
            ints[0][i] = i % 2 || a / b == 0 ? a : a / b * b + (int64_t)(i % 3) - 1;
            ints[1][i] = i == 1500 && bits == 44 ? 0 : b;
        }
        ints[0][7] = -(INT64_C(1) << (bits - 1 < 63 ? bits - 1 : 62));
        ints[1][7] = -1;
        check_op(OP_FLOOR_DIV, VALUE_I64, VALUE_I64, 2);
        check_op(OP_MOD, VALUE_I64, VALUE_I64, 2);
        check_op(OP_MUL, VALUE_I64, VALUE_I64, 2);
    }
}

static void test_comparisons(void **state)
{
    (void)state;
    struct test_random random = {test_seed(2)};
    fill(&random, true);
    for (enum opcode op = OP_EQ; op <= OP_LE; op++)
        for (enum value_type type = VALUE_BOOL; type <= VALUE_STRING; type++)
            check_op(op, type, VALUE_BOOL, 2);
    check_op(OP_AND, VALUE_BOOL, VALUE_BOOL, 2);
    check_op(OP_OR, VALUE_BOOL, VALUE_BOOL, 2);
    check_op(OP_NOT, VALUE_BOOL, VALUE_BOOL, 1);
    check_op(OP_ISNAN, VALUE_F32, VALUE_BOOL, 1);
    check_op(OP_ISNAN, VALUE_F64, VALUE_BOOL, 1);
    for (enum value_type type = VALUE_BOOL; type <= VALUE_STRING; type++)
        check_op(OP_WHERE, type, type, 3);
}

static void test_conversions(void **state)
{
    (void)state;
    struct test_random random = {test_seed(3)};
    for (int extreme = 0; extreme < 2; extreme++) {
        fill(&random, true);
        for (size_t i = 0; i < NROWS && !extreme; i++) { /* what fits in an int64 */
            doubles[0][i] = (double)(int64_t)test_random_next(&random) / 3;
            floats[0][i] = (float)doubles[0][i];
            ints[0][i] = (int64_t)test_random_next(&random) >> test_random_below(&random, 64);
        }
        for (enum value_type from = VALUE_BOOL; from <= VALUE_F64; from++)
            for (enum value_type to = VALUE_I64; to <= VALUE_F64; to++)
                if (from != to)
                    check_op(OP_CONVERT, from, to, 1);
    }
}

/* ---- forms of columns ------------------------------------------------------------------------------ */

static void test_columns(void **state)
{
    (void)state;
    static unsigned char memory[8 + 3 * 16 * NROWS];
    struct test_random random = {test_seed(4)};
    fill(&random, true);
    for (enum pel_type type = PEL_BOOL; type < PEL_STRING; type++)
        for (int form = 0; form < 8; form++) {
            ptrdiff_t nbytes = (ptrdiff_t)pel_type_nbytes(type);
            ptrdiff_t stride = form & 1 ? 2 * nbytes + 1 : nbytes;
            for (size_t i = 0; i < sizeof memory; i++)
                memory[i] = (unsigned char)test_random_next(&random);
            struct pel_column column = {type, form & 2, stride, memory + (form & 4 ? 1 : 0)};
            /* Numbers that fit, but for one late row. */
            for (ptrdiff_t i = 0; i < NROWS && type == PEL_U64; i++)
                memory[(form & 4 ? 1 : 0) + i * stride + (form & 2 ? 0 : 7)] = i == 700 ? 0x80 : 1;
            if (form == 7) {
                column.data = (const char *)column.data + (NROWS - 1) * stride;
                column.stride = -stride;
            }
            struct pel_chunk odd = {.index = 1, .nrows = NROWS, .columns = &column};
            struct program program;
            begin(&program);
            enum value_type to = type == PEL_BOOL                     ? VALUE_BOOL
                                 : type == PEL_F16 || type == PEL_F32 ? VALUE_F32
                                 : type == PEL_F64                    ? VALUE_F64
                                                                      : VALUE_I64;
            give(&program, emit_column(&program, 0, to));
            for (int s = 0; s < NSIZES; s++)
                check(&program.segment, &odd, (size_t)(s % 2) * PEL_BLOCK_ROWS, sizes[s]);
        }
}

static void test_halves(void **state)
{
    (void)state;
    static uint16_t halves[65536];
    for (size_t i = 0; i < 65536; i++)
        halves[i] = (uint16_t)i;
    struct pel_column column = {PEL_F16, false, 2, halves};
    struct pel_chunk all = {.nrows = 65536, .columns = &column};
    struct program program;
    begin(&program);
    give(&program, emit_column(&program, 0, VALUE_F32));
    for (size_t lo = 0; lo < 65536; lo += PEL_BLOCK_ROWS)
        check(&program.segment, &all, lo, PEL_BLOCK_ROWS);
}

/* ---- filters --------------------------------------------------------------------------------------- */

/* Dear instructions behind filters that leave so many of 1000. */
static void test_filters(void **state)
{
    (void)state;
    static const int per_mille[] = {0, 1, 10, 100, 199, 200, 201, 500, 990, 1000};
    struct test_random random = {test_seed(5)};
    fill(&random, false);
    for (size_t f = 0; f < sizeof per_mille / sizeof per_mille[0]; f++)
        for (size_t g = 0; g < sizeof per_mille / sizeof per_mille[0]; g += 3) {
            for (size_t i = 0; i < NROWS; i++) {
                bools[0][i] = (int)test_random_below(&random, 1000) < per_mille[f];
                bools[1][i] = (int)test_random_below(&random, 1000) < per_mille[g];
            }
            struct program program;
            begin(&program);
            int p = emit_column(&program, FIELD_BOOL, VALUE_BOOL);
            int x = emit_column(&program, FIELD_F64, VALUE_F64);
            int before = emit(&program, OP_ADD, VALUE_F64, x, x, -1);
            int less = emit(&program, OP_LT, VALUE_BOOL, x, before, -1);
            emit(&program, OP_FILTER, VALUE_BOOL, p, -1, -1);
            int y = emit_column(&program, FIELD_F32, VALUE_F32);
            int one = emit_const(&program, VALUE_F64, (union scalar){.f64 = 1});
            int sine = emit(&program, OP_SIN, VALUE_F64, x, -1, -1);
            int sum = emit(&program, OP_ADD, VALUE_F64, sine, one, -1);
            int root = emit(&program, OP_SQRT, VALUE_F32, y, -1, -1);
            int wide = emit(&program, OP_CONVERT, VALUE_F64, root, -1, -1);
            int power = emit(&program, OP_POW, VALUE_F64, sum, wide, -1);
            int q = emit_column(&program, FIELD_BOOL + 1, VALUE_BOOL);
            emit(&program, OP_FILTER, VALUE_BOOL, q, -1, -1);
            int chosen = emit(&program, OP_WHERE, VALUE_F64, less, power, before);
            int row = emit(&program, OP_ROW, VALUE_I64, -1, -1, -1);
            int s = emit_column(&program, FIELD_STRING, VALUE_STRING);
            int truth = emit_const(&program, VALUE_BOOL, (union scalar){.b = true});
            int either = emit(&program, OP_WHERE, VALUE_BOOL, truth, less, q);
            const int out[] = {chosen, row, s, less, either, x, one, truth, root, before, p};
            for (size_t v = 0; v < sizeof out / sizeof out[0]; v++)
                give(&program, out[v]);
            check(&program.segment, &chunk, 0, 1024);
            check(&program.segment, &chunk, 1024, 1 + test_random_below(&random, 1024));
        }
}

/* A dear value stands packed where a tenth of the rows is left, and one that costs less than moving it, or all
 * of whose rows are left, does not. */
static void test_packing(void **state)
{
    (void)state;
    fill(&(struct test_random){test_seed(7)}, false);
    static const enum opcode ops[] = {OP_EXP, OP_NEG};
    for (enum pel_isa isa = 0; isa <= pel_isa_best(); isa++)
        for (int all = 0; all < 2; all++)
            for (int cheap = 0; cheap < 2; cheap++) {
                for (size_t i = 0; i < NROWS; i++)
                    bools[0][i] = all || i % 10 == 0;
                struct program program;
                begin(&program);
                int p = emit_column(&program, FIELD_BOOL, VALUE_BOOL);
                int x = emit_column(&program, FIELD_F64, VALUE_F64);
                emit(&program, OP_FILTER, VALUE_BOOL, p, -1, -1);
                int y = emit(&program, ops[cheap], VALUE_F64, x, -1, -1);
                struct aggregate sum = {PEL_AGGREGATE_SUM, VALUE_F64, y, 0};
                program.segment.kind = SEGMENT_AGGREGATES;
                program.segment.aggregates = &sum;
                program.segment.naggregates = 1;
                struct machine *machine;
                uint64_t row;
                assert_int_equal(pel_machine_open(&machine, &program.segment, NULL, isa, NULL), 0);
                assert_int_equal(pel_machine_run(machine, &chunk, 0, 1024, &row, NULL), 0);
                assert_int_equal(pel_machine_packed(machine, y) != NULL, !all && !cheap);
                pel_machine_close(machine);
            }
}

/* ---- faults ---------------------------------------------------------------------------------------- */

/* A later instruction may fail in an earlier row; rows that are left out do not count. */
static void test_lowest_fault(void **state)
{
    (void)state;
    struct test_random random = {test_seed(6)};
    for (int round = 0; round < 40; round++) {
        fill(&random, false);
        for (size_t i = 0; i < NROWS; i++)
            bools[0][i] = test_random_below(&random, round % 2 ? 10 : 2) == 0;
        for (int j = 0; j < 12; j++) {
            ints[0][test_random_below(&random, NROWS)] = INT64_MAX;
            ints[1][test_random_below(&random, NROWS)] = 0;
            ints[1][test_random_below(&random, NROWS)] = INT64_MIN;
        }
        struct program program;
        begin(&program);
        int p = emit_column(&program, FIELD_BOOL, VALUE_BOOL);
        int a = emit_column(&program, FIELD_I64, VALUE_I64);
        int b = emit_column(&program, FIELD_I64 + 1, VALUE_I64);
        emit(&program, OP_FILTER, VALUE_BOOL, p, -1, -1);
        int x = emit_column(&program, FIELD_F64, VALUE_F64);
        int dear = emit(&program, OP_SIN, VALUE_F64, x, -1, -1);
        int one = emit_const(&program, VALUE_I64, (union scalar){.i = 1});
        int c = emit(&program, OP_ADD, VALUE_I64, a, one, -1);
        int d = emit(&program, OP_FLOOR_DIV, VALUE_I64, c, b, -1);
        int e = emit(&program, OP_ABS, VALUE_I64, b, -1, -1);
        give(&program, d);
        give(&program, e);
        give(&program, dear);
        check(&program.segment, &chunk, (size_t)(round % 2) * 1024,
              1 + test_random_below(&random, 1024));
    }
}

static void check_words(enum opcode op, int64_t a, int64_t b, const char *message)
{
    struct program program;
    begin(&program);
    struct pel_column both[] = {{PEL_I64, false, 8, &a}, {PEL_I64, false, 8, &b}};
    struct pel_chunk one = {.nrows = 1, .columns = both};
    int x = emit_column(&program, 0, VALUE_I64), y = emit_column(&program, 1, VALUE_I64);
    give(&program, emit(&program, op, VALUE_I64, x, y, -1));
    struct machine *machine;
    uint64_t row;
    struct pel_error err = {0};
    assert_int_equal(pel_machine_open(&machine, &program.segment, NULL, 0, NULL), 0);
    assert_true(pel_machine_run(machine, &one, 0, 1, &row, &err) < 0);
    pel_machine_close(machine);
    assert_string_equal(err.message, message);
}

static void test_messages(void **state)
{
    (void)state;
    check_words(OP_ADD, INT64_MAX, 1, "row 0: 9223372036854775807 + 1 is outside int64");
    check_words(OP_SUB, INT64_MIN, 1, "row 0: (-9223372036854775808) - 1 is outside int64");
    check_words(OP_MUL, INT64_MAX, 2, "row 0: 9223372036854775807 * 2 is outside int64");
    check_words(OP_MUL, -(INT64_C(1) << 31), -(INT64_C(1) << 32),
                "row 0: (-2147483648) * -4294967296 is outside int64");
    check_words(OP_NEG, INT64_MIN, 0, "row 0: -(-9223372036854775808) is outside int64");
    check_words(OP_ABS, INT64_MIN, 0, "row 0: abs(-9223372036854775808) is outside int64");
    check_words(OP_FLOOR_DIV, 5, 0, "row 0: 5 // 0: division by zero");
    check_words(OP_MOD, -5, 0, "row 0: (-5) % 0: division by zero");
    check_words(OP_POW, 10, 19, "row 0: 10 ** 19 is outside int64");
    check_words(OP_POW, 10, -1, "row 0: 10 ** -1: a negative power of an int");
}

/* -2^63 is the one number at an end of int64 that is a double. */
static void test_least_int(void **state)
{
    (void)state;
    const double number = -0x1p63;
    struct pel_column column = {PEL_F64, false, 8, &number};
    const struct pel_chunk one = {.nrows = 1, .columns = &column};
    for (int isa = 0; isa < PEL_ISA_COUNT; isa++) {
        struct program program;
        begin(&program);
        int value =
            emit(&program, OP_CONVERT, VALUE_I64, emit_column(&program, 0, VALUE_F64), -1, -1);
        give(&program, value);
        struct machine *machine;
        uint64_t row;
        assert_int_equal(
            pel_machine_open(&machine, &program.segment, NULL, (enum pel_isa)isa, NULL), 0);
        assert_int_equal(pel_machine_run(machine, &one, 0, 1, &row, NULL), 0);
        assert_true(*(const int64_t *)pel_machine_value(machine, value) == INT64_MIN);
        pel_machine_close(machine);
    }
}

/* ---- results of other segments -------------------------------------------------------------------- */

static void test_scalars(void **state)
{
    (void)state;
    bool truth = true;
    int64_t whole = -5;
    double real = -NAN;
    struct pel_column row[] = {
        {PEL_BOOL, false, 1, &truth}, {PEL_I64, false, 8, &whole}, {PEL_F64, false, 8, &real}};
    struct pel_table results[] = {{.nrows = 0}, {.columns = row, .ncolumns = 3, .nrows = 1}};
    static const enum value_type types[] = {VALUE_BOOL, VALUE_I64, VALUE_F64};
    struct program program;
    begin(&program);
    for (int i = 0; i < 3; i++) {
        int k = emit(&program, OP_SCALAR, types[i], -1, -1, -1);
        program.code[k].segment = 1;
        program.code[k].index = i;
        give(&program, k);
    }
    int number = emit(&program, OP_ROW, VALUE_I64, -1, -1, -1);
    give(&program, emit(&program, OP_MUL, VALUE_I64, number, 1, -1));
    struct machine *machine;
    uint64_t at;
    assert_int_equal(pel_machine_open(&machine, &program.segment, results, 0, NULL), 0);
    assert_int_equal(pel_machine_run(machine, &chunk, 1024, 100, &at, NULL), 0);
    for (int i = 0; i < 100; i++) {
        assert_true(((const bool *)pel_machine_value(machine, 0))[i]);
        assert_int_equal(((const int64_t *)pel_machine_value(machine, 1))[i], -5);
        assert_memory_equal((const double *)pel_machine_value(machine, 2) + i, &real, 8);
        assert_int_equal(((const int64_t *)pel_machine_value(machine, 4))[i],
                         -5 * (3 * PEL_CHUNK_ROWS + 1024 + i));
    }
    assert_int_equal(pel_machine_mask(machine, 0)[0], UINT64_MAX);
    pel_machine_close(machine);
}

/* ---- primes ---------------------------------------------------------------------------------------- */

static void test_primes(void **state)
{
    (void)state;
    struct test_random random = {test_seed(7)};
    static const int64_t starts[] = {-100, 0, 1000000, 4000000000};
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
        for (int form = 0; form < 4; form++) {
            fill(&random, false);
            for (int64_t i = 0; i < NROWS; i++)
                ints[0][i] = form == 0   ? starts[s] + i
                             : form == 1 ? starts[s] + 4096 - 2 * i
                             : form == 2 ? starts[s] + (int64_t)test_random_below(&random, 3000)
                                         : starts[s] + (int64_t)test_random_below(&random, 1 << 30);
            check_op(OP_ISPRIME, VALUE_I64, VALUE_BOOL, 1);
        }
}

/* ---- anything -------------------------------------------------------------------------------------- */

/* An earlier value of the type, or a new column or constant. */
static int some_value(struct program *program, enum value_type type, struct test_random *random)
{
    static const int fields[] = {FIELD_BOOL, FIELD_I64, FIELD_F32, FIELD_F64, FIELD_STRING};
    for (int tries = 0; tries < 6; tries++) {
        int k = (int)test_random_below(random, (size_t)program->segment.ncode + 1);
        if (k < program->segment.ncode && program->code[k].type == type &&
            program->code[k].op != OP_FILTER)
            return k;
    }
    int field = fields[type] + (int)test_random_below(random, 2);
    union scalar value;
    (void)column_row(&columns[field], test_random_below(random, NROWS), &value);
    return test_random_below(random, 3) ? emit_column(program, field, type)
                                        : emit_const(program, type, value);
}

static void add_something(struct program *program, struct test_random *random)
{
    enum value_type type = (enum value_type)test_random_below(random, VALUE_TYPE_COUNT);
    int a = some_value(program, type, random), b = some_value(program, type, random);
    int p = some_value(program, VALUE_BOOL, random);
    enum opcode op = (enum opcode)((int)OP_EQ + (int)test_random_below(random, 4));
    size_t choice = test_random_below(random, 8);
    size_t i = test_random_below(random, NARITHMETIC);
    if (choice == 0)
        emit(program, OP_FILTER, VALUE_BOOL, p, -1, -1);
    else if (choice == 1)
        emit(program, OP_WHERE, type, p, a, b);
    else if (choice == 2 || type == VALUE_STRING)
        emit(program, op, VALUE_BOOL, a, b, -1);
    else if (type == VALUE_BOOL)
        emit(program, test_random_below(random, 2) ? OP_AND : OP_OR, VALUE_BOOL, a, b, -1);
    else if (choice == 3 && type != VALUE_F64)
        emit(program, OP_CONVERT, VALUE_F64, a, -1, -1);
    else if (type != VALUE_I64 || arithmetic[i].ints)
        emit(program, arithmetic[i].op, type, a, arithmetic[i].nargs == 2 ? b : -1, -1);
}

static void test_random_programs(void **state)
{
    (void)state;
    struct test_random random = {test_seed(8)};
    for (int round = 0; round < 150; round++) {
        fill(&random, round % 3 == 0);
        size_t of = 2 + test_random_below(&random, 40);
        for (size_t i = 0; i < NROWS; i++)
            bools[1][i] = test_random_below(&random, of) == 0;
        struct program program;
        begin(&program);
        while (program.segment.ncode < 40)
            add_something(&program, &random);
        for (int v = 0; v < 8; v++)
            give(&program, some_value(&program, (enum value_type)(v % 5), &random));
        check(&program.segment, &chunk, (size_t)(round % 2) * 1024,
              1 + test_random_below(&random, 1024));
        check(&program.segment, &chunk, 0, 1024);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),         cmocka_unit_test(test_hard_roots),
        cmocka_unit_test(test_whole_division),  cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_comparisons),     cmocka_unit_test(test_conversions),
        cmocka_unit_test(test_columns),         cmocka_unit_test(test_halves),
        cmocka_unit_test(test_filters),         cmocka_unit_test(test_packing),
        cmocka_unit_test(test_lowest_fault),    cmocka_unit_test(test_least_int),
        cmocka_unit_test(test_messages),        cmocka_unit_test(test_primes),
        cmocka_unit_test(test_random_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
