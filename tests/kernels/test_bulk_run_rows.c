/* Rows of compiled queries, to sinks and into tables: order, parts, skip, take, take while; what sinks and
 * sources do wrong; the lowest row at fault; cancellation; limits of memory. */
#include "bulk_query.h"

#include <time.h>

static struct data data;

/* ---- a sink that checks -------------------------------------------------------------------------------- */

enum { MAX_PARTS = 16 };

struct checking_sink {
    pthread_mutex_t lock;
    bool begun, failed;
    int status;
    uint64_t nrows; /* promised */
    struct {
        bool ended;
        size_t n;
        double *values; /* of the first column, f64 or i64 as f64 */
    } parts[MAX_PARTS];

    int fail_part, fail_with;  /* rows() of this part gives that */
    bool fail_end;             /* end() rather */
    struct pel_cancel *cancel; /* raised in the first call of rows */
};

static int sink_begin(void *ctx, const struct pel_field *fields, size_t nfields, uint64_t nrows,
                      struct pel_error *err)
{
    struct checking_sink *sink = ctx;
    assert_false(sink->begun);
    sink->begun = true;
    sink->nrows = nrows;
    assert_true(fields && nfields > 0);
    if (sink->fail_part == -2)
        return pel_error_set(err, sink->fail_with, PEL_STAGE_WRITE, "no beginning");
    return 0;
}

static int sink_rows(void *ctx, uint64_t part, const struct pel_column *columns, size_t nrows,
                     struct pel_error *err)
{
    struct checking_sink *sink = ctx;
    if (sink->cancel)
        pel_cancel_request(sink->cancel);
    assert_true(nrows > 0 && part < MAX_PARTS);
    if (sink->fail_part == (int)part && !sink->fail_end)
        return pel_error_set(err, sink->fail_with, PEL_STAGE_WRITE, "the sink is full");
    pthread_mutex_lock(&sink->lock);
    assert_true(sink->begun && !sink->parts[part].ended);
    double *values =
        realloc(sink->parts[part].values, (sink->parts[part].n + nrows) * sizeof *values);
    for (size_t i = 0; i < nrows; i++) {
        const void *at = (const char *)columns[0].data + (ptrdiff_t)i * columns[0].stride;
        values[sink->parts[part].n + i] =
            columns[0].type == PEL_F64 ? *(const double *)at : (double)*(const int64_t *)at;
    }
    sink->parts[part].values = values;
    sink->parts[part].n += nrows;
    pthread_mutex_unlock(&sink->lock);
    return 0;
}

static int sink_end(void *ctx, uint64_t part, struct pel_error *err)
{
    struct checking_sink *sink = ctx;
    assert_true(part < MAX_PARTS);
    if (sink->fail_part == (int)part && sink->fail_end)
        return pel_error_set(err, sink->fail_with, PEL_STAGE_WRITE, "the sink is full");
    pthread_mutex_lock(&sink->lock);
    assert_false(sink->parts[part].ended);
    sink->parts[part].ended = true;
    pthread_mutex_unlock(&sink->lock);
    return 0;
}

static void sink_failed(void *ctx, int status)
{
    struct checking_sink *sink = ctx;
    pthread_mutex_lock(&sink->lock);
    assert_true(status < 0);
    sink->failed = true;
    pthread_mutex_unlock(&sink->lock);
}

static struct checking_sink new_sink(void)
{
    return (struct checking_sink){.lock = PTHREAD_MUTEX_INITIALIZER, .fail_part = -1};
}

static int run_sink(const char *text, struct pel_source *source, const struct pel_team *team,
                    struct checking_sink *sink, struct pel_error *err)
{
    const struct pel_sink calls = {sink, sink_begin, sink_rows, sink_end, sink_failed};
    struct pel_plan *plan = compile(text, source);
    int status = pel_plan_run(plan, source, &calls, team, NULL, err);
    pel_plan_free(plan);
    return status;
}

