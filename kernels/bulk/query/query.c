/* Queries of <pelton/query.h>: which thread works on which chunk, and how chunks become results. */
#include "bulk/query/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- beginning ------------------------------------------------------------------------------------ */

static int fail(struct pel_query *query, int code, const char *message)
{
    query->status = pel_error_set(query->options.error, code, PEL_STAGE_COMPUTE, message);
    return code;
}

static int check(struct pel_query *query)
{
    const struct pel_query_options *options = &query->options;
    if (query->nrows > PTRDIFF_MAX) /* as a negative int is, too */
        return fail(query, -EINVAL,
                    "a source has 0 rows or more, and no more than memory can hold");
    if (options->threads < 0)
        return fail(query, -EINVAL, "threads of a query are 0 or more");
    if ((unsigned)options->partition >= PEL_PARTITION_COUNT)
        return fail(query, -EINVAL, "there is no such partition");
    if ((unsigned)options->merge >= PEL_MERGE_COUNT)
        return fail(query, -EINVAL, "there is no such merge");
    if ((unsigned)options->precision >= PEL_PRECISION_COUNT)
        return fail(query, -EINVAL, "there is no such precision");
    return 0;
}

static int set_lines(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    enum pel_query_partition partition = query->options.partition;
    size_t nthreads = (size_t)query->nthreads;
    if (partition == PEL_PARTITION_AUTO)
        partition = state->kind->fold ? PEL_PARTITION_DYNAMIC : PEL_PARTITION_RANGE;
    state->nlines = partition == PEL_PARTITION_DYNAMIC ? 1 : nthreads;
    size_t longest = (state->nchunks + state->nlines - 1) / state->nlines;
    bool stripe = partition == PEL_PARTITION_STRIPE;
    state->line_start = stripe ? 1 : longest;
    state->line_step = stripe ? state->nlines : 1;
    state->lines = calloc(state->nlines, sizeof *state->lines);
    if (!state->lines)
        return -ENOMEM;
    for (size_t l = 0; l < state->nlines; l++) {
        size_t begin = smaller(l * state->line_start, state->nchunks);
        size_t left = state->nchunks - begin;
        state->lines[l].length =
            stripe ? (left + state->nlines - 1) / state->nlines : smaller(longest, left);
    }
    return 0;
}

static int take_memory(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    size_t nbytes;
    state->chunks = calloc(state->nchunks + 1, sizeof *state->chunks);
    if (!state->chunks || set_lines(query))
        return -ENOMEM;
    if (state->partial_nbytes && !state->kind->fold) {
        if (pel_size_mul(state->nchunks + 1, state->partial_nbytes, &nbytes))
            return -ENOMEM;
        state->partials = calloc(1, nbytes);
        if (!state->partials)
            return -ENOMEM;
    }
    if (query->kind == PEL_QUERY_TOP) {
        state->most = smaller(query->size, query->nrows);
        state->top = malloc((state->most + 1) * sizeof *state->top);
        if (!state->top)
            return -ENOMEM;
    }
    if (query->kind == PEL_QUERY_CONSUME) {
        if (pel_size_mul(query->nrows + PEL_BLOCK_ROWS, query->size, &nbytes))
            return -ENOMEM;
        state->values = malloc(nbytes);
        if (!state->values)
            return -ENOMEM;
    } else if (query->kind == PEL_QUERY_ARRAY)
        state->values = query->out;
    return 0;
}

static void free_state(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    if (!state)
        return;
    for (size_t i = 0; state->chunks && state->kind->fold && i < state->nchunks; i++) {
        free(state->chunks[i].partial);
        free(state->chunks[i].buffer);
    }
    for (struct query_buffer *buffer = state->buffers, *next; buffer; buffer = next) {
        next = buffer->next;
        free(buffer);
    }
    if (query->kind == PEL_QUERY_CONSUME)
        free(state->values);
    free(state->top);
    free(state->partials);
    free(state->lines);
    free(state->chunks);
    pthread_mutex_destroy(&state->mutex);
    free(state);
    query->state = NULL;
}

