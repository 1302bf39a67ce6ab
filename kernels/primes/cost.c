/* The cost model that AUTO chooses by, in seconds. Not calibrated yet. What matters is
 * where the methods' costs cross, and there a choice within a factor of 1.5 of the best does. */
#include "primes/cost.h"

#include <math.h>

/* Plan and sieving primes; then, a chunk of at least `chunk` numbers for each thread at a time: a start
 * for each sieving prime, and for each number a time that grows with log log and, once the sieving
 * primes have outgrown a segment, with the buckets' traffic. */
static double sieve_seconds(enum pel_primes_quantity quantity, double start, double stop, double nthreads)
{
    double root = sqrt(stop), n = stop - start + 1;
    double each = 0.13e-9 * log(log(stop + 20)) * (1 + fmax(0, log10(stop / 1e10)) / 8);
    if (quantity == PEL_PRIMES_SUM)
        each += 0.05e-9;
    double chunks = ceil(n / fmax(1e7, 200 * root));
    double busy = fmin(nthreads, chunks);
    return 20e-6 + 1e-9 * root + (chunks * 1e-9 * root + n * each) / busy;
}

/* x^(2/3) / log(x)^2, and the threads' team. */
static double combinatorial_seconds(enum pel_primes_quantity quantity, double x, double nthreads)
{
    if (x < 2)
        return 0;
    double c = quantity == PEL_PRIMES_SUM ? 4e-8 : 2e-8, log_x = log(x + 10);
    return 30e-6 + c * pow(x, 2.0 / 3) / (log_x * log_x) * 10 / nthreads;
}

/* A third of the primes' roots in divisions; composites end early. */
static double trial_seconds(double start, double stop, double nthreads)
{
    double n = stop - start + 1;
    return n * (10e-9 + sqrt(stop) / log(stop + 3) * 0.8e-9) / nthreads;
}

void pel_primes_cost(enum pel_primes_quantity quantity, uint64_t start, uint64_t stop,
                     const struct pel_team *team, struct pel_primes_estimate *out)
{
    double a = (double)start, b = (double)stop, nthreads = team->nthreads;
    double *seconds = out->seconds;
    seconds[PEL_PRIMES_SIEVE] = sieve_seconds(quantity, a, b, nthreads);
    seconds[PEL_PRIMES_TRIAL] = trial_seconds(a, b, nthreads);
    seconds[PEL_PRIMES_COMBINATORIAL] = INFINITY;
    if (stop <= PEL_PRIMES_PI_MAX)
        seconds[PEL_PRIMES_COMBINATORIAL] = combinatorial_seconds(quantity, a - 1, nthreads) +
                                            combinatorial_seconds(quantity, b, nthreads);
    out->choice = PEL_PRIMES_SIEVE;
    if (seconds[PEL_PRIMES_COMBINATORIAL] < seconds[PEL_PRIMES_SIEVE])
        out->choice = PEL_PRIMES_COMBINATORIAL;
    seconds[PEL_PRIMES_AUTO] = seconds[out->choice];
}
