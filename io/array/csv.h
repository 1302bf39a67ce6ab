/* CSV files; the text itself is the business of <pelton/csv.h>. */
#ifndef PELTON_IO_ARRAY_CSV_H
#define PELTON_IO_ARRAY_CSV_H

#include <pelton/array.h>
#include <pelton/csv.h>

/* What pel_source_open does with CSV. `names` of the options go before those of options->csv; without a
 * delimiter a name that ends in .tsv means a tab. */
PEL_MUST_CHECK int pel_csv_open(struct pel_source **out, const char *path,
                                const struct pel_array_options *options, struct pel_error *err);

/* Writing rows as text to a descriptor: a sink over <pelton/ordered.h>, whose close waits until all is
 * written. options: the delimiter, and whether there is a line of names. */
struct pel_csv_writer;
struct pel_ordered_options;
PEL_MUST_CHECK int pel_csv_writer_open(struct pel_csv_writer **out, int fd,
                                       const struct pel_csv_options *options,
                                       const struct pel_ordered_options *ordered,
                                       struct pel_error *err);
const struct pel_sink *pel_csv_writer_sink(struct pel_csv_writer *writer);

/* Frees the writer. Returns as pel_ordered_close. NULL is fine. */
PEL_MUST_CHECK int pel_csv_writer_close(struct pel_csv_writer *writer);

#endif
