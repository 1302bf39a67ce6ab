#include "bulk/engine/compile/lex.h"

#include <pelton/decimal.h>

#include <string.h>

/* The longer of two that begin alike comes first. */
static const struct symbol {
    char text[4];
    enum token_kind kind;
} symbols[] = {
    {"||", TOKEN_OR},   {"|", TOKEN_PIPE},       {",", TOKEN_COMMA},  {"(", TOKEN_OPEN},
    {")", TOKEN_CLOSE}, {"==", TOKEN_EQ},        {"=", TOKEN_ASSIGN}, {"!=", TOKEN_NE},
    {"<=", TOKEN_LE},   {"<", TOKEN_LT},         {">=", TOKEN_GE},    {">", TOKEN_GT},
    {"+", TOKEN_PLUS},  {"-", TOKEN_MINUS},      {"**", TOKEN_POWER}, {"*", TOKEN_STAR},
    {"^", TOKEN_POWER}, {"//", TOKEN_FLOOR_DIV}, {"/", TOKEN_SLASH},  {"%", TOKEN_PERCENT},
    {"&&", TOKEN_AND},  {"!", TOKEN_NOT},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of UTF-8 beyond ASCII count as letters. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 128;
}

/* The byte at a place, 0 after the end. */
static char peek(const struct front *front, size_t at)
{
    return at < front->nbytes ? front->text[at] : '\0';
}

static size_t skip_digits(const struct front *front, size_t at)
{
    while (is_digit(peek(front, at)))
        at++;
    return at;
}

/* Where a number that begins at `at` ends. */
static size_t number_end(const struct front *front, size_t at, bool *whole)
{
    size_t end = skip_digits(front, at);
    *whole = true;
    if (peek(front, end) == '.') {
        *whole = false;
        end = skip_digits(front, end + 1);
    }
    if (peek(front, end) == 'e' || peek(front, end) == 'E') {
        size_t sign = end + 1;
        if (peek(front, sign) == '+' || peek(front, sign) == '-')
            sign++;
        if (is_digit(peek(front, sign))) {
            *whole = false;
            end = skip_digits(front, sign);
        }
    }
    return end;
}

static uint64_t integer(const char *text, size_t nbytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < nbytes; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return UINT64_MAX;
    return value;
}

static size_t lex_number(struct front *front, size_t at, struct token *token)
{
    bool whole;
    size_t end = number_end(front, at, &whole);
    const char *text = front->text + at;
    token->kind = whole ? TOKEN_INT : TOKEN_FLOAT;
    bool too_large = pel_decimal_to_f64(text, end - at, &token->number, NULL) != 0;
    if (whole)
        token->integer = integer(text, end - at);
    if (too_large) {
        pel_mistake(front, (struct span){at, end}, "%t is more than a float64 holds",
                    pel_front_text(front, (struct span){at, end}));
        pel_hint(front, "infinity is written inf");
    }
    if (!is_letter(peek(front, end)) && peek(front, end) != '.')
        return end;
    size_t tail = end;
    while (is_letter(peek(front, tail)) || is_digit(peek(front, tail)) || peek(front, tail) == '.')
        tail++;
    pel_mistake(front, (struct span){at, tail}, "this is not a number: %t",
                pel_front_text(front, (struct span){at, tail}));
    if (peek(front, end) != '.')
        pel_hint(front, "a product is written with *; names begin with a letter or _, as _%t",
                 pel_front_text(front, (struct span){at, tail}));
    return tail;
}

/* A name or a text between quotes; \ takes the special meaning from a quote and from itself. */
static size_t lex_quoted(struct front *front, size_t at, struct token *token)
{
    char quote = front->text[at];
    size_t end = at + 1, n = 0;
    char *text = pel_front_take(front, front->nbytes - at, 1);
    if (!text)
        return at;
    for (; end < front->nbytes && front->text[end] != quote; end++) {
        char next = peek(front, end + 1);
        if (front->text[end] == '\\' && (next == quote || next == '\\'))
            end++;
        text[n++] = front->text[end];
    }
    token->text = (struct pel_string){n ? text : NULL, n};
    token->kind = quote == '`' ? TOKEN_QUOTED : TOKEN_STRING;
    if (end == front->nbytes)
        pel_mistake(front, (struct span){at, end}, "this %s has no end",
                    quote == '`' ? "name" : "text");
    else if (quote == '`' && (n == 0 || memchr(text, 0, n)))
        pel_mistake(front, (struct span){at, end + 1}, "this cannot be a name");
    return end + 1;
}

static size_t word_end(const struct front *front, size_t at)
{
    while (is_letter(peek(front, at)) || is_digit(peek(front, at)))
        at++;
    return at;
}

/* Also several words with dots between: input.column, z.re. */
static size_t lex_name(struct front *front, size_t at, struct token *token)
{
    size_t end = word_end(front, at);
    while (peek(front, end) == '.' && is_letter(peek(front, end + 1)))
        end = word_end(front, end + 1);
    token->text = pel_front_text(front, (struct span){at, end});
    token->kind = pel_string_is(token->text, "and")   ? TOKEN_AND
                  : pel_string_is(token->text, "or")  ? TOKEN_OR
                  : pel_string_is(token->text, "not") ? TOKEN_NOT
                                                      : TOKEN_NAME;
    return end;
}

static size_t lex_symbol(struct front *front, size_t at, struct token *token)
{
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        size_t n = strlen(symbols[i].text);
        if (n <= front->nbytes - at && memcmp(front->text + at, symbols[i].text, n) == 0) {
            token->kind = symbols[i].kind;
            return at + n;
        }
    }
    struct span here = {at, at + 1};
    pel_mistake(front, here, "'%t' has no meaning in a query", pel_front_text(front, here));
    if (front->text[at] == '&')
        pel_hint(front, "both conditions: and");
    return at + 1;
}

static size_t lex_one(struct front *front, size_t at, struct token *token)
{
    char c = front->text[at];
    if (is_digit(c) || (c == '.' && is_digit(peek(front, at + 1))))
        return lex_number(front, at, token);
    if (c == '"' || c == '\'' || c == '`')
        return lex_quoted(front, at, token);
    if (is_letter(c))
        return lex_name(front, at, token);
    return lex_symbol(front, at, token);
}

struct token *pel_lex(struct front *front)
{
    struct token *tokens = NULL;
    int n = 0, room = 0;
    for (size_t at = 0;;) {
        while (at < front->nbytes && is_blank(front->text[at]))
            at++;
        tokens = pel_front_grow(front, tokens, n, &room, sizeof *tokens);
        if (!tokens)
            return NULL;
        struct token *token = &tokens[n++];
        token->at = (struct span){at, at};
        if (at == front->nbytes)
            return tokens;
        at = lex_one(front, at, token);
        token->at.hi = at;
        if (front->status)
            return NULL;
    }
}
