/* The comparison that decides where 19 digits cannot: with integers as large as it takes. */
#include "bulk/decimal/decimal.h"

#include <assert.h>
#include <string.h>

/* The middle of two doubles has up to 767 digits (that of the two largest denormals), so behind
 * that many it matters only whether anything but zeros follows. Both sides of a comparison are
 * below 2^2800: 801 digits are 2661 bits, 5^1125 with a mantissa 2667, and they are brought to
 * about the same size. */
enum { DIGITS = 800, WORDS = 96 };

struct big {
    uint32_t words[WORDS]; /* the lowest first */
    int nwords;
};

static void big_multiply_add(struct big *big, uint32_t factor, uint32_t term)
{
    uint64_t carry = term;
    for (int i = 0; i < big->nwords; i++) {
        carry += (uint64_t)big->words[i] * factor;
        big->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        assert(big->nwords < WORDS);
        big->words[big->nwords++] = (uint32_t)carry;
    }
}

static void big_multiply_power_of_five(struct big *big, int exponent)
{
    enum { STEP = 13, FIVE_TO_STEP = 1220703125 }; /* the largest in 32 bits */
    for (; exponent >= STEP; exponent -= STEP)
        big_multiply_add(big, FIVE_TO_STEP, 0);
    for (; exponent > 0; exponent--)
        big_multiply_add(big, 5, 0);
}

static void big_shift_left(struct big *big, int nbits)
{
    big_multiply_add(big, (uint32_t)1 << nbits % 32, 0);
    int nwords = nbits / 32;
    assert(big->nwords + nwords <= WORDS);
    memmove(big->words + nwords, big->words, (size_t)big->nwords * sizeof big->words[0]);
    memset(big->words, 0, (size_t)nwords * sizeof big->words[0]);
    big->nwords += nwords;
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->nwords != b->nwords)
        return a->nwords > b->nwords ? 1 : -1;
    for (int i = a->nwords - 1; i >= 0; i--)
        if (a->words[i] != b->words[i])
            return a->words[i] > b->words[i] ? 1 : -1;
    return 0;
}

/* The digits of the text, as many as matter and then a 1 if others than 0 follow; returns how
 * many more than the 19 of decimal->digits that are. */
static int big_of_digits(struct big *big, const struct decimal *decimal)
{
    int ndigits = 0;
    bool more = false;
    for (const char *p = decimal->first; p < decimal->last; p++) {
        if (*p == '.' || (*p == '0' && ndigits == 0))
            continue;
        if (ndigits < DIGITS) {
            big_multiply_add(big, 10, (uint32_t)(*p - '0'));
            ndigits++;
        } else {
            more |= *p != '0';
        }
    }
    if (more) {
        big_multiply_add(big, 10, 1);
        ndigits++;
    }
    return ndigits - 19;
}

int pel_decimal_compare(const struct decimal *decimal, uint64_t middle, int exponent)
{
    struct big number = {.nwords = 0};
    struct big limit = {.words = {(uint32_t)middle, (uint32_t)(middle >> 32)}, .nwords = 2};
    if (limit.words[1] == 0)
        limit.nwords = 1;
    int tens = (int)decimal->exponent - big_of_digits(&number, decimal);
    big_multiply_power_of_five(tens >= 0 ? &number : &limit, tens >= 0 ? tens : -tens);
    int twos = tens - exponent;
    big_shift_left(twos >= 0 ? &number : &limit, twos >= 0 ? twos : -twos);
    return big_compare(&number, &limit);
}
