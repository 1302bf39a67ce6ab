/* The scans and parsers of CSV at each instruction set, against ones that go byte by byte. */
#include "support.h"

#include "bulk/csv/csv.h"
#include "bulk/csv/scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_NBYTES = 60000, ROUNDS = WITH_ASAN ? 1500 : 6000 };

/* ---- fields, byte by byte -------------------------------------------------------------------- */

/* Raw fields of the rows before the first that is not right. */
struct plain {
    struct pel_string fields[TEXT_NBYTES + 1];
    size_t nrows;
    bool wrong; /* there is one behind them */
};

/* The end of the field at p, or NULL: its quotes are not right. */
static const char *plain_field(const char *p, const char *end)
{
    bool quoted = p < end && *p == '"';
    if (!quoted) {
        for (; p < end && *p != ',' && *p != '\n'; p++)
            if (*p == '"')
                return NULL;
        return p;
    }
    for (p++;; p += 2) {
        while (p < end && *p != '"')
            p++;
        if (p == end)
            return NULL;
        if (p + 1 == end || p[1] != '"')
            break;
    }
    p++;
    bool ends =
        p == end || *p == ',' || *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));
    return ends ? p + (p < end && *p == '\r') : NULL;
}

static void plain_rows(struct plain *plain, const char *text, size_t nbytes, size_t ncolumns)
{
    const char *p = text, *end = text + nbytes;
    *plain = (struct plain){.nrows = 0};
    while (p < end && !plain->wrong) {
        size_t n = 0;
        for (bool more = true; more && !plain->wrong; n++) {
            const char *begin = p;
            p = plain_field(p, end);
            plain->wrong = !p || (n == ncolumns);
            if (plain->wrong)
                return;
            more = p < end && *p == ',';
            size_t length = (size_t)(p - begin);
            if (n + 1 == ncolumns && length > 0 && p[-1] == '\r')
                length--;
            plain->fields[plain->nrows * ncolumns + n] = (struct pel_string){begin, length};
            p += p < end;
        }
        plain->wrong = n != ncolumns;
        plain->nrows += !plain->wrong;
    }
}

/* ---- the same by windows --------------------------------------------------------------------- */

struct seen {
    const struct plain *plain;
    size_t ncolumns, nrows;
};

static int see(void *ctx, const struct csv_window *window)
{
    struct seen *seen = ctx;
    assert_int_equal(window->first, seen->nrows);
    assert_true(window->nrows > 0);
    for (size_t row = 0; row < window->nrows; row++)
        for (size_t c = 0; c < seen->ncolumns; c++) {
            struct pel_string field = csv_field(window, row, c);
            struct pel_string wanted =
                seen->plain->fields[(seen->nrows + row) * seen->ncolumns + c];
            assert_ptr_equal(field.text, wanted.text);
            assert_int_equal(field.nbytes, wanted.nbytes);
        }
    seen->nrows += window->nrows;
    return 0;
}

static size_t count_records(const char *text, size_t nbytes)
{
    size_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < nbytes; i++) {
        inside ^= text[i] == '"';
        n += text[i] == '\n' && !inside;
    }
    return n + (nbytes > 0 && (inside || text[nbytes - 1] != '\n'));
}

static void expect_rows(const char *text, size_t nbytes, size_t ncolumns, struct csv_index *index)
{
    static struct plain plain;
    plain_rows(&plain, text, nbytes, ncolumns);
    const struct csv_shape shape = {.delimiter = ',', .ncolumns = ncolumns};
    const struct csv_text whole = {text, nbytes, count_records(text, nbytes), 0, 1, false};
    if (!plain.wrong)
        assert_int_equal(whole.nrecords, plain.nrows);
    for (enum pel_isa isa = 0; isa < PEL_ISA_COUNT; isa++) {
        struct seen seen = {&plain, ncolumns, 0};
        size_t row = 99;
        struct pel_error err = {0};
        int status = pel_csv_rows(&shape, &whole, isa, index, see, &seen, &row, &err);
        assert_int_equal(status, plain.wrong ? -EBADMSG : 0);
        assert_int_equal(seen.nrows, plain.nrows);
        if (plain.wrong)
            assert_int_equal(row, plain.nrows);
    }
}

/* A field of letters, or of what has to be quoted, in quotes. */
static size_t put_field(struct test_random *random, char *text)
{
    static const char letters[] = "ab1.- \t;'";
    char *p = text;
    size_t n = test_random_below(random, test_random_below(random, 8) ? 5 : 90);
    bool quoted = test_random_below(random, 6) == 0;
    if (quoted)
        *p++ = '"';
    for (size_t i = 0; i < n; i++) {
        *p = letters[test_random_below(random, sizeof letters - 1)];
        if (quoted && test_random_below(random, 3) == 0)
            *p = ",\n\r"[test_random_below(random, 3)];
        p++;
        if (quoted && test_random_below(random, 5) == 0) {
            memcpy(p, "\"\"", 2);
            p += 2;
        }
    }
    if (quoted)
        *p++ = '"';
    return (size_t)(p - text);
}