/* All values in order; parts have no gap. */
static double *sink_values(struct checking_sink *sink, size_t *n)
{
    double *all = malloc(DATA_ROWS * sizeof *all);
    bool ended = true;
    *n = 0;
    for (int part = 0; part < MAX_PARTS; part++) {
        assert_true(ended || !sink->parts[part].ended);
        ended = sink->parts[part].ended;
        assert_true(ended || sink->parts[part].n == 0);
        if (sink->parts[part].n)
            memcpy(all + *n, sink->parts[part].values, sink->parts[part].n * sizeof *all);
        *n += sink->parts[part].n;
        free(sink->parts[part].values);
    }
    return all;
}

static void drop_sink(struct checking_sink *sink)
{
    for (int part = 0; part < MAX_PARTS; part++)
        free(sink->parts[part].values);
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

static const size_t sizes[] = {0, 1, 1023, 1025, 65536, 65537, DATA_ROWS};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

struct selection {
    const char *text;
    int filter; /* 0: none, 1: b, 2: x > 60000 */
    size_t skip, limit;
    double end; /* ends before the first x > end */
};

static size_t select_plainly(const struct selection *what, size_t n, double *out)
{
    size_t seen = 0, kept = 0;
    for (size_t k = 0; k < n && kept < what->limit; k++) {
        if (what->filter == 1 ? !data.b[k] : what->filter == 2 ? !(data.x[k] > 60000) : false)
            continue;
        if (data.x[k] > what->end)
            break;
        if (seen++ >= what->skip)
            out[kept++] = data.x[k] * 2;
    }
    return kept;
}

static const struct selection selections[] = {
    {"select x * 2", 0, 0, SIZE_MAX, 1e300},
    {"where b | select x * 2", 1, 0, SIZE_MAX, 1e300},
    {"where x > 60000 | select x * 2", 2, 0, SIZE_MAX, 1e300},
    {"take 0 | select x * 2", 0, 0, 0, 1e300},
    {"take 1 | select x * 2", 0, 0, 1, 1e300},
    {"take 65536 | select x * 2", 0, 0, 65536, 1e300},
    {"skip 65536 | select x * 2", 0, 65536, SIZE_MAX, 1e300},
    {"skip 1000 | take 70000 | select x * 2", 0, 1000, 70000, 1e300},
    {"where b | skip 30000 | take 20000 | select x * 2", 1, 30000, 20000, 1e300},
    {"where b | skip 300000 | select x * 2", 1, 300000, SIZE_MAX, 1e300},
    {"take while x <= 200000 | select x * 2", 0, 0, SIZE_MAX, 200000},
    {"where b | take while x <= 240000 | select x * 2", 1, 0, SIZE_MAX, 240000},
    {"where b | take while x <= 240000 | skip 10 | take 500 | select x * 2", 1, 10, 500, 240000},
};

static void rows(void **state)
{
    (void)state;
    double *expected = malloc(DATA_ROWS * sizeof *expected);
    for (size_t s = 0; s < sizeof selections / sizeof selections[0]; s++)
        for (size_t k = 0; k < NSIZES; k++) {
            size_t nexpected = select_plainly(&selections[s], sizes[k], expected);
            struct pel_source *source = data_source(&data, sizes[k]);
            FOR_EACH_COUNT(team)
            {
                team.isa = (enum pel_isa)((s + k + (size_t)count_) % (pel_isa_best() + 1));
                struct checking_sink sink = new_sink();
                size_t n;
                assert_int_equal(run_sink(selections[s].text, source, &team, &sink, NULL), 0);
                assert_true(sink.begun && !sink.failed);
                double *got = sink_values(&sink, &n);
                assert_int_equal(n, nexpected);
                assert_true(n == 0 || memcmp(got, expected, n * sizeof *got) == 0);
                assert_true(sink.nrows == PEL_ROWS_UNKNOWN || sink.nrows == n);
                free(got);

                struct pel_table table;
                assert_int_equal(run_text(selections[s].text, source, &team, NULL, &table, NULL),
                                 0);
                assert_int_equal(table.nrows, nexpected);
                assert_true(n == 0 || memcmp(table.columns[0].data, expected, n * 8) == 0);
                assert_int_equal((uintptr_t)table.columns[0].data % 64, 0);
                pel_table_free(&table);
            }
            pel_source_free(source);
        }
    free(expected);
}

/* All types, texts included, from chunks that are long gone. */
static void types(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, 70000);
    FOR_EACH_COUNT(team)
    for (int filtered = 0; filtered < 2; filtered++) {
        struct pel_table got;
        assert_int_equal(
            run_text(filtered ? "where b | select x, i, f, b, s, row" : "select x, i, f, b, s, row",
                     source, &team, NULL, &got, NULL),
            0);
        uint64_t at = 0;
        for (size_t k = 0; k < 70000; k++) {
            if (filtered && !data.b[k])
                continue;
            const struct pel_string *s = cell(&got, 4, at);
            assert_true(*(const double *)cell(&got, 0, at) == data.x[k]);
            assert_true(*(const int64_t *)cell(&got, 1, at) == data.i[k]);
            assert_true(*(const float *)cell(&got, 2, at) == data.f[k]);
            assert_true(*(const uint8_t *)cell(&got, 3, at) == data.b[k]);
            assert_true(s->nbytes == data.s[k].nbytes && (s->text != data.s[k].text || !s->text));
            assert_true(s->nbytes == 0 || memcmp(s->text, data.s[k].text, s->nbytes) == 0);
            assert_true(*(const int64_t *)cell(&got, 5, at) == (int64_t)k);
            at++;
        }
        assert_int_equal(got.nrows, at);
        pel_table_free(&got);
    }
    pel_source_free(source);
}

