/* Formats that tables are read from: one const table each.
 *
 * To add one: a value of enum pel_array_format, a file with its table, and a line in open.c; for `pelton bulk`
 * what apps/bulk/bulk.h says at enum bulk_format.
 */
#ifndef PELTON_ARRAY_READER_H
#define PELTON_ARRAY_READER_H

#include "binary.h"

struct pel_array_reader {
    enum pel_array_format format;
    const char *name;        /* for people */
    const char *suffixes[4]; /* ".npy"; NULL ends them */

    /* Does a file that begins so have the format? NULL: that cannot be told. */
    bool (*probe)(const unsigned char *bytes, size_t nbytes);

    int (*open)(struct pel_source **out, const char *path, const struct pel_array_options *options,
                struct pel_error *err);
};

extern const struct pel_array_reader pel_array_npy_reader, pel_array_raw_reader,
    pel_array_csv_reader;

/* Whether the path ends with one of the suffixes. */
bool pel_has_suffix(const char *path, const char *const *suffixes, size_t nsuffixes);

#endif
