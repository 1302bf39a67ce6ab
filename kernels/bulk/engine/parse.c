#include "bulk/engine/ast.h"

#include "bulk/engine/lex.h"

/* Parentheses, functions and signs inside of each other, which take the stack of the processor, and
 * operators in a row, which take it where the tree is walked: a few hundred bytes each. */
enum { NESTING_MAX = 200, DEPTH_MAX = 1000 };

struct parser {
    struct front *front;
    const struct token *token; /* the next one */
    size_t end;                /* of the one before */
    int nesting;
};

static const struct binary {
    enum token_kind token;
    const char *name;
} binaries[] = {
    {TOKEN_OR, "or"},   {TOKEN_AND, "and"},      {TOKEN_EQ, "=="},     {TOKEN_ASSIGN, "=="},
    {TOKEN_NE, "!="},   {TOKEN_LT, "<"},         {TOKEN_LE, "<="},     {TOKEN_GT, ">"},
    {TOKEN_GE, ">="},   {TOKEN_PLUS, "+"},       {TOKEN_MINUS, "-"},   {TOKEN_STAR, "*"},
    {TOKEN_SLASH, "/"}, {TOKEN_FLOOR_DIV, "//"}, {TOKEN_PERCENT, "%"}, {TOKEN_POWER, "**"},
};

static const struct word {
    const char *text;
    enum stage_kind kind;
} words[] = {
    {"where", STAGE_WHERE}, {"let", STAGE_LET},     {"select", STAGE_SELECT},
    {"group", STAGE_GROUP}, {"order", STAGE_ORDER}, {"distinct", STAGE_DISTINCT},
    {"take", STAGE_TAKE},   {"skip", STAGE_SKIP},
};

enum { NWORDS = sizeof words / sizeof words[0] };

static const struct word *find_word(const struct token *token)
{
    for (int i = 0; token->kind == TOKEN_NAME && i < NWORDS; i++)
        if (pel_string_is(token->text, words[i].text))
            return &words[i];
    return NULL;
}

/* ---- words ----------------------------------------------------------------------------------- */

static void advance(struct parser *parser)
{
    parser->end = parser->token->at.hi;
    if (parser->token->kind != TOKEN_END)
        parser->token++;
}

static bool accept(struct parser *parser, enum token_kind kind)
{
    bool is = parser->token->kind == kind;
    if (is)
        advance(parser);
    return is;
}

static bool accept_word(struct parser *parser, const char *word)
{
    bool is = parser->token->kind == TOKEN_NAME && pel_string_is(parser->token->text, word);
    if (is)
        advance(parser);
    return is;
}

static bool at_end(const struct parser *parser)
{
    return parser->token->kind == TOKEN_PIPE || parser->token->kind == TOKEN_END;
}

/* "expected ... here, not 'word'". */
static int unexpected(struct parser *parser, const char *expected)
{
    const struct token *token = parser->token;
    if (token->kind == TOKEN_END)
        return pel_mistake(parser->front, token->at, "%s is missing at the end", expected);
    return pel_mistake(parser->front, token->at, "expected %s, not '%t'", expected,
                       pel_front_text(parser->front, token->at));
}

/* ---- expressions ----------------------------------------------------------------------------- */

static struct expr *parse_expr(struct parser *parser, enum strength strength);

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
    pel_function_guess(&guess);
    if (guess.best.text)
        pel_hint(parser->front, "did you mean %t?", guess.best);
    return NULL;
}

/* Arguments up to and with the closing parenthesis, of which the opening one has been read. */
static int parse_args(struct parser *parser, struct span open, struct expr **first, int *nargs)
{
    struct expr **last = first;
    if (accept(parser, TOKEN_CLOSE))
        return 0;
    do {
        *last = parse_expr(parser, STRENGTH_OR);
        if (!*last)
            return -1;
        last = &(*last)->next;
        ++*nargs;
    } while (accept(parser, TOKEN_COMMA));
    if (accept(parser, TOKEN_CLOSE))
        return 0;
    if (at_end(parser))
        return pel_mistake(parser->front, open, "this parenthesis is not closed");
    return unexpected(parser, "an operator, ',' or ')'");
}

