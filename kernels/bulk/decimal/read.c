#include "bulk/decimal/scan.h"

#include <math.h>

/* Whether a word, given in lower case, is what the text begins with, in any case. */
static bool begins_with(const char *text, const char *end, const char *word)
{
    for (; *word; word++, text++)
        if (text == end || (*text | 0x20) != *word)
            return false;
    return true;
}

/* "nan", "inf" or "infinity", with a sign perhaps: returns what follows, or text. */
static const char *scan_word(const char *text, const char *end, double *number)
{
    const char *p = text;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    *number = negative ? -INFINITY : INFINITY;
    if (begins_with(p, end, "infinity"))
        return p + 8;
    if (begins_with(p, end, "inf"))
        return p + 3;
    *number = NAN;
    return begins_with(p, end, "nan") ? p + 3 : text;
}

/* Tells what the number took; one that was to take all and does not is none. */
static int use(const char *text, const char *rest, const char *end, size_t *used)
{
    if (used)
        *used = (size_t)(rest - text);
    return rest == text || (!used && rest < end) ? -EBADMSG : 0;
}

int pel_decimal_to_f64(const char *text, size_t nbytes, double *out, size_t *used)
{
    const char *end = text + nbytes;
    struct decimal decimal;
    const char *rest = scan_decimal(text, end, &decimal);
    bool is_word = rest == text;
    if (is_word)
        rest = scan_word(text, end, out);
    else
        *out = decimal_to_f64(&decimal);
    int status = use(text, rest, end, used);
    if (status)
        *out = 0;
    return status == 0 && !is_word && isinf(*out) ? -ERANGE : status;
}

int pel_decimal_to_f32(const char *text, size_t nbytes, float *out, size_t *used)
{
    const char *end = text + nbytes;
    struct decimal decimal;
    double word = 0;
    const char *rest = scan_decimal(text, end, &decimal);
    bool is_word = rest == text;
    if (is_word)
        rest = scan_word(text, end, &word);
    *out = is_word ? (float)word : decimal_to_f32(&decimal);
    int status = use(text, rest, end, used);
    if (status)
        *out = 0;
    return status == 0 && !is_word && isinf(*out) ? -ERANGE : status;
}

int pel_decimal_to_i64(const char *text, size_t nbytes, int64_t *out, size_t *used)
{
    const char *end = text + nbytes, *first = text;
    bool negative = nbytes > 0 && *first == '-';
    if (nbytes > 0 && (*first == '-' || *first == '+'))
        first++;
    const uint64_t limit = (uint64_t)INT64_MAX + negative;
    uint64_t number = 0;
    bool over = false;
    const char *p = first;
    for (; p < end && is_digit(*p); p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        over |= number > (limit - digit) / 10;
        number = over ? limit : number * 10 + digit;
    }
    int status = use(text, p == first ? text : p, end, used);
    *out = status ? 0 : (int64_t)(negative ? 0 - number : number);
    return status == 0 && over ? -ERANGE : status;
}
