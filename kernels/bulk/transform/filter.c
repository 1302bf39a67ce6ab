/* Ordered filters in one pass: a piece's values are packed into a buffer while they are read, and
 * go to their place as soon as the pieces before have said how many they keep. */
#include "bulk/engine/machine/ops.h"
#include "bulk/reduce/values.h"
#include "bulk/stream.h"
#include "bulk/transform/relay.h"

#include <stdalign.h>
#include <string.h>

enum { WIDEST = 8, PIECE_ROWS = RELAY_SCRATCH_NBYTES / WIDEST };

struct filter {
    const struct mask_ops *ops;
    size_t n;

    /* Bit i of `bits`: whether row lo + i is kept; n <= PEL_BLOCK_ROWS. */
    void (*find)(const struct filter *filter, size_t lo, size_t n, uint64_t bits[MASK_WORDS]);
    const uint8_t *mask;
    struct pel_values x;
    enum value_type type; /* what x is compared as */
    block_function *compare;
    bool value_first;
    alignas(64) unsigned char value[64]; /* over and over, see struct operand */

    const unsigned char *kept; /* the values that are kept; NULL: rows */
    size_t kept_nbytes;
    unsigned char *out;
    bool streams;
};

/* ---- which rows ------------------------------------------------------------------------------ */

static size_t whole_words(size_t n)
{
    return (n + 63) / 64 * 64;
}

/* `n` values where they are, or in `padded`, if loops would read behind the last. */
static const void *whole(const void *values, size_t n, size_t nbytes, void *padded)
{
    if (n % 64 == 0)
        return values;
    memcpy(padded, values, n * nbytes);
    memset((unsigned char *)padded + n * nbytes, 0, (whole_words(n) - n) * nbytes);
    return padded;
}

static void find_true(const struct filter *filter, size_t lo, size_t n, uint64_t bits[MASK_WORDS])
{
    uint8_t padded[PEL_BLOCK_ROWS];
    const void *bytes = whole(filter->mask + lo, n, 1, padded);
    filter->ops->from_bytes(&(struct call){.out = bits, .in = {{bytes, 1}}, .n = whole_words(n)});
}

static const void *operands(const struct filter *filter, size_t lo, size_t n, void *block)
{
    const struct pel_values *x = &filter->x;
    if (filter->type == VALUE_F64)
        return whole((const double *)x->x + lo, n, sizeof(double), block);
    if (filter->type == VALUE_F32)
        return whole((const float *)x->x + lo, n, sizeof(float), block);
    return whole(pel_values_i64(x, lo, n, block), n, sizeof(int64_t), block);
}

static void find_compared(const struct filter *filter, size_t lo, size_t n,
                          uint64_t bits[MASK_WORDS])
{
    alignas(64) int64_t block[PEL_BLOCK_ROWS];
    struct operand x = {operands(filter, lo, n, block), 1}, value = {filter->value, 0};
    struct call call = {.out = bits, .in = {x, value}, .n = whole_words(n)};
    if (filter->value_first)
        call = (struct call){.out = bits, .in = {value, x}, .n = whole_words(n)};
    filter->compare(&call);
}

/* ---- to their places ------------------------------------------------------------------------- */

/* Which rows of a block, and how many. */
static size_t count_block(const struct filter *filter, size_t lo, size_t n,
                          uint64_t bits[MASK_WORDS])
{
    size_t nkept = 0;
    filter->find(filter, lo, n, bits);
    if (n % 64)
        bits[n / 64] &= (UINT64_C(1) << n % 64) - 1;
    for (size_t w = 0; w < whole_words(n) / 64; w++)
        nkept += (size_t)__builtin_popcountll(bits[w]);
    return nkept;
}

/* Packs what is kept of a block to `to`, which has room for all of it. */
static void keep_block(const struct filter *filter, size_t lo, size_t n,
                       const uint64_t bits[MASK_WORDS], void *to)
{
    alignas(64) uint64_t block[PEL_BLOCK_ROWS];
    const void *values = block;
    size_t nbytes = filter->kept_nbytes;
    if (filter->kept)
        values = whole(filter->kept + lo * nbytes, n, nbytes, block);
    else
        for (size_t i = 0; i < whole_words(n); i++)
            block[i] = lo + i;
    filter->ops->pack[nbytes](values, bits, whole_words(n), to);
}

/* `kept` becomes the results from `first` on. */
static void put(const struct filter *filter, uint64_t first, const void *kept, uint64_t n)
{
    unsigned char *out = filter->out + first * filter->kept_nbytes;
    size_t nbytes = n * filter->kept_nbytes;
    if (filter->streams)
        pel_stream_copy(out, kept, nbytes);
    else
        memcpy(out, kept, nbytes);
}

/* How many rows of a piece are kept. They go one behind the other to `kept`, if that is not NULL; or, with
 * `first`, which number the first of them has in the results, there, and `kept` is room for a block. */
static struct relay_sum walk(const struct filter *filter, size_t piece, unsigned char *kept,
                             const uint64_t *first)
{
    size_t nkept = 0, lo = piece * PIECE_ROWS;
    size_t hi = filter->n - lo < PIECE_ROWS ? filter->n : lo + PIECE_ROWS;
    for (; lo < hi; lo += PEL_BLOCK_ROWS) {
        uint64_t bits[MASK_WORDS];
        size_t n = hi - lo < PEL_BLOCK_ROWS ? hi - lo : PEL_BLOCK_ROWS;
        size_t count = count_block(filter, lo, n, bits);
        if (kept && count)
            keep_block(filter, lo, n, bits, first ? kept : kept + nkept * filter->kept_nbytes);
        if (first)
            put(filter, *first + nkept, kept, count);
        nkept += count;
    }
    return (struct relay_sum){.whole = nkept};
}

