#include "bulk/group/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int pel_builder_open(struct builder *builder, const struct shape *shape)
{
    *builder =
        (struct builder){.shape = shape, .limit = MOST_GROUPS, .overflowed = shape->nheld > 0};
    builder->order = calloc(PEL_CHUNK_ROWS, sizeof *builder->order);
    builder->key_words = calloc(shape->nkeys, sizeof *builder->key_words);
    builder->words = calloc(shape->nkeys, sizeof *builder->words);
    builder->block_hashes = calloc(PEL_BLOCK_ROWS, sizeof *builder->block_hashes);
    builder->groups = calloc(PEL_BLOCK_ROWS, sizeof *builder->groups);
    builder->all_places = calloc(PEL_CHUNK_ROWS, sizeof *builder->all_places);
    bool whole = pel_table_open(&builder->table, shape, NEAR_RANGE) &&
                 pel_near_open(&builder->near, shape) && builder->key_words && builder->order &&
                 builder->words && builder->block_hashes && builder->groups && builder->all_places;
    for (size_t i = 0; builder->all_places && i < PEL_CHUNK_ROWS; i++)
        builder->all_places[i] = (uint16_t)i;
    for (size_t k = 0; builder->words && k < shape->nkeys; k++)
        whole &= (builder->words[k] = calloc(PEL_BLOCK_ROWS, sizeof **builder->words)) != NULL;
    while (builder->sum < shape->nkept && !shape->kept[builder->sum].accumulator->sums_f64)
        builder->sum++;
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
    free(builder->all_places);
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

/* Finds the groups of the first rows of the block, whose keys are near, and adds to the first sum of doubles, if
 * there is one; how many rows. */
static size_t find_near(struct builder *builder, const struct key_rows *block,
                        const void *const *values)
{
    double *sums = NULL;
    const double *numbers = NULL;
    if (builder->sum < builder->shape->nkept) {
        sums = (double *)(void *)builder->table.states[builder->sum];
        numbers = values[builder->shape->kept[builder->sum].value];
    }
    return pel_near_find(&builder->near, &builder->table, block, builder->groups, sums, numbers);
}

/* The groups by hash of rows from *n on; *n becomes the first that found no place in the table, or the number of
 * rows. */
static int find_hashed(struct builder *builder, const struct key_rows *block, size_t *n)
{
    const struct shape *shape = builder->shape;
    bool full = true;
    pel_key_hash(shape->key_kinds, shape->nkeys, block->words, block->n, builder->block_hashes);
    if (!builder->overflowed)
        *n = pel_table_find(&builder->table, block, *n, builder->limit, builder->groups, &full);
    return full ? 0 : -ENOMEM;
}

/* Adds the first n rows to their groups' states; the first nsummed are in the sum already. */
static void add_states(struct builder *builder, const struct key_rows *block,
                       const void *const *values, size_t nsummed, size_t n)
{
    const struct shape *shape = builder->shape;
    for (size_t s = 0; s < shape->nkept; s++) {
        int v = shape->kept[s].value;
        size_t lo = s == builder->sum ? nsummed : 0;
        const char *from =
            v < 0 ? NULL : (const char *)values[v] + lo * pel_type_nbytes(shape->value_types[v]);
        const struct row_numbers rows = {block->rows.base, block->rows.places + lo};
        if (lo < n)
            shape->kept[s].accumulator->add(builder->table.states[s], builder->groups + lo, from,
                                            rows, n - lo);
    }
}

int pel_builder_add(struct builder *builder, const struct grouping_rows *rows)
{
    const struct shape *shape = builder->shape;
    if (has_texts(shape) && !builder->texts && !(builder->texts = pel_arena_open()))
        return -ENOMEM;
    builder->table.texts = builder->texts;
    find_words(builder, rows);
    const struct key_rows block = {
        builder->block_hashes,
        builder->key_words,
        {rows->chunk * PEL_CHUNK_ROWS,
         rows->places ? rows->places : builder->all_places + rows->first},
        rows->nrows};
    size_t n = 0, nsummed;
    if (!builder->overflowed && pel_near_holds(&builder->near, block.words[0], block.n))
        n = find_near(builder, &block, rows->values);
    nsummed = n;
    if (n < block.n && find_hashed(builder, &block, &n))
        return -ENOMEM;
    add_states(builder, &block, rows->values, nsummed, n);
    builder->overflowed |= n < rows->nrows;
    return n < rows->nrows ? keep_rows(builder, &block, rows->values, n) : 0;
}
