/* The sum of the primes up to x, by the method of Lagarias, Miller and Odlyzko (Computing pi(x): the
 * Meissel-Lehmer method, Math. Comp. 44, 1985) with the special leaves divided as by Deleglise and Rivat
 * (Computing pi(x), Math. Comp. 65, 1996), each number counted with its own value as its weight.
 *
 * Let phi(x, a) be the sum of the numbers up to x that none of the first a primes divides. As f(n) = n is
 * completely multiplicative,
 *     phi(x, a) = phi(x, a - 1) - p_a phi(x / p_a, a - 1),
 * and with a = pi(y), y > x^(1/3), and S(x) the sum of the primes up to x,
 *     S(x) = phi(x, a) + S(y) - 1 - P2(x, a),
 *     P2(x, a) = sum of p (S(x / p) - S(p - 1)) over the primes y < p <= sqrt(x).
 * The recurrence is followed until p_a is tiny (ordinary leaves) or the number divided by is above y
 * (special leaves); these are
 *     - mu(m) m p phi(x / (m p), pi(p) - 1),    m <= y < m p, all prime factors of m above p,
 * of which the trivial and the easy ones follow from sums of primes up to y, the others, called hard, from
 * a sieve up to z = x / y in which p is crossed off after its leaves have been taken. */
#include "primes/pi/sum.h"
#include "primes/pi.h"
#include "primes/reference.h"

#include <math.h>

/* Below, the plain method takes a millisecond. */
static const uint64_t plain_max = 100000;

/* y = alpha x^(1/3). A larger alpha makes the sieves shorter and the leaves more. Measured on a Zen 4 the
 * best is about 3 at 10^10, 5 at 10^12, 7 at 10^14 and 11 at 10^16, and the time within 10 % of the least
 * from two thirds to one and a half times that. */
static uint64_t choose_y(uint64_t x)
{
    double root = cbrt((double)x), alpha = 3 * pow((double)x / 1e10, 0.094);
    uint64_t least = (uint64_t)root + 2, most = pel_root2(x), y = (uint64_t)(alpha * root);
    y = y < least ? least : y;
    return y > most ? most : y;
}

static int add_parts(const struct pel_sum *sum, pel_sum_t *total, struct pel_error *err)
{
    pel_sum_t products = 0;
    *total = (pel_sum_t)sum->sums[sum->nprimes] - 1;
    int status = pel_sum_hard(sum, total, err);
    if (!status)
        status = pel_sum_products(sum, &products, err);
    if (!status)
        status = pel_sum_ordinary(sum, total);
    if (!status)
        status = pel_sum_easy(sum, total);
    pel_sum_trivial(sum, total);
    *total -= products;
    if (status == -ECANCELED)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "cancelled");
    return status;
}

int pel_primes_sum_up_to(uint64_t x, const struct pel_team *team, struct pel_u128 *out,
                         struct pel_error *err)
{
    *out = (struct pel_u128){0, 0};
    if (x < plain_max) {
        uint64_t pi;
        int status = pel_reference_pi_and_sum(x, &pi, out);
        return status ? pel_error_set(err, status, PEL_STAGE_COMPUTE, "no memory for the sum") : 0;
    }
    struct pel_sum sum = {.x = x, .y = choose_y(x), .team = team};
    sum.z = x / sum.y;
    sum.root_x = pel_root2(x);
    sum.root4_x = pel_root2(sum.root_x);
    sum.root_y = pel_root2(sum.y);
    if (sum.root_y < PEL_SUM_TINY_LAST)
        sum.root_y = PEL_SUM_TINY_LAST;
    pel_progress_begin(team->progress, 3 * sum.z);
    int status = pel_sum_tables(&sum, err);
    if (status)
        return status;
    pel_sum_t total;
    status = add_parts(&sum, &total, err);
    pel_sum_tables_free(&sum);
    if (!status)
        *out = (struct pel_u128){(uint64_t)total, (uint64_t)(total >> 64)};
    return status;
}
