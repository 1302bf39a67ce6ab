// The parallel mode of GNU's C++ library: a multiway merge sort, with one thread an introsort.
#include <omp.h>
#include <parallel/algorithm>

#include "protocol.h"

template <typename T> static void run_sort(int threads)
{
    T *keys = static_cast<T *>(out);
    omp_set_num_threads(threads);
    __gnu_parallel::sort(keys, keys + n);
}

static const work works[] = {
    {"sort_f64", prepare_f64, run_sort<double>, check_f64},
    {"sort_u64", prepare_u64, run_sort<uint64_t>, check_u64},
    {"sort_u32", prepare_u32, run_sort<uint32_t>, check_u32},
    {nullptr, nullptr, nullptr, nullptr},
};

int main(int argc, char **argv)
{
    return serve(argc, argv, works);
}
