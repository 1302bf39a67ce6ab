/* The compiler of queries: mistakes with their places, types, what is computed once or beforehand, and which
 * steps a query becomes. */
#include "bulk_plans.h"

#include <math.h>

static struct pel_plan *compiled(const char *text)
{
    struct pel_plan *plan;
    struct pel_query_error mistake;
    int status = plan_compile(&plan, text, strlen(text), &mistake);
    if (status)
        fail_msg("%s: %zu..%zu %s", text, mistake.lo, mistake.hi, mistake.message);
    plan_check(plan);
    return plan;
}

/* ---- mistakes --------------------------------------------------------------------------------- */

struct wrong {
    const char *text, *at, *message, *hint; /* at: the last place where this stands; "": the end */
};

static void check_wrong(const struct wrong *wrong)
{
    struct pel_plan *plan;
    struct pel_query_error mistake;
    int status = plan_compile(&plan, wrong->text, strlen(wrong->text), &mistake);
    if (status != -EINVAL)
        fail_msg("%s: status %d", wrong->text, status);
    assert_null(plan);
    size_t lo = strlen(wrong->text) - strlen(wrong->at);
    while (strncmp(wrong->text + lo, wrong->at, strlen(wrong->at)) != 0)
        lo--;
    if (mistake.lo != lo || mistake.hi != lo + strlen(wrong->at))
        fail_msg("%s: at %zu..%zu, %s", wrong->text, mistake.lo, mistake.hi, mistake.message);
    assert_string_equal(mistake.message, wrong->message);
    assert_string_equal(mistake.hint, wrong->hint);
}

static void test_words(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {"select pirce", "pirce", "there is no column 'pirce'",
         "did you mean price? columns: a, b, h, n, k, ..."},
        {"select a | select b", "b", "there is no column 'b'", "columns: a"},
        {"select `x`", "`x`", "there is no column 'x'", "columns: a, b, h, n, k, ..."},
        {"sum", "sum", "sum of which column?", "columns: a, b, h, n, k, ..."},
        {"select a.b", "a.b", "there is no column 'a.b'", "columns: a, b, h, n, k, ..."},
        {"select a.5", ".5", "expected an operator, '|' or the end, not '.5'", ""},
        {"select z.re = a, z.im = b | sum re", "re", "there is no column 're'",
         "did you mean z.re?"},
        {"select a.n = a, b.n = b, bn = k | sum n", "n", "several columns could be meant by 'n'",
         "say which: a.n, b.n"},
        {"select a.n = a, b.n = b, c.n = k, d.n = n | sum n", "n",
         "several columns could be meant by 'n'", "say which: a.n, b.n, c.n, ..."},
        {"select sqr(a)", "sqr", "there is no function 'sqr'", "here it is written a ** 2"},
        {"select sqroot(a)", "sqroot", "there is no function 'sqroot'", "did you mean sqrt?"},
        {"select AVG(a)", "AVG", "there is no function 'AVG'", "here it is written mean"},
        {"select ln(a)", "ln", "there is no function 'ln'", "here it is written log"},
        {"limit 3", "limit", "expected a step such as where or select, not 'limit'",
         "here it is written take"},
        {"where ok | sort a", "sort", "expected a step such as where or select, not 'sort'",
         "here it is written order by"},
        {"cout", "cout", "expected a step such as where or select, not 'cout'",
         "did you mean count?"},
        {"sqr1 a", "sqr1", "expected a step such as where or select, not 'sqr1'",
         "steps: where, let, select, group by, order by, distinct, take, skip, sum, ..."},
        {"select mean(a) as m", "as", "expected an operator, '|' or the end, not 'as'",
         "a name goes before: NAME = EXPR"},
        {"select frobnicate(a)", "frobnicate", "there is no function 'frobnicate'", ""},
        {"WHERE a > 1", "WHERE", "expected a step such as where or select, not 'WHERE'",
         "words are written in lower case: where"},
        {"wehre a > 1", "wehre", "expected a step such as where or select, not 'wehre'",
         "did you mean where?"},
        {"a > 1", "a", "expected a step such as where or select, not 'a'",
         "steps: where, let, select, group by, order by, distinct, take, skip, sum, ..."},
        {"sqrt(a)", "sqrt", "expected a step such as where or select, not 'sqrt'",
         "a value is asked for with select: select sqrt(...)"},
        {"where a > 1 | ", "", "a step such as where or select is missing at the end", ""},
        {"where a > 1 group by a", "group", "expected an operator, '|' or the end, not 'group'",
         "steps are separated by |: ... | group ..."},
        {"where a > 1 sum", "sum", "expected an operator, '|' or the end, not 'sum'",
         "steps are separated by |: ... | sum ..."},
        {"where", "", "a value is missing at the end", ""},
        {"select a,", "", "a value is missing at the end", ""},
        {"select a, | sum", "|", "expected a value, not '|'", ""},
        {"let a + 1", "a", "expected name = expression, not 'a'",
         "let adds named columns: let ratio = a / b"},
        {"order a", "a", "expected 'by', not 'a'", ""},
        {"take a", "a", "expected a number of rows, not 'a'", ""},
        {"take 1.5", "1.5", "1.5 is not a number of rows", ""},
        {"select 3a", "3a", "this is not a number: 3a",
         "a product is written with *; names begin with a letter or _, as _3a"},
        {"select 1.2.3", "1.2.3", "this is not a number: 1.2.3", ""},
        {"select 1e999", "1e999", "1e999 is more than a float64 holds", "infinity is written inf"},
        {"select 9223372036854775808", "9223372036854775808",
         "9223372036854775808 is more than an int64 holds",
         "with a point at its end it is a float64"},
        {"select -9223372036854775809", "9223372036854775809",
         "9223372036854775809 is more than an int64 holds",
         "with a point at its end it is a float64"},
        {"select \"abc", "\"abc", "this text has no end", ""},
        {"select `", "`", "this name has no end", ""},
        {"select ``", "``", "this cannot be a name", ""},
        {"where ok & ok", "&", "'&' has no meaning in a query", "both conditions: and"},
        {"where (a > 1", "(", "this parenthesis is not closed", ""},
        {"where a > 1)", ")", "this parenthesis was never opened", ""},
        {"where (a > 1 2)", "2", "expected an operator or ')', not '2'", ""},
        {"select max(a, b", "(", "this parenthesis is not closed", ""},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++)
        check_wrong(&wrongs[i]);
}

