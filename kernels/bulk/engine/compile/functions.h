/* The functions and operators of the query language. */
#ifndef PELTON_BULK_ENGINE_FUNCTIONS_H
#define PELTON_BULK_ENGINE_FUNCTIONS_H

#include "bulk/engine/program.h"

/* How strongly an operator binds, by rising strength. */
enum strength {
    STRENGTH_NONE, /* a function */
    STRENGTH_OR,
    STRENGTH_AND,
    STRENGTH_NOT,
    STRENGTH_COMPARE,
    STRENGTH_SUM,
    STRENGTH_PRODUCT,
    STRENGTH_SIGN,
    STRENGTH_POWER /* to the right */
};

enum function_kind { FUNCTION_OPERATOR, FUNCTION_MAP, FUNCTION_AGGREGATE };

/* What arguments are converted to, and what comes out. */
enum typing {
    TYPING_NUMBERS, /* their common type, bool counting as int64; the same */
    TYPING_FLOATS,  /* their common type, ints counting as float64; the same */
    TYPING_ROUND,   /* an int as it is, else as FLOATS */
    TYPING_POWER,   /* as NUMBERS */
    TYPING_COMPARE, /* their common type, texts too; bool */
    TYPING_BOOLS,   /* bool; bool */
    TYPING_WHERE,   /* bool and two of a common type; that type */
    TYPING_CLIP,    /* as NUMBERS */
    TYPING_INT,     /* any number; int64 */
    TYPING_FLOAT,   /* any number; float64 */
    TYPING_FLOAT32, /* any number; float32 */
    TYPING_ISNAN,   /* any number; bool */
    TYPING_ISPRIME, /* an int; bool */
    TYPING_CUMSUM,  /* a number; int64 or float64 */

    TYPING_COUNT,     /* nothing or bool; int64 */
    TYPING_SUM,       /* a number; int64 or float64 */
    TYPING_LEAST,     /* a number; the same */
    TYPING_PLACE,     /* a number; int64 */
    TYPING_MEAN,      /* a number, as float64 but for the mean of ints; float64 */
    TYPING_QUANTILE,  /* the same, and a constant */
    TYPING_ANY,       /* anything; the same */
    TYPING_HISTOGRAM, /* a number, as float64, and three constants */
};

struct function {
    const char *name;
    const char *arguments, *about, *accuracy;
    enum function_kind kind;
    int min_args, max_args;
    enum typing typing;
    int code; /* enum opcode or pel_aggregate; of > and >= with the arguments exchanged */
    enum strength strength;
};

/* Arguments that a function may have at most. */
enum { FUNCTION_ARGS_MAX = 16 };

/* The operator of this name with so many arguments; there is one. */
const struct function *pel_function_operator(const char *name, int nargs);

/* What an instruction or an aggregate is written as, of those that begin alike the first in the table. */
const struct function *pel_function_of_op(enum opcode op);
const struct function *pel_function_of_aggregate(enum pel_aggregate kind);

/* The function of this name that takes so many arguments, else any of this name, else NULL. */
const struct function *pel_function_find(struct pel_string name, int nargs);

bool pel_function_is_aggregate(struct pel_string name);

/* Offers the names of all functions, or of aggregates only. */
struct guess;
void pel_function_guess(struct guess *guess, bool aggregates);

/* How the query language writes what other languages call so; NULL where nothing is known. */
const char *pel_synonym(struct pel_string word);

#endif
