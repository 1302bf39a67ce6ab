/* Tables: typed columns, the sources that rows come from and the sinks that take them. Plain data that
 * kernels, files and programs hand to each other.
 *
 * Rows are numbered from 0. They travel in chunks of PEL_CHUNK_ROWS, cut at multiples of it whatever the
 * source is, so that everything that is computed over them, floating point included, depends on the rows
 * alone: the same numbers give the same bits from memory, a mapped file, a stream or a CSV.
 */
#ifndef PELTON_TABLE_H
#define PELTON_TABLE_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

/* Rows of a block, the unit of vectors and of the summation tree, and of a chunk, the unit of work. */
enum { PEL_BLOCK_ROWS = 1024, PEL_CHUNK_ROWS = 65536 };

/* What a column holds. */
enum pel_type {
    PEL_BOOL, /* one byte, 0 or not */
    PEL_I8,
    PEL_I16,
    PEL_I32,
    PEL_I64,
    PEL_U8,
    PEL_U16,
    PEL_U32,
    PEL_U64,
    PEL_F16,
    PEL_F32,
    PEL_F64,
    PEL_STRING, /* struct pel_string */
    PEL_TYPE_COUNT
};

/* "bool", "i8" ... "u64", "f16", "f32", "f64", "string". Never NULL. */
PEL_API const char *pel_type_name(enum pel_type type);

/* Bytes of one value: 1, 2, 4, 8, 16 for a string. */
PEL_API size_t pel_type_nbytes(enum pel_type type);

/* Text that somebody else owns: UTF-8 by convention, any bytes in fact; not ended by a zero. */
struct pel_string {
    const char *text; /* NULL when nbytes is 0 */
    size_t nbytes;
};

/* A view of values: number i is at (const char *)data + i * stride. */
struct pel_column {
    enum pel_type type;
    bool swapped;     /* the bytes of each value are in the order that is not the machine's */
    ptrdiff_t stride; /* bytes; negative is fine; need not be a multiple of the type's size */
    const void *data; /* NULL: this column was not asked for */
};

/* What a column is called. */
struct pel_field {
    const char *name;
    enum pel_type type;
};

/* ---- where rows come from ----------------------------------------------------------------------- */

/* A number of rows that is not known before the last one has been seen. */
#define PEL_ROWS_UNKNOWN UINT64_MAX

/* Rows [index * PEL_CHUNK_ROWS, + nrows) of a source, lent until released. */
struct pel_chunk {
    uint64_t index;
    size_t nrows;                     /* PEL_CHUNK_ROWS; 1 to that in the last chunk */
    const struct pel_column *columns; /* one a field */
    void *owner;                      /* the source's own */
};

/* Rows in chunks, in order, as often as wanted. The fields, their names and what `ctx` points at belong to
 * whoever made the source and stay until it frees the source. One pass at a time. */
struct pel_source {
    const struct pel_field *fields;
    size_t nfields;
    uint64_t nrows; /* or PEL_ROWS_UNKNOWN */
    bool once;      /* it can be read a single time: a second begin fails */
    void *ctx;

    /* Begins a pass from row 0; `wanted` has nfields elements, and columns that are not wanted need not be
     * produced. Chunks of an earlier pass have all been released. */
    int (*begin)(void *ctx, const bool *wanted, struct pel_error *err);

    /* The next chunk: 1 with *chunk filled in, 0 after the last, or a negative errno. From any thread;
     * calls are served one after the other, so chunks are handed out in ascending order. It may wait for
     * data to arrive, but not for another chunk to be released by the caller's own thread: one chunk a
     * thread can always be had. After a failure it gives no more chunks. */
    int (*next)(void *ctx, struct pel_chunk *chunk, struct pel_error *err);

    /* What takes computing to produce a chunk (parsing, generating): called once for each chunk that next
     * gave, by the thread that got it, outside of any lock; chunk->columns are there afterwards. NULL: they
     * are there at once. On failure the chunk is to be released like any other; *row is then the row
     * (counted in the whole source) that could not be made. */
    int (*fill)(void *ctx, struct pel_chunk *chunk, uint64_t *row, struct pel_error *err);

