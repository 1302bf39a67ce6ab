/* Values as expressions, with as few parentheses as they need. */
#include "bulk/engine/compile/explain.h"

#include <pelton/decimal.h>

/* An expression longer than this ends in "...": a short query can make one that fills the memory. */
enum { EXPRESSION_NBYTES = 500 };

bool pel_explain_is_plain(struct pel_string name)
{
    static const char *const reserved[] = {"and", "or", "not", "true", "false"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (pel_string_is(name, reserved[i]))
            return false;
    bool begins = true; /* a word */
    for (size_t i = 0; i < name.nbytes; i++) {
        char c = name.text[i];
        bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 128;
        if (!letter && (begins || (c != '.' && (c < '0' || c > '9'))))
            return false;
        begins = c == '.';
    }
    return !begins;
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

void pel_explain_name(struct writer *writer, struct pel_string name)
{
    if (pel_explain_is_plain(name))
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

const struct pel_field *pel_explain_field(const struct explainer *explainer, int index)
{
    int input = explainer->segment->input;
    return (input < 0 ? explainer->plan->source : explainer->plan->segments[input].fields) + index;
}

void pel_explain_column(const struct explainer *explainer, int index)
{
    int input = explainer->segment->input;
    const char *name = pel_explain_field(explainer, index)->name;
    const struct segment *made = input < 0 ? NULL : &explainer->plan->segments[input];
    if (made && made->naggregates && index >= made->nvalues)
        pel_write(explainer->writer, "%s", name);
    else
        pel_explain_name(explainer->writer, pel_string_of(name));
}

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

bool pel_explain_has_line(const struct segment *segment, int value)
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

void pel_explain_leaf(const struct explainer *explainer, const struct instruction *in)
{
    struct writer *writer = explainer->writer;
    const struct pel_plan *plan = explainer->plan;
    if (in->op == OP_COLUMN)
        pel_explain_column(explainer, in->index);
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
        pel_explain_leaf(explainer, in);
        pel_write(explainer->writer, enclosed ? ")" : "");
    }
}

static void write_value(const struct explainer *explainer, int value, enum strength least)
{
    struct writer *writer = explainer->writer;
    if (writer->nbytes > writer->room)
        return; /* no more will be shown */
    if (pel_explain_has_line(explainer->segment, value))
        pel_explain_name(writer, explainer->segment->code[value].name);
    else
        write_computed(explainer, value, least);
}

void pel_explain_expression(const struct explainer *explainer, int value, bool computed)
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
