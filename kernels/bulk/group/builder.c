#include "bulk/group/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pel_builder_open(struct builder *builder, const struct shape *shape)
{
    *builder = (struct builder){.shape = shape, .limit = MOST_GROUPS};
    builder->order = calloc(PEL_CHUNK_ROWS, sizeof *builder->order);
    builder->key_words = calloc(shape->nkeys, sizeof *builder->key_words);
    builder->words = calloc(shape->nkeys, sizeof *builder->words);
    builder->block_hashes = calloc(PEL_BLOCK_ROWS, sizeof *builder->block_hashes);
    builder->groups = calloc(PEL_BLOCK_ROWS, sizeof *builder->groups);
    builder->block_places = calloc(PEL_BLOCK_ROWS, sizeof *builder->block_places);
    bool whole = pel_table_open(&builder->table, shape, 2 * MOST_GROUPS) &&
                 pel_near_open(&builder->near, shape) && builder->key_words && builder->order &&
                 builder->words && builder->block_hashes && builder->groups &&
                 builder->block_places;
    for (size_t k = 0; builder->words && k < shape->nkeys; k++)
        whole &= (builder->words[k] = calloc(PEL_BLOCK_ROWS, sizeof **builder->words)) != NULL;
    return whole ? 0 : -ENOMEM;
}

static void close_rows(struct builder *builder)
{
    for (size_t k = 0; builder->keys && k < builder->shape->nkeys; k++)
        free(builder->keys[k]);
    for (size_t v = 0; builder->values && v < builder->shape->nvalues; v++)
        free(builder->values[v]);
    free(builder->keys);
    free(builder->values);
    free(builder->hashes);
    free(builder->places);
    builder->keys = NULL;
    builder->values = NULL;
    builder->hashes = NULL;
    builder->places = NULL;
}

static int open_rows(struct builder *builder)
{
    const struct shape *shape = builder->shape;
    builder->hashes = malloc(PEL_CHUNK_ROWS * sizeof *builder->hashes);
    builder->places = malloc(PEL_CHUNK_ROWS * sizeof *builder->places);
    builder->keys = calloc(shape->nkeys, sizeof *builder->keys);
    builder->values = calloc(shape->nvalues + 1, sizeof *builder->values);
    bool whole = builder->hashes && builder->places && builder->keys && builder->values;
    for (size_t k = 0; whole && k < shape->nkeys; k++)
        whole = (builder->keys[k] = malloc(PEL_CHUNK_ROWS * sizeof **builder->keys)) != NULL;
    for (size_t v = 0; whole && v < shape->nvalues; v++) {
        size_t nbytes = PEL_CHUNK_ROWS * pel_type_nbytes(shape->value_types[v]);
        whole = (builder->values[v] = malloc(nbytes)) != NULL;
    }
    if (!whole)
        close_rows(builder);
    return whole ? 0 : -ENOMEM;
}

void pel_builder_close(struct builder *builder)
{
    if (!builder->shape)
        return;
    close_rows(builder);
    for (size_t k = 0; builder->words && k < builder->shape->nkeys; k++)
        free(builder->words[k]);
    free(builder->words);
    free(builder->key_words);
    free(builder->order);
    free(builder->block_hashes);
    free(builder->groups);
    free(builder->block_places);
    pel_near_close(&builder->near);
    pel_table_close(&builder->table);
    pel_arena_close(builder->texts);
    *builder = (struct builder){0};
}

static bool has_texts(const struct shape *shape)
{
    for (size_t k = 0; k < shape->nkeys; k++)
        if (shape->key_kinds[k] == KEY_STRING)
            return true;
    return false;
}

/* Rows [lo, n) of the block as they are. */
static int keep_rows(struct builder *builder, const struct key_rows *rows,
                     const void *const *values, size_t lo)
{
    const struct shape *shape = builder->shape;
    int status = builder->hashes ? 0 : open_rows(builder);
    if (status)
        return status;
    size_t n = rows->n - lo, at = builder->nrows;
    memcpy(builder->hashes + at, rows->hashes + lo, n * sizeof *builder->hashes);
    memcpy(builder->places + at, rows->rows.places + lo, n * sizeof *builder->places);
    for (size_t k = 0; k < shape->nkeys; k++) {
        uint64_t *into = builder->keys[k] + at;
        memcpy(into, rows->words[k] + lo, n * sizeof *into);
        for (size_t i = 0; shape->key_kinds[k] == KEY_STRING && i < n; i++)
            if (!(into[i] = pel_key_copy(builder->texts, into[i], &builder->text_nbytes)))
                return -ENOMEM;
    }
    for (size_t v = 0; v < shape->nvalues; v++) {
        size_t nbytes = pel_type_nbytes(shape->value_types[v]);
        memcpy(builder->values[v] + at * nbytes, (const char *)values[v] + lo * nbytes, n * nbytes);
    }
    builder->nrows += (uint32_t)n;
    return 0;
}

static const uint16_t *places_of(struct builder *builder, const struct grouping_rows *rows)
{
    for (size_t i = 0; !rows->places && i < rows->nrows; i++)
        builder->block_places[i] = (uint16_t)(rows->first + i);
    return rows->places ? rows->places : builder->block_places;
}

/* The keys as words: an int64 column is that as it is. */
static void find_words(struct builder *builder, const struct grouping_rows *rows)
{
    const struct shape *shape = builder->shape;
    for (size_t k = 0; k < shape->nkeys; k++) {
        builder->key_words[k] = builder->words[k];
        if (shape->key_types[k] == PEL_I64)
            builder->key_words[k] = rows->keys[k];
        else
            pel_key_words(shape->key_types[k], rows->keys[k], rows->nrows, builder->words[k]);
    }
}

/* The groups of the first rows of the block; how many were found a place in the table: all, or fewer if it is
 * full. The others' hashes are known afterwards. */
static int find_groups(struct builder *builder, const struct key_rows *block, size_t *n)
{
    const struct shape *shape = builder->shape;
    bool full = true, open = !builder->overflowed;
    *n = 0;
    if (open && pel_near_holds(&builder->near, &builder->table, block->words[0], block->n)) {
        *n = pel_near_find(&builder->near, &builder->table, block, builder->limit, builder->groups);
        open = false;
    }
    if (*n == block->n)
        return 0;
    pel_key_hash(shape->key_kinds, shape->nkeys, block->words, block->n, builder->block_hashes);
    if (open)
        *n = pel_table_find(&builder->table, block, 0, builder->limit, builder->groups, &full);
    return full ? 0 : -ENOMEM;
}

int pel_builder_add(struct builder *builder, const struct grouping_rows *rows)
{
    const struct shape *shape = builder->shape;
    if (has_texts(shape) && !builder->texts && !(builder->texts = pel_arena_open()))
        return -ENOMEM;
    builder->table.texts = builder->texts;
    find_words(builder, rows);
    const struct key_rows block = {builder->block_hashes,
                                   builder->key_words,
                                   {rows->chunk * PEL_CHUNK_ROWS, places_of(builder, rows)},
                                   rows->nrows};
    size_t n;
    int status = find_groups(builder, &block, &n);
    if (status)
        return status;
    for (size_t s = 0; s < shape->nkept && n > 0; s++) {
        int v = shape->kept[s].value;
        shape->kept[s].accumulator->add(builder->table.states[s], builder->groups,
                                        v < 0 ? NULL : rows->values[v], block.rows, n);
    }
    builder->overflowed |= n < rows->nrows;
    return n < rows->nrows ? keep_rows(builder, &block, rows->values, n) : 0;
}
