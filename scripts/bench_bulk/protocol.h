/* What the programs of bench_bulk.sh share: the numbers they work on, and how they are asked.
 *
 * A program is started with the number of values, N. For each line "WORK THREADS" on its standard input it
 * does that work twice and prints "SECONDS CHECK": of the second time, since the first wakes threads and
 * processors and gets memory from the system, which takes some milliseconds; and what came out boiled down to
 * one number, which is near the other programs' for the same work. What a work needs first (a fresh copy,
 * memory for the result) and the check are not in the seconds. All print the same way, so that a script can
 * ask them in turn.
 *
 * The numbers: with r(i) the i-th number of SplitMix64 (Steele, Lea, Flood 2014) from seed 0,
 * x_i = (r(i) >> 11) 2^-53 - 1/2; u64 keys are r(i), u32 keys its low half. Group keys for k groups are
 * (r(n + i) >> 32) k >> 32. peers.py makes the same. */
#ifndef BENCH_BULK_PROTOCOL_H
#define BENCH_BULK_PROTOCOL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t n;
static double *x;
static void *out;     /* n values of 8 bytes: results, or what is to be sorted */
static double result; /* of a work whose result is a number */

struct work {
    const char *name;
    void (*prepare)(void);
    void (*run)(int threads);
    double (*check)(void); /* also frees what run made */
};

static inline uint64_t random_bits(uint64_t i)
{
    uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void stop(const char *message)
{
    fprintf(stderr, "%s\n", message);
    exit(2);
}

static void *room(size_t nbytes)
{
    void *memory = aligned_alloc(64, (nbytes + 63) / 64 * 64);
    if (!memory)
        stop("out of memory");
    return memory;
}

/* ---- prepare ------------------------------------------------------------------------------------ */

/* Memory that has been written to, so that no page is new while the clock runs. */
static inline void prepare_nothing(void)
{
}

static inline void prepare_out(void)
{
    if (!out)
        memset(out = room(n * 8), 1, n * 8);
}

static inline void prepare_f64(void)
{
    prepare_out();
    memcpy(out, x, n * sizeof *x);
}

static inline void prepare_u64(void)
{
    prepare_out();
    for (size_t i = 0; i < n; i++)
        ((uint64_t *)out)[i] = random_bits(i);
}

static inline void prepare_u32(void)
{
    prepare_out();
    for (size_t i = 0; i < n; i++)
        ((uint32_t *)out)[i] = (uint32_t)random_bits(i);
}

/* ---- check -------------------------------------------------------------------------------------- */

static inline double check_result(void)
{
    return result;
}

/* The result is a number of doubles at out. */
static inline double check_filtered(void)
{
    return result > 0 ? result + ((double *)out)[(size_t)result - 1] : 0;
}

static inline double check_array(void)
{
    return ((double *)out)[n / 2] + ((double *)out)[n - 1];
}

/* The median, or NaN if it is not in order. */
#define CHECK_SORTED(name, type)                                                                   \
    static inline double check_##name(void)                                                        \
    {                                                                                              \
        const type *keys = (const type *)out;                                                      \
        for (size_t i = 1; i < n; i++)                                                             \
            if (keys[i] < keys[i - 1])                                                             \
                return NAN;                                                                        \
        return (double)keys[n / 2];                                                                \
    }
CHECK_SORTED(f64, double)
CHECK_SORTED(u64, uint64_t)
CHECK_SORTED(u32, uint32_t)

/* ---- being asked -------------------------------------------------------------------------------- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One repetition, the check of which goes to `check`: how many seconds it took. */
static double repetition(const struct work *work, int threads, double *check)
{
    work->prepare();
    double start = seconds();
    work->run(threads);
    double taken = seconds() - start;
    *check = work->check();
    return taken;
}

static const struct work *find(const struct work *works, const char *name)
{
    for (; works->name; works++)
        if (strcmp(works->name, name) == 0)
            return works;
    fprintf(stderr, "no work is called %s\n", name);
    exit(2);
}

/* `works` ends with one without a name. */
static int serve(int argc, char **argv, const struct work *works)
{
    char name[64];
    int threads;
    if (argc != 2 || (n = (size_t)strtod(argv[1], NULL)) == 0)
        stop("usage: PROGRAM N");
    x = (double *)room(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (double)(random_bits(i) >> 11) * 0x1p-53 - 0.5;
    while (scanf("%63s %d", name, &threads) == 2) {
        const struct work *work = find(works, name);
        double check;
        (void)repetition(work, threads, &check);
        double taken = repetition(work, threads, &check);
        printf("%.6f %.17g\n", taken, check);
        fflush(stdout);
    }
    return 0;
}

#endif