static struct expr *parse_call(struct parser *parser)
{
    const struct token *name = parser->token;
    advance(parser);
    struct span open = parser->token->at;
    advance(parser);
    struct expr *args = NULL;
    int nargs = 0;
    if (parse_args(parser, open, &args, &nargs))
        return NULL;
    const struct function *function = find_function(parser, name, nargs);
    struct span at = {name->at.lo, parser->end};
    return function ? new_call(parser, function, name->at, at, args) : NULL;
}

static struct expr *parse_leaf(struct parser *parser, enum expr_kind kind)
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
    struct expr *expr = parse_expr(parser, STRENGTH_OR);
    if (!expr)
        return NULL;
    if (!accept(parser, TOKEN_CLOSE)) {
        if (at_end(parser))
            pel_mistake(parser->front, open, "this parenthesis is not closed");
        else
            unexpected(parser, "an operator or ')'");
        return NULL;
    }
    expr->at = (struct span){open.lo, parser->end};
    return expr;
}

static struct expr *parse_primary(struct parser *parser)
{
    switch (parser->token->kind) {
    case TOKEN_INT:
        return parse_leaf(parser, EXPR_INT);
    case TOKEN_FLOAT:
        return parse_leaf(parser, EXPR_FLOAT);
    case TOKEN_STRING:
        return parse_leaf(parser, EXPR_STRING);
    case TOKEN_NAME:
        if (parser->token[1].kind == TOKEN_OPEN)
            return parse_call(parser);
        return parse_leaf(parser, EXPR_NAME);
    case TOKEN_QUOTED:
        return parse_leaf(parser, EXPR_NAME);
    case TOKEN_OPEN:
        return parse_parenthesis(parser);
    default:
        unexpected(parser, "a value");
        return NULL;
    }
}

static struct expr *parse_prefix(struct parser *parser, const char *name, enum strength strength)
{
    struct span word = parser->token->at;
    advance(parser);
    struct expr *operand = parse_expr(parser, strength);
    if (!operand)
        return NULL;
    struct span at = {word.lo, parser->end};
    return new_call(parser, pel_function_operator(name, 1), word, at, operand);
}

static struct expr *parse_operand(struct parser *parser)
{
    if (parser->nesting == NESTING_MAX) {
        pel_mistake(parser->front, parser->token->at, "nested more than %u deep",
                    (uint64_t)NESTING_MAX);
        pel_hint(parser->front, "cut the expression with let");
        return NULL;
    }
    parser->nesting++;
    struct expr *operand =
        parser->token->kind == TOKEN_MINUS ? parse_prefix(parser, "-", STRENGTH_SIGN)
        : parser->token->kind == TOKEN_NOT ? parse_prefix(parser, "not", STRENGTH_NOT)
                                           : parse_primary(parser);
    parser->nesting--;
    return operand;
}

static const struct function *find_binary(enum token_kind token)
{
    for (size_t i = 0; i < sizeof binaries / sizeof binaries[0]; i++)
        if (binaries[i].token == token)
            return pel_function_operator(binaries[i].name, 2);
    return NULL;
}

/* An operand and the operators behind it that are at least so strong. */
static struct expr *parse_expr(struct parser *parser, enum strength strength)
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
        left->next = parse_expr(parser, binary->strength + (binary->strength != STRENGTH_POWER));
        if (!left->next)
            return NULL;
        struct span at = {left->at.lo, parser->end};
        left = new_call(parser, binary, word, at, left);
    }
    return NULL;
}

/* ---- stages ---------------------------------------------------------------------------------- */