/* Rows of ncolumns fields, about nbytes of them. */
static size_t put_rows(struct test_random *random, char *text, size_t nbytes, size_t ncolumns)
{
    size_t n = 0;
    while (n < nbytes) {
        for (size_t c = 0; c < ncolumns; c++) {
            n += put_field(random, text + n);
            text[n++] = ',';
        }
        n--;
        if (test_random_below(random, 4) == 0)
            text[n++] = '\r';
        text[n++] = '\n';
    }
    return n > 0 ? n - test_random_below(random, 3) % 2 : 0;
}

static void test_rows(void **state)
{
    (void)state;
    static char text[2 * TEXT_NBYTES];
    struct test_random random = {test_seed(81)};
    struct csv_index index = {0};
    for (int i = 0; i < ROUNDS; i++) {
        size_t ncolumns = 1 + test_random_below(&random, 5);
        size_t nbytes =
            put_rows(&random, text, test_random_below(&random, i % 200 ? 500 : 50000), ncolumns);
        if (i % 3 == 1) /* something is wrong, perhaps */
            text[test_random_below(&random, nbytes + 1)] = "\",\n\r"[test_random_below(&random, 4)];
        if (i % 3 == 2 && nbytes > 0)
            nbytes -= test_random_below(&random, nbytes < 100 ? nbytes : 100);
        char *exact = malloc(nbytes + 1); /* so that the sanitizer sees what is read behind it */
        assert_non_null(exact);
        memcpy(exact + 1, text, nbytes);
        if (nbytes < TEXT_NBYTES)
            expect_rows(exact + 1, nbytes, ncolumns, &index);
        free(exact);
    }
    free(index.memory);
}

/* What is behind a quote that closes, wherever that is in a block of 64 bytes. */
static void test_behind_quotes(void **state)
{
    (void)state;
    static const char *const behind[] = {"\n", "\r\n", "\r", "", "x\n", "\rx\n", "\"\"\n", " \n"};
    struct csv_index index = {0};
    for (size_t at = 0; at < 140; at++)
        for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
            char text[200];
            memset(text, 'a', at);
            int n = snprintf(text + at, sizeof text - at, ",\"q\"%s", behind[i]);
            expect_rows(text, at + (size_t)n, 2, &index);
        }
    free(index.memory);
}

/* Any bytes. */
static void test_noise(void **state)
{
    (void)state;
    char text[300];
    struct test_random random = {test_seed(82)};
    struct csv_index index = {0};
    for (int i = 0; i < 20 * ROUNDS; i++) {
        size_t nbytes = test_random_below(&random, i % 10 ? 12 : sizeof text);
        for (size_t k = 0; k < nbytes; k++)
            text[k] = ",\"\n\ra"[test_random_below(&random, 5)];
        expect_rows(text, nbytes, 1 + test_random_below(&random, 3), &index);
    }
    free(index.memory);
}

/* ---- cutting --------------------------------------------------------------------------------- */

static void test_cut(void **state)
{
    (void)state;
    static char text[2 * TEXT_NBYTES];
    struct test_random random = {test_seed(83)};
    for (int i = 0; i < ROUNDS; i++) {
        size_t nbytes = put_rows(&random, text, test_random_below(&random, 2000), 2);
        size_t nwanted = 1 + test_random_below(&random, 60), nfound = 0, end = 0, nlines = 0;
        bool inside = false;
        for (; end < nbytes && nfound < nwanted; end++) {
            inside ^= text[end] == '"';
            nlines += text[end] == '\n';
            nfound += text[end] == '\n' && !inside;
        }
        for (enum pel_isa isa = 0; isa < PEL_ISA_COUNT; isa++) {
            struct csv_cut cut = {.nwanted = nwanted};
            size_t at = 0;
            while (at < nbytes && cut.nwanted > 0) {
                size_t left = nbytes - at, piece = 1 + test_random_below(&random, 300);
                at += pel_csv_scan_for(isa)->cut(text + at, piece < left ? piece : left, &cut);
            }
            size_t since = 0;
            if (nfound < nwanted)
                for (size_t k = 0, quotes = 0; k < end; k++) {
                    quotes += text[k] == '"';
                    since = text[k] == '\n' && quotes % 2 == 0 ? 0 : since + 1;
                }
            assert_int_equal(at, end);
            assert_int_equal(cut.nwanted, nwanted - nfound);
            assert_int_equal(cut.nlines, nlines);
            assert_int_equal(cut.inside, inside ? UINT64_MAX : 0);
            assert_int_equal(cut.since, since);
        }
    }
}

/* ---- numbers --------------------------------------------------------------------------------- */

static double expected_f64[TEXT_NBYTES];
static int64_t expected_i64[TEXT_NBYTES];

struct numbers {
    enum pel_isa isa;
    size_t nrows;
};

