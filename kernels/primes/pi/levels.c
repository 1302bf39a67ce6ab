#include "primes/pi/levels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define TARGET
#define LEVEL(name) name##_baseline
#include "primes/pi/levels_body.h"
#undef LEVEL
#undef TARGET

#if defined(__x86_64__)

#define PEL_LEVEL_AVX2
#define TARGET PEL_TARGET("avx2,bmi,bmi2,popcnt")
#define LEVEL(name) name##_avx2
#include "primes/pi/levels_body.h"
#undef LEVEL
#undef TARGET

#undef PEL_LEVEL_AVX2
#define PEL_LEVEL_AVX512
#define TARGET PEL_TARGET("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi,bmi2,popcnt")
#define LEVEL(name) name##_avx512
#include "primes/pi/levels_body.h"
#undef LEVEL
#undef TARGET
#undef PEL_LEVEL_AVX512

#endif

const struct pel_gourdon_level *pel_gourdon_level(enum pel_isa isa)
{
    static const struct pel_gourdon_level *const tables[PEL_ISA_COUNT] = {
        [PEL_ISA_BASELINE] = &table_baseline,
#if defined(__x86_64__)
        [PEL_ISA_AVX2] = &table_avx2,
        [PEL_ISA_AVX512] = &table_avx512,
#endif
    };
    enum pel_isa best = pel_isa_best();
    return tables[isa < best ? isa : best];
}
