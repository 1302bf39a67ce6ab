/* The header of a .npy file (NumPy Enhancement Proposal 1, and numpy.lib.format for versions 2 and 3):
 * 6 bytes of magic, 2 of version, the length of the text in 2 (version 1) or 4 bytes, little-endian, then
 * the text: a Python dictionary with the keys descr, fortran_order and shape, in any order.
 */
#ifndef PELTON_ARRAY_NPY_HEADER_H
#define PELTON_ARRAY_NPY_HEADER_H

#include "layout.h"

/* Bytes before the text: 10 in version 1, 12 after that. */
enum { PEL_NPY_PREAMBLE = 12 };

/* Longer texts are refused: a thousand columns with names take 30 KB. */
#define PEL_NPY_HEADER_LIMIT (UINT32_C(1) << 20)

/* Of fewer bytes than the magic has, too, where they begin as it does: no text begins with \x93. */
bool pel_npy_is_magic(const unsigned char *bytes, size_t nbytes);

/* Where the text begins and how long it is, from the first bytes; nbytes >= PEL_NPY_PREAMBLE or all there
 * are. -EBADMSG, -ENOTSUP (a later version). */
int pel_npy_preamble(const unsigned char *bytes, size_t nbytes, size_t *start, size_t *text_nbytes,
                     struct pel_error *err);

/* Understands the text, which is at byte `start` of the file. Columns of an array without names of its own
 * are called after `stem`. On failure *layout is empty. */
int pel_npy_layout(struct pel_layout *layout, const char *text, size_t nbytes, size_t start,
                   const char *stem, struct pel_error *err);

#endif
