#include "primes/tally.h"

#include "primes/bitmap.h"

#define EACH_BYTE(b) ((b) * UINT64_C(0x0101010101010101))

/* The sum of the bytes of a few words; nwords up to 8. */
static inline uint64_t bytes_total(const void *bytes, size_t nwords)
{
    const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t words[8], total = 0;
    memcpy(words, bytes, 8 * nwords);
    for (size_t i = 0; i < nwords; i++)
        total += (words[i] & even) + ((words[i] >> 8) & even);
    return (total * UINT64_C(0x0001000100010001)) >> 48;
}

struct pel_tally_residues pel_tally_residues(uint32_t modulus)
{
    struct pel_tally_residues residues = {.modulus = modulus};
    for (uint32_t i = 0; i < 64; i++)
        residues.offset[i] = (uint32_t)pel_bitmap_number(i) % modulus;
    return residues;
}

#define TARGET
#define LEVEL(name) name##_baseline
#define ROW 16
#include "primes/tally_body.h"
#undef ROW
#undef LEVEL
#undef TARGET

#if defined(__x86_64__)

#define TARGET PEL_TARGET("avx2,bmi,bmi2")
#define LEVEL(name) name##_avx2
#define ROW 32
#include "primes/tally_body.h"
#undef ROW
#undef LEVEL
#undef TARGET

#define TARGET PEL_TARGET("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi,bmi2")
#define LEVEL(name) name##_avx512
#define ROW 64
#include "primes/tally_body.h"
#undef ROW
#undef LEVEL
#undef TARGET

#endif

const struct pel_tally *pel_tally_for(enum pel_isa isa)
{
    static const struct pel_tally *const tables[PEL_ISA_COUNT] = {
        [PEL_ISA_BASELINE] = &table_baseline,
#if defined(__x86_64__)
        [PEL_ISA_AVX2] = &table_avx2,
        [PEL_ISA_AVX512] = &table_avx512,
#endif
    };
    enum pel_isa best = pel_isa_best();
    return tables[isa < best ? isa : best];
}
