/* exp, log, pow, sin and others of doubles and floats, with the same bits on every machine.
 *
 * libm's functions differ between machines in their last bits: it has variants with and without
 * fused multiplication and addition. These compute with the operations of IEEE 754 alone, in an
 * order that is the same at each instruction set and for each compiler, and for one number as for
 * many: the engine's functions (<pelton/engine.h>) are these. Special values are those of C99,
 * appendix F, signs of zeros too; a NaN is always the positive quiet one without payload. Rounding
 * must be to nearest, and subnormal numbers must not be flushed to zero; floating-point exceptions
 * are not promised.
 *
 *     pel_exp(x)                       one number
 *     pel_exp_f64(x, out, n, isa)      out[i] = pel_exp(x[i]), 0 <= i < n
 *     pel_exp_f32(x, out, n, isa)      out[i] = (float)pel_exp(x[i])
 *
 * n is any number. out may be x or y, but not overlap them otherwise. Arrays are aligned to their
 * type. isa is what pel_isa_best() says, or any other: of those that the machine has not, the best
 * that it has is taken; it changes the time only. Functions are pure: any number of threads may
 * call them. They cannot fail, and take no memory.
 *
 * Errors are in units in the last place (ulp) of the exact result: what the files named argue, and
 * the largest found by tests; results below 2^-1022 are rounded once more, which takes exp and pow
 * up to 1 ulp there. Floats are within 0.51 ulp. Times are for a number of an array in the
 * first-level cache (AMD EPYC, Zen 4), with AVX-512, AVX2, and SSE2, the baseline of x86-64; one
 * number alone takes 15 to 50 ns. For comparison, glibc's exp takes 4.9 ns and its pow 9.9.
 *
 *     function   argued  found   ns: AVX-512  AVX2  SSE2   kernels/bulk/math/...
 *     exp        0.57    0.55        1.1      1.8   3.5    exp_body.h
 *     log        0.55    0.54        1.4      2.6   4.1    log_body.h
 *     log2       0.55    0.54        1.8      3.0   5.0    log_body.h
 *     log10      0.55    0.54        1.8      3.0   5.2    log_body.h
 *     sin, cos   0.85    0.79        2.2      2.9   6.3    circle_body.h; below 2^20 (note)
 *     tan        1       0.93        3.0      4.1  11.7    circle_body.h; below 2^20 (note)
 *     pow        0.6     0.57        5.1      8.2  14.5    pow_body.h; 20 % more where x < 0
 *     atan2      0.51    0.501       3.0      5.0  11.3    atan2_body.h
 *
 * Note: angles of 2^20 and more, and those within 0.001 of a multiple of pi / 2 but 0, take about
 * 20 ns each.
 */
#ifndef PELTON_MATH_H
#define PELTON_MATH_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

/* e to the x. 0 below -745.13, infinite above 709.78. */
PEL_API double pel_exp(double x);
PEL_API void pel_exp_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_exp_f32(const float *x, float *out, size_t n, enum pel_isa isa);

/* Logarithms to base e, 2 and 10. -infinity of zeros, NaN of negative numbers. log2 and log10 of
 * powers of their base are exact. */
PEL_API double pel_log(double x);
PEL_API void pel_log_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_log_f32(const float *x, float *out, size_t n, enum pel_isa isa);
PEL_API double pel_log2(double x);
PEL_API void pel_log2_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_log2_f32(const float *x, float *out, size_t n, enum pel_isa isa);
PEL_API double pel_log10(double x);
PEL_API void pel_log10_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_log10_f32(const float *x, float *out, size_t n, enum pel_isa isa);

/* Of an angle in radians, which may be any number: large ones are reduced by as many bits of pi as
 * that takes. NaN of infinities. */
PEL_API double pel_sin(double x);
PEL_API void pel_sin_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_sin_f32(const float *x, float *out, size_t n, enum pel_isa isa);
PEL_API double pel_cos(double x);
PEL_API void pel_cos_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_cos_f32(const float *x, float *out, size_t n, enum pel_isa isa);
PEL_API double pel_tan(double x);
PEL_API void pel_tan_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_tan_f32(const float *x, float *out, size_t n, enum pel_isa isa);

/* x to the y. 1 where x is 1 or y is 0, even if the other is NaN; NaN where x is negative and
 * finite and y is not whole. */
PEL_API double pel_pow(double x, double y);
PEL_API void pel_pow_f64(const double *x, const double *y, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_pow_f32(const float *x, const float *y, float *out, size_t n, enum pel_isa isa);

/* The angle between the x axis and the point (x, y), in [-pi, pi], with the sign of y: y comes
 * first. */
PEL_API double pel_atan2(double y, double x);
PEL_API void pel_atan2_f64(const double *y, const double *x, double *out, size_t n,
                           enum pel_isa isa);
PEL_API void pel_atan2_f32(const float *y, const float *x, float *out, size_t n, enum pel_isa isa);

PEL_END_DECLS
#endif
