/* Data for the tests of groups, and tables compared byte for byte. */
#ifndef PELTON_TEST_GROUPS_H
#define PELTON_TEST_GROUPS_H

#include "support.h"

#include <pelton/bulk.h>

#include "bulk/group.h"
#include "bulk/group/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int group_threads[] = {1, 2, 3, 7};

static inline void *group_room(size_t n, size_t nbytes)
{
    void *memory = calloc(n + 1, nbytes);
    assert_non_null(memory);
    return memory;
}

static inline double group_nan(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double group_float(struct test_random *random, size_t nkeys)
{
    static const uint64_t nans[] = {UINT64_C(0x7ff8000000000000), UINT64_C(0xfff8000000000001),
                                    UINT64_C(0x7ff800000000beef)};
    static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, 0x1p-1074, -0x1p-1030, 1e300};
    size_t which = test_random_below(random, 4 * nkeys + 40);
    if (which < 3)
        return group_nan(nans[which]);
    if (which < 10)
        return special[which - 3];
    return ((double)(which / 4) - (double)nkeys / 2) * 0.37;
}

/* n values of the type, of about nkeys different ones. */
static inline struct pel_column group_column(enum pel_type type, size_t n, size_t nkeys,
                                             struct test_random *random)
{
    size_t nbytes = pel_type_nbytes(type);
    char *data = group_room(n, nbytes);
    for (size_t i = 0; i < n; i++) {
        size_t which = test_random_below(random, nkeys);
        if (type == PEL_F64) {
            double value = group_float(random, nkeys);
            memcpy(data + i * nbytes, &value, nbytes);
        } else if (type == PEL_F32) {
            float value = (float)group_float(random, nkeys);
            memcpy(data + i * nbytes, &value, nbytes);
        } else if (type == PEL_STRING) {
            static const char text[] = "the quick brown fox jumps over the lazy dog and runs away";
            size_t length = which % (sizeof text - 1);
            struct pel_string value = {length ? text + which / 64 % (sizeof text - length) : NULL,
                                       length};
            memcpy(data + i * nbytes, &value, nbytes);
        } else {
            int64_t value = (int64_t)which - (int64_t)(nkeys / 3);
            if (which == 5 && type == PEL_I64)
                value = INT64_MIN;
            if (type == PEL_BOOL)
                value &= 1;
            memcpy(data + i * nbytes, &value, nbytes); /* little end first: the low bytes */
        }
    }
    return (struct pel_column){type, false, (ptrdiff_t)nbytes, data};
}

static inline void group_assert_equal(const struct pel_table *a, const struct pel_table *b)
{
    assert_int_equal(a->ncolumns, b->ncolumns);
    assert_int_equal(a->nrows, b->nrows);
    for (size_t c = 0; c < a->ncolumns; c++) {
        const struct pel_column *x = &a->columns[c], *y = &b->columns[c];
        assert_int_equal(x->type, y->type);
        assert_int_equal(a->fields[c].type, x->type);
        if (x->type != PEL_STRING) {
            assert_memory_equal(x->data, y->data, a->nrows * pel_type_nbytes(x->type));
            continue;
        }
        const struct pel_string *s = x->data, *t = y->data;
        for (size_t i = 0; i < a->nrows; i++) {
            assert_int_equal(s[i].nbytes, t[i].nbytes);
            if (s[i].nbytes)
                assert_memory_equal(s[i].text, t[i].text, s[i].nbytes);
            else
                assert_null(s[i].text);
        }
    }
}

/* Rows in memory, by which keys, and all aggregates that there are. */
enum { GROUP_VALUES = 4, GROUP_AGGREGATES = 64 };
struct group_case {
    struct pel_column keys[3], values[GROUP_VALUES];
    size_t nkeys, naggregations, nrows;
    struct pel_aggregation aggregations[GROUP_AGGREGATES];
};

static inline bool group_takes(enum pel_aggregate kind, enum pel_type type)
{
    if (kind == PEL_AGGREGATE_COUNT || kind == PEL_AGGREGATE_ANY || kind == PEL_AGGREGATE_ALL)
        return type == PEL_BOOL;
    return kind != PEL_AGGREGATE_QUANTILE; /* test_bulk_group_quantiles.c */
}

static inline struct group_case group_case_make(const enum pel_type *keys, size_t nkeys,
                                                size_t ndifferent, size_t nrows,
                                                struct test_random *random)
{
    static const enum pel_type values[] = {PEL_F64, PEL_I64, PEL_BOOL, PEL_F32};
    struct group_case made = {.nkeys = nkeys, .nrows = nrows};
    for (size_t k = 0; k < nkeys; k++)
        made.keys[k] = group_column(keys[k], nrows, ndifferent, random);
    made.aggregations[made.naggregations++] =
        (struct pel_aggregation){PEL_AGGREGATE_COUNT, NULL, 0};
    for (size_t v = 0; v < GROUP_VALUES; v++) {
        made.values[v] = group_column(values[v], nrows, v ? 1000 : 1000000, random);
        /* Ints whose sums stay within int64. */
        for (size_t i = 0; values[v] == PEL_I64 && i < nrows; i++)
            ((int64_t *)made.values[v].data)[i] %= INT64_C(1) << 40;
    }
    return made;
}

/* One aggregate of so many that there are, starting with number `first`. They refer to the case, which must
 * not move any more. */
static inline void group_case_fill(struct group_case *made, size_t one_of, size_t first)
{
    made->naggregations = 1;
    size_t number = first;
    for (int kind = 0; kind < PEL_AGGREGATE_KIND_COUNT; kind++)
        for (size_t v = 0; v < GROUP_VALUES; v++)
            if (group_takes((enum pel_aggregate)kind, made->values[v].type) &&
                number++ % one_of == 0)
                made->aggregations[made->naggregations++] =
                    (struct pel_aggregation){(enum pel_aggregate)kind, &made->values[v], 0};
}

/* pel_group at each number of threads against the reference. */
static inline void group_check(const struct group_case *made)
{
    struct pel_table expected;
    assert_int_equal(pel_group_reference(made->keys, made->nkeys, made->aggregations,
                                         made->naggregations, made->nrows, NULL, &expected),
                     0);
    for (size_t t = 0; t < sizeof group_threads / sizeof group_threads[0]; t++) {
        struct pel_team team = pel_team(group_threads[t]);
        struct pel_error err = {0};
        struct pel_table got;
        assert_int_equal(pel_group(made->keys, made->nkeys, made->aggregations, made->naggregations,
                                   made->nrows, &team, NULL, &got, &err),
                         0);
        group_assert_equal(&got, &expected);
        pel_table_free(&got);
    }
    pel_table_free(&expected);
}

static inline void group_case_free(struct group_case *made)
{
    for (size_t k = 0; k < made->nkeys; k++)
        free((void *)(uintptr_t)made->keys[k].data);
    for (size_t v = 0; v < GROUP_VALUES; v++)
        free((void *)(uintptr_t)made->values[v].data);
}

#endif
