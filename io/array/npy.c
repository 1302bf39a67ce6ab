/* .npy files as sources. */
#include "reader.h"

#include "error.h"
#include "npy_header.h"

#include <stdlib.h>
#include <unistd.h>

static bool npy_probe(const unsigned char *bytes, size_t nbytes)
{
    return pel_npy_is_magic(bytes, nbytes);
}

/* All bytes that the header says there are. */
static int check_size(const struct pel_binary_file *file, const struct pel_layout *layout,
                      struct pel_error *err)
{
    uint64_t data;
    int rc = pel_layout_nbytes(layout, &data, err);
    if (rc || !file->regular)
        return rc;
    uint64_t expected = layout->data_offset + data;
    if (file->nbytes >= expected)
        return 0;
    return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)file->nbytes,
                            "is too short: its header says %llu rows, %llu bytes with the header, "
                            "but it has %llu",
                            (unsigned long long)layout->nrows, (unsigned long long)expected,
                            (unsigned long long)file->nbytes);
}

/* Reads the header's text behind the `seen` bytes of the preamble that were read. */
static int read_text(struct pel_binary_file *file, const unsigned char *preamble, size_t seen,
                     size_t start, char *text, size_t nbytes, struct pel_error *err)
{
    size_t have = seen - start;
    for (size_t i = 0; i < have && i < nbytes; i++)
        text[i] = (char)preamble[start + i];
    int64_t n =
        have < nbytes ? pel_binary_file_read(file, seen, text + have, nbytes - have, err) : 0;
    if (n < 0)
        return (int)n;
    if (have + (size_t)n < nbytes)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)(seen + (size_t)n),
                                "ends after %zu bytes, in the middle of the .npy header of %zu",
                                seen + (size_t)n, start + nbytes);
    return 0;
}

static int read_header(struct pel_binary_file *file, struct pel_layout *layout, const char *stem,
                       struct pel_error *err)
{
    unsigned char preamble[PEL_NPY_PREAMBLE];
    size_t start, nbytes;
    int64_t n = pel_binary_file_read(file, 0, preamble, sizeof preamble, err);
    if (n < 0)
        return (int)n;
    int rc = pel_npy_preamble(preamble, (size_t)n, &start, &nbytes, err);
    if (rc)
        return rc;
    char *text = malloc(nbytes + 1);
    if (!text)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for the .npy header");
    rc = read_text(file, preamble, (size_t)n, start, text, nbytes, err);
    if (!rc)
        rc = pel_npy_layout(layout, text, nbytes, start, stem, err);
    free(text);
    return rc;
}

static int npy_open(struct pel_source **out, const char *path,
                    const struct pel_array_options *options, struct pel_error *err)
{
    struct pel_binary_file file;
    struct pel_layout layout = {0};
    char stem[256];
    int rc = pel_binary_file_open(&file, path, options->io.cancel, err);
    if (rc)
        return rc;
    pel_column_stem(path, stem, sizeof stem);
    rc = read_header(&file, &layout, stem, err);
    if (!rc)
        rc = check_size(&file, &layout, err);
    if (!rc && !file.regular && layout.nranges > 1)
        rc = pel_error_set(err, -ESPIPE, PEL_STAGE_READ,
                           "is in Fortran order, and its columns cannot be read side by side from "
                           "a pipe; save it to a file first");
    if (!rc)
        rc = pel_layout_rename(&layout, options->names, options->nnames, err);
    if (!rc)
        return pel_binary_source(out, &file, &layout, options, err);
    pel_layout_free(&layout);
    (void)close(file.fd);
    return rc;
}

const struct pel_array_reader pel_array_npy_reader = {.format = PEL_ARRAY_NPY,
                                                      .name = ".npy",
                                                      .suffixes = {".npy"},
                                                      .probe = npy_probe,
                                                      .open = npy_open};
