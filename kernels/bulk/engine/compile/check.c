#include "bulk/engine/compile/scope.h"

#include <math.h>

/* Expressions get types, and become values of their scope's graph. */

static const struct {
    const char *name;
    enum pel_type column;
} types[] = {
    [VALUE_BOOL] = {"bool", PEL_BOOL},       [VALUE_I64] = {"int64", PEL_I64},
    [VALUE_F32] = {"float32", PEL_F32},      [VALUE_F64] = {"float64", PEL_F64},
    [VALUE_STRING] = {"string", PEL_STRING},
};
_Static_assert(sizeof types / sizeof types[0] == VALUE_TYPE_COUNT, "each type has a row");

const char *pel_value_type_name(enum value_type type)
{
    return types[type].name;
}

enum pel_type pel_value_type_column(enum value_type type)
{
    return types[type].column;
}

static enum value_type type_of(const struct place *place, int value)
{
    return place->scope->graph.nodes[value].in.type;
}

static int op(const struct place *place, enum opcode code, enum value_type type, int a, int b,
              struct span at)
{
    return pel_graph_op(place->front, &place->scope->graph, code, type, (int[3]){a, b, -1}, at);
}

static int constant(const struct place *place, enum value_type type, union scalar value,
                    struct span at)
{
    return pel_graph_constant(place->front, &place->scope->graph, type, value, false, at);
}

int pel_check_convert(const struct place *place, int value, enum value_type type, struct span at)
{
    if (value < 0 || type_of(place, value) == type)
        return value;
    return op(place, OP_CONVERT, type, value, -1, at);
}

/* ---- common types ---------------------------------------------------------------------------- */

static enum value_type wider(enum value_type a, enum value_type b)
{
    enum value_type low = a < b ? a : b, high = a < b ? b : a;
    return low == VALUE_I64 && high == VALUE_F32 ? VALUE_F64 : high;
}

/* A number as it was written has no float type of its own. */
static bool is_literal(const struct node *node)
{
    return node->in.op == OP_CONST && !node->strong &&
           (node->in.type == VALUE_I64 || node->in.type == VALUE_F64);
}

/* Would a literal become infinite as float32? */
static bool too_large(const struct node *node)
{
    double value = node->in.type == VALUE_I64 ? (double)node->in.constant.i : node->in.constant.f64;
    return isfinite(value) && isinf((float)value);
}

/* The type that n values have in common; a literal beside float32 is float32, too. At least `least`. */
static enum value_type common_type(const struct place *place, const int *values, int n,
                                   enum value_type least)
{
    const struct node *nodes = place->scope->graph.nodes;
    bool found = false;
    enum value_type type = VALUE_BOOL;
    for (int i = 0; i < n; i++)
        if (!is_literal(&nodes[values[i]])) {
            type = found ? wider(type, nodes[values[i]].in.type) : nodes[values[i]].in.type;
            found = true;
        }
    for (int i = 0; i < n; i++)
        if (is_literal(&nodes[values[i]]) &&
            (!found || type != VALUE_F32 || too_large(&nodes[values[i]])))
            type = wider(type, nodes[values[i]].in.type);
    if (least == VALUE_F64)
        return type == VALUE_F32 ? VALUE_F32 : VALUE_F64;
    return type < least ? least : type;
}