/* What is given when there are no rows, or on failure. */
static void clear_results(struct pel_query *query, double sum)
{
    bool top = query->kind == PEL_QUERY_TOP;
    for (size_t i = 0; i < query->size && (top || query->kind == PEL_QUERY_GROUP); i++)
        ((double *)query->out)[i] = top ? (double)NAN : sum;
    if (top)
        memset(query->counts, 255, query->size * sizeof(uint64_t));
    if (query->kind == PEL_QUERY_GROUP || query->kind == PEL_QUERY_HISTOGRAM)
        memset(query->counts, 0, query->size * sizeof(uint64_t));
}

void pel_query_begin(struct pel_query *query, int max_threads)
{
    query->nthreads = 1;
    if (max_threads)
        query->nthreads = query->options.threads > 0 ? query->options.threads : max_threads;
    clear_results(query, 0);
    if (check(query))
        return;
    struct pel_query_state *state = calloc(1, sizeof *state);
    query->state = state;
    if (!state || pthread_mutex_init(&state->mutex, NULL)) {
        free(state);
        query->state = NULL;
        fail(query, -ENOMEM, "no memory for a query");
        return;
    }
    state->kind = pel_query_kind_of(query);
    state->lanes = pel_lanes_for(pel_isa_best());
    state->masks = pel_mask_ops_for(pel_isa_best());
    state->nchunks = query->nrows / PEL_CHUNK_ROWS + (query->nrows % PEL_CHUNK_ROWS != 0);
    state->last = state->again = SIZE_MAX;
    if (query->kind == PEL_QUERY_HISTOGRAM)
        query->status =
            pel_bins_set(&state->bins, query->lo, query->hi, query->size, query->options.error);
    if (!query->status && pel_query_partial_size(query, &state->partial_nbytes))
        fail(query, -EINVAL, "a query's groups, bins or best values do not fit into memory");
    if (!query->status && take_memory(query))
        fail(query, -ENOMEM, "no memory for a query");
    if (query->status)
        free_state(query);
    else
        pel_progress_begin(query->options.progress, query->nrows);
}

/* ---- who works on what ------------------------------------------------------------------------------ */

bool pel_query_round(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    if (!state)
        return false;
    int round = state->round++;
    query->parallel = round == 0 && query->nthreads > 1 && state->nchunks > 1;
    return round == 0 || (round == 1 && state->again != SIZE_MAX);
}

void pel_query_join(struct pel_query *query, struct pel_query_worker *worker)
{
    struct pel_query_state *state = query->state;
    size_t number = __atomic_fetch_add(&state->joined, 1, __ATOMIC_RELAXED);
    worker->line = number % state->nlines;
}

