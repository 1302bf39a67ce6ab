/* Numbers with units, in exact integer arithmetic: 2^64-1 and 1.5K come out to the last digit, and what
 * would not come out whole is refused. */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

/* Room for sums whose parts lie outside 64 bits, such as 2^64-1. */
typedef __int128 wide;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What a number is followed by: it is multiplied by 2^twos * 10^tens. */
struct unit {
    const char *name;
    int twos, tens;
};

/* The first that fits is taken, so longer names come before their beginnings. */
static const struct unit byte_units[] = {
    {"KiB", 10, 0}, {"kB", 0, 3}, {"KB", 0, 3}, {"K", 10, 0},   {"k", 10, 0},
    {"MiB", 20, 0}, {"MB", 0, 6}, {"M", 20, 0}, {"m", 20, 0},   {"GiB", 30, 0},
    {"GB", 0, 9},   {"G", 30, 0}, {"g", 30, 0}, {"TiB", 40, 0}, {"TB", 0, 12},
    {"T", 40, 0},   {"t", 40, 0}, {"B", 0, 0},  {"", 0, 0},
};

static const struct unit time_units[] = {
    {"ns", 0, 0}, {"us", 0, 3}, {"ms", 0, 6}, {"s", 0, 9}, {NULL, 0, 0},
};

enum outcome { PARSED, NOT_A_NUMBER, NOT_WHOLE, TOO_LARGE };

static bool times(wide *value, int factor)
{
    return !__builtin_mul_overflow(*value, (wide)factor, value);
}

/* *value *= 2^twos * 10^tens, where tens may be negative: then the result must be whole. */
static enum outcome scale(wide *value, int twos, int tens)
{
    int fives = tens;
    twos += tens;
    if (*value == 0)
        return PARSED;
    for (; fives < 0; fives++, *value /= 5)
        if (*value % 5 != 0)
            return NOT_WHOLE;
    for (; twos < 0; twos++, *value /= 2)
        if (*value % 2 != 0)
            return NOT_WHOLE;
    for (; fives > 0; fives--)
        if (!times(value, 5))
            return TOO_LARGE;
    for (; twos > 0; twos--)
        if (!times(value, 2))
            return TOO_LARGE;
    return PARSED;
}

static bool read_digits(const char **text, wide *value)
{
    bool fits = true;
    for (; is_digit(**text); ++*text)
        fits = fits && times(value, 10) && !__builtin_add_overflow(*value, **text - '0', value);
    return fits;
}

/* An exponent is kept below 10000: enough to tell that the result is too large, or not whole. */
static int read_exponent(const char **text)
{
    int value = 0;
    for (; is_digit(**text); ++*text)
        value = value < 1000 ? 10 * value + (**text - '0') : value;
    return value;
}

/* The digits after a point, with the zeros at their end left out: *tens is lowered for each. */
static enum outcome read_fraction(const char **text, wide *value, int *tens)
{
    ++*text;
    if (!is_digit(**text))
        return NOT_A_NUMBER;
    size_t ndigits = strspn(*text, "0123456789"), used = ndigits;
    while (used > 0 && (*text)[used - 1] == '0')
        used--;
    for (size_t i = 0; i < used; i++) {
        if (!times(value, 10) || __builtin_add_overflow(*value, (*text)[i] - '0', value))
            return NOT_WHOLE; /* more digits than any unit can make whole */
        --*tens;
    }
    *text += ndigits;
    return PARSED;
}

static const struct unit *read_unit(const char **text, const struct unit *units)
{
    for (; units->name; units++) {
        size_t length = strlen(units->name);
        if (strncmp(*text, units->name, length) == 0) {
            *text += length;
            return units;
        }
    }
    return NULL;
}

/* DIGITS[.DIGITS][eDIGITS][UNIT]. Like all that follow, it leaves *text behind what it has read, or where
 * it could not go on. */
static enum outcome read_number(const char **text, const struct unit *units, wide *value)
{
    *value = 0;
    int tens = 0;
    enum outcome outcome = PARSED;
    if (!is_digit(**text) && !(**text == '.' && is_digit((*text)[1])))
        return NOT_A_NUMBER;
    if (!read_digits(text, value))
        return TOO_LARGE;
    if (**text == '.')
        outcome = read_fraction(text, value, &tens);
    if (outcome != PARSED)
        return outcome;
    if (**text == 'e' || **text == 'E') {
        int sign = (*text)[1] == '-' ? -1 : 1;
        *text += 1 + ((*text)[1] == '-' || (*text)[1] == '+');
        if (!is_digit(**text))
            return NOT_A_NUMBER;
        tens += sign * read_exponent(text);
    }
    const struct unit *unit = read_unit(text, units);
    return unit ? scale(value, unit->twos, unit->tens + tens) : NOT_A_NUMBER;
}

/* ---- arithmetic ---- */

