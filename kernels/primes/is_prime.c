/* Is one number prime? Miller and Rabin's test with bases that are known to leave out no composite of 64
 * bits, and the textbook's trial division.
 *
 * Products modulo n are Montgomery's (1985): x stands for x 2^64 mod n, and the reduction of a product
 * takes two multiplications instead of a division. */
#include "primes/trial.h"

/* An odd modulus. */
struct modulus {
    uint64_t n, inverse;  /* n * inverse = 1 modulo 2^64 */
    uint64_t one, square; /* 2^64 and 2^128 modulo n */
};

/* a b / 2^64 modulo n, for a b < 2^64 n. */
static uint64_t multiply(const struct modulus *m, uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    uint64_t high = (uint64_t)(product >> 64);
    /* The multiple of n with the same low word: subtracting it leaves only the high one. */
    uint64_t multiple = (uint64_t)((__uint128_t)((uint64_t)product * m->inverse) * m->n >> 64);
    return high >= multiple ? high - multiple : high - multiple + m->n;
}

static struct modulus modulus(uint64_t n)
{
    /* n n = 1 modulo 8; each of Newton's steps doubles the bits that are right: 3, 6, 12, 24, 48, 96. */
    uint64_t inverse = n;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - n * inverse;
    struct modulus m = {.n = n, .inverse = inverse, .one = (0 - n) % n};
    /* 2 2^64, squared six times: 2^64 2^64. */
    m.square = m.one >= n - m.one ? m.one - (n - m.one) : 2 * m.one;
    for (int i = 0; i < 6; i++)
        m.square = multiply(&m, m.square, m.square);
    return m;
}

/* Whether the odd n is prime or a strong pseudoprime to the base, 0 < base < n. */
static bool is_probable_prime(const struct modulus *m, uint64_t base)
{
    int twos = __builtin_ctzll(m->n - 1);
    uint64_t exponent = (m->n - 1) >> twos, minus_one = m->n - m->one;
    uint64_t square = multiply(m, base, m->square), power = m->one;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            power = multiply(m, power, square);
        square = multiply(m, square, square);
    }
    if (power == m->one || power == minus_one)
        return true;
    while (--twos > 0) {
        power = multiply(m, power, power);
        if (power == minus_one)
            return true;
    }
    return false;
}

/* For n >= 64. The compiler makes a multiplication and a comparison of each. */
static bool has_small_factor(uint64_t n)
{
    return n % 2 == 0 || n % 3 == 0 || n % 5 == 0 || n % 7 == 0 || n % 11 == 0 || n % 13 == 0 ||
           n % 17 == 0 || n % 19 == 0 || n % 23 == 0 || n % 29 == 0 || n % 31 == 0 || n % 37 == 0 ||
           n % 41 == 0 || n % 43 == 0 || n % 47 == 0 || n % 53 == 0 || n % 59 == 0 || n % 61 == 0;
}

bool pel_is_prime(uint64_t n)
{
    /* No composite below 4759123141 is a strong pseudoprime to 2, 7 and 61 (Jaeschke, On strong
     * pseudoprimes to several bases, Math. Comp. 61, 1993), and none below 2^64 to the seven of Sinclair
     * (2011; checked with Feitsma's list of the pseudoprimes to base 2; miller-rabin.appspot.com). All
     * bases are smaller than the numbers that they are used for. */
    static const uint64_t few[] = {2, 7, 61}, limit_of_few = 4759123141;
    static const uint64_t many[] = {2, 325, 9375, 28178, 450775, 9780504, 1795265022};
    static const uint64_t primes_below_64 = 0x28208a20a08a28ac; /* bit n: n is prime */
    if (n < 64)
        return primes_below_64 >> n & 1;
    if (has_small_factor(n))
        return false;
    if (n < 67 * 67)
        return true;
    struct modulus m = modulus(n);
    const uint64_t *bases = n < limit_of_few ? few : many;
    size_t nbases = n < limit_of_few ? sizeof few / sizeof *few : sizeof many / sizeof *many;
    for (size_t i = 0; i < nbases; i++)
        if (!is_probable_prime(&m, bases[i]))
            return false;
    return true;
}

int pel_trial_divide(uint64_t n, const struct pel_cancel *cancel)
{
    enum { LOOK_STEPS = 1 << 16 }; /* about a millisecond */
    if (n < 4)
        return n >= 2;
    if (n % 2 == 0 || n % 3 == 0)
        return 0;
    for (uint64_t d = 5, step = 1; d <= n / d; d += 6, step++) {
        if (n % d == 0 || n % (d + 2) == 0)
            return 0;
        if (step % LOOK_STEPS == 0 && pel_cancel_requested(cancel))
            return -ECANCELED;
    }
    return 1;
}

bool pel_is_prime_trial(uint64_t n)
{
    return pel_trial_divide(n, NULL) > 0;
}
