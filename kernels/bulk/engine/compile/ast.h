/* A query as it was written. */
#ifndef PELTON_BULK_ENGINE_AST_H
#define PELTON_BULK_ENGINE_AST_H

#include "bulk/engine/compile/front.h"
#include "bulk/engine/compile/functions.h"

enum expr_kind { EXPR_INT, EXPR_FLOAT, EXPR_STRING, EXPR_NAME, EXPR_CALL };

struct expr {
    enum expr_kind kind;
    struct span at;         /* all of it */
    int depth;              /* 1 for a leaf */
    struct expr *next;      /* argument of the same call */
    uint64_t integer;       /* int; UINT64_MAX: that or more */
    double number;          /* int, float */
    struct pel_string text; /* string, name */
    bool quoted;            /* a name between backquotes: a column, whatever else has the name */
    bool implied;           /* the x that an aggregate without an argument is of */

    const struct function *function; /* call; an operator is one, too */
    struct span word;                /* of the function's name or the operator */
    struct expr *args;
    int nargs;
};

/* One of the things that a let, select, group by or order by lists. */
struct item {
    struct item *next;
    struct span at;         /* all of it */
    struct pel_string name; /* given, or the text */
    bool named, star;
    struct expr *expr; /* NULL: star */
    bool descending;
};

enum stage_kind {
    STAGE_WHERE, /* one item, as for take while */
    STAGE_LET,
    STAGE_SELECT,
    STAGE_GROUP,
    STAGE_ORDER,
    STAGE_DISTINCT,
    STAGE_TAKE,
    STAGE_SKIP,
    STAGE_TAKE_WHILE
};

struct stage {
    struct stage *next;
    enum stage_kind kind;
    struct span at; /* its first word */
    struct item *items;
    uint64_t rows; /* take, skip */
    bool brief;    /* a select of an aggregate without the word, beside the keys of groups */
};

/* The stages of front->text in *out, NULL for a text without any. 0 or -1. */
int pel_parse(struct front *front, struct stage **out);

#endif