static void test_meanings(void **state)
{
    (void)state;
    static const struct wrong wrongs[] = {
        {"where a", "a", "where needs a condition (bool), and this is a float64",
         "compare it: a != 0"},
        {"where city", "city", "where needs a condition (bool), and this is a string",
         "compare it: city == \"...\""},
        {"where ok and n", "n", "and needs a condition (bool), and this is an int64",
         "compare it: n != 0"},
        {"where city < 3", "city < 3", "< of string and int64",
         "a text is written in quotes: city == \"...\""},
        {"where n == \"3\"", "n == \"3\"", "== of int64 and string",
         "a number is written without quotes, a column's name, too"},
        {"select -city", "city", "- is for numbers, and 'city' is text", ""},
        {"select a + city", "city", "+ is for numbers, and 'city' is text", ""},
        {"sum city", "city", "sum is for numbers, and 'city' is text", ""},
        {"mean where(ok, city, \"\")", "where(ok, city, \"\")",
         "mean is for numbers, and this is text", ""},
        {"where city == Bern", "Bern", "there is no column 'Bern'",
         "a text is written in quotes: \"Bern\"; columns: a, b, h, n, k, ..."},
        {"where n == Bern", "Bern", "there is no column 'Bern'", "columns: a, b, h, n, k, ..."},
        {"select where(ok, a, city)", "where(ok, a, city)",
         "where of float64 and string: the result has one type", ""},
        {"select sqrt(a, b)", "sqrt", "sqrt takes 1 argument, not 2", "sqrt(a): square root"},
        {"select clip(a)", "clip", "clip takes 3 arguments, not 1",
         "clip(a, lo, hi): min(max(a, lo), hi)"},
        {"select pi()", "pi", "there is no function 'pi'", ""},
        {"group by city", "group", "after group by comes a select",
         "... | select city, n = count()"},
        {"group by city | where ok", "group", "after group by comes a select",
         "... | select city, n = count()"},
        {"group by city | select price", "price", "'price' is not a key of the groups",
         "say which of a group's values: first(price), mean(price), ..."},
        {"group by city | select sum(mean(a))", "mean",
         "mean cannot be inside of another aggregate of groups", ""},
        {"group by city | select median(city)", "city",
         "median is for numbers, and 'city' is text", ""},
        {"group by a | select last(city)", "last(city)", "last of texts is not supported in groups",
         ""},
        {"select histogram(a, 3, 0, 1), b", "histogram", "a histogram stands alone in its select",
         "select histogram(a, 64, 0, 1) gives rows lo, hi, count"},
        {"histogram(a, 0.5, 0, 1)", "0.5", "a histogram has 1 to 1048576 bins", ""},
        {"histogram(a, 9, 1, 1)", "1, 1",
         "the edges of a histogram must be finite, the first below the last", ""},
        {"histogram(a, n, 0, 1)", "n",
         "the number of bins must be a number that is known beforehand", ""},
        {"quantile(a, 2)", "2", "a quantile is of 0 to 1", ""},
        {"count a", "a", "count is of rows, or of a condition",
         "count() counts rows, count(a > 0) those where a > 0"},
        {"select 9223372036854775807 + 1", "9223372036854775807 + 1",
         "9223372036854775807 + 1 does not fit into an int64", "float(...) computes with float64"},
        {"select n, 7 % (2 - 2)", "7 % (2 - 2)", "7 % (2 - 2): an int cannot be divided by zero",
         ""},
        {"select 2 ** -1", "2 ** -1", "2 ** -1: an int has no negative powers", ""},
        {"select int(nan)", "int(nan)", "int(nan) does not fit into an int64",
         "float(...) computes with float64"},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++)
        check_wrong(&wrongs[i]);
}

