/* Error records with a formatted message; kernels/ may not format, so this is the io/ room's own. */
#ifndef PELTON_IO_ERROR_H
#define PELTON_IO_ERROR_H

#include <pelton/core.h>

/* Fills *err (may be NULL): code and stage as given, the byte offset (-1: none), and the message
 * formatted and cut at the record's size. Returns code. */
int pel_error_format(struct pel_error *err, int code, enum pel_stage stage, int64_t offset,
                     const char *format, ...) PEL_PRINTF(5, 6);

/* "what: strerror(-code)" with code a negative errno value. Returns code. */
int pel_error_system(struct pel_error *err, int code, enum pel_stage stage, const char *what);

#endif
