#include "bulk/engine/functions.h"

#include "bulk/engine/front.h"

/* min and max of one argument are aggregates, of more they go from row to row. */
static const struct function functions[] = {
    {"or", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_BOOLS, OP_OR},
    {"and", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_BOOLS, OP_AND},
    {"not", "", "", "", FUNCTION_OPERATOR, 1, 1, TYPING_BOOLS, OP_NOT},
    {"==", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_EQ},
    {"!=", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_NE},
    {"<", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_LT},
    {"<=", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_LE},
    {">", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_LT},
    {">=", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_COMPARE, OP_LE},
    {"+", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_ADD},
    {"-", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_SUB},
    {"*", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_MUL},
    {"/", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_FLOATS, OP_DIV},
    {"//", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_FLOOR_DIV},
    {"%", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_NUMBERS, OP_MOD},
    {"-", "", "", "", FUNCTION_OPERATOR, 1, 1, TYPING_NUMBERS, OP_NEG},
    {"**", "", "", "", FUNCTION_OPERATOR, 2, 2, TYPING_POWER, OP_POW},

    {"abs", "a", "a without its sign", "exact", FUNCTION_MAP, 1, 1, TYPING_NUMBERS, OP_ABS},
    {"sqrt", "a", "square root", "0.5 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_SQRT},
    {"exp", "a", "e to the a", "1 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_EXP},
    {"log", "a", "logarithm to base e", "1 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_LOG},
    {"log2", "a", "to base 2", "1 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_LOG2},
    {"log10", "a", "to base 10", "1 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_LOG10},
    {"pow", "a, b", "a to the b, as a ** b", "1 ulp", FUNCTION_MAP, 2, 2, TYPING_POWER, OP_POW},
    {"sin", "a", "of radians", "1 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_SIN},
    {"cos", "a", "of radians", "1 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_COS},
    {"tan", "a", "of radians", "1 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOATS, OP_TAN},
    {"atan2", "y, x", "angle of the point (x, y)", "1 ulp", FUNCTION_MAP, 2, 2, TYPING_FLOATS,
     OP_ATAN2},
    {"floor", "a", "whole number below", "exact", FUNCTION_MAP, 1, 1, TYPING_ROUND, OP_FLOOR},
    {"ceil", "a", "whole number above", "exact", FUNCTION_MAP, 1, 1, TYPING_ROUND, OP_CEIL},
    {"round", "a", "nearest whole number, ties to even", "exact", FUNCTION_MAP, 1, 1, TYPING_ROUND,
     OP_ROUND},
    {"clip", "a, lo, hi", "min(max(a, lo), hi)", "exact", FUNCTION_MAP, 3, 3, TYPING_CLIP, OP_MIN},
    {"min", "a, b, ...", "the least of a row's", "exact", FUNCTION_MAP, 2, FUNCTION_ARGS_MAX,
     TYPING_NUMBERS, OP_MIN},
    {"max", "a, b, ...", "the greatest of a row's", "exact", FUNCTION_MAP, 2, FUNCTION_ARGS_MAX,
     TYPING_NUMBERS, OP_MAX},
    {"where", "c, a, b", "a where c is true, else b", "exact", FUNCTION_MAP, 3, 3, TYPING_WHERE,
     OP_WHERE},
    {"isnan", "a", "is it NaN", "exact", FUNCTION_MAP, 1, 1, TYPING_ISNAN, OP_ISNAN},
    {"isprime", "n", "is it a prime number", "exact", FUNCTION_MAP, 1, 1, TYPING_ISPRIME,
     OP_ISPRIME},
    {"int", "a", "as int64, cut towards 0", "exact or an error", FUNCTION_MAP, 1, 1, TYPING_INT,
     OP_CONVERT},
    {"float", "a", "as float64", "0.5 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOAT, OP_CONVERT},
    {"float32", "a", "as float32", "0.5 ulp", FUNCTION_MAP, 1, 1, TYPING_FLOAT32, OP_CONVERT},

    {"sum", "a", "sum", "see <pelton/bulk.h>", FUNCTION_AGGREGATE, 1, 1, TYPING_SUM,
     PEL_AGGREGATE_SUM},
    {"count", "[c]", "number of rows, or of those where c is true", "exact", FUNCTION_AGGREGATE, 0,
     1, TYPING_COUNT, PEL_AGGREGATE_COUNT},
    {"min", "a", "least", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_LEAST, PEL_AGGREGATE_MIN},
    {"max", "a", "greatest", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_LEAST, PEL_AGGREGATE_MAX},
    {"argmin", "a", "row of the least", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_PLACE,
     PEL_AGGREGATE_ARGMIN},
    {"argmax", "a", "row of the greatest", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_PLACE,
     PEL_AGGREGATE_ARGMAX},
    {"any", "c", "is c true in some row", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_BOOLS,
     PEL_AGGREGATE_ANY},
    {"all", "c", "is c true in every row", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_BOOLS,
     PEL_AGGREGATE_ALL},
    {"mean", "a", "sum / count", "as sum, and 0.5 ulp", FUNCTION_AGGREGATE, 1, 1, TYPING_MEAN,
     PEL_AGGREGATE_MEAN},
    {"var", "a", "mean square distance from the mean", "see <pelton/bulk.h>", FUNCTION_AGGREGATE, 1,
     1, TYPING_MEAN, PEL_AGGREGATE_VAR},
    {"std", "a", "square root of var", "as var, and 0.5 ulp", FUNCTION_AGGREGATE, 1, 1, TYPING_MEAN,
     PEL_AGGREGATE_STD},
    {"median", "a", "quantile(a, 0.5)", "as quantile", FUNCTION_AGGREGATE, 1, 1, TYPING_QUANTILE,
     PEL_AGGREGATE_QUANTILE},
    {"quantile", "a, q", "value at q of the sorted ones, q in [0, 1]", "exact ranks",
     FUNCTION_AGGREGATE, 2, 2, TYPING_QUANTILE, PEL_AGGREGATE_QUANTILE},
    {"first", "a", "of the first row", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_ANY,
     PEL_AGGREGATE_FIRST},
    {"last", "a", "of the last row", "exact", FUNCTION_AGGREGATE, 1, 1, TYPING_ANY,
     PEL_AGGREGATE_LAST},
    {"histogram", "a, bins, lo, hi", "counts in bins of equal width", "exact", FUNCTION_AGGREGATE,
     4, 4, TYPING_HISTOGRAM, 0},
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

void pel_function_guess(struct guess *guess)
{
    for (int i = 0; i < NFUNCTIONS; i++)
        if (functions[i].kind != FUNCTION_OPERATOR)
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
