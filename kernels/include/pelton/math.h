/* exp, log and others of doubles and floats, with the same bits on every machine.
 *
 * libm's functions differ between machines in their last bits: it has variants with and without fused
 * multiplication and addition. These compute with the operations of IEEE 754 alone, in an order that is the same
 * at each instruction set, and for one number as for many. Special values are those of C99, appendix F, signs of
 * zeros too; a NaN is always the positive quiet one without payload; floating-point exceptions are not promised.
 * Rounding must be to nearest, and subnormal numbers must not be flushed to zero.
 *
 *     pel_exp(x)                       one number
 *     pel_exp_f64(x, out, n, isa)      out[i] = pel_exp(x[i]), 0 <= i < n
 *     pel_exp_f32(x, out, n, isa)      out[i] = (float)pel_exp(x[i])
 *
 * n is any number. out may be x or y, but not overlap otherwise. Arrays may stand at any address of their type. isa is what
 * pel_isa_best() says, or less; it changes the time only. Functions are pure: any number of threads may call them.
 * One number takes about ten times as long as one of many.
 *
 * Errors are in units in the last place (ulp) of the result, the largest argued in the files named, and the
 * largest found by the tests; those of floats are below 0.51 ulp. Times are for a number in an array in the
 * first-level cache at 3.7 GHz (AMD EPYC, Zen 4), by AVX-512, AVX2, and the baseline of x86-64.
 *
 *     function   error, argued  found   ns: AVX-512  AVX2  SSE2   source: kernels/bulk/math/...
 *     exp        0.54           0.51        1.1      2.1   3.6    exp_body.h (below 2^-1022: 1, 0.75)
 *     log        0.53           0.52        1.8      3.1   5.1    log_body.h
 *     log2       0.53           0.526       1.8      3.5   5.4    log_body.h
 *     log10      0.53           0.523       1.8      3.6   5.4    log_body.h
 */
#ifndef PELTON_MATH_H
#define PELTON_MATH_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

/* e to the x. 0 below -745.13, infinite above 709.78. */
PEL_API double pel_exp(double x);
PEL_API void pel_exp_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_exp_f32(const float *x, float *out, size_t n, enum pel_isa isa);

/* Logarithms to base e, 2 and 10. -infinity of zeros, NaN of negative numbers. log2 and log10 of powers of
 * their base are exact. */
PEL_API double pel_log(double x);
PEL_API void pel_log_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_log_f32(const float *x, float *out, size_t n, enum pel_isa isa);
PEL_API double pel_log2(double x);
PEL_API void pel_log2_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_log2_f32(const float *x, float *out, size_t n, enum pel_isa isa);
PEL_API double pel_log10(double x);
PEL_API void pel_log10_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_log10_f32(const float *x, float *out, size_t n, enum pel_isa isa);

/* Of an angle in radians, which may be any number; NaN of infinities. */
PEL_API double pel_sin(double x);
PEL_API void pel_sin_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_sin_f32(const float *x, float *out, size_t n, enum pel_isa isa);
PEL_API double pel_cos(double x);
PEL_API void pel_cos_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_cos_f32(const float *x, float *out, size_t n, enum pel_isa isa);
PEL_API double pel_tan(double x);
PEL_API void pel_tan_f64(const double *x, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_tan_f32(const float *x, float *out, size_t n, enum pel_isa isa);

/* x to the y; 1 where x is 1 or y is 0, be the other NaN. NaN where x is negative and finite and y is not whole. */
PEL_API double pel_pow(double x, double y);
PEL_API void pel_pow_f64(const double *x, const double *y, double *out, size_t n, enum pel_isa isa);
PEL_API void pel_pow_f32(const float *x, const float *y, float *out, size_t n, enum pel_isa isa);

/* The angle between the x axis and the point (x, y), in [-pi, pi], with the sign of y: y comes first. */
PEL_API double pel_atan2(double y, double x);
PEL_API void pel_atan2_f64(const double *y, const double *x, double *out, size_t n,
                           enum pel_isa isa);
PEL_API void pel_atan2_f32(const float *y, const float *x, float *out, size_t n, enum pel_isa isa);

PEL_END_DECLS
#endif
