/* Words of SQL, numpy, LINQ and shells, for hints. */
#include "bulk/engine/compile/front.h"
#include "bulk/engine/compile/functions.h"

static const struct {
    const char *word, *here;
} synonyms[] = {
    {"filter", "where"},
    {"having", "where"},
    {"sort", "order by"},
    {"sortby", "order by"},
    {"orderby", "order by"},
    {"groupby", "group by"},
    {"limit", "take"},
    {"head", "take"},
    {"top", "take"},
    {"offset", "skip"},
    {"drop", "skip"},
    {"uniq", "distinct"},
    {"unique", "distinct"},
    {"map", "select"},
    {"avg", "mean"},
    {"average", "mean"},
    {"len", "count"},
    {"length", "count"},
    {"size", "count"},
    {"total", "sum"},
    {"stddev", "std"},
    {"stdev", "std"},
    {"variance", "var"},
    {"percentile", "quantile"},
    {"ln", "log"},
    {"power", "a ** b"},
    {"sqr", "a ** 2"},
    {"square", "a ** 2"},
    {"mod", "a % b"},
    {"if", "where(condition, a, b)"},
    {"iif", "where(condition, a, b)"},
};

const char *pel_synonym(struct pel_string word)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        struct guess guess = {.wanted = word};
        pel_guess(&guess, pel_string_of(synonyms[i].word));
        if (guess.best.text && guess.distance == 0)
            return synonyms[i].here;
    }
    return NULL;
}
