/* By hand, as one would write it with OpenMP alone; and how fast the machine reads. */
#include "protocol.h"

/* The read bandwidth: all values as integers into sums in wide registers, the least one can do with them. */
static void run_read(int threads)
{
    const uint64_t *bits = (const uint64_t *)x;
    uint64_t sum = 0;
#pragma omp parallel for simd num_threads(threads) schedule(static) reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += bits[i];
    result = (double)sum;
}

static void run_plain_sum(int threads)
{
    double sum = 0;
#pragma omp parallel for simd num_threads(threads) schedule(static) reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        if (x[i] > 0)
            sum += x[i];
    result = sum;
}

static void run_sqrt_sum(int threads)
{
    double sum = 0;
#pragma omp parallel for simd num_threads(threads) schedule(static) reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        if (x[i] > 0)
            sum += sqrt(x[i]);
    result = sum;
}

static const struct work works[] = {
    {"read", prepare_nothing, run_read, check_result},
    {"plain_sum", prepare_nothing, run_plain_sum, check_result},
    {"sqrt_sum", prepare_nothing, run_sqrt_sum, check_result},
    {NULL, NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
    return serve(argc, argv, works);
}
