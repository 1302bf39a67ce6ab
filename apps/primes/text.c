/* Numbers to decimal digits, many at a time: consecutive primes share all but their last four digits, so
 * those before are made once for 10000 numbers, and each line is two stores: the shared digits and, from
 * a table, the rest. */
#include "primes/primes.h"

#include <string.h>

void primes_text_init(struct primes_text *text)
{
    for (unsigned i = 0; i < 10000; i++) {
        const char tail[8] = {(char)('0' + i / 1000), (char)('0' + i / 100 % 10),
                              (char)('0' + i / 10 % 10), (char)('0' + i % 10), '\n'};
        memcpy(text->tails[i], tail, sizeof tail);
    }
}

unsigned primes_text_width(uint64_t n)
{
    unsigned width = 1;
    for (; n >= 10; n /= 10)
        width++;
    return width;
}

/* Numbers below 10000: the table's digits without the zeros in front. */
static char *format_small(const struct primes_text *text, unsigned number, char *out)
{
    unsigned width = primes_text_width(number);
    memcpy(out, text->tails[number] + 4 - width, width + 1);
    return out + width + 1;
}

/* How many of the numbers share the first one's digits but for the last four. */
static size_t count_sharing(const uint64_t *numbers, size_t n, uint64_t base)
{
    size_t i = 1;
    while (i < n && numbers[i] - base < 10000)
        i++;
    return i;
}

/* Lines that begin with the digits of `head`, not 0. Stores whole registers: 16 bytes for at most 16
 * digits (2^64 has 20), 8 for the 5 of the tail. */
static char *format_sharing(const struct primes_text *text, uint64_t head, const uint64_t *numbers,
                            size_t n, char *out)
{
    char digits[16] = {0};
    unsigned width = primes_text_width(head);
    uint64_t rest = head;
    for (unsigned i = width; i-- > 0; rest /= 10)
        digits[i] = (char)('0' + rest % 10);
    for (size_t i = 0; i < n; i++) {
        memcpy(out, digits, sizeof digits);
        memcpy(out + width, text->tails[numbers[i] - head * 10000], sizeof text->tails[0]);
        out += width + 5;
    }
    return out;
}

size_t primes_text_format(const struct primes_text *text, const uint64_t *numbers, size_t n,
                          char *out)
{
    char *at = out;
    for (size_t i = 0; i < n;) {
        uint64_t head = numbers[i] / 10000;
        if (head == 0) {
            at = format_small(text, (unsigned)numbers[i++], at);
            continue;
        }
        size_t sharing = count_sharing(numbers + i, n - i, head * 10000);
        at = format_sharing(text, head, numbers + i, sharing, at);
        i += sharing;
    }
    return (size_t)(at - out);
}
