#include "primes/pi/sum_loops.h"

#define TARGET
#define LEVEL(name) name##_baseline
#include "primes/pi/sum_loops_body.h"
#undef LEVEL
#undef TARGET

#if defined(__x86_64__)

#define TARGET PEL_TARGET("avx2,popcnt,bmi,bmi2")
#define LEVEL(name) name##_avx2
#include "primes/pi/sum_loops_body.h"
#undef LEVEL
#undef TARGET

#define TARGET PEL_TARGET("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,popcnt,bmi,bmi2")
#define LEVEL(name) name##_avx512
#include "primes/pi/sum_loops_body.h"
#undef LEVEL
#undef TARGET

#endif

const struct pel_sum_rows *pel_sum_rows_for(enum pel_isa isa)
{
    static const struct pel_sum_rows *const tables[PEL_ISA_COUNT] = {
        [PEL_ISA_BASELINE] = &table_baseline,
#if defined(__x86_64__)
        [PEL_ISA_AVX2] = &table_avx2,
        [PEL_ISA_AVX512] = &table_avx512,
#endif
    };
    enum pel_isa best = pel_isa_best();
    return tables[isa < best ? isa : best];
}

void pel_sum_descend(struct pel_sum_descent *descent)
{
    while (!descent->word) {
        if (descent->at == 0) {
            descent->prime = 0;
            return;
        }
        descent->word = descent->sum->words[--descent->at].bits;
    }
    unsigned bit = 63 - (unsigned)__builtin_clzll(descent->word);
    descent->word ^= UINT64_C(1) << bit;
    descent->prime = 240 * (uint64_t)descent->at + pel_bitmap_number(bit);
    if (descent->prime <= descent->sum->y)
        descent->prime = 0;
}