static void stop(struct pel_query_state *state, int failure)
{
    int none = 0;
    __atomic_compare_exchange_n(&state->failure, &none, failure, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
}

static void end_at(struct pel_query_state *state, size_t chunk)
{
    size_t last = __atomic_load_n(&state->last, __ATOMIC_RELAXED);
    while (chunk < last && !__atomic_compare_exchange_n(&state->last, &last, chunk, true,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* The next chunk of the worker's line, or of the first after it that has any. */
static bool next_chunk(struct pel_query_state *state, struct pel_query_worker *worker)
{
    size_t last = __atomic_load_n(&state->last, __ATOMIC_RELAXED);
    for (size_t tried = 0; tried < state->nlines; tried++) {
        size_t l = worker->line;
        struct query_line *line = &state->lines[l];
        if (__atomic_load_n(&line->next, __ATOMIC_RELAXED) < line->length) {
            size_t i = __atomic_fetch_add(&line->next, 1, __ATOMIC_RELAXED);
            worker->chunk = l * state->line_start + i * state->line_step;
            if (i < line->length && worker->chunk <= last)
                return true;
        }
        worker->line = (l + 1) % state->nlines;
    }
    return false;
}

/* Where the worker is to put the chunk's partial result. */
static bool get_partial(struct pel_query_state *state, struct pel_query_worker *worker)
{
    struct query_chunk *chunk = &state->chunks[worker->chunk];
    if (!state->partial_nbytes)
        return true;
    if (state->partials)
        chunk->partial = state->partials + worker->chunk * state->partial_nbytes;
    if (chunk->partial)
        memset(chunk->partial, 0, state->partial_nbytes);
    else
        chunk->partial = calloc(1, state->partial_nbytes);
    worker->partial = chunk->partial;
    return chunk->partial;
}

/* Where the chunk's values go: to where they stay, if all that is before them is there; to the places of their
 * rows, if so far every row has a value; else to a buffer that is in a cache, to be copied later. */
static unsigned char *place_of_values(struct pel_query *query, size_t chunk)
{
    struct pel_query_state *state = query->state;
    if (!state->values)
        return NULL;
    unsigned char *place = state->values + chunk * PEL_CHUNK_ROWS * query->size;
    struct query_buffer *buffer = state->chunks[chunk].buffer; /* of a chunk that is to be redone */
    pthread_mutex_lock(&state->mutex);
    if (!buffer && state->front == chunk && !state->accepting) {
        if (state->waiting_chunks)
            place = state->values + (state->waiting_row + state->waiting) * query->size;
    } else if (!buffer && state->thinned) {
        buffer = state->buffers;
        if (buffer)
            state->buffers = buffer->next;
        else
            buffer = malloc(sizeof *buffer + PEL_CHUNK_ROWS * query->size);
    }
    state->chunks[chunk].buffer = buffer;
    pthread_mutex_unlock(&state->mutex);
    return buffer ? buffer->values : place;
}

bool pel_query_claim(struct pel_query *query, struct pel_query_worker *worker)
{
    struct pel_query_state *state = query->state;
    if (pel_cancel_requested(query->options.cancel))
        stop(state, -ECANCELED);
    if (__atomic_load_n(&state->failure, __ATOMIC_RELAXED))
        return false;
    worker->taken = 0;
    if (state->round == 2) { /* of one chunk */
        worker->chunk = state->again;
        worker->taken = state->taken;
        if (state->chunks[state->again].done)
            return false;
    } else if (!next_chunk(state, worker))
        return false;
    if (!get_partial(state, worker)) {
        stop(state, -ENOMEM);
        return false;
    }
    worker->lo = worker->chunk * PEL_CHUNK_ROWS;
    worker->hi = worker->lo + smaller(query->nrows - worker->lo, PEL_CHUNK_ROWS);
    worker->values = place_of_values(query, worker->chunk);
    worker->nblocks = 0;
    worker->kept = 0;
    worker->found = false;
    return true;
}

/* ---- blocks and chunks --------------------------------------------------------------------------------- */

/* Bit i of the mask is keep[i], 0 or 1, for the n of them. */
static void make_mask(const struct pel_query_state *state, uint64_t *mask,
                      const unsigned char *keep, size_t n)
{
    size_t words = (n + 63) / 64;
    state->masks->from_bytes(&(struct call){mask, {{keep, 1}}, 64 * words, NULL});
    if (n % 64)
        mask[words - 1] &= (UINT64_C(1) << n % 64) - 1;
}

void *pel_query_place(struct pel_query *query, struct pel_query_worker *worker, size_t row,
                      void *otherwise)
{
    worker->placed = row + PEL_BLOCK_ROWS <= worker->hi;
    return worker->placed ? worker->values + worker->kept * query->size : otherwise;
}

/* Puts the values behind those that the chunk has. */
static void take_values(struct pel_query *query, struct pel_query_worker *worker, size_t n,
                        void *values, const uint64_t *mask, size_t count)
{
    if (count < n)
        pel_query_pack(query, values, mask, n);
    if (!worker->placed)
        memcpy(worker->values + worker->kept * query->size, values, count * query->size);
}

void pel_query_block(struct pel_query *query, struct pel_query_worker *worker, size_t row, size_t n,
                     void *values, const unsigned char *keep)
{
    struct pel_query_state *state = query->state;
    uint64_t mask[PEL_BLOCK_ROWS / 64];
    size_t count = n;
    if (keep) {
        make_mask(state, mask, keep, n);
        count = state->lanes->count(n, mask);
    }
    if (state->values)
        take_values(query, worker, n, values, mask, count);
    else {
        void *partial = worker->partial;
        if (state->kind->in_blocks)
            partial = (char *)worker->blocks + worker->nblocks++ * state->partial_nbytes;
        state->kind->block(query, partial, values, n, count == n ? NULL : mask, row);
    }
    worker->kept += count;
}

void pel_query_lanes(struct pel_query_worker *worker, double lane[32])
{
    for (size_t half = 16; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    worker->blocks[worker->nblocks++] = lane[0];
}

/* PEL_TAKE may end in a chunk that was worked on as if no row had been taken before it. */
static bool is_to_be_redone(const struct pel_query_state *state, const struct query_chunk *chunk)
{
    return state->again == SIZE_MAX && state->taken > 0 &&
           chunk->taken >= chunk->most - smaller(chunk->most, state->taken);
}

static int accept(struct pel_query *query, struct query_chunk *chunk)
{
    struct pel_query_state *state = query->state;
    size_t row = state->front++ * PEL_CHUNK_ROWS;
    state->finished = chunk->end.ended || chunk->found;
    state->found = chunk->found;
    if (chunk->end.code && !chunk->found) {
        state->code = chunk->end.code;
        state->row = chunk->end.row;
    }
    state->taken += chunk->taken;
    state->kept += chunk->kept;
    int status = state->kind->fold ? state->kind->fold(query, chunk, row) : 0;
    if (state->kind->fold) {
        free(chunk->partial);
        chunk->partial = NULL;
    }
    return status;
}

/* Accepts what is there, under the lock but for the work itself: who comes meanwhile leaves it his own. */
static void accept_all(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    while (!state->finished && !__atomic_load_n(&state->failure, __ATOMIC_RELAXED) &&
           state->front < state->nchunks && state->chunks[state->front].done) {
        struct query_chunk *chunk = &state->chunks[state->front];
        if (is_to_be_redone(state, chunk)) {
            state->again = state->front;
            chunk->done = false;
            end_at(state, state->front);
            return;
        }
        pthread_mutex_unlock(&state->mutex);
        int status = accept(query, chunk);
        if (state->finished)
            end_at(state, state->front - 1);
        if (status)
            stop(state, status);
        pthread_mutex_lock(&state->mutex);
        if (chunk->buffer) {
            chunk->buffer->next = state->buffers;
            state->buffers = chunk->buffer;
            chunk->buffer = NULL;
        }
    }
}

void pel_query_done(struct pel_query *query, struct pel_query_worker *worker,
                    struct pel_query_end end, struct pel_query_limit limit)
{
    struct pel_query_state *state = query->state;
    struct query_chunk *chunk = &state->chunks[worker->chunk];
    if (state->kind->in_blocks) {
        pel_query_combine(state->kind, worker->blocks, worker->nblocks);
        memcpy(worker->partial, worker->blocks, state->partial_nbytes);
    }
    if (end.ended || worker->found)
        end_at(state, worker->chunk);
    pel_progress_add(query->options.progress, worker->hi - worker->lo);
    pthread_mutex_lock(&state->mutex);
    chunk->end = end;
    chunk->values = worker->values;
    chunk->taken = limit.taken - worker->taken;
    chunk->most = limit.most;
    chunk->kept = worker->kept;
    chunk->found = worker->found;
    chunk->done = true;
    state->thinned |= chunk->kept < worker->hi - worker->lo;
    if (!state->accepting) {
        state->accepting = true;
        accept_all(query);
        state->accepting = false;
    }
    pthread_mutex_unlock(&state->mutex);
}

/* ---- ending ---------------------------------------------------------------------------------------- */

static void report_row(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    struct pel_error *err = query->options.error;
    int code = state->code < 0 ? state->code : -EINVAL;
    if (query->kind == PEL_QUERY_GROUP && code == -ERANGE)
        fail(query, code,
             "the offset is that of a row with an error, perhaps a key that is no group");
    else
        fail(query, code, "the offset is that of a row that the query takes for an error");
    if (err)
        err->offset = (int64_t)state->row;
}

static void settle(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    bool complete = state->finished || state->front == state->nchunks;
    int failure = state->failure;
    if (complete && query->kind != PEL_QUERY_CONSUME)
        failure = 0; /* it came too late */
    else if (complete && !failure && (!state->code || query->options.merge != PEL_MERGE_FULL))
        failure = pel_query_consume(query);
    if (failure == -ENOMEM)
        fail(query, failure, "no memory for a query");
    else if (failure == -ECANCELED)
        fail(query, failure, "the query was cancelled");
    else if (failure)
        fail(query, failure, "a query's consumer wants no more");
    else if (state->code)
        report_row(query);
}

/* After which query->status is known; false on failure, when there are no results. */
static bool settled(struct pel_query *query)
{
    if (query->state)
        settle(query);
    return !query->status;
}

static void end(struct pel_query *query)
{
    free_state(query);
    if (query->status)
        clear_results(query, (double)NAN);
    if (query->options.status)
        *query->options.status = query->status;
    if (query->options.error && !query->status)
        *query->options.error = (struct pel_error){0};
}

/* The partial of all that counts; NULL on failure, and where nothing is. */
static void *whole(struct pel_query *query)
{
    struct pel_query_state *state = query->state;
    if (!settled(query) || !state->front)
        return NULL;
    pel_query_combine(state->kind, state->partials, state->front);
    return state->partials;
}

static double canonical(double x)
{
    return isnan(x) ? (double)NAN : x;
}

static double real_of(struct pel_query *query, void *partial)
{
    double kept = (double)query->state->kept;
    struct pel_best_f64 *best = partial;
    double sum = 0;
    switch (query->kind) {
    case PEL_QUERY_SUM:
    case PEL_QUERY_MEAN:
        if (partial && query->options.precision == PEL_EXACT)
            sum = pel_exact_round(partial);
        else if (partial)
            sum = *(double *)partial;
        return query->kind == PEL_QUERY_SUM ? sum : sum / kept;
    case PEL_QUERY_VARIANCE:
        return partial ? pel_variance(partial, query->options.ddof) : (double)NAN;
    default:
        if (partial && best->found)
            return best->value;
        fail(query, -ENODATA, "there are no rows to have a least or greatest value");
        return (double)NAN;
    }
}

double pel_query_real(struct pel_query *query)
{
    void *partial = whole(query);
    double real = query->status ? (double)NAN : canonical(real_of(query, partial));
    end(query);
    return real;
}

uint64_t pel_query_row(struct pel_query *query)
{
    const struct pel_best_f64 *best = whole(query);
    uint64_t row = best && best->found ? best->row : UINT64_MAX;
    if (!query->status && row == UINT64_MAX)
        fail(query, -ENODATA, "there are no rows to have a least or greatest value");
    end(query);
    return row;
}

int64_t pel_query_integer(struct pel_query *query)
{
    const pel_int128 *partial = whole(query);
    pel_int128 sum = partial ? *partial : 0;
    if (!query->status && (sum < INT64_MIN || sum > INT64_MAX))
        fail(query, -ERANGE, "the sum is outside of int64: -2^63 to 2^63 - 1");
    end(query);
    return query->status ? INT64_MIN : (int64_t)sum;
}

uint64_t pel_query_count(struct pel_query *query)
{
    uint64_t kept = settled(query) ? query->state->kept : UINT64_MAX;
    end(query);
    return kept;
}

bool pel_query_found(struct pel_query *query, bool meaning)
{
    bool found = settled(query) && query->state->found == meaning;
    end(query);
    return found;
}

void *pel_query_accumulators(struct pel_query *query, size_t *n)
{
    *n = settled(query) ? query->state->front : 0;
    return *n ? query->state->partials : NULL;
}

void pel_query_finish(struct pel_query *query)
{
    if (query->kind != PEL_QUERY_AGGREGATE && settled(query) && query->kind == PEL_QUERY_TOP)
        pel_query_sort_top(query);
    for (size_t i = 0; i < query->size && query->kind == PEL_QUERY_GROUP; i++)
        ((double *)query->out)[i] = canonical(((double *)query->out)[i]);
    end(query);
}
