/* Plans for people: lines (explain.c) of expressions (explain_expr.c). */
#ifndef PELTON_BULK_ENGINE_EXPLAIN_H
#define PELTON_BULK_ENGINE_EXPLAIN_H

#include "bulk/engine/compile/front.h"
#include "bulk/engine/compile/functions.h"
#include "bulk/engine/text.h"

struct explainer {
    const struct pel_plan *plan;
    const struct segment *segment;
    struct writer *writer;
    const char *first; /* what the next of a list begins with: "\n  where  ", then ", " */
};

/* Could a query have this name without backquotes? */
bool pel_explain_is_plain(struct pel_string name);

void pel_explain_name(struct writer *writer, struct pel_string name);

/* Column `index` of what the segment reads, and its name, or which aggregate it is. */
const struct pel_field *pel_explain_field(const struct explainer *explainer, int index);
void pel_explain_column(const struct explainer *explainer, int index);

/* Is a value called by its name where it is used? Then it has a line that says what it is. */
bool pel_explain_has_line(const struct segment *segment, int value);

/* An instruction without arguments. */
void pel_explain_leaf(const struct explainer *explainer, const struct instruction *in);

/* A whole expression: the value by its name, if it has a line, or what it is computed from. */
void pel_explain_expression(const struct explainer *explainer, int value, bool computed);

#endif
