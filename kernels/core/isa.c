#include <pelton/core.h>

/* To add a level: its value in <pelton/core.h>, its name and its test here, blocks in levels.h and
 * primes/decode.c. */

#if defined(__x86_64__)
/* The compilers' feature words already account for the registers that the system saves (XGETBV), so
 * a processor with AVX under a system without it reports no AVX. */
static bool runs(enum pel_isa isa)
{
    __builtin_cpu_init();
    switch (isa) {
    case PEL_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    case PEL_ISA_AVX512:
        return runs(PEL_ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    default:
        return isa == PEL_ISA_BASELINE;
    }
}
#else
static bool runs(enum pel_isa isa)
{
    return isa == PEL_ISA_BASELINE;
}
#endif

enum pel_isa pel_isa_best(void)
{
    enum pel_isa isa = PEL_ISA_COUNT - 1;
    while (isa > PEL_ISA_BASELINE && !runs(isa))
        isa--;
    return isa;
}

const char *pel_isa_name(enum pel_isa isa)
{
    static const char *const names[PEL_ISA_COUNT] = {
        [PEL_ISA_BASELINE] = "baseline",
        [PEL_ISA_AVX2] = "avx2",
        [PEL_ISA_AVX512] = "avx512",
    };
    return (unsigned)isa < PEL_ISA_COUNT ? names[isa] : "";
}
