/* A file of binary numbers as a stream of segments, each of whole chunks. */
#include "binary.h"

#include "error.h"

#include <stdlib.h>

/* As large as a stream's segments are by themselves. */
#define SEGMENT_BYTES (UINT64_C(1) << 20)

static struct pel_stream_options stream_options(const struct pel_binary *binary,
                                                const uint64_t *ranges)
{
    struct pel_stream_options options = binary->options.io;
    options.segment_bytes = (size_t)(binary->chunks_a_batch * pel_binary_chunk_nbytes(binary));
    options.offset = binary->layout.data_offset;
    options.taken = binary->file.taken;
    options.nbytes = binary->layout.nrows == PEL_ROWS_UNKNOWN ? 0 : pel_binary_range_nbytes(binary);
    options.ranges = binary->layout.nranges > 1 ? ranges : NULL;
    options.nranges = binary->nplaces;
    return options;
}

int pel_binary_stream(struct pel_binary *binary, struct pel_error *err)
{
    uint64_t segment = binary->options.io.segment_bytes;
    uint64_t chunk = pel_binary_chunk_nbytes(binary) * binary->nplaces;
    if (!segment)
        segment = SEGMENT_BYTES;
    binary->chunks_a_batch = segment > chunk ? (size_t)(segment / chunk) : 1;
    uint64_t *ranges = calloc(binary->nplaces, sizeof *ranges);
    if (!ranges)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_READ, "no memory for the stream");
    for (size_t r = 0; r < binary->layout.nranges; r++)
        if (binary->place[r] != SIZE_MAX)
            ranges[binary->place[r]] = r * pel_binary_range_nbytes(binary);
    struct pel_stream_options options = stream_options(binary, ranges);
    int rc = pel_stream_open_fd(&binary->stream, binary->file.fd, &options, err);
    free(ranges);
    return rc;
}

/* The batch is nobody's any more. */
static void put_batch(struct pel_binary *binary, struct pel_batch *batch)
{
    for (size_t i = 0; i < binary->nplaces; i++)
        pel_stream_release(binary->stream, &batch->segments[i]);
    batch->next = binary->batches;
    binary->batches = batch;
}

void pel_binary_release_batch(struct pel_binary *binary, struct pel_batch *batch)
{
    if (--batch->nheld == 0)
        put_batch(binary, batch);
}

void pel_binary_unstream(struct pel_binary *binary)
{
    if (binary->current)
        pel_binary_release_batch(binary, binary->current);
    binary->current = NULL;
    for (struct pel_batch *batch; (batch = binary->batches);) {
        binary->batches = batch->next;
        free(batch);
    }
    pel_stream_close(binary->stream);
    binary->stream = NULL;
}

/* The number of rows in segments of so many bytes; a pipe may end in the middle of one. */
static int count_rows(const struct pel_binary *binary, struct pel_batch *batch,
                      struct pel_error *err)
{
    const struct pel_stream_segment *segment = &batch->segments[0];
    size_t rest = segment->nbytes % binary->layout.row_nbytes;
    if (rest)
        return pel_error_format(
            err, -EBADMSG, PEL_STAGE_READ, (int64_t)(segment->offset + segment->nbytes),
            "ends with %zu bytes that are not a whole row of %zu", rest, binary->layout.row_nbytes);
    batch->nrows = segment->nbytes / binary->layout.row_nbytes;
    batch->nchunks = (batch->nrows + PEL_CHUNK_ROWS - 1) / PEL_CHUNK_ROWS;
    return 0;
}

/* Takes the wanted ranges' next segments from the stream: 1, 0 at the end, or why not. */
static int take_segments(struct pel_binary *binary, struct pel_batch *batch, struct pel_error *err)
{
    int rc = 1;
    for (size_t i = 0; i < binary->nplaces && rc > 0; i++)
        rc = pel_stream_next(binary->stream, &batch->segments[i], err);
    if (rc > 0) {
        int wrong = count_rows(binary, batch, err);
        rc = wrong ? wrong : 1;
    }
    return rc;
}

static int take_batch(struct pel_binary *binary, struct pel_error *err)
{
    struct pel_batch *batch = binary->batches;
    if (batch)
        binary->batches = batch->next;
    else
        batch = calloc(1, sizeof *batch + binary->nplaces * sizeof batch->segments[0]);
    if (!batch)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_READ, "no memory for a chunk");
    int rc = take_segments(binary, batch, err);
    if (rc <= 0) {
        put_batch(binary, batch);
        return rc;
    }
    batch->first = binary->next_index;
    batch->nheld = 1;
    binary->current = batch;
    return 1;
}

int pel_binary_next_streamed(struct pel_binary *binary, struct pel_view *view,
                             struct pel_chunk *chunk, struct pel_error *err)
{
    const struct pel_layout *layout = &binary->layout;
    int rc = binary->current ? 1 : take_batch(binary, err);
    if (rc <= 0)
        return rc;
    struct pel_batch *batch = binary->current;
    size_t nth = (size_t)(binary->next_index - batch->first), first = nth * PEL_CHUNK_ROWS;
    size_t left = batch->nrows - first;
    chunk->nrows = left < PEL_CHUNK_ROWS ? left : PEL_CHUNK_ROWS;
    for (size_t j = 0; j < layout->ncolumns; j++) {
        const struct pel_layout_column *column = &layout->columns[j];
        size_t place = binary->place[column->range];
        const unsigned char *data = NULL;
        if (binary->wanted[j])
            data = batch->segments[place].data + first * layout->row_nbytes + column->offset;
        view->columns[j] =
            (struct pel_column){column->type, column->swapped, (ptrdiff_t)layout->row_nbytes, data};
    }
    view->batch = batch;
    batch->nheld++;
    if (nth + 1 == batch->nchunks) {
        binary->current = NULL;
        pel_binary_release_batch(binary, batch);
    }
    return 1;
}
