/* The words of a query as they are read one by one, for what makes expressions (parse_expr.c) and stages
 * (parse.c) of them. */
#ifndef PELTON_BULK_ENGINE_PARSER_H
#define PELTON_BULK_ENGINE_PARSER_H

#include "bulk/engine/compile/ast.h"
#include "bulk/engine/compile/lex.h"

struct parser {
    struct front *front;
    const struct token *token; /* the next one */
    size_t end;                /* of the one before */
    int nesting;
};

static inline void advance(struct parser *parser)
{
    parser->end = parser->token->at.hi;
    if (parser->token->kind != TOKEN_END)
        parser->token++;
}

static inline bool accept(struct parser *parser, enum token_kind kind)
{
    bool is = parser->token->kind == kind;
    if (is)
        advance(parser);
    return is;
}

static inline bool accept_word(struct parser *parser, const char *word)
{
    bool is = parser->token->kind == TOKEN_NAME && pel_string_is(parser->token->text, word);
    if (is)
        advance(parser);
    return is;
}

static inline bool at_end(const struct parser *parser)
{
    return parser->token->kind == TOKEN_PIPE || parser->token->kind == TOKEN_END;
}

/* Notes "expected ..., not 'word'". Returns -1. */
int pel_parse_unexpected(struct parser *parser, const char *expected);

/* An operand and the operators behind it that bind at least so strongly; NULL after a failure. */
struct expr *pel_parse_expr(struct parser *parser, enum strength strength);

/* The leaf that the next word is. */
struct expr *pel_parse_leaf(struct parser *parser, enum expr_kind kind);

/* Arguments separated by commas, at least one. 0 or -1. */
int pel_parse_list(struct parser *parser, struct expr **first, int *nargs);

/* The function that `name` calls with these arguments; `at` is all of it. */
struct expr *pel_parse_apply(struct parser *parser, const struct token *name, struct span at,
                             struct expr *args, int nargs);

#endif
