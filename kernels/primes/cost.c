/* The cost model that AUTO chooses by. What matters is where the methods' costs cross; there a choice
 * within a factor of 1.5 of the best will do. Constants: processor time on a Zen 4 (2.6 GHz, 1 MB of
 * second-level cache), 2026-11, of 0 to 10^k and of short intervals from 10^10 to 2^64; the model is within
 * about 1.5 of those. */
#include "primes/cost.h"

#include <math.h>

/* The sieving primes, found and put to their first multiples: by the number of primes at first, later,
 * with the list of large primes, less. */
static double sieve_start(double stop)
{
    double root = sqrt(stop);
    return 20e-6 + 0.35e-9 * root + fmin(4e-9 * root, 5e-3);
}

/* Each number takes longer the more primes sieve it and the less of their state is in the caches:
 *     10^9 0.054 ns, 10^10 0.066, 10^12 0.11, 10^13 0.18, 10^14 0.21, 10^15 0.30, 10^16 0.37, 10^18 0.7. */
static double sieve_seconds(enum pel_primes_quantity quantity, double start, double stop,
                            double nthreads)
{
    double each = 0.044e-9 * fmax(1, pow(stop / 1e8, 0.118));
    if (quantity == PEL_PRIMES_SUM)
        each += 0.02e-9;
    return sieve_start(stop) + (stop - start + 1) * each / nthreads;
}

/* c x^(2/3) / log(x)^2 on all threads after some tables on one; pi(10^11) 3 ms, pi(10^13) 29 ms,
 * pi(10^15) 0.47 s; sum to 10^12 30 ms, to 10^14 0.42 s, to 10^16 7.4 s. */
static double combinatorial_seconds(enum pel_primes_quantity quantity, double x, double nthreads)
{
    if (x < 2)
        return 0;
    double each = quantity == PEL_PRIMES_SUM ? 230e-9 : 57e-9, log_x = log(x);
    return 200e-6 + each * pow(x, 2.0 / 3) / (log_x * log_x) / nthreads;
}

/* sqrt(stop) / 3 divisions for one number in log(stop); the others end early. */
static double trial_seconds(double start, double stop, double nthreads)
{
    return (stop - start + 1) * (10e-9 + sqrt(stop) / log(stop + 3) * 0.8e-9) / nthreads;
}

void pel_primes_cost(enum pel_primes_quantity quantity, uint64_t start, uint64_t stop,
                     const struct pel_team *team, struct pel_primes_estimate *out)
{
    double a = (double)start, b = (double)stop, nthreads = team->nthreads;
    double *seconds = out->seconds;
    seconds[PEL_PRIMES_SIEVE] = sieve_seconds(quantity, a, b, nthreads);
    seconds[PEL_PRIMES_TRIAL] = trial_seconds(a, b, nthreads);
    seconds[PEL_PRIMES_COMBINATORIAL] = INFINITY;
    if (quantity != PEL_PRIMES_SUM || stop <= PEL_PRIMES_SUM_MAX)
        seconds[PEL_PRIMES_COMBINATORIAL] = combinatorial_seconds(quantity, a - 1, nthreads) +
                                            combinatorial_seconds(quantity, b, nthreads);
    out->choice = PEL_PRIMES_SIEVE;
    if (seconds[PEL_PRIMES_COMBINATORIAL] < seconds[PEL_PRIMES_SIEVE])
        out->choice = PEL_PRIMES_COMBINATORIAL;
    seconds[PEL_PRIMES_AUTO] = seconds[out->choice];
}
