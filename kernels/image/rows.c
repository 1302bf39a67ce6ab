#include "image/rows.h"

#define TARGET
#define LEVEL(name) name##_baseline
#include "image/rows_body.h"
#undef LEVEL
#undef TARGET

#if defined(__x86_64__)

#define TARGET PEL_TARGET("avx2")
#define LEVEL(name) name##_avx2
#include "image/rows_body.h"
#undef LEVEL
#undef TARGET

#define TARGET PEL_TARGET("avx512f,avx512bw,avx512cd,avx512dq,avx512vl")
#define LEVEL(name) name##_avx512
#include "image/rows_body.h"
#undef LEVEL
#undef TARGET

#endif

const struct pel_rows *pel_rows_for(enum pel_isa isa)
{
    static const struct pel_rows *const tables[PEL_ISA_COUNT] = {
        [PEL_ISA_BASELINE] = &table_baseline,
#if defined(__x86_64__)
        [PEL_ISA_AVX2] = &table_avx2,
        [PEL_ISA_AVX512] = &table_avx512,
#endif
    };
    enum pel_isa best = pel_isa_best();
    return tables[isa < best ? isa : best];
}