/* Where the same word stands more than once. */
static void test_places(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t lo, hi;
        const char *message;
    } wrongs[] = {
        {"select cumsum(city)", 14, 18, "cumsum is for numbers, and 'city' is text"},
        {"select isprime(a)", 15, 16, "isprime is for int64, and this is a float64"},
        {"select a, a", 10, 11, "two columns would be called 'a'"},
        {"select *, b = a", 10, 15, "two columns would be called 'b'"},
        {"where a < b < n", 12, 13, "comparisons cannot follow each other"},
        {"select a |", 10, 10, "a step such as where or select is missing at the end"},
        {"| select a", 0, 1, "expected a step such as where or select, not '|'"},
        {"let z = a | select (z + (z*q))", 27, 28, "there is no column 'q'"},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct pel_plan *plan;
        struct pel_query_error mistake;
        assert_int_equal(plan_compile(&plan, wrongs[i].text, strlen(wrongs[i].text), &mistake),
                         -EINVAL);
        assert_string_equal(mistake.message, wrongs[i].message);
        assert_int_equal(mistake.lo, wrongs[i].lo);
        assert_int_equal(mistake.hi, wrongs[i].hi);
    }
}

static char *repeat(const char *before, const char *what, size_t n, const char *after)
{
    size_t nbytes = strlen(what);
    char *text = malloc(strlen(before) + n * nbytes + strlen(after) + 1);
    assert_non_null(text);
    char *end = text + sprintf(text, "%s", before);
    for (size_t i = 0; i < n; i++, end += nbytes)
        memcpy(end, what, nbytes);
    strcpy(end, after);
    return text;
}

static void check_limit(char *text, const char *message)
{
    struct pel_plan *plan;
    struct pel_query_error mistake;
    int status = plan_compile(&plan, text, strlen(text), &mistake);
    assert_string_equal(mistake.message, message);
    assert_int_equal(status, *message ? -EINVAL : 0);
    assert_in_range(mistake.hi, mistake.lo, strlen(text));
    pel_plan_free(plan);
    free(text);
}

static void test_limits(void **state)
{
    (void)state;
    check_limit(repeat("select ", "(", 100000, "a"), "a query has at most 65536 bytes");
    check_limit(repeat("select ", "(", 60000, "a"), "nested more than 200 deep");
    check_limit(repeat("select ", "-", 60000, "a"), "nested more than 200 deep");
    check_limit(repeat("select ", "abs(", 10000, "a"), "nested more than 200 deep");
    check_limit(repeat("select ", "a**", 20000, "a"), "nested more than 200 deep");
    check_limit(repeat("select ", "(", 199, "a") /* not closed */,
                "this parenthesis is not closed");
    check_limit(repeat("select a", "+a", 999, ""), "");
    check_limit(repeat("select a", "+a", 30000, ""),
                "this expression has more than 1000 operators on top of each other");
    check_limit(repeat("let a = a + 1", ", a = a + 1", 4000, ""), "");
    check_limit(repeat("let a = a + 1", ", a = a + 1", 4100, ""),
                "this takes more than 4096 operations in one pass");
    check_limit(repeat("select max(a", ", b", 16, ")"), "max takes 16 arguments, not 17");
    check_limit(repeat("where ok", " | where ok", 4000, ""), "");
    check_limit(repeat("distinct", " | distinct", 3000, ""), "");
}

