/* Pieces of text to chunks of records. */
#include "bulk/csv/source.h"

#include <stdlib.h>
#include <string.h>

/* Text is looked at in slices, so that a record without an end is noticed soon. */
enum { SLICE_NBYTES = 1 << 20 };

static int make_room(struct csv_chunk *chunk, size_t nbytes)
{
    if (nbytes <= chunk->copy_room)
        return 0;
    size_t room = nbytes < SLICE_NBYTES ? nbytes : nbytes + nbytes / 2;
    char *copy = realloc(chunk->copy, room);
    if (!copy)
        return -ENOMEM;
    if (chunk->text.text == chunk->copy)
        chunk->text.text = copy;
    chunk->copy = copy;
    chunk->copy_room = room;
    return 0;
}

/* Adds the next bytes of the piece to the chunk: where pieces last and the text goes on in the
 * same place, nothing is copied. */
static int take_bytes(struct csv_source *s, struct csv_chunk *chunk, size_t nbytes)
{
    struct csv_text *text = &chunk->text;
    if (text->nbytes == 0)
        text->text = s->input.lasting ? s->piece : chunk->copy;
    const bool in_place =
        s->input.lasting && text->text != chunk->copy && text->text + text->nbytes == s->piece;
    if (!in_place) {
        if (make_room(chunk, text->nbytes + nbytes))
            return -ENOMEM;
        if (text->text != chunk->copy && text->nbytes)
            memcpy(chunk->copy, text->text, text->nbytes);
        memcpy(chunk->copy + text->nbytes, s->piece, nbytes);
        text->text = chunk->copy;
    }
    text->nbytes += nbytes;
    s->piece += nbytes;
    s->piece_nbytes -= nbytes;
    return 0;
}

static int next_piece(struct csv_source *s, struct pel_error *err)
{
    if (s->at_end)
        return 0;
    int status = s->input.next(s->input.ctx, &s->piece, &s->piece_nbytes, err);
    s->at_end = status <= 0;
    if (s->at_end)
        s->piece_nbytes = 0;
    return status < 0 ? status : 0;
}

/* Adds up to nrecords records to the chunk; the last one of a text may end with it. */
static int cut_records(struct csv_source *s, struct csv_chunk *chunk, size_t nrecords,
                       struct pel_error *err)
{
    s->cut.nwanted = nrecords;
    while (s->cut.nwanted > 0 && !chunk->text.cut_off) {
        if (s->piece_nbytes == 0) {
            int status = next_piece(s, err);
            if (status)
                return status;
            if (s->at_end)
                break;
        }
        const size_t slice = s->piece_nbytes < SLICE_NBYTES ? s->piece_nbytes : SLICE_NBYTES;
        const size_t nbytes = s->scan->cut(s->piece, slice, &s->cut);
        if (nbytes > s->chunk_bytes - chunk->text.nbytes)
            return pel_error_set(err, -EFBIG, PEL_STAGE_DECODE,
                                 "65536 records are more text than a chunk may be (chunk_bytes)");
        if (take_bytes(s, chunk, nbytes))
            return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a chunk of text");
        chunk->text.cut_off = s->cut.since > PEL_CSV_RECORD_NBYTES;
    }
    const bool rest = s->cut.nwanted > 0 && s->cut.since > 0;
    s->cut.since = 0;
    chunk->text.nrecords += nrecords - s->cut.nwanted + rest;
    return 0;
}

/* Takes off a mark of UTF-8 at the beginning of the text. */
static void drop_mark(struct csv_chunk *chunk)
{
    struct csv_text *text = &chunk->text;
    if (text->nbytes < 3 || memcmp(text->text, "\xef\xbb\xbf", 3) != 0)
        return;
    text->nbytes -= 3;
    if (text->text == chunk->copy)
        memmove(chunk->copy, chunk->copy + 3, text->nbytes);
    else
        text->text += 3;
}

/* At the end of the text, where a record has several fields: empty lines are none. */
static void drop_empty_lines(struct csv_text *text)
{
    while (text->nrecords > 0 && text->text[text->nbytes - 1] == '\n') {
        size_t nbytes = text->nbytes - 1;
        nbytes -= nbytes > 0 && text->text[nbytes - 1] == '\r';
        if (nbytes > 0 && text->text[nbytes - 1] != '\n')
            return;
        text->nbytes = nbytes;
        text->nrecords--;
    }
}

int pel_csv_begin_text(struct csv_source *s, struct csv_chunk *chunk, struct pel_error *err)
{
    int status = s->input.begin(s->input.ctx, err);
    s->begun = status == 0;
    s->at_end = false;
    s->piece_nbytes = 0;
    s->cut = (struct csv_cut){0};
    s->index = s->row = 0;
    s->line = 1;
    s->status = status;
    chunk->text = (struct csv_text){.line = 1};
    if (!status)
        status = cut_records(s, chunk, 1, err);
    drop_mark(chunk);
    return status;
}

int pel_csv_cut_next(struct csv_source *s, struct csv_chunk *chunk, struct pel_error *err)
{
    struct csv_text *text = &chunk->text;
    text->row = s->row;
    text->line = s->line;
    int status = cut_records(s, chunk, PEL_CHUNK_ROWS - text->nrecords, err);
    if (status)
        return status;
    if (s->at_end && !s->cut.inside && s->shape.ncolumns > 1)
        drop_empty_lines(text);
    s->at_end |= text->cut_off;
    s->piece_nbytes = text->cut_off ? 0 : s->piece_nbytes;
    s->row += text->nrecords;
    s->line = 1 + s->cut.nlines;
    return 0;
}

int pel_csv_cut_first(struct csv_source *s, struct csv_chunk *chunk, struct pel_error *err)
{
    if (s->shape.header) {
        chunk->text = (struct csv_text){0};
        s->line = 1 + s->cut.nlines;
    }
    return pel_csv_cut_next(s, chunk, err);
}
