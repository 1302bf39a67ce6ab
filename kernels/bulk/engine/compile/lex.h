/* The words of a query. */
#ifndef PELTON_BULK_ENGINE_LEX_H
#define PELTON_BULK_ENGINE_LEX_H

#include "bulk/engine/compile/front.h"

enum token_kind {
    TOKEN_END,
    TOKEN_INT,    /* digits */
    TOKEN_FLOAT,  /* digits with a point or an exponent */
    TOKEN_STRING, /* "text" or 'text' */
    TOKEN_NAME,
    TOKEN_QUOTED, /* `name` */
    TOKEN_PIPE,
    TOKEN_COMMA,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_ASSIGN, /* = */
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_FLOOR_DIV,
    TOKEN_PERCENT,
    TOKEN_POWER,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT
};

struct token {
    enum token_kind kind;
    struct span at;
    struct pel_string text; /* strings and names: what is between the quotes, \ taken away */
    uint64_t integer;       /* TOKEN_INT; UINT64_MAX: that or more */
    double number;          /* TOKEN_INT too */
};

/* All words of front->text, the last one TOKEN_END. NULL after a failure. */
struct token *pel_lex(struct front *front);

#endif