static void parse_name(struct parser *parser, struct item *item)
{
    enum token_kind kind = parser->token->kind;
    if ((kind != TOKEN_NAME && kind != TOKEN_QUOTED) || parser->token[1].kind != TOKEN_ASSIGN)
        return;
    item->name = parser->token->text;
    item->named = true;
    advance(parser);
    advance(parser);
}

/* The * of a select. */
static bool parse_star(struct parser *parser, struct item *item)
{
    enum token_kind after = parser->token[parser->token->kind != TOKEN_END].kind;
    if (parser->token->kind != TOKEN_STAR ||
        (after != TOKEN_COMMA && after != TOKEN_PIPE && after != TOKEN_END))
        return false;
    item->star = true;
    advance(parser);
    return true;
}

static int parse_expression_item(struct parser *parser, struct item *item)
{
    size_t lo = parser->token->at.lo;
    item->expr = parse_expr(parser, STRENGTH_OR);
    if (!item->expr)
        return -1;
    if (!item->named)
        item->name = item->expr->kind == EXPR_NAME
                         ? item->expr->text
                         : pel_front_text(parser->front, (struct span){lo, parser->end});
    return 0;
}

static int parse_item(struct parser *parser, enum stage_kind kind, struct item *item)
{
    item->at = parser->token->at;
    if (kind == STAGE_SELECT && parse_star(parser, item))
        return 0;
    if (kind == STAGE_LET || kind == STAGE_SELECT || kind == STAGE_GROUP)
        parse_name(parser, item);
    if (kind == STAGE_LET && !item->named) {
        unexpected(parser, "name = expression");
        pel_hint(parser->front, "let adds named columns: let ratio = a / b");
        return -1;
    }
    if (parse_expression_item(parser, item))
        return -1;
    if (kind == STAGE_ORDER) {
        item->descending = accept_word(parser, "desc");
        if (!item->descending)
            accept_word(parser, "asc");
    }
    item->at.hi = parser->end;
    return 0;
}

static int parse_items(struct parser *parser, struct stage *stage)
{
    struct item **last = &stage->items;
    do {
        *last = pel_front_take(parser->front, 1, sizeof **last);
        if (!*last || parse_item(parser, stage->kind, *last))
            return -1;
        last = &(*last)->next;
    } while (accept(parser, TOKEN_COMMA));
    return 0;
}

/* A single expression, as of where. */
static int parse_condition(struct parser *parser, struct stage *stage)
{
    stage->items = pel_front_take(parser->front, 1, sizeof *stage->items);
    return stage->items ? parse_item(parser, stage->kind, stage->items) : -1;
}

static int parse_by(struct parser *parser, struct stage *stage)
{
    if (!accept_word(parser, "by"))
        return unexpected(parser, "'by'");
    return parse_items(parser, stage);
}

/* A number of rows: an integer, 1e6 too. */
static int parse_rows(struct parser *parser, struct stage *stage)
{
    const struct token *token = parser->token;
    if (stage->kind == STAGE_TAKE && accept_word(parser, "while")) {
        stage->kind = STAGE_TAKE_WHILE;
        return parse_condition(parser, stage);
    }
    if (token->kind != TOKEN_INT && token->kind != TOKEN_FLOAT)
        return unexpected(parser, "a number of rows");
    advance(parser);
    if (token->kind == TOKEN_INT) {
        stage->rows = token->integer;
        return 0;
    }
    if (token->number >= 0x1p63 || token->number != (double)(uint64_t)token->number)
        return pel_mistake(parser->front, token->at, "%t is not a number of rows",
                           pel_front_text(parser->front, token->at));
    stage->rows = (uint64_t)token->number;
    return 0;
}

