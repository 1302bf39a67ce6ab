#include "bulk/engine/compile/scope.h"

#include <math.h>
#include <string.h>

/* What a name in an expression means. */

static int find_name(const struct scope *scope, struct pel_string name, int *matches)
{
    int found = -1;
    *matches = 0;
    for (int i = 0; i < scope->nnames; i++)
        if (pel_string_same(scope->names[i].name, name)) {
            found = i;
            ++*matches;
        }
    return found;
}

static const struct {
    const char *name;
    enum value_type type;
    union scalar value;
} constants[] = {
    {"true", VALUE_BOOL, {.b = true}},
    {"false", VALUE_BOOL, {.b = false}},
    {"nan", VALUE_F64, {.f64 = NAN}},
    {"inf", VALUE_F64, {.f64 = INFINITY}},
    {"pi", VALUE_F64, {.f64 = 3.14159265358979323846}},
};

enum { NCONSTANTS = sizeof constants / sizeof constants[0] };

static int find_constant(const struct expr *name)
{
    for (int i = 0; !name->quoted && i < NCONSTANTS; i++)
        if (pel_string_is(name->text, constants[i].name))
            return i;
    return -1;
}

bool pel_check_is_plain(const struct scope *scope, const struct expr *name)
{
    int matches, k = find_constant(name);
    return k < 0 ||
           (constants[k].type != VALUE_BOOL && find_name(scope, name->text, &matches) >= 0);
}

/* `text`: may the name have been meant as a text? */
static void hint_columns(struct front *front, const struct scope *scope, struct pel_string wanted,
                         bool text)
{
    static const struct pel_string comma = {", ", 2}, none = {NULL, 0};
    struct guess guess = {.wanted = wanted};
    struct pel_string names[5] = {{0}};
    for (int i = 0; i < scope->nnames; i++) {
        pel_guess(&guess, scope->names[i].name);
        if (i < 5)
            names[i] = scope->names[i].name;
    }
    int n = scope->nnames;
    static const char quotes[] = "a text is written in quotes: \"";
    pel_hint(front, "%s%t%s%s%t%scolumns: %t%t%t%t%t%t%t%t%t%s", text ? quotes : "",
             text ? wanted : none, text ? "\"; " : "", guess.best.text ? "did you mean " : "",
             guess.best, guess.best.text ? "? " : "", names[0], n > 1 ? comma : none, names[1],
             n > 2 ? comma : none, names[2], n > 3 ? comma : none, names[3], n > 4 ? comma : none,
             names[4], n > 5 ? ", ..." : "");
}

/* input.column, where column is wanted. */
static bool is_behind_dot(struct pel_string name, struct pel_string wanted)
{
    size_t before = name.nbytes - wanted.nbytes;
    return name.nbytes > wanted.nbytes && name.text[before - 1] == '.' &&
           memcmp(name.text + before, wanted.text, wanted.nbytes) == 0;
}

/* Columns of that name that are known with their input's before it. False: there are none. */
static bool refuse_half_name(struct front *front, const struct scope *scope,
                             const struct expr *expr)
{
    static const struct pel_string comma = {", ", 2}, none = {NULL, 0};
    struct pel_string names[3] = {{0}};
    int n = 0;
    for (int i = 0; i < scope->nnames; i++)
        if (is_behind_dot(scope->names[i].name, expr->text)) {
            if (n < 3)
                names[n] = scope->names[i].name;
            n++;
        }
    if (n == 0)
        return false;
    pel_mistake(front, expr->at,
                n > 1 ? "several columns could be meant by '%t'" : "there is no column '%t'",
                expr->text);
    pel_hint(front, "%s%t%t%t%t%t%s", n > 1 ? "say which: " : "did you mean ", names[0],
             n > 1 ? comma : none, names[1], n > 2 ? comma : none, names[2],
             n > 3   ? ", ..."
             : n > 1 ? ""
                     : "?");
    return true;
}

static int unknown_name(const struct place *place, const struct expr *expr)
{
    struct front *front = place->front;
    int matches;
    if (place->inner && find_name(place->inner, expr->text, &matches) >= 0) {
        pel_mistake(front, expr->at, "'%t' is not a key of the groups", expr->text);
        pel_hint(front, "say which of a group's values: first(%t), mean(%t), ...", expr->text,
                 expr->text);
        return -1;
    }
    if (!expr->implied && refuse_half_name(front, place->scope, expr))
        return -1;
    if (expr->implied)
        pel_mistake(front, expr->at, "%t of which column?", pel_front_text(front, expr->at));
    else
        pel_mistake(front, expr->at, "there is no column '%t'", expr->text);
    if (place->scope->nnames)
        hint_columns(front, place->scope, expr->text, place->beside_text && !expr->quoted);
    return -1;
}

static int check_row(const struct place *place, struct span at)
{
    struct node node = {.in = {.op = OP_ROW, .type = VALUE_I64}, .at = at};
    return pel_graph_leaf(place->front, &place->scope->graph, &node);
}

/* Is x the only column, by whatever name? Beside the aggregates of groups it may rather be meant as one that
 * these aggregate, which is not the key. */
static bool is_only_column(const struct place *place, const struct expr *expr)
{
    int matches;
    const struct scope *inner = place->inner;
    bool two_meanings =
        inner && (inner->nnames == 1 || find_name(inner, expr->text, &matches) >= 0);
    return !expr->quoted && pel_string_is(expr->text, "x") && place->scope->nnames == 1 &&
           !two_meanings;
}

int pel_check_name(const struct place *place, const struct expr *expr)
{
    const struct scope *scope = place->scope;
    int matches, k = find_constant(expr), found = find_name(scope, expr->text, &matches);
    if (k >= 0 && constants[k].type == VALUE_BOOL)
        found = -1;
    if (found >= 0 && matches > 1)
        return pel_mistake(place->front, expr->at, "%u columns are called '%t'", (uint64_t)matches,
                           expr->text);
    if (found >= 0)
        return scope->names[found].value;
    if (k >= 0)
        return pel_graph_constant(place->front, &place->scope->graph, constants[k].type,
                                  constants[k].value, false, expr->at);
    if (!expr->quoted && pel_string_is(expr->text, "row"))
        return check_row(place, expr->at);
    if (is_only_column(place, expr))
        return scope->names[0].value;
    return unknown_name(place, expr);
}
