/* The one place for compiler-specific words: everything else in pelton is plain C11. */
#ifndef PELTON_ATTRIBUTES_H
#define PELTON_ATTRIBUTES_H

/* Marks the functions a library user may call. The library is built with hidden visibility. */
#define PEL_API __attribute__((visibility("default")))

/* The result is a status that must be looked at. */
#define PEL_MUST_CHECK __attribute__((warn_unused_result))

/* printf-style checking: fmt and first are 1-based argument positions. */
#define PEL_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* Compiles one function for another instruction set than the project's baseline, for example
 * PEL_TARGET("avx2"). It does not reach into outlined OpenMP bodies, so it belongs on the serial
 * math function only. */
#define PEL_TARGET(isa) __attribute__((target(isa)))

/* The levels above the baseline, see enum pel_isa. */
#define PEL_TARGET_AVX2 PEL_TARGET("avx2,bmi,bmi2,popcnt")
#define PEL_TARGET_AVX512 \
    PEL_TARGET("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi,bmi2,popcnt")

/* typedef uint8_t name PEL_VECTOR(16): so many bytes that are worked on together, at any address. */
#define PEL_VECTOR(nbytes) __attribute__((vector_size(nbytes), aligned(1), may_alias))

/* A function whose arguments are to be constants inside of it. */
#define PEL_INLINE static inline __attribute__((always_inline))

/* Size of a cache line on every machine pelton is tuned for: data of different threads is kept this
 * far apart. */
#define PEL_CACHE_LINE 64

#ifdef __cplusplus
#define PEL_BEGIN_DECLS extern "C" {
#define PEL_END_DECLS }
#else
#define PEL_BEGIN_DECLS
#define PEL_END_DECLS
#endif

#endif
