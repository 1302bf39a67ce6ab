/* Files of numbers as tables: sources that read .npy, raw and CSV, and sinks that write them.
 *
 * Reading. A file of binary numbers is mapped when all of it is in the page cache, else streamed by an I/O
 * lane (<pelton/stream.h>), so that no thread that computes waits for a disk, and a file may be larger than
 * the memory: of a streamed file, depth segments (1 MiB, or one chunk of a column or row) are in memory, and
 * what one chunk a thread is cut from.
 *
 * .npy: versions 1 to 3. The arrays are of one dimension (one column), of two (rows, k) in C or Fortran order
 * (k columns NAME_0, NAME_1, ...), or of one with a structured type (its fields are the columns). Types:
 * bool, signed and unsigned integers of 1 to 8 bytes and floats of 2 to 8, of either byte order; complex
 * numbers give two columns, NAME.re and NAME.im. Others (long double, text, objects, dates) are -ENOTSUP
 * with a message that names them. NAME is the file's (pel_column_stem).
 * A file that is shorter than its header says is an error that tells both sizes. Bytes behind the array are
 * not looked at, as numpy does: several arrays may be saved to one file, and the first is what is read.
 *
 * Raw: rows of packed numbers without a header; a rest that is not a whole row is an error.
 *
 * A file must stay as it is while it is read. One that shrinks is an error that names the place when it is
 * streamed; when it is mapped, too, except that the system kills the program (SIGBUS) if that happens
 * between the look at its size, which each chunk gets, and the end of the chunk's use. Ask for
 * PEL_ACCESS_STREAM where that must not be.
 */
#ifndef PELTON_ARRAY_H
#define PELTON_ARRAY_H

#include <pelton/stream.h>
#include <pelton/table.h>

PEL_BEGIN_DECLS

/* AUTO: reading, raw where a dtype is given, else by the first bytes or the suffix (.npy; .csv, .tsv, .txt:
 * pel_array_recognise), and CSV where neither tells; writing, by the suffix (.npy; .raw, .bin, .dat; .csv, .tsv, .txt). */
enum pel_array_format { PEL_ARRAY_AUTO, PEL_ARRAY_NPY, PEL_ARRAY_RAW, PEL_ARRAY_CSV };

/* How binary files are read. AUTO: mapped when all of it seems to be in the page cache (one page in 64
 * is looked at, 4096 at most), or when a chunk is larger than the budget; streamed otherwise, and where it
 * cannot be mapped. */
enum pel_array_access { PEL_ACCESS_AUTO, PEL_ACCESS_MAP, PEL_ACCESS_STREAM };

struct pel_csv_options; /* see <pelton/csv.h> */

struct pel_array_options {
    enum pel_array_format format;
    enum pel_array_access access;
    const char *const *names; /* of the columns, as many as there are; NULL: as above */
    size_t nnames;

    /* Raw only. */
    const char
        *dtype; /* "f32", "<f8", "u16be", ...: of all columns, or a list "i64,f32,f32" with one for
                            each. See pel_dtype_parse. NULL: -EINVAL */
    uint64_t raw_offset; /* bytes before the first row */

    const struct pel_csv_options *csv; /* NULL: the usual values */

    uint64_t budget_bytes; /* one chunk of a streamed file at most; 0: 64 MiB */
    struct pel_stream_options
        io; /* how it is streamed; without offset, nbytes and ranges. segment_bytes
                                     is brought to whole chunks */
};

/* Opens a file as a source of rows; free it with pel_source_free. What the options point at must stay until
 * then, but for names and dtype. Pipes (also "/dev/stdin") are read once and in C order. -ENOENT and the
 * like; -EBADMSG for a header or a size that is not right, -ENOTSUP for what is not handled, -EFBIG for rows
 * too wide for the budget, -EINVAL for options, -ENOMEM: each with a message. */
PEL_API PEL_MUST_CHECK int pel_source_open(struct pel_source **out, const char *path,
                                           const struct pel_array_options *options,
                                           struct pel_error *err);

/* The format that a file is of by its first bytes (of a regular file, or of a pipe that is "/dev/stdin", which
 * keeps them; its first are waited for, until *cancel, which may be NULL, is raised) or its suffix.
 * PEL_ARRAY_AUTO: neither tells. */
PEL_API enum pel_array_format pel_array_recognise(const char *path,
                                                  const struct pel_cancel *cancel);

/* The type that a text of nbytes names, and whether its bytes are swapped on this machine. With a byte order
 * first ('<', '>', '=' or '|') the name is numpy's, and the size in bytes: "<f4", ">u2", "|b1". Otherwise
 * the size is in bits: "f32", "u16", "i8", "bool", or "float32", "uint16", "int8", with "le" or "be" after
 * it where the order is not the machine's own. -EINVAL: none of these. */
PEL_API PEL_MUST_CHECK int pel_dtype_parse(const char *text, size_t nbytes, enum pel_type *type,
                                           bool *swapped);

/* The name that a file gives to a column: its own without folders and the last suffix, '_' for whatever is neither
 * letter, digit nor '_', and before a digit at the beginning: 1st.npy is _1st. "x" where nothing is left. Cut at
 * the buffer's nbytes, 2 or more. */
PEL_API void pel_column_stem(const char *path, char *stem, size_t nbytes);

/* ---- writing -------------------------------------------------------------------------------------- */

/* A file that rows go to. It comes into being at pel_array_file_finish, whole (<pelton/store.h>); a device
 * or pipe is written to directly.
 *
 * .npy: one column gives one dimension, several of one type two, of several types a structured array with
 * their names; the machine's byte order. Where the number of rows is not known beforehand the header is
 * completed at the end, which a pipe does not allow (-ESPIPE). Raw: the rows, packed. Text has no place in
 * either: -ENOTSUP. */
struct pel_array_file;

struct pel_array_write_options {
    enum pel_array_format format;
    const struct pel_csv_options *csv; /* NULL: the usual values */
    bool keep;                         /* do not replace a file that exists: -EEXIST */
    size_t budget_bytes;               /* of rows that wait to be written; 0: 64 MiB */
    const struct pel_cancel *cancel;   /* may be NULL */
    const uint64_t *cpu_mask;          /* of the thread that writes, as in <pelton/load.h> */
    size_t cpu_mask_words;
};

/* What the options point at must stay until the file is finished or discarded. */
PEL_API PEL_MUST_CHECK int pel_array_file_open(struct pel_array_file **out, const char *path,
                                               const struct pel_array_write_options *options,
                                               struct pel_error *err);

/* The same for a descriptor, such as that of standard output, which stays the caller's and is written from
 * where it stands; of options, which are needed, the format is too. When the file is discarded,
 * what was written stays, and the rows before one that a query has failed in are written still. */
PEL_API PEL_MUST_CHECK int pel_array_file_open_fd(struct pel_array_file **out, int fd,
                                                  const struct pel_array_write_options *options,
                                                  struct pel_error *err);

/* The sink that takes the file's rows; the file's own. For one query. */
PEL_API const struct pel_sink *pel_array_file_sink(struct pel_array_file *file);

/* Waits until all is written, gives the file its name, and frees it, whatever happens. On failure nothing of
 * it is left, and an older file of the name is as it was. */
PEL_API PEL_MUST_CHECK int pel_array_file_finish(struct pel_array_file *file,
                                                 struct pel_error *err);

/* Removes what was written and frees the file. NULL is fine. */
PEL_API void pel_array_file_discard(struct pel_array_file *file);

PEL_END_DECLS
#endif
