/* Files of CSV: the bytes for <pelton/csv.h>, which are mapped where all of them are in the page
 * cache, and streamed otherwise. */
#include "reader.h"

#include "error.h"

#include <pelton/csv.h>

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a map, so much is handed out after each look at the file's size. */
enum { PIECE_BYTES = 16 << 20 };

struct csv_file {
    struct pel_binary_file file;
    struct pel_stream_options io;

    char *map; /* NULL: streamed */
    size_t at; /* what of it has been handed out */

    struct pel_stream *stream;
    struct pel_stream_segment segment; /* the one handed out; data is NULL: none */
};

/* ---- mapped ---------------------------------------------------------------------------------- */

static int map_file(struct csv_file *csv, enum pel_array_access access, struct pel_error *err)
{
    const size_t nbytes = (size_t)csv->file.nbytes;
    const bool must = access == PEL_ACCESS_MAP;
    if (access == PEL_ACCESS_STREAM || csv->file.nbytes == 0)
        return 0;
    if (!csv->file.regular || csv->file.nbytes > SIZE_MAX)
        return must ? pel_error_set(err, -ESPIPE, PEL_STAGE_OPEN, "cannot be mapped") : 0;
    void *map = mmap(NULL, nbytes, PROT_READ, MAP_SHARED, csv->file.fd, 0);
    if (map == MAP_FAILED)
        return must ? pel_error_system(err, -errno, PEL_STAGE_OPEN, "cannot be mapped") : 0;
    if (must || pel_map_is_cached(map, nbytes))
        csv->map = map;
    else
        (void)munmap(map, nbytes);
    return 0;
}

static int map_begin(void *ctx, struct pel_error *err)
{
    struct csv_file *csv = ctx;
    (void)err;
    csv->at = 0;
    return 0;
}

/* Reading behind the end of a file that has shrunk kills the program. */
static int map_next(void *ctx, const char **text, size_t *nbytes, struct pel_error *err)
{
    struct csv_file *csv = ctx;
    struct stat status;
    const size_t left = (size_t)csv->file.nbytes - csv->at;
    if (left == 0)
        return 0;
    if (fstat(csv->file.fd, &status) != 0)
        return pel_error_system(err, -errno, PEL_STAGE_STAT, "cannot look at the file again");
    if ((uint64_t)status.st_size < csv->file.nbytes)
        return pel_error_format(err, -EIO, PEL_STAGE_READ, status.st_size,
                                "ends at byte %lld of %llu: it shrank while it was read",
                                (long long)status.st_size, (unsigned long long)csv->file.nbytes);
    *text = csv->map + csv->at;
    *nbytes = left < PIECE_BYTES ? left : PIECE_BYTES;
    csv->at += *nbytes;
    return 1;
}

static void map_end(void *ctx)
{
    (void)ctx;
}

/* ---- streamed -------------------------------------------------------------------------------- */

static int stream_begin(void *ctx, struct pel_error *err)
{
    struct csv_file *csv = ctx;
    return pel_stream_open_fd(&csv->stream, csv->file.fd, &csv->io, err);
}

static void release_segment(struct csv_file *csv)
{
    if (csv->segment.data)
        pel_stream_release(csv->stream, &csv->segment);
    csv->segment = (struct pel_stream_segment){0};
}

static int stream_next(void *ctx, const char **text, size_t *nbytes, struct pel_error *err)
{
    struct csv_file *csv = ctx;
    release_segment(csv);
    int rc = pel_stream_next(csv->stream, &csv->segment, err);
    if (rc <= 0) {
        csv->segment = (struct pel_stream_segment){0};
        return rc;
    }
    *text = (const char *)csv->segment.data;
    *nbytes = csv->segment.nbytes;
    return 1;
}

static void stream_end(void *ctx)
{
    struct csv_file *csv = ctx;
    release_segment(csv);
    pel_stream_close(csv->stream);
    csv->stream = NULL;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void csv_close(void *ctx)
{
    struct csv_file *csv = ctx;
    if (csv->map)
        (void)munmap(csv->map, (size_t)csv->file.nbytes);
    (void)close(csv->file.fd);
    free(csv);
}

static int make_source(struct pel_source **out, struct csv_file *csv,
                       const struct pel_csv_options *options, struct pel_error *err)
{
    const struct pel_csv_input mapped = {
        .ctx = csv,
        .lasting = true,
        .begin = map_begin,
        .next = map_next,
        .end = map_end,
        .close = csv_close,
    };
    const struct pel_csv_input streamed = {
        .ctx = csv,
        .once = !csv->file.regular,
        .begin = stream_begin,
        .next = stream_next,
        .end = stream_end,
        .close = csv_close,
    };
    return pel_source_csv(out, csv->map ? &mapped : &streamed, options, err);
}

static struct pel_csv_options csv_options(const char *path, const struct pel_array_options *options)
{
    static const char *const tabs[] = {".tsv"};
    struct pel_csv_options csv = {0};
    if (options->csv)
        csv = *options->csv;
    if (options->names) {
        csv.names = options->names;
        csv.nnames = options->nnames;
    }
    if (!csv.delimiter && pel_has_suffix(path, tabs, 1))
        csv.delimiter = '\t';
    return csv;
}

static int csv_open(struct pel_source **out, const char *path,
                    const struct pel_array_options *options, struct pel_error *err)
{
    struct csv_file *csv = calloc(1, sizeof *csv);
    if (!csv)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_OPEN, "no memory for the file");
    int rc = pel_binary_file_open(&csv->file, path, options->io.cancel, err);
    if (rc) {
        free(csv);
        return rc;
    }
    csv->io = options->io;
    rc = map_file(csv, options->access, err);
    if (rc) {
        csv_close(csv);
        return rc;
    }
    const struct pel_csv_options text = csv_options(path, options);
    return make_source(out, csv, &text, err);
}

const struct pel_array_reader pel_array_csv_reader = {
    .format = PEL_ARRAY_CSV,
    .name = "CSV",
    .suffixes = {".csv", ".tsv", ".txt"},
    .open = csv_open,
};
