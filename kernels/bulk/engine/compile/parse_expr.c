#include "bulk/engine/compile/parser.h"

/* Parentheses, functions and signs inside of each other, which take the stack of the processor, and
 * operators in a row, which take it where the tree is walked: a few hundred bytes each. */
enum { NESTING_MAX = 200, DEPTH_MAX = 1000 };

static const struct binary {
    enum token_kind token;
    const char *name;
} binaries[] = {
    {TOKEN_OR, "or"},   {TOKEN_AND, "and"},      {TOKEN_EQ, "=="},     {TOKEN_ASSIGN, "=="},
    {TOKEN_NE, "!="},   {TOKEN_LT, "<"},         {TOKEN_LE, "<="},     {TOKEN_GT, ">"},
    {TOKEN_GE, ">="},   {TOKEN_PLUS, "+"},       {TOKEN_MINUS, "-"},   {TOKEN_STAR, "*"},
    {TOKEN_SLASH, "/"}, {TOKEN_FLOOR_DIV, "//"}, {TOKEN_PERCENT, "%"}, {TOKEN_POWER, "**"},
};

/* "expected ... here, not 'word'". */
int pel_parse_unexpected(struct parser *parser, const char *expected)
{
    const struct token *token = parser->token;
    if (token->kind == TOKEN_END)
        return pel_mistake(parser->front, token->at, "%s is missing at the end", expected);
    return pel_mistake(parser->front, token->at, "expected %s, not '%t'", expected,
                       pel_front_text(parser->front, token->at));
}

static struct expr *new_expr(struct parser *parser, enum expr_kind kind, struct span at)
{
    struct expr *expr = pel_front_take(parser->front, 1, sizeof *expr);
    if (expr)
        *expr = (struct expr){.kind = kind, .at = at, .depth = 1};
    return expr;
}

/* A call of the arguments that `first` begins; `at` is all of it, `word` what names it. */
static struct expr *new_call(struct parser *parser, const struct function *function,
                             struct span word, struct span at, struct expr *first)
{
    struct expr *call = new_expr(parser, EXPR_CALL, at);
    if (!call)
        return NULL;
    call->function = function;
    call->word = word;
    call->args = first;
    for (struct expr *arg = first; arg; arg = arg->next) {
        call->nargs++;
        if (arg->depth >= call->depth)
            call->depth = arg->depth + 1;
    }
    if (call->depth <= DEPTH_MAX)
        return call;
    pel_mistake(parser->front, word,
                "this expression has more than %u operators on top of each other",
                (uint64_t)DEPTH_MAX);
    pel_hint(parser->front, "cut it with let");
    return NULL;
}

static int check_nargs(struct parser *parser, const struct function *function, struct span word,
                       int nargs)
{
    if (nargs >= function->min_args && nargs <= function->max_args)
        return 0;
    pel_mistake(parser->front, word, "%s takes %u argument%s, not %u", function->name,
                (uint64_t)(nargs < function->min_args ? function->min_args : function->max_args),
                (nargs < function->min_args ? function->min_args : function->max_args) == 1 ? ""
                                                                                            : "s",
                (uint64_t)nargs);
    pel_hint(parser->front, "%s(%s): %s", function->name, function->arguments, function->about);
    return -1;
}

static const struct function *find_function(struct parser *parser, const struct token *name,
                                            int nargs)
{
    const struct function *function =
        name->kind == TOKEN_NAME ? pel_function_find(name->text, nargs) : NULL;
    if (function)
        return check_nargs(parser, function, name->at, nargs) ? NULL : function;
    pel_mistake(parser->front, name->at, "there is no function '%t'", name->text);
    struct guess guess = {.wanted = name->text};
    pel_function_guess(&guess, false);
    const char *here = pel_synonym(name->text);
    if (here)
        pel_hint(parser->front, "here it is written %s", here);
    else if (guess.best.text)
        pel_hint(parser->front, "did you mean %t?", guess.best);
    return NULL;
}

struct expr *pel_parse_apply(struct parser *parser, const struct token *name, struct span at,
                             struct expr *args, int nargs)
{
    const struct function *function = find_function(parser, name, nargs);
    return function ? new_call(parser, function, name->at, at, args) : NULL;
}

int pel_parse_list(struct parser *parser, struct expr **first, int *nargs)
{
    struct expr **last = first;
    do {
        *last = pel_parse_expr(parser, STRENGTH_OR);
        if (!*last)
            return -1;
        last = &(*last)->next;
        ++*nargs;
    } while (accept(parser, TOKEN_COMMA));
    return 0;
}

