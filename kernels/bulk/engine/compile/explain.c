/* Plans for people: the steps with what they read and compute, as it is after constants have been computed,
 * equal expressions joined and aggregates moved to passes of their own. */
#include "bulk/engine/compile/explain.h"

#include <pelton/decimal.h>

#include <stdlib.h>

/* ---- lines ----------------------------------------------------------------------------------- */

/* The next of a list, of which the first begins a line. */
static void next_in_list(struct explainer *explainer)
{
    pel_write(explainer->writer, "%s", explainer->first);
    explainer->first = ", ";
}

static void write_columns(struct explainer *explainer)
{
    const struct segment *segment = explainer->segment;
    explainer->first = "\n  columns   ";
    for (int k = 0; k < segment->ncode; k++) {
        if (segment->code[k].op != OP_COLUMN)
            continue;
        int index = segment->code[k].index;
        next_in_list(explainer);
        pel_explain_column(explainer, index);
        pel_write(explainer->writer, " %s",
                  pel_type_name(pel_explain_field(explainer, index)->type));
    }
}

static void write_scalars(struct explainer *explainer)
{
    const struct segment *segment = explainer->segment;
    explainer->first = "\n  with      ";
    for (int k = 0; k < segment->ncode; k++) {
        if (segment->code[k].op != OP_SCALAR)
            continue;
        next_in_list(explainer);
        pel_explain_leaf(explainer, &segment->code[k]);
        pel_write(explainer->writer, " of step %u", (uint64_t)segment->code[k].segment + 1);
    }
}

/* Conditions; running sums, which are over the rows that are left there; and what has a name and is used more than as
 * a result: in the order in which they are computed. */
static void write_steps(struct explainer *explainer)
{
    const struct segment *segment = explainer->segment;
    for (int k = 0; k < segment->ncode; k++) {
        const struct instruction *in = &segment->code[k];
        if (in->op == OP_FILTER || in->op == OP_CUMSUM) {
            pel_write(explainer->writer, "\n  %s",
                      in->op == OP_FILTER ? "where     " : "add up    ");
            pel_explain_expression(explainer, in->args[0], false);
        }
        if (pel_explain_has_line(segment, k)) {
            pel_write(explainer->writer, "\n  let       ");
            pel_explain_name(explainer->writer, segment->code[k].name);
            pel_write(explainer->writer, " = ");
            pel_explain_expression(explainer, k, true);
        }
    }
    if (segment->while_value >= 0) {
        pel_write(explainer->writer, "\n  while     ");
        pel_explain_expression(explainer, segment->while_value, false);
    }
}

/* Is a column of the result called what its value is called? */
static bool keeps_name(const struct explainer *explainer, int value, const char *name)
{
    const struct instruction *in = &explainer->segment->code[value];
    if (in->op == OP_COLUMN)
        return pel_string_is(pel_string_of(name), pel_explain_field(explainer, in->index)->name);
    return pel_explain_has_line(explainer->segment, value) && pel_string_is(in->name, name);
}

/* Expressions, with the names that they were given: others have their text for a name. */
static void write_values(struct explainer *explainer, const char *first)
{
    const struct segment *segment = explainer->segment;
    explainer->first = first;
    for (int i = 0; i < segment->nvalues; i++) {
        const char *name = segment->kind == SEGMENT_HISTOGRAM ? "" : segment->fields[i].name;
        next_in_list(explainer);
        if (pel_explain_is_plain(pel_string_of(name)) &&
            !keeps_name(explainer, segment->values[i], name))
            pel_write(explainer->writer, "%s = ", name);
        pel_explain_expression(explainer, segment->values[i], false);
    }
}

static void write_aggregate(struct explainer *explainer, const struct aggregate *aggregate)
{
    struct writer *writer = explainer->writer;
    pel_write(writer, "%s(", pel_function_of_aggregate(aggregate->kind)->name);
    if (aggregate->value >= 0)
        pel_explain_expression(explainer, aggregate->value, false);
    if (aggregate->kind == PEL_AGGREGATE_QUANTILE) {
        char text[PEL_DECIMAL_NBYTES];
        struct pel_string q = {text, pel_decimal_from_f64(aggregate->parameter, text)};
        pel_write(writer, ", %t", q);
    }
    pel_write(writer, ")");
}

static void write_aggregates(struct explainer *explainer)
{
    const struct segment *segment = explainer->segment;
    explainer->first = "\n  compute   ";
    for (int i = 0; i < segment->naggregates; i++) {
        next_in_list(explainer);
        write_aggregate(explainer, &segment->aggregates[i]);
    }
}

