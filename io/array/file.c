/* A file that rows go to, of any format. */
#include "writer.h"

#include "error.h"
#include "reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 << 10 };

static const struct pel_array_writer *const writers[] = {
    &pel_array_npy_writer, &pel_array_raw_writer, &pel_array_csv_writer};
#define NWRITERS (sizeof writers / sizeof writers[0])

/* ---- bytes ----------------------------------------------------------------------------------------- */

static int write_failed(struct pel_error *err, int code)
{
    if (code == -ECANCELED)
        return pel_error_set(err, code, PEL_STAGE_WRITE, "cancelled");
    return pel_error_system(err, code, PEL_STAGE_WRITE, "writing");
}

int pel_array_file_piece(struct pel_array_file *file, uint64_t part, size_t room,
                         struct pel_piece **piece, struct pel_error *err)
{
    int rc = pel_ordered_piece(file->ordered, part, room, piece);
    return rc ? write_failed(err, rc) : 0;
}

int pel_array_file_put(struct pel_array_file *file, uint64_t part, const void *data, size_t nbytes,
                       struct pel_error *err)
{
    struct pel_piece *piece;
    for (const char *from = data; nbytes > 0;) {
        int rc = pel_array_file_piece(file, part, 1, &piece, err);
        if (rc)
            return rc;
        size_t room = piece->capacity - piece->used, n = nbytes < room ? nbytes : room;
        memcpy(piece->data + piece->used, from, n);
        piece->used += n;
        from += n;
        nbytes -= n;
    }
    return 0;
}

/* ---- the sink -------------------------------------------------------------------------------------- */

static int copy_fields(struct pel_array_file *file, const struct pel_field *fields, size_t nfields,
                       struct pel_error *err)
{
    file->fields = calloc(nfields ? nfields : 1, sizeof *file->fields);
    for (size_t j = 0; file->fields && j < nfields; j++) {
        char *name = strdup(fields[j].name);
        if (!name)
            return pel_error_set(err, -ENOMEM, PEL_STAGE_WRITE, "no memory for the columns");
        file->fields[file->nfields++] = (struct pel_field){name, fields[j].type};
        file->row_nbytes += pel_type_nbytes(fields[j].type);
    }
    return file->fields ? 0
                        : pel_error_set(err, -ENOMEM, PEL_STAGE_WRITE, "no memory for the columns");
}

/* Where the descriptor stands, or -1 if what is written cannot be written over. */
static int64_t find_start(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || (flags & O_APPEND) ? -1 : (int64_t)lseek(fd, 0, SEEK_CUR);
}

static int sink_begin(void *ctx, const struct pel_field *fields, size_t nfields, uint64_t nrows,
                      struct pel_error *err)
{
    struct pel_array_file *file = ctx;
    const struct pel_array_write_options *options = &file->options;
    if (file->ordered)
        return pel_error_set(err, -EINVAL, PEL_STAGE_WRITE, "a file takes one table");
    int rc = copy_fields(file, fields, nfields, err);
    if (rc)
        return rc;
    file->nrows_expected = nrows;
    file->start = find_start(pel_output_fd(file->output));
    struct pel_ordered_options ordered = {
        .piece_bytes = file->row_nbytes > PIECE_BYTES ? file->row_nbytes : PIECE_BYTES,
        .budget_bytes = options->budget_bytes,
        .cancel = options->cancel,
        .cpu_mask = options->cpu_mask,
        .cpu_mask_words = options->cpu_mask_words};
    rc = pel_ordered_open(&file->ordered, pel_output_fd(file->output), &ordered, err);
    if (!rc)
        rc = file->writer->begin(file, err);
    if (rc)
        return rc;
    rc = pel_ordered_end(file->ordered, 0);
    return rc ? write_failed(err, rc) : 0;
}

/* A part that will not be complete ends the writing, so that nobody waits for it. */
static int stop_at(const struct pel_array_file *file, int rc)
{
    if (rc)
        pel_ordered_stop(file->ordered, rc);
    return rc;
}

static int sink_rows(void *ctx, uint64_t part, const struct pel_column *columns, size_t nrows,
                     struct pel_error *err)
{
    struct pel_array_file *file = ctx;
    __atomic_fetch_add(&file->nrows, nrows, __ATOMIC_RELAXED);
    return stop_at(file, file->writer->rows(file, part + 1, columns, nrows, err));
}

