#include "bulk/engine/compile/functions.h"

#include "bulk/engine/compile/front.h"

/* min and max of one argument are aggregates, of more they go from row to row. */
static const struct function functions[] = {
    {"or", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_BOOLS, OP_OR, STRENGTH_OR},
    {"and", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_BOOLS, OP_AND, STRENGTH_AND},
    {"not", "", "", "", FUNCTION_OPERATOR, 1, 1, TYPING_BOOLS, OP_NOT, STRENGTH_NOT},
    {"==", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_EQ, STRENGTH_COMPARE},
    {"!=", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_NE, STRENGTH_COMPARE},
    {"<", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_LT, STRENGTH_COMPARE},
    {"<=", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_LE, STRENGTH_COMPARE},
    {">", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_LT, STRENGTH_COMPARE},
    {">=", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_LE, STRENGTH_COMPARE},
    {"+", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_ADD, STRENGTH_SUM},
    {"-", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_SUB, STRENGTH_SUM},
    {"*", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_MUL, STRENGTH_PRODUCT},
    {"/", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_FLOATS, OP_DIV, STRENGTH_PRODUCT},
    {"//", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_FLOOR_DIV, STRENGTH_PRODUCT},
    {"%", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_MOD, STRENGTH_PRODUCT},
    {"-", "", "", "", FUNCTION_OPERATOR, 1, 1, TYPING_NUMBERS, OP_NEG, STRENGTH_SIGN},
    {"**", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_POWER, OP_POW, STRENGTH_POWER},

    {"abs", "a", "a without its sign", "exact", FUNCTION_MAP, 1, 1, TYPING_NUMBERS, OP_ABS,
     STRENGTH_NONE},
    {"sqrt", "a", "square root", "0.5 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_SQRT,
     STRENGTH_NONE},
    {"exp", "a", "e to the a", "0.57 ulp, subnormals 1", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_EXP,
     STRENGTH_NONE},
    {"log", "a", "logarithm to base e", "0.55 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_LOG,
     STRENGTH_NONE},
    {"log2", "a", "to base 2", "0.55 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_LOG2,
     STRENGTH_NONE},
    {"log10", "a", "to base 10", "0.55 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_LOG10,
     STRENGTH_NONE},
    {"pow", "a, b", "a to the b, as a ** b", "0.6 ulp, subnormals 1", FUNCTION_MAP, 2, 2,
     TYPING_POWER, OP_POW, STRENGTH_NONE},
    {"sin", "a", "of radians", "0.85 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_SIN,
     STRENGTH_NONE},
    {"cos", "a", "of radians", "0.85 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_COS,
     STRENGTH_NONE},
    {"tan", "a", "of radians", "1 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_TAN, STRENGTH_NONE},
    {"atan2", "y, x", "angle of the point (x, y)", "0.51 ulp", FUNCTION_MAP, 2, 2, TYPING_FLOATS,
     OP_ATAN2, STRENGTH_NONE},
    {"floor", "a", "whole number below", "exact", FUNCTION_MAP, 1, 1, TYPING_ROUND, OP_FLOOR,
     STRENGTH_NONE},
    {"ceil", "a", "whole number above", "exact", FUNCTION_MAP, 1, 1, TYPING_ROUND, OP_CEIL,
     STRENGTH_NONE},
    {"round", "a", "nearest whole number, ties to even", "exact", FUNCTION_MAP, 1, 1, TYPING_ROUND,
     OP_ROUND, STRENGTH_NONE},
    {"min", "a, b, ...", "the least of a row's", "exact", FUNCTION_MAP, 2, FUNCTION_ARGS_MAX,
     TYPING_NUMBERS, OP_MIN, STRENGTH_NONE},
    {"max", "a, b, ...", "the greatest of a row's", "exact", FUNCTION_MAP, 2, FUNCTION_ARGS_MAX,
     TYPING_NUMBERS, OP_MAX, STRENGTH_NONE},
    {"clip", "a, lo, hi", "min(max(a, lo), hi)", "exact", FUNCTION_MAP, 3, 3, TYPING_CLIP, OP_MIN,
     STRENGTH_NONE},
    {"where", "c, a, b", "a where c is true, else b", "exact", FUNCTION_MAP, 3, 3, TYPING_WHERE,
     OP_WHERE, STRENGTH_NONE},
    {"isnan", "a", "is it NaN", "exact", FUNCTION_MAP, 1, 1, TYPING_ISNAN, OP_ISNAN, STRENGTH_NONE},
    {"isprime", "n", "is it a prime number", "exact", FUNCTION_MAP, 1, 1, TYPING_ISPRIME,
     OP_ISPRIME, STRENGTH_NONE},
    {"cumsum", "a", "sum of a of this row and all before", "see <pelton/bulk.h>", FUNCTION_MAP, 1, 1,
     TYPING_CUMSUM, OP_CUMSUM, STRENGTH_NONE},
    {"int", "a", "as int64, cut towards 0", "exact or an error", FUNCTION_MAP, 1, 1, TYPING_INT,
     OP_CONVERT, STRENGTH_NONE},
    {"float", "a", "as float64", "0.5 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOAT, OP_CONVERT,
     STRENGTH_NONE},
    {"float32", "a", "as float32", "0.5 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOAT32, OP_CONVERT,
     STRENGTH_NONE},

    {"sum", "a", "sum", "see <pelton/bulk.h>", FUNCTION_AGGREGATE, 1, 1, TYPING_SUM,
     PEL_AGGREGATE_SUM, STRENGTH_NONE},
    {"count", "[c]", "number of rows, or of those where c is true", "exact", FUNCTION_AGGREGATE, 0,
     1, TYPING_COUNT, PEL_AGGREGATE_COUNT, STRENGTH_NONE},
    {"min", "a", "least", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_LEAST, PEL_AGGREGATE_MIN,
     STRENGTH_NONE},
    {"max", "a", "greatest", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_LEAST, PEL_AGGREGATE_MAX,
     STRENGTH_NONE},
    {"argmin", "a", "row of the least", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_PLACE,
     PEL_AGGREGATE_ARGMIN, STRENGTH_NONE},
    {"argmax", "a", "row of the greatest", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_PLACE,
     PEL_AGGREGATE_ARGMAX, STRENGTH_NONE},
    {"any", "c", "is c true in some row", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_BOOLS,
     PEL_AGGREGATE_ANY, STRENGTH_NONE},
    {"all", "c", "is c true in every row", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_BOOLS,
     PEL_AGGREGATE_ALL, STRENGTH_NONE},
    {"mean", "a", "sum / count", "as sum, and 0.5 ulp", FUNCTION_AGGREGATE, 1, 1, TYPING_MEAN,
     PEL_AGGREGATE_MEAN, STRENGTH_NONE},
    {"var", "a", "mean square distance from the mean", "see <pelton/bulk.h>", FUNCTION_AGGREGATE, 1,
     1, TYPING_MEAN, PEL_AGGREGATE_VAR, STRENGTH_NONE},
    {"std", "a", "square root of var", "as var, and 0.5 ulp", FUNCTION_AGGREGATE, 1, 1, TYPING_MEAN,
     PEL_AGGREGATE_STD, STRENGTH_NONE},
    {"quantile", "a, q", "value at q of the sorted ones, q in [0, 1]", "exact ranks",
     FUNCTION_AGGREGATE, 2, 2, TYPING_QUANTILE, PEL_AGGREGATE_QUANTILE, STRENGTH_NONE},
    {"median", "a", "quantile(a, 0.5)", "as quantile", FUNCTION_AGGREGATE, 1, 1, TYPING_QUANTILE,
     PEL_AGGREGATE_QUANTILE, STRENGTH_NONE},
    {"first", "a", "of the first row", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_ANY,
     PEL_AGGREGATE_FIRST, STRENGTH_NONE},
    {"last", "a", "of the last row", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_ANY,
     PEL_AGGREGATE_LAST, STRENGTH_NONE},
    {"histogram", "a, bins, lo, hi", "counts in bins of equal width", "exact", FUNCTION_AGGREGATE,
     4, 4, TYPING_HISTOGRAM, 0, STRENGTH_NONE},
};

enum { NFUNCTIONS = sizeof functions / sizeof functions[0] };

static bool takes(const struct function *function, int nargs)
{
    return nargs >= function->min_args && nargs <= function->max_args;
}

const struct function *pel_function_operator(const char *name, int nargs)
{
    const struct function *function = functions;
    while (!takes(function, nargs) || !pel_string_is(pel_string_of(name), function->name))
        function++;
    return function;
}

const struct function *pel_function_of_op(enum opcode op)
{
    const struct function *function = functions;
    while (function->kind == FUNCTION_AGGREGATE || function->code != (int)op)
        function++;
    return function;
}

const struct function *pel_function_of_aggregate(enum pel_aggregate kind)
{
    const struct function *function = functions;
    while (function->kind != FUNCTION_AGGREGATE || function->code != (int)kind)
        function++;
    return function;
}

const struct function *pel_function_find(struct pel_string name, int nargs)
{
    const struct function *found = NULL;
    for (int i = 0; i < NFUNCTIONS; i++) {
        const struct function *function = &functions[i];
        if (function->kind == FUNCTION_OPERATOR || !pel_string_is(name, function->name))
            continue;
        if (!found || takes(function, nargs))
            found = function;
    }
    return found;
}

bool pel_function_is_aggregate(struct pel_string name)
{
    const struct function *function = pel_function_find(name, 1);
    return function && function->kind == FUNCTION_AGGREGATE;
}

void pel_function_guess(struct guess *guess, bool aggregates)
{
    for (int i = 0; i < NFUNCTIONS; i++)
        if (functions[i].kind == FUNCTION_AGGREGATE ||
            (!aggregates && functions[i].kind == FUNCTION_MAP))
            pel_guess(guess, pel_string_of(functions[i].name));
}

bool pel_function_describe(int index, struct pel_function_info *out)
{
    *out = (struct pel_function_info){0};
    for (int i = 0; index >= 0 && i < NFUNCTIONS; i++) {
        const struct function *function = &functions[i];
        if (function->kind == FUNCTION_OPERATOR || index-- > 0)
            continue;
        *out = (struct pel_function_info){function->name, function->arguments, function->about,
                                          function->accuracy, function->kind == FUNCTION_AGGREGATE};
        return true;
    }
    return false;
}
