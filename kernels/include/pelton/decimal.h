/* Numbers as text: what is read is rounded correctly, what is written is as short as it can be
 * and reads back as the same number. No locale, no allocation, the same answer everywhere.
 *
 *   float    = [sign] ( digits [ "." [digits] ] | "." digits ) [ ("e" | "E") [sign] digits ]
 *            | [sign] ( "inf" | "infinity" | "nan" )                   in any case of letters
 *   integer  = [sign] digits
 *   sign     = "+" | "-"
 *
 * No blanks, no thousands, no hexadecimal; digits may be any number, zeros in front included.
 * */
#ifndef PELTON_DECIMAL_H
#define PELTON_DECIMAL_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

/* Reads the number that nbytes of text begin with, the longest that there is. *used (may be
 * NULL) is how many bytes it takes; with NULL it must take them all. Floats are rounded to
 * nearest, ties to even, once, from all the digits; too small ones become 0 or a denormal; "nan"
 * has no sign and no payload.
 *
 * Returns 0; -EBADMSG: there is no number, *out and *used are 0; -ERANGE: it is a number (*used
 * is set) but rounds to more than the type can hold: *out is then the infinity, or the largest
 * or smallest integer.
 *
 * About 20 ns for numbers up to 19 digits (Clinger 1990; Lemire 2021, 'Number parsing at a
 * gigabyte per second'; Mushtaq and Lemire 2023 for why it needs no other way out); those longer
 * that are within 10^-18 of the middle of two floats are compared exactly with it, in some
 * microseconds. */
PEL_API PEL_MUST_CHECK int pel_decimal_to_f64(const char *text, size_t nbytes, double *out,
                                              size_t *used);
PEL_API PEL_MUST_CHECK int pel_decimal_to_f32(const char *text, size_t nbytes, float *out,
                                              size_t *used);
PEL_API PEL_MUST_CHECK int pel_decimal_to_i64(const char *text, size_t nbytes, int64_t *out,
                                              size_t *used);

/* As many bytes as any number takes. */
enum { PEL_DECIMAL_NBYTES = 32 };

/* Writes a number and returns how many bytes it took; nothing is put behind them. For floats
 * these are the fewest digits that read back as the same number of that type, and of those the
 * ones nearest to it (Giulietti 2020, 'The Schubfach way to render doubles'):
 *
 *     1.0   -0.0   0.1   1234.5   0.0001   1e-5   1234567890123456.0   1e16   5e-324   nan   -inf
 *
 * with an exponent below 10^-4 and from 10^16 on. */
PEL_API size_t pel_decimal_from_f64(double number, char text[PEL_DECIMAL_NBYTES]);
PEL_API size_t pel_decimal_from_f32(float number, char text[PEL_DECIMAL_NBYTES]);
PEL_API size_t pel_decimal_from_i64(int64_t number, char text[PEL_DECIMAL_NBYTES]);

PEL_END_DECLS
#endif