/* A table that goes to a sink. */
static void tables_to_sinks(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, 150000);
    FOR_EACH_COUNT(team)
    {
        struct checking_sink sink = new_sink();
        size_t n;
        assert_int_equal(
            run_sink("let r = row | order by r desc | select r", source, &team, &sink, NULL), 0);
        double *got = sink_values(&sink, &n);
        assert_int_equal(n, 150000);
        assert_int_equal(sink.nrows, 150000);
        for (size_t k = 0; k < n; k++)
            assert_true(got[k] == (double)(n - 1 - k));
        free(got);
        sink = new_sink();
        assert_int_equal(run_sink("count", source, &team, &sink, NULL), 0);
        got = sink_values(&sink, &n);
        assert_true(n == 1 && sink.nrows == 1 && got[0] == 150000);
        free(got);
        if (team.nthreads > 2)
            break;
    }
    pel_source_free(source);
}

/* ---- faults ------------------------------------------------------------------------------------------------ */

/* Rows where j is 0: a division by it fails. */
static void lowest_row(void **state)
{
    (void)state;
    static struct data own;
    memcpy(&own, &data, sizeof own);
    static const size_t faults[] = {199999, 70001, 70000, 65535};
    struct pel_source *source = data_source(&own, DATA_ROWS);
    for (size_t k = 0; k < 4; k++) {
        own.j[faults[k]] = 0;
        char row[32], text[100];
        snprintf(row, sizeof row, "%zu", faults[k]);
        FOR_EACH_COUNT(team)
        {
            static const char *const queries[] = {"select i // j",
                                                  "sum i // j",
                                                  "where i // j > 0 | count",
                                                  "order by i // j",
                                                  "group by i // j | select count()",
                                                  "any i // j < -9000000000000000"};
            struct pel_error err = {0};
            for (size_t q = 0; q < 6; q++) {
                struct pel_table got;
                assert_int_equal(run_text(queries[q], source, &team, NULL, &got, &err), -EDOM);
                assert_non_null(strstr(err.message, row));
            }
            struct checking_sink sink = new_sink();
            err = (struct pel_error){0};
            assert_int_equal(run_sink("select i // j", source, &team, &sink, &err), -EDOM);
            assert_non_null(strstr(err.message, row));
            assert_true(sink.failed);
            for (size_t part = 0; part < MAX_PARTS; part++)
                assert_int_equal(sink.parts[part].n,
                                 part < faults[k] / PEL_CHUNK_ROWS ? PEL_CHUNK_ROWS : 0);
            drop_sink(&sink);
        }
        /* What comes before it is all that is looked at. */
        for (int t = 0; t < 4; t++)
            for (int more = 0; more < 2; more++) {
                struct pel_team team = pel_team(thread_counts[t]);
                struct pel_table got;
                snprintf(text, sizeof text, "let q = i // j | select q | take %zu",
                         faults[k] + (size_t)more);
                assert_int_equal(run_text(text, source, &team, NULL, &got, NULL), more ? -EDOM : 0);
                pel_table_free(&got);
                snprintf(text, sizeof text, "take while row < %zu | select i // j", faults[k]);
                snprintf(text, sizeof text, "any row * j == %zu and i // j == i", faults[k] - 1);
                assert_int_equal(run_text(text, source, &team, NULL, &got, NULL), 0);
                pel_table_free(&got);
            }
    }
    pel_source_free(source);
}

