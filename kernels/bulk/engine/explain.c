/* Plans for people: the steps with what they read and compute, as it is after constants have been computed,
 * equal expressions joined and aggregates moved to passes of their own. */
#include "bulk/engine/front.h"
#include "bulk/engine/functions.h"
#include "bulk/engine/text.h"

#include <pelton/decimal.h>

#include <stdlib.h>

struct explainer {
    const struct pel_plan *plan;
    const struct segment *segment;
    struct writer *writer;
    const char *first; /* what the next of a list begins with: "\n  where  ", then ", " */
};

/* An expression longer than this ends in "...": a short query can make one that fills the memory. */
enum { EXPRESSION_NBYTES = 500 };

/* ---- words ----------------------------------------------------------------------------------- */

static bool is_plain_name(struct pel_string name)
{
    static const char *const reserved[] = {"and", "or", "not", "true", "false"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (pel_string_is(name, reserved[i]))
            return false;
    for (size_t i = 0; i < name.nbytes; i++) {
        char c = name.text[i];
        bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 128;
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.nbytes;
}

static void write_quoted(struct writer *writer, struct pel_string text, char quote)
{
    struct pel_string mark = {&quote, 1};
    pel_write(writer, "%t", mark);
    for (size_t i = 0; i < text.nbytes; i++) {
        struct pel_string byte = {pel_is_control(text.text[i]) ? "?" : text.text + i, 1};
        bool special = text.text[i] == quote || text.text[i] == '\\';
        pel_write(writer, "%s%t", special ? "\\" : "", byte);
    }
    pel_write(writer, "%t", mark);
}

static void write_name(struct writer *writer, struct pel_string name)
{
    if (is_plain_name(name))
        pel_write(writer, "%t", name);
    else
        write_quoted(writer, name, '`');
}

static void write_constant(struct writer *writer, const struct instruction *in)
{
    char text[PEL_DECIMAL_NBYTES];
    size_t n = 0;
    if (in->type == VALUE_BOOL)
        pel_write(writer, in->constant.b ? "true" : "false");
    else if (in->type == VALUE_STRING)
        write_quoted(writer, in->constant.s, '"');
    else if (in->type == VALUE_I64)
        n = pel_decimal_from_i64(in->constant.i, text);
    else
        n = in->type == VALUE_F32 ? pel_decimal_from_f32(in->constant.f32, text)
                                  : pel_decimal_from_f64(in->constant.f64, text);
    pel_write(writer, "%t", (struct pel_string){text, n});
}

/* Column `index` of what the segment reads. */
static const struct pel_field *input_field(const struct explainer *explainer, int index)
{
    int input = explainer->segment->input;
    return (input < 0 ? explainer->plan->source : explainer->plan->segments[input].fields) + index;
}

/* Its name, or of which aggregate it is. */
static void write_column(const struct explainer *explainer, int index)
{
    int input = explainer->segment->input;
    const char *name = input_field(explainer, index)->name;
    const struct segment *made = input < 0 ? NULL : &explainer->plan->segments[input];
    if (made && made->naggregates && index >= made->nvalues)
        pel_write(explainer->writer, "%s", name);
    else
        write_name(explainer->writer, pel_string_of(name));
}

/* ---- expressions ----------------------------------------------------------------------------- */

static bool is_constant(const struct instruction *in)
{
    return in->op == OP_CONST || in->op == OP_SCALAR;
}

static bool is_negative(const struct instruction *in)
{
    return in->op == OP_CONST && ((in->type == VALUE_I64 && in->constant.i < 0) ||
                                  (in->type == VALUE_F32 && in->constant.f32 < 0) ||
                                  (in->type == VALUE_F64 && in->constant.f64 < 0));
}

/* Is a value called by its name where it is used? */
static bool has_line(const struct segment *segment, int value)
{
    if (!segment->code[value].name.nbytes)
        return false;
    for (int k = value + 1; k < segment->ncode; k++)
        for (int i = 0; i < 3; i++)
            if (segment->code[k].args[i] == value)
                return true;
    return false;
}

static void write_value(const struct explainer *explainer, int value, enum strength least);

static void write_call(const struct explainer *explainer, const char *name, const int *args, int n)
{
    pel_write(explainer->writer, "%s(", name);
    for (int i = 0; i < n && args[i] >= 0; i++) {
        pel_write(explainer->writer, i ? ", " : "");
        write_value(explainer, args[i], STRENGTH_NONE);
    }
    pel_write(explainer->writer, ")");
}

static void write_leaf(const struct explainer *explainer, const struct instruction *in)
{
    struct writer *writer = explainer->writer;
    const struct pel_plan *plan = explainer->plan;
    if (in->op == OP_COLUMN)
        write_column(explainer, in->index);
    else if (in->op == OP_CONST)
        write_constant(writer, in);
    else if (in->op == OP_SCALAR)
        pel_write(writer, "%s", plan->segments[in->segment].fields[in->index].name);
    else
        pel_write(writer, "row");
}

/* a < b with a constant on the left is written b > a. */
static void write_binary(const struct explainer *explainer, const struct instruction *in,
                         const struct function *function)
{
    const struct instruction *code = explainer->segment->code;
    bool power = function->strength == STRENGTH_POWER;
    bool turn = (in->op == OP_LT || in->op == OP_LE) && is_constant(&code[in->args[0]]) &&
                !is_constant(&code[in->args[1]]);
    const char *name = !turn ? function->name : in->op == OP_LT ? ">" : ">=";
    bool left = power || function->strength == STRENGTH_COMPARE;
    write_value(explainer, in->args[turn], function->strength + left);
    pel_write(explainer->writer, " %s ", name);
    write_value(explainer, in->args[!turn], function->strength + !power);
}

static void write_operation(const struct explainer *explainer, const struct instruction *in,
                            const struct function *function, enum strength least)
{
    struct writer *writer = explainer->writer;
    bool enclosed = function->strength < least;
    pel_write(writer, enclosed ? "(" : "");
    if (in->args[1] >= 0) {
        write_binary(explainer, in, function);
    } else {
        pel_write(writer, "%s%s", function->name, in->op == OP_NOT ? " " : "");
        write_value(explainer, in->args[0], function->strength + (in->op == OP_NEG));
    }
    pel_write(writer, enclosed ? ")" : "");
}

/* What a value is computed from, in parentheses if it binds less strongly than `least`. */
static void write_computed(const struct explainer *explainer, int value, enum strength least)
{
    static const char *const casts[VALUE_TYPE_COUNT] = {
        [VALUE_I64] = "int", [VALUE_F32] = "float32", [VALUE_F64] = "float"};
    const struct instruction *in = &explainer->segment->code[value];
    if (in->op == OP_CONVERT) {
        write_call(explainer, casts[in->type], in->args, 1);
    } else if (in->args[0] >= 0) {
        const struct function *function = pel_function_of_op(in->op);
        if (function->strength)
            write_operation(explainer, in, function, least);
        else
            write_call(explainer, function->name, in->args, 3);
    } else {
        bool enclosed = is_negative(in) && STRENGTH_SIGN < least;
        pel_write(explainer->writer, enclosed ? "(" : "");
        write_leaf(explainer, in);
        pel_write(explainer->writer, enclosed ? ")" : "");
    }
}

static void write_value(const struct explainer *explainer, int value, enum strength least)
{
    struct writer *writer = explainer->writer;
    if (writer->nbytes > writer->room)
        return; /* no more will be shown */
    if (has_line(explainer->segment, value))
        write_name(writer, explainer->segment->code[value].name);
    else
        write_computed(explainer, value, least);
}

/* A whole expression: the value itself, or what it is computed from. */
static void write_expression(const struct explainer *explainer, int value, bool computed)
{
    char text[EXPRESSION_NBYTES];
    struct writer writer = {text, sizeof text, 0};
    struct explainer inside = *explainer;
    inside.writer = &writer;
    if (computed)
        write_computed(&inside, value, STRENGTH_NONE);
    else
        write_value(&inside, value, STRENGTH_NONE);
    bool whole = writer.nbytes <= writer.room;
    struct pel_string shown = {text, whole ? writer.nbytes : writer.room};
    pel_write(explainer->writer, "%t%s", shown, whole ? "" : "...");
}

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
        write_column(explainer, index);
        pel_write(explainer->writer, " %s", pel_type_name(input_field(explainer, index)->type));
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
        write_leaf(explainer, &segment->code[k]);
        pel_write(explainer->writer, " of step %u", (uint64_t)segment->code[k].segment + 1);
    }
}