/* A message's text is cut between characters, and cannot move a cursor. */
static void test_long_names(void **state)
{
    (void)state;
    char *text = repeat("select `\033[2J", "\303\251", 200, "`");
    struct pel_plan *plan;
    struct pel_query_error mistake;
    assert_int_equal(plan_compile(&plan, text, strlen(text), &mistake), -EINVAL);
    size_t n = strlen(mistake.message);
    assert_in_range(n, 150, sizeof mistake.message - 1);
    assert_string_equal(mistake.message + n - 5, "\303\251...");
    assert_null(strchr(mistake.message, '\033'));
    free(text);
}

/* ---- types ------------------------------------------------------------------------------------ */

static void check_types(const char *text, const char *types)
{
    struct pel_plan *plan = compiled(text);
    char got[200] = "";
    size_t nfields;
    const struct pel_field *fields = pel_plan_fields(plan, &nfields);
    for (size_t i = 0; i < nfields; i++)
        sprintf(got + strlen(got), "%s%s", i ? " " : "", pel_type_name(fields[i].type));
    if (strcmp(got, types) != 0)
        fail_msg("%s: %s, not %s", text, got, types);
    pel_plan_free(plan);
}

static void test_types(void **state)
{
    (void)state;
    check_types("", "f64 f64 f32 i64 i64 bool string f64 f32");
    check_types("select n + k, n / k, n // 2, n % 2, n ** 2, n ** k, -n",
                "i64 f64 i64 i64 i64 i64 i64");
    check_types("select n + 1, n + 1.0, n + 1e0, n * ok, -ok, ok + ok", "i64 f64 f64 i64 i64 i64");
    check_types("select h + 1, h * 2.5, h * pi, h ** 2, h / 3, h * (pi / 180), h + nan, h + 1e300",
                "f32 f32 f32 f32 f32 f32 f32 f64");
    check_types("select h * n, h * ok, h * a, h * float(2), h * int(2), a * float32(2)",
                "f64 f32 f64 f64 f64 f64");
    check_types("select sqrt(n), sqrt(h), sqrt(2), exp(ok), atan2(h, 1), pow(h, 2), pow(n, a)",
                "f64 f32 f64 f64 f32 f32 f64");
    check_types("select floor(n), floor(h), round(ok), abs(n), abs(h)", "i64 f32 i64 i64 f32");
    check_types("select int(a), float(n), float32(a), int(ok), isnan(n), isnan(a), isprime(n)",
                "i64 f64 f32 i64 bool bool bool");
    check_types("select cumsum(n), cumsum(ok), cumsum(h), cumsum(a), cumsum(1)",
                "i64 i64 f64 f64 i64");
    check_types("select clip(h, 0, 1), min(n, h), max(n, k, 2), min(ok, ok)", "f32 f64 i64 i64");
    check_types(
        "select where(ok, n, h), where(ok, h, nan), where(ok, city, 'z'), where(ok, ok, ok)",
        "f64 f32 string bool");
    check_types("select a < n, city < 'x', ok == (n = 1), ok == 1, !ok, ok && ok || ok",
                "bool bool bool bool bool bool");
    check_types("select sum(n), sum(h), sum(ok), count(), count(ok), mean(n), var(h), std(a)",
                "i64 f64 i64 i64 i64 f64 f64 f64");
    check_types("select min(n), max(h), min(ok), argmin(h), any(ok), all(ok), median(n), "
                "quantile(h, 0.1), first(city), last(ok)",
                "i64 f32 i64 i64 bool bool f64 f64 string bool");
    check_types("group by city, k | select *, row, s = sum(h)", "string i64 i64 f64");
    check_types("select histogram(n, 10, 0, 1)", "f64 f64 i64");
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *names;
    } queries[] = {
        {"select a,  a+b , `my col`, z = n, 'q'", "a;a+b;my col;z;'q';"},
        {"select a\n +\tb", "a  + b;"},
        {"select z.re = a, p.q.r_1 = b | select z.re * 2, p.q.r_1", "z.re * 2;p.q.r_1;"},
        {"select a | sum", "sum;"},
        {"mean  sqrt(a)", "mean  sqrt(a);"},
        {"sum(a) / count()", "sum(a) / count();"},
        {"group by city, d = n // 10 | count", "city;d;count;"},
        {"group by n // 10 | select n // 10, count()", "n // 10;count();"},
        {"let a = b, c = a | select *", "a;b;h;n;k;ok;city;price;my col;c;"},
        {"select n | select row, pi = 3 | select pi, x = row", "pi;x;"},
        {"histogram(a, 2, 0, 1)", "lo;hi;count;"},
    };
    for (size_t q = 0; q < sizeof queries / sizeof queries[0]; q++) {
        struct pel_plan *plan = compiled(queries[q].text);
        char got[200] = "";
        size_t nfields;
        const struct pel_field *fields = pel_plan_fields(plan, &nfields);
        for (size_t i = 0; i < nfields; i++)
            sprintf(got + strlen(got), "%s;", fields[i].name);
        assert_string_equal(got, queries[q].names);
        pel_plan_free(plan);
    }
}