/* The parenthesis that ends what `open` began. */
static int close_parenthesis(struct parser *parser, struct span open, const char *expected)
{
    if (accept(parser, TOKEN_CLOSE))
        return 0;
    if (at_end(parser))
        return pel_mistake(parser->front, open, "this parenthesis is not closed");
    return pel_parse_unexpected(parser, expected);
}

static struct expr *parse_call(struct parser *parser)
{
    const struct token *name = parser->token;
    advance(parser);
    struct span open = parser->token->at;
    advance(parser);
    struct expr *args = NULL;
    int nargs = 0;
    if (!accept(parser, TOKEN_CLOSE) &&
        (pel_parse_list(parser, &args, &nargs) ||
         close_parenthesis(parser, open, "an operator, ',' or ')'")))
        return NULL;
    return pel_parse_apply(parser, name, (struct span){name->at.lo, parser->end}, args, nargs);
}

struct expr *pel_parse_leaf(struct parser *parser, enum expr_kind kind)
{
    const struct token *token = parser->token;
    struct expr *expr = new_expr(parser, kind, token->at);
    if (!expr)
        return NULL;
    expr->integer = token->integer;
    expr->number = token->number;
    expr->text = token->text;
    expr->quoted = token->kind == TOKEN_QUOTED;
    advance(parser);
    return expr;
}

static struct expr *parse_parenthesis(struct parser *parser)
{
    struct span open = parser->token->at;
    advance(parser);
    struct expr *expr = pel_parse_expr(parser, STRENGTH_OR);
    if (!expr)
        return NULL;
    if (close_parenthesis(parser, open, "an operator or ')'"))
        return NULL;
    expr->at = (struct span){open.lo, parser->end};
    return expr;
}

static struct expr *parse_primary(struct parser *parser)
{
    switch (parser->token->kind) {
    case TOKEN_INT:
        return pel_parse_leaf(parser, EXPR_INT);
    case TOKEN_FLOAT:
        return pel_parse_leaf(parser, EXPR_FLOAT);
    case TOKEN_STRING:
        return pel_parse_leaf(parser, EXPR_STRING);
    case TOKEN_NAME:
        if (parser->token[1].kind == TOKEN_OPEN)
            return parse_call(parser);
        return pel_parse_leaf(parser, EXPR_NAME);
    case TOKEN_QUOTED:
        return pel_parse_leaf(parser, EXPR_NAME);
    case TOKEN_OPEN:
        return parse_parenthesis(parser);
    default:
        pel_parse_unexpected(parser, "a value");
        return NULL;
    }
}

static struct expr *parse_prefix(struct parser *parser, const char *name, enum strength strength)
{
    struct span word = parser->token->at;
    advance(parser);
    struct expr *operand = pel_parse_expr(parser, strength);
    if (!operand)
        return NULL;
    struct span at = {word.lo, parser->end};
    return new_call(parser, pel_function_operator(name, 1), word, at, operand);
}

static struct expr *parse_operand(struct parser *parser)
{
    switch (parser->token->kind) {
    case TOKEN_MINUS:
        return parse_prefix(parser, "-", STRENGTH_SIGN);
    case TOKEN_NOT:
        return parse_prefix(parser, "not", STRENGTH_NOT);
    default:
        return parse_primary(parser);
    }
}

static const struct function *find_binary(enum token_kind token)
{
    for (size_t i = 0; i < sizeof binaries / sizeof binaries[0]; i++)
        if (binaries[i].token == token)
            return pel_function_operator(binaries[i].name, 2);
    return NULL;
}

static struct expr *parse_operators(struct parser *parser, enum strength strength)
{
    struct expr *left = parse_operand(parser);
    bool compared = false;
    while (left) {
        const struct function *binary = find_binary(parser->token->kind);
        if (!binary || binary->strength < strength)
            return left;
        struct span word = parser->token->at;
        if (compared && binary->strength == STRENGTH_COMPARE) {
            pel_mistake(parser->front, word, "comparisons cannot follow each other");
            pel_hint(parser->front, "write a < b and b < c");
            return NULL;
        }
        compared = binary->strength == STRENGTH_COMPARE;
        advance(parser);
        left->next =
            pel_parse_expr(parser, binary->strength + (binary->strength != STRENGTH_POWER));
        if (!left->next)
            return NULL;
        struct span at = {left->at.lo, parser->end};
        left = new_call(parser, binary, word, at, left);
    }
    return NULL;
}

struct expr *pel_parse_expr(struct parser *parser, enum strength strength)
{
    if (parser->nesting == NESTING_MAX) {
        pel_mistake(parser->front, parser->token->at, "nested more than %u deep",
                    (uint64_t)NESTING_MAX);
        pel_hint(parser->front, "cut the expression with let");
        return NULL;
    }
    parser->nesting++;
    struct expr *expr = parse_operators(parser, strength);
    parser->nesting--;
    return expr;
}