static void write_order(struct explainer *explainer)
{
    const struct segment *segment = explainer->segment;
    explainer->first = "\n  order by  ";
    for (int i = 0; i < segment->norder; i++) {
        next_in_list(explainer);
        pel_explain_expression(explainer, segment->order[i].value, false);
        pel_write(explainer->writer, segment->order[i].descending ? " desc" : "");
    }
    if (segment->norder > 0 && pel_segment_end(segment) != UINT64_MAX)
        pel_write(explainer->writer, ", the first %u kept", pel_segment_end(segment));
    if (segment->skip)
        pel_write(explainer->writer, "\n  skip      %u", segment->skip);
    if (segment->limit != UINT64_MAX)
        pel_write(explainer->writer, "\n  take      %u", segment->limit);
}

static void write_bins(struct explainer *explainer)
{
    const struct segment *segment = explainer->segment;
    char lo[PEL_DECIMAL_NBYTES], hi[PEL_DECIMAL_NBYTES];
    pel_write(explainer->writer, " in %u bins from %t to %t", segment->bins,
              (struct pel_string){lo, pel_decimal_from_f64(segment->lo, lo)},
              (struct pel_string){hi, pel_decimal_from_f64(segment->hi, hi)});
}

/* Instructions that take time on every row. */
static uint64_t count_operations(const struct segment *segment)
{
    uint64_t n = 0;
    for (int k = 0; k < segment->ncode; k++)
        n += segment->code[k].args[0] >= 0 && segment->code[k].op != OP_FILTER;
    return n;
}

static void write_segment(struct explainer *explainer, int number)
{
    static const char *const kinds[] = {
        [SEGMENT_ROWS] = "rows",
        [SEGMENT_AGGREGATES] = "one row of aggregates",
        [SEGMENT_GROUPS] = "a row for each group",
        [SEGMENT_HISTOGRAM] = "a histogram",
        [SEGMENT_ORDER] = "rows in order",
    };
    const struct segment *segment = &explainer->plan->segments[number];
    struct writer *writer = explainer->writer;
    explainer->segment = segment;
    pel_write(writer, "step %u: ", (uint64_t)number + 1);
    if (segment->input < 0)
        pel_write(writer, "the source");
    else
        pel_write(writer, "the result of step %u", (uint64_t)segment->input + 1);
    pel_write(writer, " -> %s", kinds[segment->kind]);
    write_columns(explainer);
    write_scalars(explainer);
    write_steps(explainer);
    if (segment->kind == SEGMENT_GROUPS)
        write_values(explainer, "\n  group by  ");
    write_aggregates(explainer);
    write_order(explainer);
    if (segment->kind == SEGMENT_ROWS || segment->kind == SEGMENT_ORDER)
        write_values(explainer, "\n  select    ");
    if (segment->kind == SEGMENT_HISTOGRAM) {
        write_values(explainer, "\n  count     ");
        write_bins(explainer);
    }
    pel_write(writer, "\n  operations a row: %u\n", count_operations(segment));
}

static void write_plan(const struct pel_plan *plan, struct writer *writer)
{
    struct explainer explainer = {.plan = plan, .writer = writer};
    for (int i = 0; i < plan->nsegments; i++)
        write_segment(&explainer, i);
    size_t nfields;
    const struct pel_field *fields = pel_plan_fields(plan, &nfields);
    explainer.first = plan->scalar ? "result, one row: " : "result: ";
    for (size_t i = 0; i < nfields; i++) {
        next_in_list(&explainer);
        pel_explain_name(writer, pel_string_of(fields[i].name));
        pel_write(writer, " %s", pel_type_name(fields[i].type));
    }
    int passes = pel_plan_passes(plan);
    if (passes == 1)
        pel_write(writer, "\nthe source is read once\n");
    else
        pel_write(writer, "\nthe source is read %u times\n", (uint64_t)passes);
}

int pel_plan_explain(const struct pel_plan *plan, struct pel_bytes *text)
{
    *text = (struct pel_bytes){0};
    struct writer measure = {0};
    write_plan(plan, &measure);
    unsigned char *data = malloc(measure.nbytes);
    if (!data)
        return -ENOMEM;
    struct writer writer = {(char *)data, measure.nbytes, 0};
    write_plan(plan, &writer);
    *text = (struct pel_bytes){data, measure.nbytes};
    return 0;
}