/* Of two columns of one name neither is meant. */
static void test_same_names(void **state)
{
    (void)state;
    static const struct pel_field fields[] = {{"a", PEL_F64}, {"a", PEL_I64}, {"c", PEL_I8}};
    struct pel_plan *plan;
    struct pel_query_error mistake;
    assert_int_equal(pel_plan_compile(&plan, "select c + a", 12, fields, 3, &mistake), -EINVAL);
    assert_string_equal(mistake.message, "2 columns are called 'a'");
    assert_int_equal(pel_plan_compile(&plan, "sum c", 5, fields, 3, NULL), 0);
    pel_plan_free(plan);
    assert_int_equal(pel_plan_compile(&plan, "sum d", 5, fields, 3, NULL), -EINVAL);
}

/* ---- constants -------------------------------------------------------------------------------- */

static union scalar constant_of(const char *expr, enum value_type type)
{
    char text[200];
    sprintf(text, "select z = %s", expr);
    struct pel_plan *plan = compiled(text);
    const struct segment *segment = &plan->segments[0];
    if (segment->ncode != 1 || segment->code[0].op != OP_CONST || segment->code[0].type != type)
        fail_msg("%s: %d instructions, type %d", expr, segment->ncode, segment->code[0].type);
    union scalar constant = segment->code[0].constant;
    pel_plan_free(plan);
    return constant;
}

static void test_constants(void **state)
{
    (void)state;
    static const struct {
        const char *expr;
        int64_t value;
    } ints[] = {
        {"-9223372036854775808", INT64_MIN},
        {"9223372036854775807", INT64_MAX},
        {"2**62 - 1 + 2**62", INT64_MAX},
        {"-7 // 2", -4},
        {"-7 % 2", 1},
        {"7 % -2", -1},
        {"2 + 3 * 4 - -1", 15},
        {"-2 ** 2", -4},
        {"2 ** 3 ** 2", 512},
        {"max(1, 5, 3) + min(4, 2)", 7},
        {"int(-2.9)", -2},
        {"where(1 < 2, 10, 20)", 10},
        {"clip(99, 0, 10)", 10},
        {"abs(-3)", 3},
        {"true + true", 2},
        {"(-1) ** 99", -1},
        {"3 ** 0", 1},
        {"floor(7)", 7},
    };
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++)
        assert_int_equal(constant_of(ints[i].expr, VALUE_I64).i, ints[i].value);
    static const struct {
        const char *expr;
        double value;
    } floats[] = {
        {"1 / 3", 1.0 / 3},
        {"0.1 + 0.2", 0.1 + 0.2},
        {"sqrt(2)", 1.4142135623730951},
        {"1e9", 1e9},
        {".5", 0.5},
        {"5.", 5},
        {"7.5 // -2", -4},
        {"-7.5 % 2", 0.5},
        {"round(2.5)", 2},
        {"1.5 ** 2", 2.25},
        {"ceil(-0.5)", -0.0},
        {"-inf", -(double)INFINITY},
        {"float(3) / 2", 1.5},
        {"2 * pi", 6.283185307179586},
    };
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        double value = constant_of(floats[i].expr, VALUE_F64).f64;
        assert_memory_equal(&value, &floats[i].value, 8);
    }
    static const uint64_t nan = UINT64_C(0x7ff8000000000000);
    static const char *const nans[] = {"nan", "inf - inf", "0 / 0", "-nan", "sqrt(-1)", "0 * inf"};
    for (size_t i = 0; i < sizeof nans / sizeof nans[0]; i++) {
        union scalar value = constant_of(nans[i], VALUE_F64);
        assert_memory_equal(&value.f64, &nan, 8);
    }
    static const char *const truths[] = {
        "1 < 2 and not false", "'a' < 'b'",   "\"\\\"\" == '\"'", "nan != nan",
        "true or n > 3",       "isprime(97)", "isnan(nan)",       "not isnan(n)",
        "not (ok and false)",  "1 == 1.0",    "3 >= 3",           "(2 > 1) == true",
    };
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++)
        assert_true(constant_of(truths[i], VALUE_BOOL).b);
    assert_true(constant_of("float32(0.1)", VALUE_F32).f32 == 0.1f);
}

/* ---- steps ------------------------------------------------------------------------------------ */

