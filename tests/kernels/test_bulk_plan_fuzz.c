/* The compiler of queries against queries that a generator made: right ones must compile to plans that hold
 * what program.h promises; damaged ones and nonsense must be refused with a place inside of the text. */
#include "bulk_plans.h"

enum { TEXT_MAX = 8192, COLUMNS_MAX = 24 };

enum kind { KIND_INT, KIND_FLOAT, KIND_BOOL, KIND_STRING, KIND_COUNT };

struct columns {
    char names[COLUMNS_MAX][16];
    enum kind kinds[COLUMNS_MAX];
    int n;
};

struct writer_state {
    struct test_random random;
    char text[TEXT_MAX];
    size_t nbytes;
    struct columns columns; /* that there are */
    int names;              /* given so far */
    bool aggregates;        /* may be used here */
};

static size_t pick(struct writer_state *w, size_t n)
{
    return test_random_below(&w->random, n);
}

static void put(struct writer_state *w, const char *text)
{
    size_t n = strlen(text);
    assert_true(w->nbytes + n < TEXT_MAX);
    memcpy(w->text + w->nbytes, text, n + 1);
    w->nbytes += n;
}

static void put_one(struct writer_state *w, const char *const *words, size_t n)
{
    put(w, words[pick(w, n)]);
}
#define PUT_ONE(w, ...)                                                                            \
    put_one(w, (const char *const[]){__VA_ARGS__},                                                 \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void put_expr(struct writer_state *w, enum kind kind, int depth);

static bool put_column(struct writer_state *w, enum kind kind)
{
    int first = (int)pick(w, COLUMNS_MAX);
    for (int i = 0; i < COLUMNS_MAX; i++) {
        int column = (first + i) % COLUMNS_MAX;
        if (column < w->columns.n && w->columns.kinds[column] == kind) {
            put(w, w->columns.names[column]);
            return true;
        }
    }
    return false;
}

static void put_leaf(struct writer_state *w, enum kind kind)
{
    if (pick(w, 3) && put_column(w, kind))
        return;
    switch (kind) {
    case KIND_INT:
        PUT_ONE(w, "0", "1", "7", "3", "-2", "row");
        break;
    case KIND_FLOAT:
        PUT_ONE(w, "0.0", "1e-3", ".5", "2.", "nan", "inf", "pi", "-1e300");
        break;
    case KIND_BOOL:
        PUT_ONE(w, "true", "false");
        break;
    default:
        PUT_ONE(w, "\"\"", "'a b'", "\"\\\"\"", "\"\303\251\"");
    }
}

static void put_call(struct writer_state *w, const char *name, enum kind kind, int nargs, int depth)
{
    put(w, name);
    put(w, "(");
    for (int i = 0; i < nargs; i++) {
        put(w, i ? "," : "");
        put_expr(w, kind, depth - 1);
    }
    put(w, ")");
}

static void put_binary(struct writer_state *w, enum kind kind, const char *op, int depth)
{
    put(w, "(");
    put_expr(w, kind, depth - 1);
    put(w, op);
    put_expr(w, kind, depth - 1);
    put(w, ")");
}

/* No products of sums, no divisors that may be 0: constants must not fail. */
static void put_int(struct writer_state *w, int depth)
{
    static const char *const aggregates[] = {"sum", "min", "max", "argmin", "last"};
    switch (pick(w, w->aggregates ? 9 : 7)) {
    case 0:
        put_binary(w, KIND_INT, pick(w, 2) ? "+" : " - ", depth);
        break;
    case 1:
        put(w, "(");
        put_expr(w, KIND_INT, depth - 1);
        PUT_ONE(w, " // 3)", "%7)", " * 2)", "//-2)");
        break;
    case 2:
        put_call(w, pick(w, 2) ? "abs" : "-", KIND_INT, 1, depth);
        break;
    case 3:
        put_call(w, pick(w, 2) ? "min" : "max", KIND_INT, 2 + (int)pick(w, 3), depth);
        break;
    case 4:
        put(w, "where(");
        put_expr(w, KIND_BOOL, depth - 1);
        put(w, " , ");
        put_expr(w, KIND_INT, depth - 1);
        put(w, ",");
        put_expr(w, KIND_INT, depth - 1);
        put(w, ")");
        break;
    case 5:
        put_call(w, "int", pick(w, 2) ? KIND_BOOL : KIND_INT, 1, depth);
        break;
    case 6:
        put_call(w, "cumsum", pick(w, 2) ? KIND_BOOL : KIND_INT, 1, depth);
        break;
    case 7:
        put_call(w, aggregates[pick(w, 5)], KIND_INT, 1, depth);
        break;
    default:
        put(w, "count()");
    }
}

static void put_float(struct writer_state *w, int depth)
{
    static const char *const functions[] = {"sqrt", "exp",  "log",   "sin",     "floor",
                                            "abs",  "- ",   "float", "float32", "log10",
                                            "tan",  "ceil", "cumsum"};
    static const char *const aggregates[] = {"sum", "mean", "std", "median", "first", "max"};
    static const char *const operators[] = {"+", "-", "*", "/", "//", "%", "**", "^"};
    switch (pick(w, w->aggregates ? 7 : 5)) {
    case 0:
        put_binary(w, KIND_FLOAT, operators[pick(w, 8)], depth);
        break;
    case 1:
        put(w, functions[pick(w, 13)]);
        put(w, "(");
        put_expr(w, KIND_FLOAT, depth - 1);
        put(w, ")");
        break;
    case 2:
        put_call(w, "clip", KIND_FLOAT, 3, depth);
        break;
    case 3:
        put_expr(w, KIND_INT, depth - 1);
        put(w, " / ");
        put_leaf(w, KIND_FLOAT);
        break;
    case 4:
        put_call(w, "atan2", KIND_FLOAT, 2, depth);
        break;
    case 5:
        put_call(w, aggregates[pick(w, 6)], KIND_FLOAT, 1, depth);
        break;
    default:
        put(w, "quantile(");
        put_expr(w, KIND_FLOAT, depth - 1);
        put(w, ", 0.25)");
    }
}

static void put_bool(struct writer_state *w, int depth)
{
    static const char *const comparisons[] = {"<", "<=", ">", ">=", "==", "!=", "="};
    switch (pick(w, w->aggregates ? 5 : 4)) {
    case 0:
        put_binary(w, (enum kind)pick(w, KIND_COUNT), comparisons[pick(w, 7)], depth);
        break;
    case 1:
        put(w, "(");
        put_expr(w, KIND_BOOL, depth - 1);
        PUT_ONE(w, " and ", " or ", "&&", "||");
        put_expr(w, KIND_BOOL, depth - 1);
        put(w, ")");
        break;
    case 2:
        put(w, "(");
        PUT_ONE(w, "not ", "! ");
        put_expr(w, KIND_BOOL, depth - 1);
        put(w, ")");
        break;
    case 3:
        put_call(w, pick(w, 2) ? "isnan" : "isprime", KIND_INT, 1, depth);
        break;
    default:
        put_call(w, pick(w, 2) ? "any" : "all", KIND_BOOL, 1, depth);
    }
}

static void put_expr(struct writer_state *w, enum kind kind, int depth)
{
    if (depth <= 0 || kind == KIND_STRING || w->nbytes > TEXT_MAX / 2)
        put_leaf(w, kind);
    else if (kind == KIND_INT)
        put_int(w, depth);
    else if (kind == KIND_FLOAT)
        put_float(w, depth);
    else
        put_bool(w, depth);
}

static void add_column(struct columns *columns, const char *name, enum kind kind)
{
    if (columns->n == COLUMNS_MAX)
        return;
    strcpy(columns->names[columns->n], name);
    columns->kinds[columns->n++] = kind;
}

static void put_name(struct writer_state *w, char name[16])
{
    sprintf(name, "v%d", w->names++);
    put(w, name);
    put(w, " = ");
}

/* "name = expression, ...", added to `columns`. */
static void put_items(struct writer_state *w, struct columns *columns, int depth)
{
    for (size_t n = 1 + pick(w, 3); n; n--) {
        enum kind kind = (enum kind)pick(w, KIND_COUNT);
        char name[16];
        put_name(w, name);
        put_expr(w, kind, depth);
        add_column(columns, name, kind);
        put(w, n > 1 ? " , " : "");
    }
}

/* What was a column no longer is. */
static void put_select(struct writer_state *w)
{
    struct columns made = {.n = 0};
    put(w, "select ");
    put_items(w, &made, 4);
    w->columns = made;
}

/* A key that a column is, and aggregates. */
static void put_group(struct writer_state *w)
{
    struct columns made = {.n = 0};
    size_t key = pick(w, (size_t)w->columns.n);
    put(w, "group by g = ");
    put(w, w->columns.names[key]);
    put(w, " | select g, ");
    add_column(&made, "g", w->columns.kinds[key]);
    char name[16];
    put_name(w, name);
    put(w, "count() + ");
    bool before = w->aggregates;
    w->aggregates = false;
    put_call(w, "sum", KIND_INT, 1, 3);
    w->aggregates = before;
    add_column(&made, name, KIND_INT);
    w->columns = made;
}

static void put_order(struct writer_state *w)
{
    put(w, "order by ");
    put_expr(w, (enum kind)pick(w, KIND_COUNT), 2);
    PUT_ONE(w, "", " desc", " asc");
}

static void put_stage(struct writer_state *w)
{
    switch (pick(w, 9)) {
    case 0:
    case 1:
        put(w, "where ");
        put_expr(w, KIND_BOOL, 4);
        break;
    case 2:
        put(w, "let ");
        put_items(w, &w->columns, 3);
        break;
    case 3:
    case 4:
        put_select(w);
        break;
    case 5:
        put_group(w);
        break;
    case 6:
        put_order(w);
        break;
    case 7:
        PUT_ONE(w, "distinct", "take 10", "skip 3", "take 1e6", "take 0");
        break;
    default:
        put(w, "take while ");
        put_expr(w, KIND_BOOL, 2);
    }
}

static void put_query(struct writer_state *w)
{
    static const enum kind kinds[PLAN_NFIELDS] = {KIND_FLOAT,  KIND_FLOAT, KIND_FLOAT,
                                                  KIND_INT,    KIND_INT,   KIND_BOOL,
                                                  KIND_STRING, KIND_FLOAT, KIND_FLOAT};
    w->nbytes = 0;
    w->columns.n = 0;
    w->names = 0;
    w->aggregates = pick(w, 2);
    for (int i = 0; i < PLAN_NFIELDS; i++)
        add_column(&w->columns, i == PLAN_NFIELDS - 1 ? "`my col`" : plan_fields[i].name, kinds[i]);
    for (size_t n = 1 + pick(w, 5); n; n--) {
        put_stage(w);
        put(w, n > 1 ? " | " : "");
    }
    if (pick(w, 4) == 0)
        put(w, " | count");
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void check_explained(const struct pel_plan *plan)
{
    struct pel_bytes text;
    assert_int_equal(pel_plan_explain(plan, &text), 0);
    assert_true(text.nbytes > 0);
    for (size_t i = 0; i < text.nbytes; i++)
        assert_true(text.data[i] == '\n' || (text.data[i] >= ' ' && text.data[i] != 127));
    pel_bytes_free(&text);
}

static bool compiles(const char *text, size_t nbytes)
{
    struct pel_plan *plan;
    struct pel_query_error mistake;
    int status = plan_compile(&plan, text, nbytes, &mistake);
    if (status == 0) {
        plan_check(plan);
        check_explained(plan);
        pel_plan_free(plan);
        return true;
    }
    assert_int_equal(status, -EINVAL);
    assert_null(plan);
    assert_true(mistake.lo <= mistake.hi && mistake.hi <= nbytes);
    assert_in_range(strlen(mistake.message), 1, sizeof mistake.message - 1);
    assert_in_range(strlen(mistake.hint), 0, sizeof mistake.hint - 1);
    return false;
}

enum { NQUERIES = 3000 };

static void test_right(void **state)
{
    (void)state;
    static struct writer_state w;
    w.random.state = test_seed(20260101);
    for (int i = 0; i < NQUERIES; i++) {
        put_query(&w);
        if (!compiles(w.text, w.nbytes)) {
            struct pel_plan *plan;
            struct pel_query_error mistake;
            (void)!plan_compile(&plan, w.text, w.nbytes, &mistake);
            /* Constants that fail are found in the text, others are not looked for here. */
            if (!strstr(mistake.message, "fit into an int64"))
                fail_msg("%s\n%zu..%zu %s", w.text, mistake.lo, mistake.hi, mistake.message);
        }
    }
}

/* One of the ways in which a text is damaged. */
static void damage(struct writer_state *w)
{
    static const char bytes[] = "|,()=<>!+-*/%^&\"'`\\ .0129eaxn_\n\t\377\303\0";
    size_t at = pick(w, w->nbytes + 1), n = 1 + pick(w, 8);
    if (n > w->nbytes - at)
        n = w->nbytes - at;
    size_t from = pick(w, w->nbytes - n + 1);
    switch (pick(w, 4)) {
    case 0: /* leave out */
        memmove(w->text + at, w->text + at + n, w->nbytes - at - n);
        w->nbytes -= n;
        break;
    case 1: /* replace */
        if (at < w->nbytes)
            w->text[at] = bytes[pick(w, sizeof bytes)];
        break;
    case 2: /* copy */
        memmove(w->text + at, w->text + from, n);
        break;
    default: /* put in */
        if (w->nbytes + 1 < TEXT_MAX) {
            memmove(w->text + at + 1, w->text + at, w->nbytes - at);
            w->text[at] = bytes[pick(w, sizeof bytes)];
            w->nbytes++;
        }
    }
}

static void test_damaged(void **state)
{
    (void)state;
    static struct writer_state w;
    w.random.state = test_seed(20260202);
    for (int i = 0; i < NQUERIES; i++) {
        put_query(&w);
        for (int k = 0; k < 5; k++) {
            damage(&w);
            (void)compiles(w.text, w.nbytes);
        }
    }
}

static void test_nonsense(void **state)
{
    (void)state;
    static const char *const words[] = {
        "where",   "let",   "select", "group", "by",    "order",   "distinct",  "take",
        "skip",    "while", "asc",    "desc",  "and",   "or",      "not",       "true",
        "nan",     "row",   "sum",    "count", "mean",  "min",     "histogram", "quantile",
        "isprime", "clip",  "cumsum", "a",     "n",     "ok",      "city",      "x",
        "|",       ",",     "(",      ")",     "=",     "<",       "+",         "-",
        "*",       "**",    "1",      "2.5",   "\"s\"", "`my col`"};
    static struct writer_state w;
    w.random.state = test_seed(20260303);
    for (int i = 0; i < 5 * NQUERIES; i++) {
        w.nbytes = 0;
        for (size_t n = pick(&w, 12); n; n--) {
            put_one(&w, words, sizeof words / sizeof words[0]);
            put(&w, pick(&w, 4) ? " " : "");
        }
        (void)compiles(w.text, w.nbytes);
        w.nbytes = pick(&w, 40);
        for (size_t k = 0; k < w.nbytes; k++)
            w.text[k] = (char)test_random_next(&w.random);
        (void)compiles(w.text, w.nbytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
