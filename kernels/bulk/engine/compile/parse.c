#include "bulk/engine/compile/parser.h"

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
    item->expr = pel_parse_expr(parser, STRENGTH_OR);
    if (!item->expr)
        return -1;
    if (!item->named)
        item->name = item->expr->kind == EXPR_NAME
                         ? item->expr->text
                         : pel_front_line(parser->front, (struct span){lo, parser->end});
    return item->name.text ? 0 : -1;
}

static int parse_item(struct parser *parser, enum stage_kind kind, struct item *item)
{
    item->at = parser->token->at;
    if (kind == STAGE_SELECT && parse_star(parser, item))
        return 0;
    if (kind == STAGE_LET || kind == STAGE_SELECT || kind == STAGE_GROUP)
        parse_name(parser, item);
    if (kind == STAGE_LET && !item->named) {
        pel_parse_unexpected(parser, "name = expression");
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
        return pel_parse_unexpected(parser, "'by'");
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
        return pel_parse_unexpected(parser, "a number of rows");
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
    if (!at_end(parser))
        return pel_parse_list(parser, first, nargs);
    if (pel_function_find(name->text, 0)->min_args == 0)
        return 0;
    const struct token x = {.kind = TOKEN_NAME, .at = name->at, .text = {"x", 1}};
    struct parser implied = {.front = parser->front, .token = &x};
    *first = pel_parse_leaf(&implied, EXPR_NAME);
    if (!*first)
        return -1;
    (*first)->implied = true;
    *nargs = 1;
    return 0;
}

static int parse_aggregate(struct parser *parser, struct stage *stage)
{
    stage->kind = STAGE_SELECT;
    stage->brief = true;
    const struct token *name = parser->token;
    if (name[1].kind == TOKEN_OPEN)
        return parse_condition(parser, stage);
    advance(parser);
    struct expr *args = NULL;
    int nargs = 0;
    struct item *item = pel_front_take(parser->front, 1, sizeof *item);
    if (!item || parse_bare_args(parser, name, &args, &nargs))
        return -1;
    stage->items = item;
    item->at = (struct span){name->at.lo, parser->end};
    item->name = pel_front_line(parser->front, item->at);
    item->expr = pel_parse_apply(parser, name, item->at, args, nargs);
    return item->expr && item->name.text ? 0 : -1;
}

static int unknown_stage(struct parser *parser)
{
    struct front *front = parser->front;
    const struct token *token = parser->token;
    pel_parse_unexpected(parser, "a step such as where or select");
    if (token->kind != TOKEN_NAME)
        return -1;
    struct guess guess = {.wanted = token->text};
    for (int i = 0; i < NWORDS; i++)
        pel_guess(&guess, pel_string_of(words[i].text));
    pel_function_guess(&guess, true);
    const char *here = pel_synonym(token->text);
    if (here)
        pel_hint(front, "here it is written %s", here);
    else if (pel_function_find(token->text, 1))
        pel_hint(front, "a value is asked for with select: select %t(...)", token->text);
    else if (guess.best.text && guess.distance == 0)
        pel_hint(front, "words are written in lower case: %t", guess.best);
    else if (guess.best.text)
        pel_hint(front, "did you mean %t?", guess.best);
    else
        pel_hint(front,
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
    pel_parse_unexpected(parser, "an operator, '|' or the end");
    if (token->kind == TOKEN_NAME && pel_string_is(token->text, "as"))
        pel_hint(parser->front, "a name goes before: NAME = EXPR");
    if (find_word(token) || (token->kind == TOKEN_NAME && pel_function_is_aggregate(token->text)))
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
