#include "literals.h"

#include "error.h"

#include <string.h>

int pel_literal_mistake(struct pel_literals *c, const char *expected)
{
    size_t at = c->start + c->at;
    return pel_error_format(c->err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)at,
                            "the .npy header is not right at byte %zu: expected %s", at, expected);
}

void pel_literal_skip_blanks(struct pel_literals *c)
{
    while (c->at < c->nbytes && strchr(" \t\r\n", c->text[c->at]) && c->text[c->at])
        c->at++;
}

bool pel_literal_take(struct pel_literals *c, char wanted)
{
    pel_literal_skip_blanks(c);
    if (c->at == c->nbytes || c->text[c->at] != wanted)
        return false;
    c->at++;
    return true;
}

int pel_literal_need(struct pel_literals *c, char wanted)
{
    char expected[] = {'\'', wanted, '\'', '\0'};
    return pel_literal_take(c, wanted) ? 0 : pel_literal_mistake(c, expected);
}

static bool take_word(struct pel_literals *c, const char *word)
{
    size_t n = strlen(word);
    pel_literal_skip_blanks(c);
    if (c->nbytes - c->at < n || memcmp(c->text + c->at, word, n) != 0)
        return false;
    c->at += n;
    return true;
}

int pel_literal_bool(struct pel_literals *c, bool *out)
{
    *out = take_word(c, "True");
    return *out || take_word(c, "False") ? 0 : pel_literal_mistake(c, "True or False");
}

int pel_literal_number(struct pel_literals *c, uint64_t *out)
{
    pel_literal_skip_blanks(c);
    size_t first = c->at;
    *out = 0;
    for (; c->at < c->nbytes && c->text[c->at] >= '0' && c->text[c->at] <= '9'; c->at++)
        if (__builtin_mul_overflow(*out, 10u, out) ||
            __builtin_add_overflow(*out, (uint64_t)(c->text[c->at] - '0'), out))
            return pel_literal_mistake(c, "a number below 2^64");
    if (c->at == first)
        return pel_literal_mistake(c, "a number that is not negative");
    if (c->at < c->nbytes && c->text[c->at] == 'L')
        c->at++;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[n] | code);
    return n;
}

/* What follows a backslash, as Python's repr writes it. Returns how many bytes of text it gave, or 0. */
static size_t take_escape(struct pel_literals *c, char *out)
{
    char kind = c->at < c->nbytes ? c->text[c->at++] : '\0';
    size_t ndigits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (ndigits == 0) {
        static const char kinds[] = "\\'\"nrt", meant[] = "\\'\"\n\r\t";
        const char *found = kind ? strchr(kinds, kind) : NULL;
        out[0] = found ? meant[found - kinds] : '\0';
        return found ? 1 : 0;
    }
    unsigned code = 0;
    for (size_t i = 0; i < ndigits; i++) {
        int digit = c->at < c->nbytes ? hex_digit(c->text[c->at++]) : -1;
        if (digit < 0 || code > 0x10ffff)
            return 0;
        code = code << 4 | (unsigned)digit;
    }
    return code > 0 && code <= 0x10ffff ? put_utf8(out, code) : 0;
}

int pel_literal_text(struct pel_literals *c, char *out, size_t capacity, size_t *nbytes)
{
    char quote = pel_literal_take(c, '\'') ? '\'' : pel_literal_take(c, '"') ? '"' : '\0';
    size_t n = 0;
    if (!quote)
        return pel_literal_mistake(c, "a text in quotes");
    while (c->at < c->nbytes && c->text[c->at] != quote) {
        if (n + 4 > capacity)
            return pel_literal_mistake(c, "the end of a text that is too long");
        if (c->text[c->at] == '\0' || c->text[c->at] == '\n')
            return pel_literal_mistake(c, "a character that can be printed");
        if (c->text[c->at++] != '\\') {
            out[n++] = c->text[c->at - 1];
            continue;
        }
        size_t more = take_escape(c, out + n);
        if (more == 0)
            return pel_literal_mistake(c, "an escape as Python writes it");
        n += more;
    }
    if (c->at == c->nbytes)
        return pel_literal_mistake(c, "the end of a text");
    c->at++;
    *nbytes = n;
    return 0;
}