/* Conditions, and what has a name and is used more than as a result, in the order in which they are computed. */
static void write_steps(struct explainer *explainer)
{
    const struct segment *segment = explainer->segment;
    for (int k = 0; k < segment->ncode; k++) {
        if (segment->code[k].op == OP_FILTER) {
            pel_write(explainer->writer, "\n  where     ");
            write_expression(explainer, segment->code[k].args[0], false);
        } else if (has_line(segment, k)) {
            pel_write(explainer->writer, "\n  let       ");
            write_name(explainer->writer, segment->code[k].name);
            pel_write(explainer->writer, " = ");
            write_expression(explainer, k, true);
        }
    }
    if (segment->while_value >= 0) {
        pel_write(explainer->writer, "\n  while     ");
        write_expression(explainer, segment->while_value, false);
    }
}

/* Is a column of the result called what its value is called? */
static bool keeps_name(const struct explainer *explainer, int value, const char *name)
{
    const struct instruction *in = &explainer->segment->code[value];
    if (in->op == OP_COLUMN)
        return pel_string_is(pel_string_of(name), input_field(explainer, in->index)->name);
    return has_line(explainer->segment, value) && pel_string_is(in->name, name);
}

/* Expressions, with the names that they were given: others have their text for a name. */
static void write_values(struct explainer *explainer, const char *first)
{
    const struct segment *segment = explainer->segment;
    explainer->first = first;
    for (int i = 0; i < segment->nvalues; i++) {
        const char *name = segment->kind == SEGMENT_HISTOGRAM ? "" : segment->fields[i].name;
        next_in_list(explainer);
        if (is_plain_name(pel_string_of(name)) && !keeps_name(explainer, segment->values[i], name))
            pel_write(explainer->writer, "%s = ", name);
        write_expression(explainer, segment->values[i], false);
    }
}

static void write_aggregate(struct explainer *explainer, const struct aggregate *aggregate)
{
    struct writer *writer = explainer->writer;
    pel_write(writer, "%s(", pel_function_of_aggregate(aggregate->kind)->name);
    if (aggregate->value >= 0)
        write_expression(explainer, aggregate->value, false);
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
        write_expression(explainer, segment->order[i].value, false);
        pel_write(explainer->writer, segment->order[i].descending ? " desc" : "");
    }
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
        write_name(writer, pel_string_of(fields[i].name));
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