/* Steps as "G-1:2+1" = groups from the source of 2 instructions, 1 column and more; operations counted
 * without those that only fetch. */
static void check_shape(const char *text, const char *shape)
{
    struct pel_plan *plan = compiled(text);
    char got[400] = "";
    for (int i = 0; i < plan->nsegments; i++) {
        const struct segment *segment = &plan->segments[i];
        int operations = 0, columns = 0;
        for (int k = 0; k < segment->ncode; k++) {
            columns += segment->code[k].op == OP_COLUMN;
            operations += segment->code[k].args[0] >= 0;
        }
        sprintf(got + strlen(got), "%s%c%d:%d,%d", i ? " " : "", "RAGHO"[segment->kind],
                segment -> input, columns, operations);
        if (segment->naggregates)
            sprintf(got + strlen(got), ",%da", segment->naggregates);
        if (segment->skip)
            sprintf(got + strlen(got), ",skip %d", (int)segment->skip);
        if (segment->limit != UINT64_MAX)
            sprintf(got + strlen(got), ",take %d", (int)segment->limit);
    }
    if (strcmp(got, shape) != 0)
        fail_msg("%s:\n  %s, not\n  %s", text, got, shape);
    pel_plan_free(plan);
}

static void test_shapes(void **state)
{
    (void)state;
    static const char *const shapes[][2] = {
        /* rows: segment kind, input: columns, operations (filters count) */
        {"", "R-1:9,0"},
        {"where a > 0 | select sqrt(a)", "R-1:1,3"},
        {"where a > 0 | select sqrt(a) | sum", "A-1:1,3,1a"},
        {"where true | count", "A-1:0,0,1a"},
        {"where false | count", "A-1:0,1,1a"},
        /* the same thing once: within an expression, across let and select, with the sides exchanged */
        {"select p = a + b, q = a + b, r = b + a", "R-1:2,1"},
        {"let s = a * b | where s > 1 | select s, t = a * b + 1", "R-1:2,4"},
        {"select a > b, c = b < a", "R-1:2,1"},
        {"select sum(a), s = sum(a), mean(a) - sum(a)", "A-1:1,0,2a R0:0,1"},
        {"select sum(a), mean(a)", "A-1:1,0,2a"},
        {"select mean(a), sum(a) | select `sum(a)`", "A-1:1,0,1a"},
        /* what is not needed is not there */
        {"let z = exp(a) | select b", "R-1:1,0"},
        {"select a, b, n | select n", "R-1:1,0"},
        {"select cumsum(a), b | select b", "R-1:1,0"},
        {"let s = cumsum(a) | select s, t = cumsum(a) + 1", "R-1:1,2"},
        {"let s = cumsum(a) | where ok | select s, cumsum(a)", "R-1:2,3"},
        {"group by city | select n = count(), s = sum(a), city | select city, n", "G-1:1,0,1a"},
        {"order by a | take 3 | where ok | select b", "O-1:3,0,take 3 R0:2,1"},
        {"take 5 | count", "R-1:1,0,take 5 A0:0,0,1a"},
        /* aggregates beside columns */
        {"select clip((a - mean(a)) / std(a) * b, -3, 3)", "A-1:1,0,2a R-1:2,5"},
        {"where a > mean(a)", "A-1:1,0,1a R-1:9,2"},
        {"where a > mean(a) | where a < max(a) | select a, sum(a)",
         "A-1:1,0,1a A-1:1,2,1a A-1:1,4,1a R-1:1,4"},
        {"select a - mean(a), b - mean(b)", "A-1:2,0,2a R-1:2,2"},
        {"where ok | select a - mean(a), b - mean(b)", "A-1:3,1,2a R-1:3,3"},
        {"let m = mean(a) | where ok | select a - m - mean(a)", "A-1:1,0,1a A-1:2,1,1a R-1:2,3"},
        {"select sum((a - mean(a)) ** 2) / count()", "A-1:1,0,2a A-1:1,2,1a R1:0,2"},
        {"let m = mean(a) | select sum(a - m)", "A-1:1,0,1a A-1:1,1,1a"},
        {"select s = sum(a) | let t = s * 2", "A-1:1,0,1a R0:0,1"},
        {"order by a - mean(a)", "A-1:1,0,1a O-1:9,1"},
        /* groups */
        {"group by city | select city, sum(a)", "G-1:2,0,1a"},
        {"where price > 10 | group by city | select city, n = count(), avg = mean(price), "
         "hi = max(price) | order by avg desc | take 10",
         "G-1:2,2,3a O0:4,0,take 10"},
        {"group by city | select sum(a), city", "G-1:2,0,1a R0:2,0"},
        {"group by city | select city, r = sum(a) / count()", "G-1:2,0,2a R0:3,2"},
        {"group by d = n // 10, ok | select d, count(), sum(n // 10)", "G-1:2,1,2a R0:3,0"},
        {"group by n % 2 | select 1 + n % 2", "G-1:1,1 R0:1,1"},
        {"group by city | count", "G-1:1,0,1a"},
        {"group by a > mean(a) | count", "A-1:1,0,1a G-1:1,1,1a"},
        {"distinct", "G-1:9,0"},
        {"select city | distinct | count", "G-1:1,0 A0:0,0,1a"},
        {"histogram(h, 4, 0, 1)", "H-1:1,1"},
        {"select histogram(a, 4, 0, 1) | where count > 3 | select lo", "H-1:1,0 R0:2,2"},
        /* order, take, skip */
        {"take 10", "R-1:9,0,take 10"},
        {"take 10 | skip 3", "R-1:9,0,skip 3,take 7"},
        {"skip 3 | take 10 | take 20", "R-1:9,0,skip 3,take 10"},
        {"take 3 | skip 10", "R-1:9,0,skip 10,take 0"},
        {"take 3 | select a + b", "R-1:2,1,take 3"},
        {"take 3 | select a - mean(a)", "R-1:1,0,take 3 A0:1,0,1a R0:1,1"},
        {"take 3 | where ok", "R-1:9,0,take 3 R0:9,1"},
        {"take 3 | let r = row | select r", "R-1:1,0,take 3 R0:0,0"},
        {"let r = row | take 3 | select r", "R-1:0,0,take 3"},
        {"order by a | order by b | select n", "O-1:3,0 O0:2,0"},
        {"order by a | first b", "O-1:2,0 A0:1,0,1a"},
        {"order by a + b, n desc | select a + b", "O-1:3,1"},
        {"take while a > 0 | take 3 | select b", "R-1:2,1,take 3"},
        {"take 3 | take while a > 0 | select b", "R-1:2,0,take 3 R0:2,1"},
        /* powers */
        {"select a ** 2, a ** 2.0", "R-1:1,1"},
        {"select n ** 5", "R-1:1,3"},
        {"select a ** 3", "R-1:1,1"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        check_shape(shapes[i][0], shapes[i][1]);
}

/* What comes before a filter is what the filter needs. */
static void test_filters_first(void **state)
{
    (void)state;
    struct pel_plan *plan = compiled("let y = exp(a) | where b > 0 | where n > 0 | select y");
    static const enum opcode codes[] = {OP_COLUMN, OP_CONST, OP_LT,     OP_FILTER, OP_COLUMN,
                                        OP_CONST,  OP_LT,    OP_FILTER, OP_COLUMN, OP_EXP};
    assert_int_equal(plan->segments[0].ncode, sizeof codes / sizeof codes[0]);
    for (int i = 0; i < plan->segments[0].ncode; i++)
        assert_int_equal(plan->segments[0].code[i].op, codes[i]);
    pel_plan_free(plan);
}

static void test_results(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool scalar;
        int passes;
    } queries[] = {
        {"sum a", true, 1},
        {"select sum(a) / max(b), 3", true, 1},
        {"select s = sum(a) | select s * 2", true, 1},
        {"select s = sum(a) | where s > 2", false, 1},
        {"sum(a) | take 1", false, 1},
        {"select a - mean(a)", false, 2},
        {"select sum(a - mean(a))", true, 2},
        {"group by city | count", false, 1},
        {"select 3", false, 1},
        {"select cumsum(a)", false, 1},
        {"select cumsum(1)", false, 1},
        {"select cumsum(cumsum(a)) / sum(a)", false, 2},
        {"select sum(cumsum(a))", true, 1},
    };
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct pel_plan *plan = compiled(queries[i].text);
        assert_int_equal(pel_plan_is_scalar(plan), queries[i].scalar);
        assert_int_equal(pel_plan_passes(plan), queries[i].passes);
        pel_plan_free(plan);
    }
}