/* Brings n values to one type. 0 or -1. */
static int unify(const struct place *place, const struct expr *call, const struct expr *first,
                 int *values, int n, enum value_type least, enum value_type *type)
{
    *type = common_type(place, values, n, least);
    for (int i = 0; i < n; i++, first = first->next) {
        values[i] = pel_check_convert(place, values[i], *type, first ? first->at : call->at);
        if (values[i] < 0)
            return -1;
    }
    return 0;
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* After a mistake of a text's: is it as it comes from the source? */
static void note_text_column(const struct place *place, int value)
{
    const struct node *node = &place->scope->graph.nodes[value];
    if (place->front->status == -EINVAL && !place->scope->before && node->in.op == OP_COLUMN)
        place->front->mistake.text_column = (size_t)node->in.index + 1;
}

int pel_check_refuse_text(const struct place *place, const char *what, const struct expr *arg,
                          int value)
{
    /* The only column may be called x instead. */
    const struct scope *scope = place->scope;
    struct pel_string name = scope->nnames == 1 ? scope->names[0].name : arg->text;
    if (arg->kind == EXPR_NAME)
        pel_mistake(place->front, arg->at, "%s is for numbers, and '%t' is text", what, name);
    else
        pel_mistake(place->front, arg->at, "%s is for numbers, and this is text", what);
    note_text_column(place, value);
    return -1;
}

/* Arguments that must be numbers. */
static int require_numbers(const struct place *place, const struct expr *call, const int *values)
{
    const struct expr *arg = call->args;
    for (int i = 0; i < call->nargs; i++, arg = arg->next)
        if (type_of(place, values[i]) == VALUE_STRING)
            return pel_check_refuse_text(place, call->function->name, arg, values[i]);
    return 0;
}

static int require_bool(const struct place *place, int value, struct span at, const char *what)
{
    enum value_type type = type_of(place, value);
    if (type == VALUE_BOOL)
        return value;
    pel_mistake(place->front, at, "%s needs a condition (bool), and this is %s%s", what,
                type == VALUE_I64 ? "an " : "a ", pel_value_type_name(type));
    pel_hint(place->front,
             type == VALUE_STRING ? "compare it: %t == \"...\"" : "compare it: %t != 0",
             pel_front_text(place->front, at));
    return -1;
}

int pel_check_condition(const struct place *place, const struct expr *expr, const char *what)
{
    int value = pel_check(place, expr);
    return value < 0 ? -1 : require_bool(place, value, expr->at, what);
}

int pel_check_number(const struct place *place, const struct expr *expr, const char *what,
                     double *out)
{
    int value = pel_check(place, expr);
    if (value < 0)
        return -1;
    if (!pel_graph_is_constant(&place->scope->graph, value) ||
        type_of(place, value) == VALUE_STRING)
        return pel_mistake(place->front, expr->at, "%s must be a number that is known beforehand",
                           what);
    value = pel_check_convert(place, value, VALUE_F64, expr->at);
    if (value < 0)
        return -1;
    *out = place->scope->graph.nodes[value].in.constant.f64;
    return 0;
}

/* Left to right: min(min(a, b), c). */
static int check_numbers(const struct place *place, const struct expr *call, int *values,
                         enum value_type least)
{
    enum value_type type;
    if (require_numbers(place, call, values) ||
        unify(place, call, call->args, values, call->nargs, least, &type))
        return -1;
    enum opcode code = (enum opcode)call->function->code;
    if (call->nargs == 1)
        return op(place, code, type, values[0], -1, call->at);
    int value = values[0];
    for (int i = 1; i < call->nargs && value >= 0; i++)
        value = op(place, code, type, value, values[i], call->at);
    return value;
}

static int check_clip(const struct place *place, const struct expr *call, int *values)
{
    enum value_type type;
    if (require_numbers(place, call, values) ||
        unify(place, call, call->args, values, 3, VALUE_I64, &type))
        return -1;
    int value = op(place, OP_MAX, type, values[0], values[1], call->at);
    return value < 0 ? -1 : op(place, OP_MIN, type, value, values[2], call->at);
}

static int check_round(const struct place *place, const struct expr *call, int *values)
{
    enum value_type type = type_of(place, values[0]);
    if (type == VALUE_BOOL || type == VALUE_I64)
        return pel_check_convert(place, values[0], VALUE_I64, call->at);
    return check_numbers(place, call, values, VALUE_F64);
}

/* An int to a constant power as products, which vectors can do; beyond this all but those of 0, 1 and -1 are
 * too large anyway. */
enum { EXPONENT_MAX = 64 };

static int int_power(const struct place *place, int base, int64_t exponent, struct span at)
{
    int power = -1;
    base = pel_check_convert(place, base, VALUE_I64, at);
    for (; exponent && base >= 0; exponent >>= 1) {
        if (exponent & 1)
            power = power < 0 ? base : op(place, OP_MUL, VALUE_I64, power, base, at);
        if ((exponent & 1) && power < 0)
            return -1;
        if (exponent > 1)
            base = op(place, OP_MUL, VALUE_I64, base, base, at);
    }
    return base < 0 ? -1 : power;
}

/* Is it the literal 2 or 2.0? */
static bool is_two(const struct node *node)
{
    return is_literal(node) &&
           (node->in.type == VALUE_I64 ? node->in.constant.i == 2 : node->in.constant.f64 == 2);
}

/* Squares are products, which are rounded once. */
static int check_power(const struct place *place, const struct expr *call, int *values)
{
    if (require_numbers(place, call, values))
        return -1;
    const struct node *exponent = &place->scope->graph.nodes[values[1]];
    enum value_type base = type_of(place, values[0]);
    if (base > VALUE_I64 && is_two(exponent))
        return op(place, OP_MUL, base, values[0], values[0], call->at);
    int64_t n = exponent->in.constant.i;
    bool whole = is_literal(exponent) && exponent->in.type == VALUE_I64;
    if (base <= VALUE_I64 && whole && n > 0 && n <= EXPONENT_MAX)
        return int_power(place, values[0], n, call->at);
    return check_numbers(place, call, values, VALUE_I64);
}

static int check_comparison(const struct place *place, const struct expr *call, int *values)
{
    enum value_type type, a = type_of(place, values[0]), b = type_of(place, values[1]);
    if ((a == VALUE_STRING) != (b == VALUE_STRING)) {
        pel_mistake(place->front, call->at, "%s of %s and %s", call->function->name,
                    pel_value_type_name(a), pel_value_type_name(b));
        const struct expr *text = a == VALUE_STRING ? call->args : call->args->next;
        if (text->kind == EXPR_STRING)
            pel_hint(place->front, "a number is written without quotes, a column's name, too");
        else
            pel_hint(place->front, "a text is written in quotes: %t == \"...\"",
                     pel_front_text(place->front, text->at));
        note_text_column(place, values[a != VALUE_STRING]);
        return -1;
    }
    if (unify(place, call, call->args, values, 2, VALUE_BOOL, &type))
        return -1;
    bool exchanged = call->function->name[0] == '>';
    return op(place, (enum opcode)call->function->code, VALUE_BOOL, values[exchanged],
              values[!exchanged], call->at);
}

static int check_bools(const struct place *place, const struct expr *call, const int *values)
{
    const struct expr *arg = call->args;
    for (int i = 0; i < call->nargs; i++, arg = arg->next)
        if (require_bool(place, values[i], arg->at, call->function->name) < 0)
            return -1;
    return op(place, (enum opcode)call->function->code, VALUE_BOOL, values[0],
              call->nargs > 1 ? values[1] : -1, call->at);
}

static int check_where(const struct place *place, const struct expr *call, int *values)
{
    enum value_type type, a = type_of(place, values[1]), b = type_of(place, values[2]);
    if (require_bool(place, values[0], call->args->at, "where") < 0)
        return -1;
    if ((a == VALUE_STRING) != (b == VALUE_STRING))
        return pel_mistake(place->front, call->at, "where of %s and %s: the result has one type",
                           pel_value_type_name(a), pel_value_type_name(b));
    if (unify(place, call, call->args->next, values + 1, 2, VALUE_BOOL, &type))
        return -1;
    return pel_graph_op(place->front, &place->scope->graph, OP_WHERE, type, values, call->at);
}

/* int(a), float(a), float32(a): the type is asked for, so that a constant keeps it. */
static int check_cast(const struct place *place, const struct expr *call, const int *values,
                      enum value_type type)
{
    if (require_numbers(place, call, values))
        return -1;
    int value = pel_check_convert(place, values[0], type, call->at);
    if (value < 0 || !pel_graph_is_constant(&place->scope->graph, value))
        return value;
    union scalar cast = place->scope->graph.nodes[value].in.constant;
    return pel_graph_constant(place->front, &place->scope->graph, type, cast, true, call->at);
}

static int check_isnan(const struct place *place, const struct expr *call, const int *values)
{
    if (require_numbers(place, call, values))
        return -1;
    if (type_of(place, values[0]) <= VALUE_I64)
        return constant(place, VALUE_BOOL, (union scalar){.b = false}, call->at);
    return op(place, OP_ISNAN, VALUE_BOOL, values[0], -1, call->at);
}

static int check_isprime(const struct place *place, const struct expr *call, const int *values)
{
    if (type_of(place, values[0]) <= VALUE_I64) {
        int value = pel_check_convert(place, values[0], VALUE_I64, call->at);
        return value < 0 ? -1 : op(place, OP_ISPRIME, VALUE_BOOL, value, -1, call->at);
    }
    pel_mistake(place->front, call->args->at, "isprime is for int64, and this is a %s",
                pel_value_type_name(type_of(place, values[0])));
    pel_hint(place->front, "int(...) of a float cuts towards 0");
    return -1;
}

static int check_typed(const struct place *place, const struct expr *call, int *values)
{
    switch (call->function->typing) {
    case TYPING_NUMBERS:
        return check_numbers(place, call, values, VALUE_I64);
    case TYPING_FLOATS:
        return check_numbers(place, call, values, VALUE_F64);
    case TYPING_ROUND:
        return check_round(place, call, values);
    case TYPING_POWER:
        return check_power(place, call, values);
    case TYPING_COMPARE:
        return check_comparison(place, call, values);
    case TYPING_BOOLS:
        return check_bools(place, call, values);
    case TYPING_WHERE:
        return check_where(place, call, values);
    case TYPING_CLIP:
        return check_clip(place, call, values);
    case TYPING_INT:
        return check_cast(place, call, values, VALUE_I64);
    case TYPING_FLOAT:
        return check_cast(place, call, values, VALUE_F64);
    case TYPING_FLOAT32:
        return check_cast(place, call, values, VALUE_F32);
    case TYPING_ISNAN:
        return check_isnan(place, call, values);
    case TYPING_CUMSUM:
        return pel_check_cumsum(place, call, values[0]);
    default:
        return check_isprime(place, call, values);
    }
}

static int check_int(const struct place *place, const struct expr *expr, uint64_t limit,
                     uint64_t value)
{
    if (expr->integer <= limit)
        return constant(place, VALUE_I64, (union scalar){.i = (int64_t)value}, expr->at);
    pel_mistake(place->front, expr->at, "%t is more than an int64 holds",
                pel_front_text(place->front, expr->at));
    pel_hint(place->front, "with a point at its end it is a float64");
    return -1;
}

/* -n of a literal n, which may be 2^63. */
static bool is_negative_literal(const struct expr *call)
{
    return call->function->code == OP_NEG && call->function->kind == FUNCTION_OPERATOR &&
           call->nargs == 1 && call->args->kind == EXPR_INT;
}

static int check_call(const struct place *place, const struct expr *call)
{
    if (call->function->kind == FUNCTION_AGGREGATE)
        return pel_check_aggregate(place, call);
    if (is_negative_literal(call)) {
        int value = check_int(place, call->args, (uint64_t)INT64_MAX + 1, -call->args->integer);
        if (value >= 0)
            place->scope->graph.nodes[value].at = call->at;
        return value;
    }
    int values[FUNCTION_ARGS_MAX];
    int n = 0;
    struct place here = *place;
    for (const struct expr *arg = call->args; arg; arg = arg->next) {
        here.beside_text = n == 1 && call->function->typing == TYPING_COMPARE &&
                           type_of(place, values[0]) == VALUE_STRING;
        values[n] = pel_check(&here, arg);
        if (values[n++] < 0)
            return -1;
    }
    return check_typed(place, call, values);
}

static bool same_expr(const struct expr *a, const struct expr *b)
{
    if (a->kind != b->kind || a->function != b->function || a->integer != b->integer ||
        a->number != b->number || !pel_string_same(a->text, b->text))
        return false;
    a = a->args;
    b = b->args;
    for (; a && b; a = a->next, b = b->next)
        if (!same_expr(a, b))
            return false;
    return !a && !b;
}

/* The column of groups whose key is written the same, or -1. */
static int find_key(const struct place *place, const struct expr *expr)
{
    if (!place->inner || place->inner->kind != SEGMENT_GROUPS)
        return -1;
    int k = 0;
    for (const struct item *key = place->inner->key_items; key; key = key->next, k++)
        if (same_expr(key->expr, expr))
            return place->scope->names[k].value;
    return -1;
}

int pel_check(const struct place *place, const struct expr *expr)
{
    int key = find_key(place, expr);
    if (key >= 0)
        return key;
    switch (expr->kind) {
    case EXPR_INT:
        return check_int(place, expr, INT64_MAX, expr->integer);
    case EXPR_FLOAT:
        return constant(place, VALUE_F64, (union scalar){.f64 = expr->number}, expr->at);
    case EXPR_STRING:
        return constant(place, VALUE_STRING, (union scalar){.s = expr->text}, expr->at);
    case EXPR_NAME:
        return pel_check_name(place, expr);
    default:
        return check_call(place, expr);
    }
}