static int sink_end(void *ctx, uint64_t part, struct pel_error *err)
{
    struct pel_array_file *file = ctx;
    int rc = pel_ordered_end(file->ordered, part + 1);
    return rc ? write_failed(err, rc) : 0;
}

/* Of a query that fails in a row, a descriptor is still given the rows before it, when the file is discarded. */
static void sink_failed(void *ctx, int status)
{
    struct pel_array_file *file = ctx;
    if (file->ordered && (status == -ECANCELED || !file->lasting))
        pel_ordered_stop(file->ordered, status);
}

/* ---- the file -------------------------------------------------------------------------------------- */

static const struct pel_array_writer *find_writer(const char *path, enum pel_array_format format,
                                                  struct pel_error *err)
{
    for (size_t i = 0; i < NWRITERS; i++)
        if (format == PEL_ARRAY_AUTO ? pel_has_suffix(path, writers[i]->suffixes, 4)
                                     : writers[i]->format == format)
            return writers[i];
    (void)pel_error_set(err, -EINVAL, PEL_STAGE_OPEN,
                        "its name does not tell in which format it is to be written");
    return NULL;
}

/* The file around an output; the output is discarded on failure. */
static int make_file(struct pel_array_file **out, struct pel_output *output,
                     const struct pel_array_writer *writer,
                     const struct pel_array_write_options *options, struct pel_error *err)
{
    struct pel_array_file *file = *out = calloc(1, sizeof *file);
    if (!file) {
        pel_output_discard(output);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_OPEN, "no memory for the file");
    }
    file->output = output;
    file->writer = writer;
    file->options = *options;
    file->sink = (struct pel_sink){file, sink_begin, sink_rows, sink_end, sink_failed};
    return 0;
}

int pel_array_file_open(struct pel_array_file **out, const char *path,
                        const struct pel_array_write_options *options, struct pel_error *err)
{
    static const struct pel_array_write_options none;
    static const char *const tsv[] = {".tsv"};
    struct pel_output *output;
    *out = NULL;
    options = options ? options : &none;
    const struct pel_array_writer *writer = find_writer(path, options->format, err);
    if (!writer)
        return -EINVAL;
    int rc = pel_output_open(&output, path, !options->keep, err);
    if (!rc)
        rc = make_file(out, output, writer, options, err);
    if (!rc)
        (*out)->tabs = pel_has_suffix(path, tsv, 1);
    return rc;
}

int pel_array_file_open_fd(struct pel_array_file **out, int fd,
                           const struct pel_array_write_options *options, struct pel_error *err)
{
    struct pel_output *output;
    *out = NULL;
    const struct pel_array_writer *writer = find_writer("", options->format, err);
    if (!writer)
        return -EINVAL;
    int rc = pel_output_open_fd(&output, fd, err);
    if (!rc)
        rc = make_file(out, output, writer, options, err);
    if (!rc)
        (*out)->lasting = true;
    return rc;
}

const struct pel_sink *pel_array_file_sink(struct pel_array_file *file)
{
    return &file->sink;
}

static void free_file(struct pel_array_file *file)
{
    for (size_t j = 0; j < file->nfields; j++)
        free((char *)file->fields[j].name);
    free(file->fields);
    free(file);
}

/* Everything is written and complete, but for its name. */
static int complete(struct pel_array_file *file, struct pel_error *err)
{
    if (!file->ordered)
        return pel_error_set(err, -EINVAL, PEL_STAGE_WRITE, "was given nothing to write");
    int rc = pel_ordered_close(file->ordered, NULL);
    file->ordered = NULL;
    if (rc == -EINVAL)
        return pel_error_set(err, rc, PEL_STAGE_WRITE, "not all of its rows were written");
    if (rc)
        return write_failed(err, rc);
    return file->writer->finish ? file->writer->finish(file, err) : 0;
}

int pel_array_file_finish(struct pel_array_file *file, struct pel_error *err)
{
    int rc = complete(file, err);
    if (rc) {
        pel_array_file_discard(file);
        return rc;
    }
    rc = pel_output_finish(file->output, err);
    free_file(file);
    return rc;
}

void pel_array_file_discard(struct pel_array_file *file)
{
    if (!file)
        return;
    if (file->ordered) {
        if (!file->lasting)
            pel_ordered_stop(file->ordered, -ECANCELED);
        int rc = pel_ordered_close(file->ordered, NULL);
        (void)rc; /* that of the stop, or -EINVAL for the part that failed */
    }
    pel_output_discard(file->output);
    free_file(file);
}