static void failing_sinks(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS);
    FOR_EACH_COUNT(team)
    for (int part = -2; part < 4; part++)
        for (int how = 0; how < 8; how++) {
            if (part == -1)
                continue;
            struct checking_sink sink = new_sink();
            struct pel_error err = {0};
            sink.fail_part = part;
            sink.fail_with = how & 1 ? -ENOSPC : 42;
            sink.fail_end = how & 2;
            const char *text = how & 4 ? "order by x" : "where b";
            assert_int_equal(run_sink(text, source, &team, &sink, &err), sink.fail_with);
            assert_true(err.message[0]);
            drop_sink(&sink);
        }
    pel_source_free(source);
}

/* A range whose chunks fail, or raise a flag. */
struct odd_source {
    struct pel_source source, *inner;
    uint64_t fail_next, fail_fill; /* chunks */
    uint64_t cancel_at;
    struct pel_cancel cancel;
    int begun, ended, lent, handed; /* atomic */
    int wait_for; /* the first chunk is not filled before so many were handed out */
    bool fail_begin;
};

static int odd_begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct odd_source *self = ctx;
    if (self->fail_begin)
        return pel_error_set(err, -EIO, PEL_STAGE_READ, "no pass");
    self->begun++;
    return self->inner->begin(self->inner->ctx, wanted, err);
}

static int odd_next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct odd_source *self = ctx;
    int status = self->inner->next(self->inner->ctx, chunk, err);
    if (status <= 0)
        return status;
    if (chunk->index >= self->cancel_at)
        pel_cancel_request(&self->cancel);
    if (chunk->index >= self->fail_next) {
        self->inner->release(self->inner->ctx, chunk);
        return pel_error_set(err, -EIO, PEL_STAGE_READ, "next has failed");
    }
    __atomic_fetch_add(&self->lent, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&self->handed, 1, __ATOMIC_RELAXED);
    return 1;
}

static int odd_fill(void *ctx, struct pel_chunk *chunk, uint64_t *row, struct pel_error *err)
{
    struct odd_source *self = ctx;
    for (int ms = 0; chunk->index == 0 && ms < 1000; ms++) /* there may be only one thread */
        if (__atomic_load_n(&self->handed, __ATOMIC_RELAXED) < self->wait_for)
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (chunk->index < self->fail_fill)
        return self->inner->fill(self->inner->ctx, chunk, row, err);
    *row = chunk->index * PEL_CHUNK_ROWS + 5;
    char message[40];
    snprintf(message, sizeof message, "fill %d", (int)chunk->index);
    return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE, message);
}

