#include "primes/sieve/loops.h"

#include <string.h>

/* Bits of a word by adding up neighbours: what there is without an instruction for it. */
static inline unsigned add_up_bits(uint64_t word)
{
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)(word * UINT64_C(0x0101010101010101) >> 56);
}

#define TARGET
#define LEVEL(name) name##_baseline
#define LANE 16
#define BITS(word) add_up_bits(word)
#include "primes/sieve/loops_body.h"
#undef BITS
#undef LANE
#undef LEVEL
#undef TARGET

#if defined(__x86_64__)

#define BITS(word) (unsigned)__builtin_popcountll(word)

#define TARGET PEL_TARGET("avx2,bmi,bmi2,popcnt")
#define LEVEL(name) name##_avx2
#define LANE 32
#include "primes/sieve/loops_body.h"
#undef LANE
#undef LEVEL
#undef TARGET

#define TARGET PEL_TARGET("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi,bmi2,popcnt")
#define LEVEL(name) name##_avx512
#define LANE 64
#include "primes/sieve/loops_body.h"
#undef LANE
#undef LEVEL
#undef TARGET

#endif

const struct pel_sieve_loops *pel_sieve_loops_for(enum pel_isa isa)
{
    static const struct pel_sieve_loops *const tables[PEL_ISA_COUNT] = {
        [PEL_ISA_BASELINE] = &table_baseline,
#if defined(__x86_64__)
        [PEL_ISA_AVX2] = &table_avx2,
        [PEL_ISA_AVX512] = &table_avx512,
#endif
    };
    enum pel_isa best = pel_isa_best();
    return tables[isa < best ? isa : best];
}
