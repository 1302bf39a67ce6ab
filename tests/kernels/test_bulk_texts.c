/* Texts go with their chunk: no loop looks at one of a chunk before, whatever stands in its registers. */
#include "bulk_query.h"

#include <sys/mman.h>

/* Rows y (f64, (row % 10) / 10), k (i64, the row) and s (the row's number as text) in three chunks, the last two
 * of few rows, and in memory that nobody may read when they are released. */
enum { NFIELDS = 3, NCHUNKS = 3, ROOM = 8 };
static const size_t chunk_rows[NCHUNKS] = {PEL_CHUNK_ROWS, PEL_CHUNK_ROWS, 1500};
enum { NROWS = 2 * PEL_CHUNK_ROWS + 1500 };
static const struct pel_field fields[NFIELDS] = {{"y", PEL_F64}, {"k", PEL_I64}, {"s", PEL_STRING}};

struct rows {
    struct pel_column columns[NFIELDS];
    double y[PEL_CHUNK_ROWS];
    int64_t k[PEL_CHUNK_ROWS];
    struct pel_string s[PEL_CHUNK_ROWS];
    char texts[PEL_CHUNK_ROWS][ROOM];
};

static uint64_t next_chunk;
static struct rows *gone[NCHUNKS]; /* unmapped at the end, so that no chunk comes where another was */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    (void)ctx;
    (void)wanted;
    (void)err;
    next_chunk = 0;
    return 0;
}

static int next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    (void)ctx;
    (void)err;
    pthread_mutex_lock(&lock);
    uint64_t index = next_chunk < NCHUNKS ? next_chunk++ : NCHUNKS;
    pthread_mutex_unlock(&lock);
    if (index == NCHUNKS)
        return 0;
    struct rows *rows =
        mmap(NULL, sizeof *rows, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(rows != MAP_FAILED);
    for (size_t i = 0; i < chunk_rows[index]; i++) {
        uint64_t row = index * PEL_CHUNK_ROWS + i;
        rows->y[i] = (double)(row % 10) / 10;
        rows->k[i] = (int64_t)row;
        int n = snprintf(rows->texts[i], ROOM, "%06u", (unsigned)row);
        rows->s[i] = (struct pel_string){rows->texts[i], (size_t)n};
    }
    rows->columns[0] = (struct pel_column){PEL_F64, false, sizeof *rows->y, rows->y};
    rows->columns[1] = (struct pel_column){PEL_I64, false, sizeof *rows->k, rows->k};
    rows->columns[2] = (struct pel_column){PEL_STRING, false, sizeof *rows->s, rows->s};
    *chunk = (struct pel_chunk){index, chunk_rows[index], rows->columns, rows};
    return 1;
}

static void release(void *ctx, struct pel_chunk *chunk)
{
    (void)ctx;
    gone[chunk->index] = chunk->owner;
    assert_int_equal(mprotect(chunk->owner, sizeof(struct rows), PROT_NONE), 0);
}

static void end(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < NCHUNKS; i++)
        assert_int_equal(munmap(gone[i], sizeof(struct rows)), 0);
}

/* How many rows a query leaves. */
static int64_t count(const char *text, int nthreads, enum pel_isa isa)
{
    struct pel_source source = {.fields = fields,
                                .nfields = NFIELDS,
                                .nrows = NROWS,
                                .begin = begin,
                                .next = next,
                                .release = release,
                                .end = end};
    const struct pel_team team = {.nthreads = nthreads, .isa = isa};
    struct pel_table got;
    assert_int_equal(run_text(text, &source, &team, NULL, &got, NULL), 0);
    int64_t n = *(const int64_t *)cell(&got, 0, 0);
    pel_table_free(&got);
    return n;
}

static void test_chunks_that_are_gone(void **state)
{
    (void)state;
    int64_t some = 0, chosen = 0;
    for (uint64_t row = 0; row < NROWS; row++) {
        some += row % 10 < 2 && row < 131500 && row >= 3;
        chosen += row % 10 < 2 && row >= 70000;
    }
    FOR_EACH_TEAM(team)
    {
        assert_int_equal(
            count("where y < 0.2 | where s < \"131500\" | where k >= 3 | select count()",
                  team.nthreads, team.isa),
            some);
        assert_int_equal(
            count("where y < 0.2 | let t = where(k < 70000, \"a\", s) | where t < \"a\" | "
                  "where s >= t | select count()",
                  team.nthreads, team.isa),
            chosen);
        assert_int_equal(count("where s >= \"131072\" | select count()", team.nthreads, team.isa),
                         1500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chunks_that_are_gone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