static void odd_release(void *ctx, struct pel_chunk *chunk)
{
    struct odd_source *self = ctx;
    __atomic_fetch_sub(&self->lent, 1, __ATOMIC_RELAXED);
    self->inner->release(self->inner->ctx, chunk);
}

static void odd_end(void *ctx)
{
    struct odd_source *self = ctx;
    assert_int_equal(self->lent, 0);
    self->ended++;
    self->inner->end(self->inner->ctx);
}

static struct odd_source odd(int64_t stop)
{
    struct odd_source self = {
        .fail_next = UINT64_MAX, .fail_fill = UINT64_MAX, .cancel_at = UINT64_MAX};
    assert_int_equal(pel_source_range(&self.inner, "x", 1, stop, 1, NULL), 0);
    self.source = *self.inner;
    self.source.nrows = PEL_ROWS_UNKNOWN;
    self.source.begin = odd_begin;
    self.source.next = odd_next;
    self.source.fill = odd_fill;
    self.source.release = odd_release;
    self.source.end = odd_end;
    return self;
}

/* The second chunk is at work already when the first one ends the result, and has such rows, too. */
static void end_before_others(void **state)
{
    (void)state;
    struct odd_source self = odd(200000);
    self.source.ctx = &self;
    self.wait_for = 2;
    struct pel_team team = pel_team(2);
    struct pel_table got;
    assert_int_equal(run_text("take while x % 65536 != 5", &self.source, &team, NULL, &got, NULL),
                     0);
    assert_int_equal(got.nrows, 4);
    pel_table_free(&got);
    pel_source_free(self.inner);
}

static void failing_sources(void **state)
{
    (void)state;
    static const char *const queries[] = {"sum",
                                          "select x + 1",
                                          "skip 5 | take 500000",
                                          "order by x",
                                          "select x - mean(x)",
                                          "group by x | select count()",
                                          "select cumsum(cumsum(x))"};
    FOR_EACH_COUNT(team)
    for (size_t q = 0; q < 7; q++)
        for (int how = 0; how < 4; how++) {
            struct odd_source self = odd(300000);
            self.source.ctx = &self;
            self.fail_begin = how == 0;
            if (how == 1)
                self.fail_next = 2;
            if (how >= 2)
                self.fail_fill = how == 2 ? 0 : 3;
            struct pel_table got;
            struct pel_error err = {0};
            int status = run_text(queries[q], &self.source, &team, NULL, &got, &err);
            assert_int_equal(status, how < 2 ? -EIO : -EBADMSG);
            assert_string_equal(err.message, how == 0   ? "no pass"
                                             : how == 1 ? "next has failed"
                                             : how == 2 ? "fill 0"
                                                        : "fill 3");
            assert_int_equal(self.begun, self.ended);
            pel_source_free(self.inner);
        }
}

/* What fails behind the last row that counts does not. */
static void enough(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "take 131072",
        "take while x < 131000",
        "any x == 131072",
        "all x < 131072",
        "first x",
        "skip 100 | take 3",
        "where cumsum(1) < 9 | take while cumsum(x) < 37 | take 3"};
    FOR_EACH_COUNT(team)
    for (size_t q = 0; q < 7; q++)
        for (int how = 0; how < 2; how++) {
            struct odd_source self = odd(300000);
            self.source.ctx = &self;
            *(how ? &self.fail_next : &self.fail_fill) = 2;
            struct pel_table got;
            assert_int_equal(run_text(queries[q], &self.source, &team, NULL, &got, NULL), 0);
            assert_int_equal(self.begun, self.ended);
            pel_table_free(&got);
            struct checking_sink sink = new_sink();
            size_t n;
            assert_int_equal(run_sink(queries[q], &self.source, &team, &sink, NULL), 0);
            double *values = sink_values(&sink, &n);
            assert_int_equal(n, q == 0 ? 131072 : q == 1 ? 130999 : q >= 5 ? 3 : 1);
            assert_false(sink.failed);
            free(values);
            pel_source_free(self.inner);
        }
}