/* ---- explanations ----------------------------------------------------------------------------- */

static void check_explained(const char *text, const char *wanted)
{
    struct pel_plan *plan = compiled(text);
    struct pel_bytes explained;
    assert_int_equal(pel_plan_explain(plan, &explained), 0);
    char *got = calloc(1, explained.nbytes + 1);
    assert_non_null(got);
    memcpy(got, explained.data, explained.nbytes);
    assert_string_equal(got, wanted);
    free(got);
    pel_bytes_free(&explained);
    pel_plan_free(plan);
}

static void test_explain(void **state)
{
    (void)state;
    check_explained("where price > 10 | group by city | select city, n = count(), "
                    "avg = mean(price), hi = max(price) | order by avg desc | take 10",
                    "step 1: the source -> a row for each group\n"
                    "  columns   price f64, city string\n"
                    "  where     price > 10.0\n"
                    "  group by  city\n"
                    "  compute   count(), mean(price), max(price)\n"
                    "  operations a row: 1\n"
                    "step 2: the result of step 1 -> rows in order\n"
                    "  columns   city string, count() i64, mean(price) f64, max(price) f64\n"
                    "  order by  mean(price) desc, the first 10 kept\n"
                    "  take      10\n"
                    "  select    city, n = count(), avg = mean(price), hi = max(price)\n"
                    "  operations a row: 0\n"
                    "result: city string, n i64, avg f64, hi f64\n"
                    "the source is read once\n");
    check_explained("let d = a - mean(a) | where d > 2*3 and not ok | "
                    "select z = -(d ** -2) / (a - (b - n)), d, `my col` * pi",
                    "step 1: the source -> one row of aggregates\n"
                    "  columns   a f64\n"
                    "  compute   mean(a)\n"
                    "  operations a row: 0\n"
                    "step 2: the source -> rows\n"
                    "  columns   a f64, ok bool, b f64, n i64, `my col` f16\n"
                    "  with      mean(a) of step 1\n"
                    "  let       d = a - mean(a)\n"
                    "  where     d > 6.0 and not ok\n"
                    "  select    z = -d ** (-2.0) / (a - (b - float(n))), d, `my col` * 3.1415927\n"
                    "  operations a row: 11\n"
                    "result: z f64, d f64, `\\`my col\\` * pi` f32\n"
                    "the source is read 2 times\n");
    check_explained("where a > 1 | select b, cumsum(a + 2) / 2 | where b > 0",
                    "step 1: the source -> rows\n"
                    "  columns   a f64, b f64\n"
                    "  where     a > 1.0\n"
                    "  add up    a + 2.0\n"
                    "  where     b > 0.0\n"
                    "  select    b, cumsum(a + 2.0) / 2.0\n"
                    "  operations a row: 5\n"
                    "result: b f64, `cumsum(a + 2) / 2` f64\n"
                    "the source is read once\n");
    check_explained("take while a < 5 | skip 1 | select city | where city != \"a\\\"b\" | "
                    "select quantile(row, 0.9)",
                    "step 1: the source -> rows\n"
                    "  columns   a f64, city string\n"
                    "  while     a < 5.0\n"
                    "  skip      1\n"
                    "  select    city\n"
                    "  operations a row: 1\n"
                    "step 2: the result of step 1 -> one row of aggregates\n"
                    "  columns   city string\n"
                    "  where     city != \"a\\\"b\"\n"
                    "  compute   quantile(float(row), 0.9)\n"
                    "  operations a row: 2\n"
                    "result, one row: `quantile(row, 0.9)` f64\n"
                    "the source is read once\n");
}

