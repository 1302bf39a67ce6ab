/* What the tests of running queries share: data of all types, running a text, tables that are equal, and a
 * sink that checks what it is told. */
#ifndef PELTON_TEST_BULK_QUERY_H
#define PELTON_TEST_BULK_QUERY_H

#include <pelton/engine.h>

#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns x (f64), i (i64), f (f32), b (bool), s (string), j (i64, 1 everywhere). */
enum { DATA_COLUMNS = 6, DATA_ROWS = 200000 };
struct data {
    double x[DATA_ROWS];
    int64_t i[DATA_ROWS], j[DATA_ROWS];
    float f[DATA_ROWS];
    uint8_t b[DATA_ROWS];
    struct pel_string s[DATA_ROWS];
};

static const struct pel_field data_fields[DATA_COLUMNS] = {{"x", PEL_F64},    {"i", PEL_I64},
                                                           {"f", PEL_F32},    {"b", PEL_BOOL},
                                                           {"s", PEL_STRING}, {"j", PEL_I64}};

static inline void make_data(struct data *data, uint64_t seed)
{
    static const char *const texts[] = {"", "a", "ab", "pelton", "a longer text than the others"};
    struct test_random random = {seed};
    for (size_t k = 0; k < DATA_ROWS; k++) {
        uint64_t bits = test_random_next(&random);
        data->x[k] = ((double)(int64_t)(bits >> 11) * 0x1p-53 - 0.5) * (double)(1 << bits % 20);
        data->i[k] = (int64_t)(bits >> 20) - (INT64_C(1) << 43);
        data->f[k] = (float)data->x[k] / 3;
        data->b[k] = bits % 3 == 0;
        data->j[k] = 1;
        const char *text = texts[bits % 5];
        data->s[k] = (struct pel_string){*text ? text : NULL, strlen(text)};
    }
}

/* Filters, and which rows each leaves. */
static const char *const data_filters[] = {"", "where b | ", "where x > 60000 | ",
                                           "where x > 1e300 | "};

static inline bool data_left(const struct data *data, int filter, size_t row)
{
    switch (filter) {
    case 0:
        return true;
    case 1:
        return data->b[row];
    case 2:
        return data->x[row] > 60000; /* about 1 in 1000 */
    default:
        return false;
    }
}

static inline struct pel_source *data_source(const struct data *data, uint64_t nrows)
{
    const struct pel_column columns[DATA_COLUMNS] = {
        {.type = PEL_F64, .stride = 8, .data = data->x},
        {.type = PEL_I64, .stride = 8, .data = data->i},
        {.type = PEL_F32, .stride = 4, .data = data->f},
        {.type = PEL_BOOL, .stride = 1, .data = data->b},
        {.type = PEL_STRING, .stride = sizeof(struct pel_string), .data = data->s},
        {.type = PEL_I64, .stride = 8, .data = data->j}};
    struct pel_source *source;
    assert_int_equal(pel_source_columns(&source, data_fields, columns, DATA_COLUMNS, nrows, NULL),
                     0);
    return source;
}

static inline struct pel_plan *compile(const char *text, const struct pel_source *source)
{
    struct pel_plan *plan;
    struct pel_query_error mistake;
    if (pel_plan_compile(&plan, text, strlen(text), source->fields, source->nfields, &mistake))
        fail_msg("%s: %s (%s)", text, mistake.message, mistake.hint);
    return plan;
}

/* Of a source that stays. */
static inline int run_text(const char *text, struct pel_source *source, const struct pel_team *team,
                           const struct pel_run_options *options, struct pel_table *out,
                           struct pel_error *err)
{
    struct pel_plan *plan = compile(text, source);
    int status = pel_plan_table(plan, source, team, options, out, err);
    pel_plan_free(plan);
    if (status)
        assert_true(!out->memory && out->nrows == 0);
    return status;
}

static inline const void *cell(const struct pel_table *table, size_t column, uint64_t row)
{
    return (const char *)table->columns[column].data +
           (ptrdiff_t)row * table->columns[column].stride;
}

static inline void assert_same_tables(const struct pel_table *a, const struct pel_table *b)
{
    assert_int_equal(a->ncolumns, b->ncolumns);
    assert_int_equal(a->nrows, b->nrows);
    for (size_t k = 0; k < a->ncolumns; k++) {
        assert_string_equal(a->fields[k].name, b->fields[k].name);
        assert_int_equal(a->fields[k].type, b->fields[k].type);
        if (a->fields[k].type != PEL_STRING) {
            if (a->nrows)
                assert_memory_equal(a->columns[k].data, b->columns[k].data,
                                    (size_t)a->nrows * pel_type_nbytes(a->fields[k].type));
            continue;
        }
        for (uint64_t row = 0; row < a->nrows; row++) {
            const struct pel_string *s = cell(a, k, row), *t = cell(b, k, row);
            assert_int_equal(s->nbytes, t->nbytes);
            assert_true(s->nbytes == 0 || memcmp(s->text, t->text, s->nbytes) == 0);
        }
    }
}

/* Teams of 1, 2, 3 and 7 threads at each instruction set. */
static const int thread_counts[] = {1, 2, 3, 7};
#define FOR_EACH_TEAM(team)                                                                        \
    for (int level_ = 0; level_ <= (int)pel_isa_best(); level_++)                                  \
        for (int count_ = 0; count_ < 4; count_++)                                                 \
            for (struct pel_team                                                                   \
                     team = {.nthreads = thread_counts[count_], .isa = (enum pel_isa)level_},      \
                     *once_ = &team;                                                               \
                 once_; once_ = NULL)

/* The same at the best of them alone. */
#define FOR_EACH_COUNT(team)                                                                       \
    for (int count_ = 0; count_ < 4; count_++)                                                     \
        for (struct pel_team team = {.nthreads = thread_counts[count_], .isa = pel_isa_best()},    \
                             *once_ = &team;                                                       \
             once_; once_ = NULL)

#endif