static enum outcome power(wide base, wide exponent, wide *result)
{
    *result = 1;
    if (exponent < 0)
        return NOT_WHOLE;
    if (base >= -1 && base <= 1) /* no end of factors */
        exponent = exponent == 0 || base == 1 ? 0 : 2 - exponent % 2;
    for (wide i = 0; i < exponent; i++)
        if (__builtin_mul_overflow(*result, base, result))
            return TOO_LARGE;
    return PARSED;
}

/* `a` becomes a OPERATOR b, exactly. */
static enum outcome apply(char operator, wide *a, wide b)
{
    bool overflow = false;
    switch (operator) {
    case '^':
        return power(*a, b, a);
    case '*':
        overflow = __builtin_mul_overflow(*a, b, a);
        break;
    case '/':
        if (b == 0 || *a % b != 0)
            return NOT_WHOLE;
        *a /= b;
        break;
    case '+':
        overflow = __builtin_add_overflow(*a, b, a);
        break;
    default:
        overflow = __builtin_sub_overflow(*a, b, a);
    }
    return overflow ? TOO_LARGE : PARSED;
}

/* The operators of each level, the loosest first; what one joins is read at the next. */
static const char *const operators[] = {"+-", "*/", "^"};
enum { LEVELS = sizeof operators / sizeof operators[0], DEEPEST = 64 };

static enum outcome read_level(const char **text, int level, int depth, wide *value);

static enum outcome read_operand(const char **text, int depth, wide *value)
{
    if (**text != '(' || depth == DEEPEST)
        return read_number(text, byte_units, value);
    ++*text;
    enum outcome outcome = read_level(text, 0, depth + 1, value);
    if (outcome == PARSED && *(*text)++ != ')') {
        --*text;
        return NOT_A_NUMBER;
    }
    return outcome;
}

/* The operator of this level that comes next, read, or 0. ** is ^ as well. */
static char read_operator(const char **text, int level)
{
    bool stars = (*text)[0] == '*' && (*text)[1] == '*';
    if (stars && level == LEVELS - 1) {
        *text += 2;
        return '^';
    }
    if (stars || !**text || !strchr(operators[level], **text))
        return 0;
    return *(*text)++;
}

/* From the left to the right; a second ^ is left unread, for people do not agree on which comes first. */
static enum outcome read_level(const char **text, int level, int depth, wide *value)
{
    if (level == LEVELS)
        return read_operand(text, depth, value);
    enum outcome outcome = read_level(text, level + 1, depth, value);
    char operator;
    while (outcome == PARSED && (operator = read_operator(text, level)) != 0) {
        wide right;
        outcome = read_level(text, level + 1, depth, &right);
        if (outcome == PARSED)
            outcome = apply(operator, value, right);
        if (operator == '^')
            break;
    }
    return outcome;
}

static bool refuse(enum outcome outcome, const char *rest, char reason[80])
{
    char shown[24];
    if (outcome == NOT_WHOLE)
        (void)snprintf(reason, 80, "not a whole number");
    else if (*rest == '-' && is_digit(rest[1]))
        (void)snprintf(reason, 80, "negative");
    else if (*rest)
        (void)snprintf(reason, 80, "not a number: '%s' is not understood",
                       cli_printable(rest, shown, sizeof shown));
    else
        (void)snprintf(reason, 80, "not a number");
    return false;
}

bool cli_number(const char *text, uint64_t lo, uint64_t hi, uint64_t *out, char reason[80])
{
    wide value;
    const char *at = text;
    enum outcome outcome = read_level(&at, 0, 0, &value);
    if (outcome == PARSED && *at)
        outcome = NOT_A_NUMBER;
    if (outcome != PARSED && outcome != TOO_LARGE)
        return refuse(outcome, at, reason);
    if (outcome == PARSED && value < 0) {
        (void)snprintf(reason, 80, "negative");
        return false;
    }
    if (outcome == TOO_LARGE || value < lo || value > hi) {
        (void)snprintf(reason, 80, "not between %" PRIu64 " and %" PRIu64, lo, hi);
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

bool cli_duration(const char *text, uint64_t *ns, char reason[80])
{
    wide value;
    const char *at = text;
    enum outcome outcome = read_number(&at, time_units, &value);
    if (outcome == PARSED && !*at && value <= UINT64_MAX) {
        *ns = (uint64_t)value;
        return true;
    }
    (void)snprintf(reason, 80, "%s",
                   outcome == NOT_WHOLE ? "finer than 1 ns"
                   : outcome == TOO_LARGE || value > UINT64_MAX
                       ? "longer than 584 years"
                       : "not a time such as 250us, 5ms or 1.5s");
    return false;
}

const char *cli_format_bytes(uint64_t nbytes, char text[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)nbytes;
    int unit = 0;
    for (; value >= 999.5 && unit < 6; unit++)
        value /= 1000;
    (void)snprintf(text, 32, "%.*f %s", unit > 0 && value < 99.95, value, units[unit]);
    return text;
}