static void cancellation(void **state)
{
    (void)state;
    static const char *const queries[] = {"sum",
                                          "select x + 1",
                                          "where x % 3 == 0",
                                          "order by x",
                                          "select x - mean(x)",
                                          "group by x | select count()",
                                          "median x",
                                          "where x % 2 == 0 | skip 1000 | take 100000",
                                          "select cumsum(x)"};
    for (int t = 0; t < 4; t++)
        for (size_t q = 0; q < 9; q++)
            for (uint64_t at = 0; at < 3; at++) {
                struct odd_source self = odd(400000);
                self.source.ctx = &self;
                self.cancel_at = at;
                struct pel_team team = pel_team(thread_counts[t]);
                team.cancel = &self.cancel;
                struct pel_table got;
                assert_int_equal(run_text(queries[q], &self.source, &team, NULL, &got, NULL),
                                 -ECANCELED);
                assert_int_equal(self.begun, self.ended);
                pel_source_free(self.inner);
            }
    /* By the sink. */
    struct pel_source *source = data_source(&data, DATA_ROWS);
    for (int t = 0; t < 4; t++) {
        struct pel_cancel cancel = {0};
        struct pel_team team = pel_team(thread_counts[t]);
        team.nthreads =
            thread_counts[t] > 2 ? 2 : thread_counts[t]; /* else all chunks are taken by then */
        team.cancel = &cancel;
        struct checking_sink sink = new_sink();
        sink.cancel = &cancel;
        assert_int_equal(run_sink("where b", source, &team, &sink, NULL), -ECANCELED);
        assert_true(sink.failed);
        drop_sink(&sink);
    }
    pel_source_free(source);
}

/* ---- limits -------------------------------------------------------------------------------------------------- */

static void memory_limits(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "select x", "where x > -1e9", "order by x", "median x", "select histogram(x, 200000, 0, 1)",
        "select s"};
    struct pel_source *source = data_source(&data, DATA_ROWS);
    for (int t = 0; t < 4; t++)
        for (size_t q = 0; q < 6; q++) {
            struct pel_team team = pel_team(thread_counts[t]);
            struct pel_run_options options = {.memory_bytes = 1234567};
            struct pel_error err = {0};
            struct pel_table got;
            assert_int_equal(run_text(queries[q], source, &team, &options, &got, &err), -ENOBUFS);
            assert_non_null(strstr(err.message, "1234567"));
            options.memory_bytes = 100 << 20;
            assert_int_equal(run_text(queries[q], source, &team, &options, &got, &err), 0);
            pel_table_free(&got);
            /* What streams needs none. */
            options.memory_bytes = 100000;
            assert_int_equal(run_text("select sum(x), var(f)", source, &team, &options, &got, &err),
                             0);
            pel_table_free(&got);
        }
    pel_source_free(source);
}

static void progress(void **state)
{
    (void)state;
    struct pel_source *source = data_source(&data, DATA_ROWS);
    for (int t = 0; t < 4; t++) {
        struct pel_progress progress = {0};
        struct pel_team team = pel_team(thread_counts[t]);
        team.progress = &progress;
        struct pel_table got;
        assert_int_equal(
            run_text("select (x - mean(x)) | order by x", source, &team, NULL, &got, NULL), 0);
        assert_int_equal(progress.total, 2 * DATA_ROWS);
        assert_int_equal(progress.done, 2 * DATA_ROWS);
        pel_table_free(&got);
    }
    pel_source_free(source);
}

int main(void)
{
    make_data(&data, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(types),
        cmocka_unit_test(tables_to_sinks),
        cmocka_unit_test(lowest_row),
        cmocka_unit_test(failing_sinks),
        cmocka_unit_test(end_before_others),
        cmocka_unit_test(failing_sources),
        cmocka_unit_test(enough),
        cmocka_unit_test(cancellation),
        cmocka_unit_test(memory_limits),
        cmocka_unit_test(progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
