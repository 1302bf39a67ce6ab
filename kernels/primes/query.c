/* Primes in blocks to a caller's functions: as a query with a result, or in parts to be put in order. */
#include "primes/decode.h"
#include "primes/fold.h"
#include "primes/part.h"

#include <string.h>

enum {
    BLOCK_PRIMES = 4096
}; /* 32 KB, so that they are still in the first cache when the caller looks */

/* Where the blocks of a part go. */
struct sink {
    int (*block)(void *ctx, const uint64_t *primes, size_t n);
    void *ctx;
};

struct source {
    struct pel_sieve_plan plan;
    pel_decode_fn *decode;
};

static int open_source(struct source *source, uint64_t start, uint64_t stop,
                       const struct pel_team *team, struct pel_error *err)
{
    *source = (struct source){.decode = pel_decode_for(team->isa)};
    return pel_sieve_plan(&source->plan, start, stop, pel_part_numbers_within(start, stop), team,
                          err);
}

/* The blocks of one part, each as full as the next 8 bytes of the bitmap allow. 2, 3 and 5 come before
 * part 0 (the first byte holds 7 to 31, so that they are in no other). */
static int feed(const struct source *source, struct pel_sieve *sieve, size_t part,
                const struct sink *sink)
{
    uint64_t primes[BLOCK_PRIMES];
    struct pel_segment segment;
    size_t n = part == 0 ? pel_decode_first(source->plan.start, source->plan.stop, primes) : 0;
    int status = sieve ? pel_sieve_begin(sieve, part) : 0;
    while (!status && sieve && (status = pel_sieve_next(sieve, &segment)) > 0) {
        status = 0;
        for (size_t at = 0, used; !status && at < segment.nbytes; at += used) {
            n += source->decode(segment.bytes + at, segment.nbytes - at,
                                segment.base + 30 * (uint64_t)at, primes + n, BLOCK_PRIMES - n,
                                &used);
            if (at + used < segment.nbytes) {
                status = sink->block(sink->ctx, primes, n);
                n = 0;
            }
        }
    }
    if (!status && n)
        status = sink->block(sink->ctx, primes, n);
    return status;
}

/* ---- queries ----------------------------------------------------------------------------------- */

struct query {
    struct source source;
    const struct pel_primes_query *what;
    void *ctx, *result;
};

struct partial {
    const struct query *query;
    void *partial;
};

static void begin_partial(const struct query *query, void *partial)
{
    memset(partial, 0, query->what->partial_nbytes);
    if (query->what->begin)
        query->what->begin(query->ctx, partial);
}

static int add_block(void *ctx, const uint64_t *primes, size_t n)
{
    const struct partial *to = ctx;
    to->query->what->block(to->query->ctx, to->partial, primes, n);
    return 0;
}

static int query_part(void *ctx, struct pel_sieve *sieve, size_t part, void *slot)
{
    const struct query *query = ctx;
    struct partial to = {query, slot};
    begin_partial(query, slot);
    return feed(&query->source, sieve, part, &(struct sink){add_block, &to});
}

static void take_partial(void *ctx, const void *slot)
{
    const struct query *query = ctx;
    query->what->combine(query->result, slot);
}

int pel_primes_query(uint64_t start, uint64_t stop, const struct pel_primes_query *what, void *ctx,
                     const struct pel_team *team, void *result, struct pel_error *err)
{
    struct query query = {.what = what, .ctx = ctx, .result = result};
    const struct pel_fold fold = {
        .slot_nbytes = what->partial_nbytes, .work = query_part, .take = take_partial};
    begin_partial(&query, result);
    int status = open_source(&query.source, start, stop, team, err);
    if (!status && query.source.plan.nchunks) {
        status = pel_fold_run(&query.source.plan, team, &fold, &query, err);
    } else if (!status) { /* stop < 7: the only part is the result */
        struct partial to = {&query, result};
        status = feed(&query.source, NULL, 0, &(struct sink){add_block, &to});
    }
    pel_sieve_plan_free(&query.source.plan);
    if (status)
        memset(result, 0, what->partial_nbytes);
    return status;
}

/* ---- parts ------------------------------------------------------------------------------------- */

struct parts {
    struct source source;
    const struct pel_primes_parts *what;
    void *ctx;
    int ended;     /* why the run ended early: what came first; atomic */
    bool by_sieve; /* that was a failure of the sieve, not a value of block() or end() */
};

struct part {
    struct parts *parts;
    uint64_t number;
};

/* What a thread returns that was stopped by the caller's functions. */
enum { STOPPED = 1 };

static bool end_by(struct parts *parts, int value)
{
    int none = 0;
    return __atomic_compare_exchange_n(&parts->ended, &none, value, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

static int stop_by(struct parts *parts, int value)
{
    if (value)
        end_by(parts, value);
    return value ? STOPPED : 0;
}

/* Before the caller is told, who may then stop other threads with values of its own. */
static int fail_by(struct parts *parts, int status)
{
    if (end_by(parts, status))
        parts->by_sieve = true;
    if (parts->what->failed)
        parts->what->failed(parts->ctx, status);
    return status;
}

static int pass_block(void *ctx, const uint64_t *primes, size_t n)
{
    const struct part *part = ctx;
    return stop_by(part->parts,
                   part->parts->what->block(part->parts->ctx, part->number, primes, n));
}

static int pass_part(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    struct parts *parts = ctx;
    struct part part = {parts, chunk};
    int status = feed(&parts->source, sieve, chunk, &(struct sink){pass_block, &part});
    if (!status && parts->what->end)
        status = stop_by(parts, parts->what->end(parts->ctx, chunk));
    return status < 0 ? fail_by(parts, status) : status;
}

int pel_primes_parts(uint64_t start, uint64_t stop, const struct pel_primes_parts *what, void *ctx,
                     const struct pel_team *team, struct pel_error *err)
{
    struct parts parts = {.what = what, .ctx = ctx};
    int status = open_source(&parts.source, start, stop, team, err);
    if (!status && parts.source.plan.nchunks)
        status = pel_sieve_run(&parts.source.plan, team, pass_part, &parts, err);
    else if (!status) /* stop < 7 */
        status = pass_part(&parts, NULL, 0);
    pel_sieve_plan_free(&parts.source.plan);
    if (status != STOPPED || !parts.by_sieve)
        return status == STOPPED ? parts.ended : status;
    return pel_error_set(err, parts.ended, PEL_STAGE_COMPUTE,
                         parts.ended == -ENOMEM ? "no memory for the sieve" : "cancelled");
}