static int see_f64(void *ctx, const struct csv_window *window)
{
    static double got[TEXT_NBYTES];
    struct numbers *numbers = ctx;
    assert_int_equal(pel_csv_column(window, 0, numbers->isa, got, NULL), window->nrows);
    for (size_t row = 0; row < window->nrows; row++) {
        struct pel_string field = csv_field(window, row, 0);
        if (memcmp(&got[row], &expected_f64[window->first + row], sizeof got[row]) != 0)
            fail_msg("'%.*s' gives %a", (int)field.nbytes, field.text, got[row]);
    }
    numbers->nrows += window->nrows;
    return 0;
}

static int see_i64(void *ctx, const struct csv_window *window)
{
    static int64_t got[TEXT_NBYTES];
    struct numbers *numbers = ctx;
    assert_int_equal(pel_csv_column(window, 0, numbers->isa, got, NULL), window->nrows);
    assert_memory_equal(got, expected_i64 + window->first, window->nrows * sizeof got[0]);
    numbers->nrows += window->nrows;
    return 0;
}

/* 1 to 20 digits, a point where `point` says. */
static size_t put_number(struct test_random *random, char *text, bool point)
{
    size_t n = 0, ndigits = 1 + test_random_below(random, 18);
    size_t place = point ? test_random_below(random, ndigits + 1) : ndigits + 1;
    if (test_random_below(random, 3) == 0)
        text[n++] = '-';
    for (size_t i = 0; i <= ndigits; i++) {
        if (i == place)
            text[n++] = '.';
        if (i < ndigits)
            text[n++] = (char)('0' + test_random_below(random, 10));
    }
    return n;
}

static void expect_numbers(const char *text, size_t nbytes, size_t nrows, enum pel_type type)
{
    struct pel_field field = {"x", type};
    const struct csv_shape shape = {.delimiter = ',', .ncolumns = 1, .fields = &field};
    const struct csv_text whole = {text, nbytes, nrows, 0, 1, false};
    struct csv_index index = {0};
    for (enum pel_isa isa = 0; isa < PEL_ISA_COUNT; isa++) {
        struct numbers numbers = {isa, 0};
        size_t row;
        assert_int_equal(pel_csv_rows(&shape, &whole, isa, &index,
                                      type == PEL_F64 ? see_f64 : see_i64, &numbers, &row, NULL),
                         0);
        assert_int_equal(numbers.nrows, nrows);
    }
    free(index.memory);
}

static void test_numbers(void **state)
{
    (void)state;
    struct test_random random = {test_seed(84)};
    char *text = malloc(30 * TEXT_NBYTES), field[40];
    assert_non_null(text);
    for (int type = 0; type < 2; type++) {
        size_t nbytes = 0;
        for (size_t row = 0; row < TEXT_NBYTES; row++) {
            size_t n = put_number(&random, field, type && row % 3);
            field[n] = 0;
            expected_f64[row] = strtod(field, NULL);
            expected_i64[row] = strtoll(field, NULL, 10);
            memcpy(text + nbytes, field, n);
            nbytes += n;
            text[nbytes++] = '\n';
        }
        char *exact = malloc(nbytes);
        assert_non_null(exact);
        memcpy(exact, text, nbytes);
        expect_numbers(exact, nbytes, TEXT_NBYTES, type ? PEL_F64 : PEL_I64);
        free(exact);
    }
    free(text);
}

/* What is not a number is not taken for one, at the end of the text and far from it. */
static void test_no_numbers(void **state)
{
    (void)state;
    static const char *const fields[] = {"-",
                                         ".",
                                         "-.",
                                         "1.2.",
                                         "..1",
                                         "1-",
                                         "--1",
                                         "1:",
                                         "/1",
                                         "1 2",
                                         "+-1",
                                         "1e",
                                         "0x1",
                                         "a",
                                         "1,",
                                         "1.a",
                                         "\x80",
                                         "1\xb0",
                                         ".-1",
                                         "12345678901234567x",
                                         "1234567.1234567.",
                                         "1.2.34567890123",
                                         "1.2345.67890123",
                                         "123456789.12345/",
                                         ":234567890123456"};
    struct pel_field shape_field = {"x", PEL_F64};
    bool guessed = false;
    const struct csv_shape shape = {
        .delimiter = ';', .ncolumns = 1, .fields = &shape_field, .guessed = &guessed};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (int integer = 0; integer < 2; integer++)
            for (int behind = 0; behind < 40; behind += 39)
                for (enum pel_isa isa = 0; isa < PEL_ISA_COUNT; isa++) {
                    char text[100];
                    double out[2];
                    memset(text, '0', sizeof text);
                    size_t n = strlen(fields[i]);
                    memcpy(text, fields[i], n);
                    text[n] = '\n';
                    shape_field.type = integer ? PEL_I64 : PEL_F64;
                    const uint32_t ends[] = {UINT32_MAX, (uint32_t)n};
                    const struct csv_text whole = {text, n + (size_t)behind, 1, 0, 1, false};
                    const struct csv_window window = {&shape, &whole, ends + 1, 0, 1};
                    assert_int_equal(pel_csv_column(&window, 0, isa, out, NULL), 0);
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_noise),
        cmocka_unit_test(test_behind_quotes), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_no_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
