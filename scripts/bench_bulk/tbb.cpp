// With oneTBB: its parallel_scan and parallel_sort. It has no copy_if; this one counts and then copies, by
// parallel_scan, which tells a part's place among the results as soon as the parts before are counted.
#include <oneapi/tbb.h>

#include <functional>

#include "protocol.h"

using range = tbb::blocked_range<size_t>;

// Without a branch, which would be guessed wrongly for half of these numbers: all go to a buffer, and the
// place for the next moves on only behind those that stay.
static size_t copy_positive(range r, double *to)
{
    enum { BUFFER = 1024 };
    double buffer[BUFFER];
    size_t copied = 0;
    for (size_t lo = r.begin(); lo < r.end(); lo += BUFFER) {
        size_t hi = lo + BUFFER < r.end() ? lo + BUFFER : r.end(), kept = 0;
        for (size_t i = lo; i < hi; i++) {
            buffer[kept] = x[i];
            kept += x[i] > 0;
        }
        memcpy(to + copied, buffer, kept * sizeof *buffer);
        copied += kept;
    }
    return copied;
}

static size_t count_positive(range r)
{
    size_t count = 0;
    for (size_t i = r.begin(); i < r.end(); i++)
        count += x[i] > 0;
    return count;
}

static void filter()
{
    double *to = static_cast<double *>(out);
    size_t kept = tbb::parallel_scan(
        range(0, n), size_t{0},
        [=](const range &r, size_t at, bool last) {
            return at + (last ? copy_positive(r, to + at) : count_positive(r));
        },
        std::plus<>());
    result = static_cast<double>(kept);
}

static void scan()
{
    double *to = static_cast<double *>(out);
    tbb::parallel_scan(
        range(0, n), 0.0,
        [=](const range &r, double sum, bool last) {
            for (size_t i = r.begin(); i < r.end(); i++) {
                sum += x[i];
                if (last)
                    to[i] = sum;
            }
            return sum;
        },
        std::plus<>());
}

template <typename T> static void sort()
{
    T *keys = static_cast<T *>(out);
    tbb::parallel_sort(keys, keys + n);
}

template <void (*function)()> static void run(int threads)
{
    tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    function();
}

static const work works[] = {
    {"filter", prepare_out, run<filter>, check_filtered},
    {"scan", prepare_out, run<scan>, check_array},
    {"sort_f64", prepare_f64, run<sort<double>>, check_f64},
    {nullptr, nullptr, nullptr, nullptr},
};

int main(int argc, char **argv)
{
    return serve(argc, argv, works);
}
