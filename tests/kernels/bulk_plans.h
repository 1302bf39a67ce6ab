/* Plans, for the tests of the compiler: compiling a text, and what holds of every plan. */
#ifndef PELTON_TEST_BULK_PLANS_H
#define PELTON_TEST_BULK_PLANS_H

#include "bulk/engine/program.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct pel_field plan_fields[] = {
    {"a", PEL_F64},   {"b", PEL_F64},       {"h", PEL_F32},     {"n", PEL_I64},      {"k", PEL_U8},
    {"ok", PEL_BOOL}, {"city", PEL_STRING}, {"price", PEL_F64}, {"my col", PEL_F16},
};
enum { PLAN_NFIELDS = sizeof plan_fields / sizeof plan_fields[0] };

/* The text lies in memory of its own size, so that a sanitizer sees what is read beyond it. */
static inline int plan_compile(struct pel_plan **plan, const char *text, size_t nbytes,
                               struct pel_query_error *mistake)
{
    char *copy = malloc(nbytes ? nbytes : 1);
    assert_non_null(copy);
    memcpy(copy, text, nbytes);
    int status = pel_plan_compile(plan, copy, nbytes, plan_fields, PLAN_NFIELDS, mistake);
    free(copy);
    return status;
}

static inline enum value_type plan_type(enum pel_type type)
{
    return type == PEL_BOOL                     ? VALUE_BOOL
           : type == PEL_STRING                 ? VALUE_STRING
           : type == PEL_F16 || type == PEL_F32 ? VALUE_F32
           : type == PEL_F64                    ? VALUE_F64
                                                : VALUE_I64;
}

static inline void plan_check_arguments(const struct segment *segment, int k)
{
    const struct instruction *in = &segment->code[k];
    for (int i = 0; i < 3; i++) {
        assert_in_range(in->args[i] + 1, 0, k);
        assert_true(in->args[i] < 0 || segment->code[in->args[i]].op != OP_FILTER);
        assert_true(i == 0 || in->args[i] < 0 || in->args[i - 1] >= 0);
    }
    assert_true((in->args[0] < 0) == (in->op <= OP_SCALAR));
    if (in->args[0] < 0)
        return;
    enum value_type first = segment->code[in->args[0]].type;
    if (in->op == OP_FILTER || in->op == OP_WHERE)
        assert_int_equal(first, VALUE_BOOL);
    else if (in->op >= OP_EQ && in->op <= OP_LE)
        assert_int_equal(first, segment->code[in->args[1]].type);
    else if (in->op == OP_CONVERT)
        assert_int_not_equal(first, in->type);
    else if (in->op == OP_ISPRIME)
        assert_int_equal(first, VALUE_I64);
    else if (in->op != OP_ISNAN)
        for (int i = 0; i < 3 && in->args[i] >= 0; i++)
            assert_int_equal(segment->code[in->args[i]].type, in->type);
}

/* The code of step `number`, or of what comes before it on each chunk. */
static inline void plan_check_code(const struct pel_plan *plan, const struct segment *segment,
                                   int number)
{
    const struct segment *input = segment->input < 0 ? NULL : &plan->segments[segment->input];
    for (int k = 0; k < segment->ncode; k++) {
        const struct instruction *in = &segment->code[k];
        plan_check_arguments(segment, k);
        if (in->op == OP_COLUMN) {
            assert_in_range(in->index, 0, (input ? input->nfields : plan->nsource) - 1);
            const struct pel_field *fields = input ? input->fields : plan->source;
            assert_int_equal(plan_type(fields[in->index].type), in->type);
        }
        if (in->op == OP_CUMSUM) {
            assert_in_range(in->index, 0, segment->nrunning - 1);
            assert_true(in->type == VALUE_I64 || in->type == VALUE_F64);
        }
        if (in->op == OP_SCALAR) {
            assert_in_range(in->segment, 0, number - 1);
            const struct segment *of = &plan->segments[in->segment];
            assert_int_equal(of->kind, SEGMENT_AGGREGATES);
            assert_in_range(in->index, 0, of->naggregates - 1);
            assert_int_equal(of->aggregates[in->index].type, in->type);
        }
    }
}