/* A short query of an expression that would fill the memory. */
static void test_explain_long(void **state)
{
    (void)state;
    char *text = repeat("select n = n ** 63", " | select n = n ** 63", 30, "");
    struct pel_plan *plan = compiled(text);
    struct pel_bytes explained;
    assert_int_equal(pel_plan_explain(plan, &explained), 0);
    assert_in_range(explained.nbytes, 1000, 100000);
    pel_bytes_free(&explained);
    pel_plan_free(plan);
    free(text);
}

static void test_functions(void **state)
{
    (void)state;
    struct pel_function_info info;
    int n = 0, naggregates = 0;
    for (; pel_function_describe(n, &info); n++) {
        assert_true(*info.name && *info.arguments && *info.about && *info.accuracy);
        assert_true(info.aggregate || naggregates == 0);
        naggregates += info.aggregate;
    }
    assert_null(info.name);
    assert_in_range(n, 30, 60);
    assert_int_equal(naggregates, 16);
    assert_true(pel_function_describe(0, &info));
    assert_string_equal(info.name, "abs");
    assert_false(pel_function_describe(-1, &info));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),         cmocka_unit_test(test_meanings),
        cmocka_unit_test(test_places),        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_names),    cmocka_unit_test(test_types),
        cmocka_unit_test(test_names),         cmocka_unit_test(test_same_names),
        cmocka_unit_test(test_constants),     cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_filters_first), cmocka_unit_test(test_results),
        cmocka_unit_test(test_explain),       cmocka_unit_test(test_explain_long),
        cmocka_unit_test(test_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
