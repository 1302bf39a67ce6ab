/* Queries whose results are values in the order of rows: arrays, consumers, and the best few. */
#include "bulk/query/query.h"

#include <stdlib.h>
#include <string.h>

/* ---- arrays ----------------------------------------------------------------------------------------- */

void pel_query_pack(const struct pel_query *query, void *values, const uint64_t *mask, size_t n)
{
    const struct mask_ops *masks = query->state->masks;
    const size_t known = sizeof masks->pack / sizeof *masks->pack, nbytes = query->size;
    if (nbytes < known && masks->pack[nbytes]) {
        masks->pack[nbytes](values, mask, (n + 63) / 64 * 64, values);
        return;
    }
    char *to = values;
    for (size_t i = 0; i < n; i++)
        if (mask[i / 64] >> i % 64 & 1) {
            memmove(to, (char *)values + i * nbytes, nbytes);
            to += nbytes;
        }
}

int pel_query_consume(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    size_t n = state->waiting;
    state->waiting = state->waiting_chunks = 0;
    return n ? query->consumer(query->ctx, state->values + state->waiting_row * query->size, n) : 0;
}

int pel_query_fold_array(struct pel_query *query, const struct query_chunk *chunk, size_t row)
{
    struct pel_query_state *state = query->state;
    if (!state->waiting_chunks)
        state->waiting_row = row;
    unsigned char *to = state->values + (state->waiting_row + state->waiting) * query->size;
    if (to != chunk->values)
        memmove(to, chunk->values, chunk->kept * query->size);
    state->waiting += chunk->kept;
    state->waiting_chunks++;
    if (query->kind == PEL_QUERY_CONSUME &&
        (query->options.merge == PEL_MERGE_STREAM ||
         (query->options.merge == PEL_MERGE_BLOCK && state->waiting_chunks == 16)))
        return pel_query_consume(query);
    return 0;
}

/* ---- the best few ---------------------------------------------------------------------------------- */

/* A heap whose root is the worst of up to `most` entries. */
struct heap {
    size_t n;
    struct query_entry entries[];
};

size_t pel_query_top_nbytes(size_t most)
{
    return sizeof(struct heap) + most * sizeof(struct query_entry);
}

/* NaN is behind all numbers, and of equals the later row. */
static bool worse(const struct query_entry *a, const struct query_entry *b)
{
    bool a_nan = a->value != a->value, b_nan = b->value != b->value;
    if (a_nan != b_nan)
        return a_nan;
    if (!a_nan && a->value != b->value)
        return a->value > b->value;
    return a->row > b->row;
}

/* Puts an entry where the one at i was, below which all is in order. */
static void sink(struct query_entry *entries, size_t n, size_t i, struct query_entry entry)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && worse(&entries[child + 1], &entries[child]))
            child++;
        if (!worse(&entries[child], &entry))
            break;
        entries[i] = entries[child];
    }
    entries[i] = entry;
}

static void offer(struct query_entry *entries, size_t *n, size_t most, struct query_entry entry)
{
    if (*n == most) {
        if (most && worse(&entries[0], &entry))
            sink(entries, most, 0, entry);
        return;
    }
    size_t i = (*n)++;
    for (; i && worse(&entry, &entries[(i - 1) / 2]); i = (i - 1) / 2)
        entries[i] = entries[(i - 1) / 2];
    entries[i] = entry;
}

void pel_query_top_block(const struct pel_query *query, void *partial, const void *values, size_t n,
                         const uint64_t *mask, size_t row)
{
    struct heap *heap = partial;
    const double *x = values;
    size_t most = query->size < PEL_CHUNK_ROWS ? query->size : PEL_CHUNK_ROWS;
    for (size_t i = 0; i < n; i++) {
        double value = query->descending ? -x[i] : x[i];
        if ((mask && !(mask[i / 64] >> i % 64 & 1)) ||
            (heap->n == most && most && value >= heap->entries[0].value))
            continue;
        offer(heap->entries, &heap->n, most, (struct query_entry){value, row + i});
    }
}

int pel_query_top_fold(struct pel_query *query, const struct query_chunk *chunk, size_t row)
{
    (void)row;
    struct pel_query_state *state = query->state;
    const struct heap *from = chunk->partial;
    for (size_t i = 0; i < from->n; i++)
        offer(state->top, &state->ntop, state->most, from->entries[i]);
    return 0;
}

void pel_query_sort_top(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    uint64_t *rows = query->counts;
    double *values = query->out;
    for (size_t n = state->ntop; n-- > 0;) {
        struct query_entry worst = state->top[0];
        sink(state->top, n, 0, state->top[n]);
        rows[n] = worst.row;
        values[n] = query->descending ? -worst.value : worst.value;
    }
}
