/* .npy files that rows are written to: version 1.0, or 2.0 where the header is long, or 3.0 where names are
 * not ASCII, as numpy chooses.
 *
 * The header has room for any number of rows, so that it can be completed when they have been counted: it
 * has the length of one with 20 digits, filled with blanks and ended by a line feed, and the data begins at
 * a multiple of 64 bytes. */
#include "writer.h"

#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ALIGNMENT = 64 };

#define ORDER (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? '>' : '<')

/* Bytes that grow; once memory is out, nothing more is added. */
struct text {
    char *bytes;
    size_t nbytes, capacity;
    bool failed;
};

static void add_bytes(struct text *text, const char *bytes, size_t nbytes)
{
    if (!text->failed && text->capacity - text->nbytes < nbytes) {
        size_t capacity = 2 * text->capacity + nbytes + 256;
        char *larger = realloc(text->bytes, capacity);
        text->failed = !larger;
        if (larger) {
            text->bytes = larger;
            text->capacity = capacity;
        }
    }
    if (text->failed)
        return;
    memcpy(text->bytes + text->nbytes, bytes, nbytes);
    text->nbytes += nbytes;
}

static void add(struct text *text, const char *word)
{
    add_bytes(text, word, strlen(word));
}

/* In quotes, as Python reads it. */
static void add_name(struct text *text, const char *name)
{
    char escape[8];
    add(text, "'");
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (c == '\'' || c == '\\')
            (void)snprintf(escape, sizeof escape, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            (void)snprintf(escape, sizeof escape, "\\x%02x", c);
        else
            (void)snprintf(escape, sizeof escape, "%c", c);
        add(text, escape);
    }
    add(text, "'");
}

static void add_type(struct text *text, enum pel_type type)
{
    static const char kinds[] = {
        [PEL_BOOL] = 'b', [PEL_I8] = 'i',  [PEL_I16] = 'i', [PEL_I32] = 'i',
        [PEL_I64] = 'i',  [PEL_U8] = 'u',  [PEL_U16] = 'u', [PEL_U32] = 'u',
        [PEL_U64] = 'u',  [PEL_F16] = 'f', [PEL_F32] = 'f', [PEL_F64] = 'f'};
    size_t nbytes = pel_type_nbytes(type);
    char word[] = {'\'', nbytes > 1 ? ORDER : '|', kinds[type], (char)('0' + nbytes), '\'', '\0'};
    add(text, word);
}

static bool of_one_type(const struct pel_array_file *file)
{
    for (size_t j = 1; j < file->nfields; j++)
        if (file->fields[j].type != file->fields[0].type)
            return false;
    return true;
}

static void add_fields(struct text *text, const struct pel_array_file *file)
{
    add(text, "[");
    for (size_t j = 0; j < file->nfields; j++) {
        add(text, j ? ", (" : "(");
        add_name(text, file->fields[j].name);
        add(text, ", ");
        add_type(text, file->fields[j].type);
        add(text, ")");
    }
    add(text, "]");
}

static void add_dictionary(struct text *text, const struct pel_array_file *file, uint64_t nrows)
{
    bool one_type = of_one_type(file);
    char shape[64];
    add(text, "{'descr': ");
    if (one_type)
        add_type(text, file->fields[0].type);
    else
        add_fields(text, file);
    if (one_type && file->nfields > 1)
        (void)snprintf(shape, sizeof shape, "(%llu, %zu)", (unsigned long long)nrows,
                       file->nfields);
    else
        (void)snprintf(shape, sizeof shape, "(%llu,)", (unsigned long long)nrows);
    add(text, ", 'fortran_order': False, 'shape': ");
    add(text, shape);
    add(text, ", }");
}

static bool is_ascii(const struct text *text)
{
    for (size_t i = 0; i < text->nbytes; i++)
        if ((unsigned char)text->bytes[i] >= 0x80)
            return false;
    return true;
}

/* The whole header; its length does not depend on nrows. */
static void make_header(struct text *header, const struct pel_array_file *file, uint64_t nrows)
{
    struct text longest = {0}, text = {0};
    add_dictionary(&longest, file, UINT64_MAX);
    add_dictionary(&text, file, nrows);
    bool ascii = !longest.failed && is_ascii(&longest);
    size_t preamble = ascii && longest.nbytes < 65000 ? 10 : 12;
    size_t whole = (preamble + longest.nbytes + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t length = whole - preamble;
    const char start[12] = {'\x93',
                            'N',
                            'U',
                            'M',
                            'P',
                            'Y',
                            preamble == 10 ? 1
                            : ascii        ? 2
                                           : 3,
                            0,
                            (char)length,
                            (char)(length >> 8),
                            (char)(length >> 16),
                            (char)(length >> 24)};
    add_bytes(header, start, preamble);
    add_bytes(header, text.bytes, text.nbytes);
    header->failed |= text.failed || longest.failed;
    while (!header->failed && header->nbytes + 1 < whole)
        add(header, " ");
    add(header, "\n");
    free(longest.bytes);
    free(text.bytes);
}

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_WRITE, "no memory for the .npy header");
}

static int npy_begin(struct pel_array_file *file, struct pel_error *err)
{
    uint64_t nrows = file->nrows_expected;
    int rc = pel_array_check_numbers(file, err);
    if (rc)
        return rc;
    if (nrows == PEL_ROWS_UNKNOWN && file->start < 0)
        return pel_error_set(
            err, -ESPIPE, PEL_STAGE_WRITE,
            "the number of rows is not known beforehand, and the .npy header comes "
            "first: write to a file instead of a pipe, or raw or CSV");
    struct text header = {0};
    make_header(&header, file, nrows == PEL_ROWS_UNKNOWN ? 0 : nrows);
    rc = header.failed ? no_memory(err)
                       : pel_array_file_put(file, 0, header.bytes, header.nbytes, err);
    free(header.bytes);
    return rc;
}

static int rewrite(const struct pel_array_file *file, const struct text *header,
                   struct pel_error *err)
{
    int fd = pel_output_fd(file->output);
    for (size_t done = 0; done < header->nbytes;) {
        ssize_t n = pwrite(fd, header->bytes + done, header->nbytes - done,
                           (off_t)file->start + (off_t)done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return pel_error_system(err, n == 0 ? -EIO : -errno, PEL_STAGE_WRITE,
                                    "completing the header");
    }
    return 0;
}

static int npy_finish(struct pel_array_file *file, struct pel_error *err)
{
    if (file->nrows == file->nrows_expected)
        return 0;
    if (file->start < 0)
        return pel_error_format(err, -ESPIPE, PEL_STAGE_WRITE, -1,
                                "%llu rows were written, but the header, which is on its way, says "
                                "%llu",
                                (unsigned long long)file->nrows,
                                (unsigned long long)file->nrows_expected);
    struct text header = {0};
    make_header(&header, file, file->nrows);
    int rc = header.failed ? no_memory(err) : rewrite(file, &header, err);
    free(header.bytes);
    return rc;
}

const struct pel_array_writer pel_array_npy_writer = {.format = PEL_ARRAY_NPY,
                                                      .name = "a .npy file",
                                                      .suffixes = {".npy"},
                                                      .begin = npy_begin,
                                                      .rows = pel_array_put_packed,
                                                      .finish = npy_finish};
