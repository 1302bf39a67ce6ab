/* A source of the rows of a text, and how its pieces become chunks. */
#ifndef PELTON_BULK_CSV_SOURCE_H
#define PELTON_BULK_CSV_SOURCE_H

#include "bulk/csv/csv.h"
#include "bulk/csv/scan.h"

#include <pthread.h>

/* A chunk's text and columns, used again and again. */
struct csv_chunk {
    struct csv_chunk *next;
    struct csv_text text;
    char *copy; /* where the text lies, if not in lasting pieces */
    size_t copy_room;
    char *strings; /* texts without their doubled quotes: as much room as the text takes */
    size_t strings_room;
    struct csv_index index;
    size_t row_room; /* rows that there is memory for in the columns that there are */
    struct pel_column *columns;
};

struct csv_source {
    struct pel_source source;
    struct pel_csv_input input;
    struct csv_shape shape;
    const struct csv_scan *scan;
    size_t chunk_bytes;
    bool *wanted;

    pthread_mutex_t lock; /* of all below */
    bool begun;           /* the input has been */
    const char *piece;    /* what is left of it */
    size_t piece_nbytes;
    bool at_end; /* no piece comes behind it */
    struct csv_cut cut;
    uint64_t index, row, line; /* of the next chunk */
    struct csv_chunk
        *first; /* was cut to see what the text is like; the next one to be handed out */
    struct csv_chunk *free;
    int status; /* of a next that failed */
};

/* Cutting, under the lock or before there are threads; text that is not right makes a chunk that
 * cannot be filled, so that its rows are told of in order. What is returned is about memory and
 * the input. */

/* Begins to read the text: the chunk has the first record. */
int pel_csv_begin_text(struct csv_source *s, struct csv_chunk *chunk, struct pel_error *err);

/* Goes on to the first chunk, without the record of names. */
int pel_csv_cut_first(struct csv_source *s, struct csv_chunk *chunk, struct pel_error *err);

/* The next one, in an empty chunk; without records behind the last. */
int pel_csv_cut_next(struct csv_source *s, struct csv_chunk *chunk, struct pel_error *err);

#endif