    /* Gives a chunk back, exactly once. From any thread. */
    void (*release)(void *ctx, struct pel_chunk *chunk);

    /* Ends the pass, perhaps before the last chunk; all chunks have been released. */
    void (*end)(void *ctx);

    /* Frees the source, this struct included; what pel_source_free calls. */
    void (*close)(struct pel_source *source);
};

/* Sources that compute their rows or have them in memory. Each is freed with pel_source_free. -EINVAL with
 * a message for what is out of range, -ENOMEM. */

/* ncolumns columns of nrows values each that stay the caller's; names are copied. */
PEL_API PEL_MUST_CHECK int pel_source_columns(struct pel_source **out,
                                              const struct pel_field *fields,
                                              const struct pel_column *columns, size_t ncolumns,
                                              uint64_t nrows, struct pel_error *err);

/* One i64 column: start, start + step, ... up to and including stop when it is hit (step < 0: down to).
 * step 0 is -EINVAL. */
PEL_API PEL_MUST_CHECK int pel_source_range(struct pel_source **out, const char *name,
                                            int64_t start, int64_t stop, int64_t step,
                                            struct pel_error *err);

/* One i64 column: the primes of [start, stop], stop < 2^63, sieved by the threads that ask for them, in memory as
 * <pelton/primes.h> says of the sieve, and as much again for bitmaps. */
PEL_API PEL_MUST_CHECK int pel_source_primes(struct pel_source **out, const char *name,
                                             uint64_t start, uint64_t stop, struct pel_error *err);

/* One f64 column: n numbers uniform in [0, 1), multiples of 2^-53, made from the seed and the row by a
 * counter-based generator (Philox 4x32-10; Salmon et al. 2011), so the same for any number of threads. */
PEL_API PEL_MUST_CHECK int pel_source_random(struct pel_source **out, const char *name, uint64_t n,
                                             uint64_t seed, struct pel_error *err);

/* The columns of several sources side by side, which must have equally many rows (else -EMSGSIZE, as soon as
 * that is known). Owns the sources it is given, on failure too. Names that occur twice are the caller's
 * error: -EEXIST. */
PEL_API PEL_MUST_CHECK int pel_source_zip(struct pel_source **out,
                                          struct pel_source *const *sources, size_t nsources,
                                          struct pel_error *err);

/* NULL is fine. Every source is freed with this, whoever made it. */
PEL_API void pel_source_free(struct pel_source *source);

/* ---- where rows go -------------------------------------------------------------------------------- */

/* Takes rows in order. Rows come in parts numbered from 0 without a gap, several in the works at once and
 * each made by one thread, so a sink orders them by part, as <pelton/ordered.h> does: a part may have
 * several calls of rows (perhaps none), then one of end. A sink may make a thread wait that is not working
 * on the lowest unfinished part. Non-zero from any call stops the query, which returns that value. */
struct pel_sink {
    void *ctx;
    /* Once, before all others: what the rows look like; nrows or PEL_ROWS_UNKNOWN. */
    int (*begin)(void *ctx, const struct pel_field *fields, size_t nfields, uint64_t nrows,
                 struct pel_error *err);
    int (*rows)(void *ctx, uint64_t part, const struct pel_column *columns, size_t nrows,
                struct pel_error *err);
    int (*end)(void *ctx, uint64_t part, struct pel_error *err);
    /* The query has failed: those of its parts that have ended are all, and nobody is to wait for others. May be
     * NULL. */
    void (*failed)(void *ctx, int status);
};

/* A table in memory that its owner frees with pel_table_free: columns are contiguous, of the machine's byte
 * order, aligned to a cache line; the texts of strings belong to the table. */
struct pel_table {
    struct pel_field *fields;
    struct pel_column *columns;
    size_t ncolumns;
    uint64_t nrows;
    struct pel_arena *memory; /* where all of that lies */
};
PEL_API void pel_table_free(struct pel_table *table);

PEL_END_DECLS
#endif