/* What an aggregate without parentheses is of: `mean sqrt(a)`, or of the only column. */
static int parse_bare_args(struct parser *parser, const struct token *name, struct expr **first,
                           int *nargs)
{
    if (!at_end(parser)) {
        struct expr **last = first;
        do {
            *last = parse_expr(parser, STRENGTH_OR);
            if (!*last)
                return -1;
            last = &(*last)->next;
            ++*nargs;
        } while (accept(parser, TOKEN_COMMA));
        return 0;
    }
    if (pel_function_find(name->text, 0)->min_args == 0)
        return 0;
    *first = new_expr(parser, EXPR_NAME, name->at);
    if (!*first)
        return -1;
    (*first)->text = pel_string_of("x");
    (*first)->implied = true;
    *nargs = 1;
    return 0;
}

static int parse_aggregate(struct parser *parser, struct stage *stage)
{
    stage->kind = STAGE_SELECT;
    const struct token *name = parser->token;
    if (name[1].kind == TOKEN_OPEN)
        return parse_condition(parser, stage);
    advance(parser);
    struct expr *args = NULL;
    int nargs = 0;
    if (parse_bare_args(parser, name, &args, &nargs))
        return -1;
    const struct function *function = find_function(parser, name, nargs);
    struct item *item = function ? pel_front_take(parser->front, 1, sizeof *item) : NULL;
    if (!item)
        return -1;
    stage->items = item;
    item->at = (struct span){name->at.lo, parser->end};
    item->name = pel_front_text(parser->front, item->at);
    item->expr = new_call(parser, function, name->at, item->at, args);
    return item->expr ? 0 : -1;
}

static int unknown_stage(struct parser *parser)
{
    const struct token *token = parser->token;
    if (unexpected(parser, "a step such as where or select") && token->kind != TOKEN_NAME)
        return -1;
    struct guess guess = {.wanted = token->text};
    for (int i = 0; i < NWORDS; i++)
        pel_guess(&guess, pel_string_of(words[i].text));
    pel_function_guess(&guess);
    if (guess.best.text)
        pel_hint(parser->front, "did you mean %t? words are written in lower case", guess.best);
    else
        pel_hint(parser->front,
                 "steps: where, let, select, group by, order by, distinct, take, skip, sum, ...");
    return -1;
}

static int parse_stage(struct parser *parser, struct stage *stage)
{
    const struct word *word = find_word(parser->token);
    stage->at = parser->token->at;
    if (!word && parser->token->kind == TOKEN_NAME &&
        pel_function_is_aggregate(parser->token->text))
        return parse_aggregate(parser, stage);
    if (!word)
        return unknown_stage(parser);
    stage->kind = word->kind;
    advance(parser);
    switch (stage->kind) {
    case STAGE_WHERE:
        return parse_condition(parser, stage);
    case STAGE_LET:
    case STAGE_SELECT:
        return parse_items(parser, stage);
    case STAGE_GROUP:
    case STAGE_ORDER:
        return parse_by(parser, stage);
    case STAGE_TAKE:
    case STAGE_SKIP:
        return parse_rows(parser, stage);
    default:
        return 0;
    }
}

/* After a stage: | or the end. */
static int parse_pipe(struct parser *parser)
{
    const struct token *token = parser->token;
    if (at_end(parser))
        return 0;
    if (token->kind == TOKEN_CLOSE)
        return pel_mistake(parser->front, token->at, "this parenthesis was never opened");
    unexpected(parser, "an operator, '|' or the end");
    if (find_word(token))
        pel_hint(parser->front, "steps are separated by |: ... | %t ...", token->text);
    return -1;
}

int pel_parse(struct front *front, struct stage **out)
{
    const struct token *tokens = pel_lex(front);
    if (!tokens)
        return -1;
    struct parser parser = {.front = front, .token = tokens};
    if (parser.token->kind == TOKEN_END)
        return 0;
    do {
        *out = pel_front_take(front, 1, sizeof **out);
        if (!*out || parse_stage(&parser, *out) || parse_pipe(&parser))
            return -1;
        out = &(*out)->next;
    } while (accept(&parser, TOKEN_PIPE));
    return 0;
}