static inline void plan_check_aggregate(const struct segment *segment,
                                        const struct aggregate *aggregate)
{
    assert_in_range(aggregate->value + 1, 0, segment->ncode);
    if (aggregate->value < 0) {
        assert_int_equal(aggregate->kind, PEL_AGGREGATE_COUNT);
        return;
    }
    enum value_type type = segment->code[aggregate->value].type;
    switch (aggregate->kind) {
    case PEL_AGGREGATE_COUNT:
    case PEL_AGGREGATE_ANY:
    case PEL_AGGREGATE_ALL:
        assert_int_equal(type, VALUE_BOOL);
        break;
    case PEL_AGGREGATE_SUM:
        assert_true(type == aggregate->type && (type == VALUE_I64 || type == VALUE_F64));
        break;
    case PEL_AGGREGATE_MEAN:
        assert_true(type == VALUE_I64 || type == VALUE_F64);
        break;
    case PEL_AGGREGATE_VAR:
    case PEL_AGGREGATE_STD:
    case PEL_AGGREGATE_QUANTILE:
        assert_int_equal(type, VALUE_F64);
        assert_true(aggregate->parameter >= 0 && aggregate->parameter <= 1);
        break;
    case PEL_AGGREGATE_FIRST:
    case PEL_AGGREGATE_LAST:
        break;
    default:
        assert_true(type == VALUE_I64 || type == VALUE_F32 || type == VALUE_F64);
    }
}

/* Each running sum is added up once, behind those that it needs, and behind as many filters as it stands. */
static inline void plan_check_sums(const struct pel_plan *plan, int number)
{
    const struct segment *segment = &plan->segments[number];
    int known = 0, types[4096], filters[4096];
    for (int i = 0; i < segment->nsums; i++) {
        const struct segment *sums = &segment->sums[i];
        assert_int_equal(sums->kind, SEGMENT_SUMS);
        assert_int_equal(sums->input, segment->input);
        assert_int_equal(sums->nrunning, segment->nrunning);
        assert_true(sums->nvalues > 0);
        plan_check_code(plan, sums, number);
        int nfilters = 0;
        for (int k = 0; k < sums->ncode; k++) {
            nfilters += sums->code[k].op == OP_FILTER;
            assert_true(sums->code[k].op != OP_CUMSUM || sums->code[k].index < known);
        }
        for (int k = 0; k < sums->nvalues; k++, known++) {
            assert_int_equal(sums->running[k], known);
            types[known] = (int)sums->code[sums->values[k]].type;
            filters[known] = nfilters;
        }
    }
    assert_int_equal(known, segment->nrunning);
    int nfilters = 0, found = 0;
    for (int k = 0; k < segment->ncode; k++) {
        const struct instruction *in = &segment->code[k];
        nfilters += in->op == OP_FILTER;
        if (in->op != OP_CUMSUM)
            continue;
        found++;
        assert_int_equal(types[in->index], in->type);
        assert_int_equal(filters[in->index], nfilters);
    }
    assert_int_equal(found, known);
}

/* What program.h promises. */
static inline void plan_check(const struct pel_plan *plan)
{
    assert_true(plan->nsegments >= 1);
    for (int i = 0; i < plan->nsegments; i++) {
        const struct segment *segment = &plan->segments[i];
        assert_in_range(segment->input + 1, 0, i);
        plan_check_code(plan, segment, i);
        plan_check_sums(plan, i);
        assert_int_not_equal(segment->kind, SEGMENT_SUMS);
        for (int k = 0; k < segment->nvalues; k++)
            assert_in_range(segment->values[k], 0, segment->ncode - 1);
        for (int k = 0; k < segment->naggregates; k++)
            plan_check_aggregate(segment, &segment->aggregates[k]);
        for (int k = 0; k < segment->norder; k++)
            assert_in_range(segment->order[k].value, 0, segment->ncode - 1);
        assert_in_range(segment->while_value + 1, 0, segment->ncode);
        size_t made = segment->kind == SEGMENT_HISTOGRAM
                          ? 3
                          : (size_t)(segment->nvalues + segment->naggregates);
        assert_int_equal(segment->nfields, made);
        if (segment->kind != SEGMENT_HISTOGRAM)
            for (int k = 0; k < segment->nvalues; k++)
                assert_int_equal(plan_type(segment->fields[k].type),
                                 segment->code[segment->values[k]].type);
    }
}

#endif