static struct relay_sum keep_piece(void *ctx, size_t piece, void *kept)
{
    return walk(ctx, piece, kept, NULL);
}

static void put_piece(void *ctx, size_t piece, struct relay_sum sum, struct relay_sum before,
                      void *kept)
{
    (void)piece;
    put(ctx, before.whole, kept, sum.whole);
    stream_end();
}

/* Block by block: a block's results stay in the first level of cache, where a piece's don't. */
static struct relay_sum keep_and_put_piece(void *ctx, size_t piece, struct relay_sum before)
{
    alignas(64) unsigned char kept[PEL_BLOCK_ROWS * WIDEST];
    struct relay_sum sum = walk(ctx, piece, kept, &before.whole);
    stream_end();
    return sum;
}

static int keep(struct filter *filter, const struct pel_team *team, size_t *nout,
                struct pel_error *err)
{
    const struct relay_work work = {.npieces = pel_reduce_leaves(filter->n, PIECE_ROWS),
                                    .ctx = filter,
                                    .measure = keep_piece,
                                    .place = put_piece,
                                    .measure_and_place = keep_and_put_piece,
                                    .overwrites = filter->out == filter->kept};
    struct relay_sum total;
    filter->ops = pel_mask_ops_for(team->isa);
    filter->streams =
        filter->out != filter->kept && pel_stream_pays(filter->n * filter->kept_nbytes);
    int status = pel_relay_run(&work, team, &total, err);
    *nout = (size_t)total.whole;
    return status;
}

int pel_filter(const void *values, size_t value_nbytes, const uint8_t *mask, size_t n, void *out,
               size_t *nout, const struct pel_team *team, struct pel_error *err)
{
    *nout = 0;
    if (value_nbytes != 1 && value_nbytes != 2 && value_nbytes != 4 && value_nbytes != 8)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "values that are filtered are of 1, 2, 4 or 8 bytes");
    struct filter filter = {.n = n,
                            .find = find_true,
                            .mask = mask,
                            .kept = values,
                            .kept_nbytes = value_nbytes,
                            .out = out};
    return keep(&filter, team, nout, err);
}

int pel_where(const uint8_t *mask, size_t n, uint64_t *rows, size_t *nrows,
              const struct pel_team *team, struct pel_error *err)
{
    *nrows = 0;
    struct filter filter = {.n = n,
                            .find = find_true,
                            .mask = mask,
                            .kept_nbytes = sizeof *rows,
                            .out = (unsigned char *)rows};
    return keep(&filter, team, nrows, err);
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static enum value_type compared_as(enum pel_type type)
{
    return type == PEL_F64 ? VALUE_F64 : type == PEL_F32 ? VALUE_F32 : VALUE_I64;
}

/* The value that x is compared with, as it is compared, 64 bytes long. */
static void repeat_value(struct filter *filter, const void *value)
{
    size_t nbytes = filter->type == VALUE_F32 ? sizeof(float) : sizeof(int64_t);
    int64_t widened[PEL_BLOCK_ROWS];
    const struct pel_values one = {filter->x.type, value, filter->x.lanes};
    if (filter->type == VALUE_I64)
        value = pel_values_i64(&one, 0, 1, widened);
    for (size_t i = 0; i < sizeof filter->value; i += nbytes)
        memcpy(filter->value + i, value, nbytes);
}

/* Fills in what find_compared needs. */
static int compare_with(struct filter *filter, enum pel_type type, const void *x,
                        enum pel_compare compare, const void *value, const struct pel_team *team,
                        struct pel_error *err)
{
    static const enum opcode ops[] = {[PEL_LT] = OP_LT, [PEL_LE] = OP_LE, [PEL_GT] = OP_LT,
                                      [PEL_GE] = OP_LE, [PEL_EQ] = OP_EQ, [PEL_NE] = OP_NE};
    int status = pel_values_check(type, err);
    if (status)
        return status;
    if ((unsigned)compare > PEL_NE)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "there is no such comparison");
    filter->find = find_compared;
    filter->x = (struct pel_values){type, x, pel_lanes_for(team->isa)};
    filter->type = compared_as(type);
    filter->compare = pel_mask_ops_for(team->isa)->of[ops[compare]][filter->type];
    filter->value_first = compare == PEL_GT || compare == PEL_GE;
    repeat_value(filter, value);
    return 0;
}

int pel_filter_if(enum pel_type type, const void *x, size_t n, enum pel_compare compare,
                  const void *value, void *out, size_t *nout, const struct pel_team *team,
                  struct pel_error *err)
{
    struct filter filter = {.n = n, .kept = x, .kept_nbytes = pel_type_nbytes(type), .out = out};
    *nout = 0;
    int status = compare_with(&filter, type, x, compare, value, team, err);
    return status ? status : keep(&filter, team, nout, err);
}

int pel_where_if(enum pel_type type, const void *x, size_t n, enum pel_compare compare,
                 const void *value, uint64_t *rows, size_t *nrows, const struct pel_team *team,
                 struct pel_error *err)
{
    struct filter filter = {.n = n, .kept_nbytes = sizeof *rows, .out = (unsigned char *)rows};
    *nrows = 0;
    int status = compare_with(&filter, type, x, compare, value, team, err);
    return status ? status : keep(&filter, team, nrows, err);
}
