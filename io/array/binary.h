/* A source over a file of binary numbers whose layout is known: mapped (mapped.c) or streamed (streamed.c),
 * which each pass decides anew. Chunks are views; nothing is copied.
 */
#ifndef PELTON_ARRAY_BINARY_H
#define PELTON_ARRAY_BINARY_H

#include "layout.h"

#include <pelton/array.h>

#include <pthread.h>

struct pel_binary_file {
    int fd;
    bool regular;
    uint64_t nbytes;                 /* of a pipe UINT64_MAX */
    uint64_t taken;                  /* of a pipe: bytes that have been read from it */
    const struct pel_cancel *cancel; /* ends waiting for a pipe's bytes; may be NULL */
};

/* Segments of the wanted ranges that lie side by side, and the chunks that are cut from them. */
struct pel_batch {
    uint64_t first; /* chunk */
    size_t nchunks; /* cut so far and to come */
    size_t nheld;   /* not yet released; the source holds one while it cuts */
    size_t nrows;
    struct pel_batch *next;
    struct pel_stream_segment segments[]; /* one a wanted range */
};

/* A chunk that is lent. */
struct pel_view {
    struct pel_view *next;
    struct pel_batch *batch; /* NULL: mapped */
    struct pel_column columns[];
};

struct pel_binary {
    struct pel_source source;
    struct pel_binary_file file;
    struct pel_layout layout;
    struct pel_array_options options;

    /* A pass. */
    bool begun;         /* there has been one */
    bool *wanted;       /* the columns */
    unsigned char *map; /* NULL: streamed */
    size_t map_nbytes;
    size_t map_lead; /* bytes of the map before the data: mappings begin at a page */
    struct pel_stream *stream;
    size_t *place; /* of each range among those that are wanted */
    size_t nplaces;
    size_t chunks_a_batch;

    pthread_mutex_t lock; /* of all below */
    uint64_t next_index;
    struct pel_view *views;    /* free */
    struct pel_batch *batches; /* free */
    struct pel_batch *current; /* being cut; NULL: the next is to be taken from the stream */
    struct pel_error error;    /* once a pass has failed */
};

/* Opens a file or pipe for reading, without waiting for a pipe's writer. */
int pel_binary_file_open(struct pel_binary_file *file, const char *path,
                         const struct pel_cancel *cancel, struct pel_error *err);

/* Waits until a pipe has bytes or its end; before its first writer has come it has neither. False: cancelled. */
bool pel_pipe_wait(int fd, const struct pel_cancel *cancel);

/* Reads up to nbytes from the file's beginning on; a pipe gives each byte once. Returns how many there
 * were, or a negative errno; -ECANCELED while it waits for a pipe. */
int64_t pel_binary_file_read(struct pel_binary_file *file, uint64_t offset, void *data,
                             size_t nbytes, struct pel_error *err);

/* Makes the source. Owns the file and the layout, whatever happens. */
int pel_binary_source(struct pel_source **out, struct pel_binary_file *file,
                      struct pel_layout *layout, const struct pel_array_options *options,
                      struct pel_error *err);

/* Bytes of one range, and of the rows of one chunk of it. */
uint64_t pel_binary_range_nbytes(const struct pel_binary *binary);
uint64_t pel_binary_chunk_nbytes(const struct pel_binary *binary);

/* Maps the file for a pass; only where all of it is in the page cache, if `cached`. 0, or a negative errno
 * without a map: -EAGAIN where it is not. */
int pel_binary_map(struct pel_binary *binary, bool cached, struct pel_error *err);
void pel_binary_unmap(struct pel_binary *binary);

/* Whether a map's pages are in memory, as far as a sample of them tells. */
bool pel_map_is_cached(unsigned char *map, size_t nbytes);

/* Under the lock: fills in the next chunk's columns and size. As `next` of a source. */
int pel_binary_next_mapped(struct pel_binary *binary, struct pel_view *view,
                           struct pel_chunk *chunk, struct pel_error *err);

/* Begins to stream the wanted ranges for a pass. */
int pel_binary_stream(struct pel_binary *binary, struct pel_error *err);
void pel_binary_unstream(struct pel_binary *binary);

/* Under the lock. */
int pel_binary_next_streamed(struct pel_binary *binary, struct pel_view *view,
                             struct pel_chunk *chunk, struct pel_error *err);
void pel_binary_release_batch(struct pel_binary *binary, struct pel_batch *batch);

#endif
