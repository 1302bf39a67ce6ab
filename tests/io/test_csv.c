/* Files of CSV: mapped, streamed and from a pipe the same rows and errors; and written, then
 * read again. */
#include "array_files.h"

#include <pelton/csv.h>

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

/* nrows rows of an integer, a float and a bool, with quotes that hold line ends now and then. */
static char *make_text(size_t nrows, size_t *nbytes)
{
    char *text = malloc(64 + 64 * nrows), *p = text;
    struct test_random random = {5};
    assert_non_null(text);
    p += sprintf(p, "count,\"va\nlue\",flag\r\n");
    for (size_t i = 0; i < nrows; i++) {
        const char *quote = i % 97 == 3 ? "\"" : "";
        p += sprintf(p, "%s%ld%s,%.*g,%s%s", quote, (long)(int32_t)test_random_next(&random), quote,
                     (int)(i % 17) + 1, (double)test_random_next(&random) / 1e12,
                     test_random_next(&random) & 1 ? "true" : "\"false\"", i % 3 ? "\n" : "\r\n");
    }
    *nbytes = (size_t)(p - text);
    return text;
}

static void read_file(const char *path, const struct pel_array_options *options,
                      struct whole *whole)
{
    struct pel_source *source;
    struct pel_error err = {0};
    int rc = pel_source_open(&source, path, options, &err);
    if (rc)
        fail_msg("%s", err.message);
    for (int pass = 0; pass < (source->once ? 1 : 2); pass++) {
        if (pass)
            whole_free(whole);
        rc = whole_read(source, whole, &err);
        if (rc)
            fail_msg("%s", err.message);
    }
    pel_source_free(source);
}

static void test_same_rows(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 140000};
    char *folder = test_folder_make();
    const char *path = test_path(folder, "t.csv");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t nbytes;
        char *text = make_text(sizes[i], &nbytes);
        struct whole expected = {0}, whole = {0};
        struct pel_source *source;
        assert_int_equal(pel_source_csv_text(&source, text, nbytes, NULL, NULL), 0);
        assert_int_equal(whole_read(source, &expected, NULL), 0);
        pel_source_free(source);
        assert_int_equal(expected.nrows, sizes[i]);
        test_file_write(path, text, nbytes);
        free(text);
        static const struct pel_array_options ways[] = {
            {.access = PEL_ACCESS_AUTO},
            {.access = PEL_ACCESS_MAP},
            {.access = PEL_ACCESS_STREAM},
            {.access = PEL_ACCESS_STREAM, .io = {.segment_bytes = 4096, .depth = 1}},
            {.access = PEL_ACCESS_STREAM, .io = {.backend = "sync", .segment_bytes = 300000}},
        };
        for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
            read_file(path, &ways[w], &whole);
            whole_expect_equal(&whole, &expected);
            whole_free(&whole);
        }
        whole_free(&expected);
    }
    test_folder_remove(folder);
}

static void expect_failure(const char *path, const struct pel_array_options *options, int code,
                           const char *message)
{
    struct pel_source *source;
    struct pel_error err = {0};
    int rc = pel_source_open(&source, path, options, &err);
    if (!rc) {
        struct whole whole;
        rc = whole_read(source, &whole, &err);
        whole_free(&whole);
        pel_source_free(source);
    }
    assert_int_equal(rc, code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, message);
}

static void test_failures(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "t.csv");
    expect_failure(path, NULL, -ENOENT, "cannot open: No such file or directory");
    expect_failure(folder, NULL, -EISDIR, "is a folder, not a file");
    for (int access = PEL_ACCESS_AUTO; access <= PEL_ACCESS_STREAM; access++) {
        const struct pel_array_options options = {.access = (enum pel_array_access)access};
        test_file_write(path, "", 0);
        expect_failure(path, &options, -EBADMSG, "the text is empty");
        test_file_write(path, "a,b\n1,2\n3\n", 10);
        expect_failure(path, &options, -EBADMSG,
                       "row 1 (line 3): 1 field, where the first record has 2");
    }
    /* behind the first chunk: found by a pass */
    size_t nbytes;
    char *text = make_text(70000, &nbytes);
    memcpy(text + nbytes, "x,1,true\n", 9);
    test_file_write(path, text, nbytes + 9);
    char message[200];
    snprintf(
        message, sizeof message,
        "row 70000 (line 70003), column 1 'count': 'x' is not an integer in range; give the type "
        "count=string");
    expect_failure(path, NULL, -EBADMSG, message);
    free(text);
    test_folder_remove(folder);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {"p", "q"};
    char *folder = test_folder_make();
    const char *path = test_path(folder, "t.tsv");
    test_file_write(path, "a,b\tc\n1,5\t2\n", 12);
    struct whole whole;
    read_file(path, NULL, &whole);
    assert_int_equal(whole.ncolumns, 2);
    assert_string_equal(whole.fields[0].name, "a,b");
    assert_int_equal(whole.fields[0].type, PEL_STRING);
    assert_int_equal(whole.fields[1].type, PEL_I64);
    whole_free(&whole);
    read_file(path, &(struct pel_array_options){.names = names, .nnames = 2}, &whole);
    assert_string_equal(whole.fields[1].name, "q");
    whole_free(&whole);
    test_folder_remove(folder);
}

static void test_pipe(void **state)
{
    (void)state;
    size_t nbytes;
    char *text = make_text(1000, &nbytes);
    struct whole expected, whole;
    struct pel_source *source;
    assert_int_equal(pel_source_csv_text(&source, text, nbytes, NULL, NULL), 0);
    assert_int_equal(whole_read(source, &expected, NULL), 0);
    pel_source_free(source);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(nbytes < 65536);
    assert_int_equal(write(ends[1], text, nbytes), nbytes);
    close(ends[1]);
    char path[40];
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    struct pel_error err = {0};
    assert_int_equal(pel_source_open(&source, path, NULL, &err), 0);
    assert_true(source->once);
    assert_int_equal(whole_read(source, &whole, &err), 0);
    whole_expect_equal(&whole, &expected);
    whole_free(&whole);
    const bool wanted[3] = {true, true, true};
    assert_int_equal(source->begin(source->ctx, wanted, &err), -ESPIPE);
    assert_string_equal(err.message, "the text can be read a single time");
    pel_source_free(source);
    close(ends[0]);
    free(text);
    whole_free(&expected);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Writes nparts parts of rows of the columns, the last part first where the sink lets one. */
static void write_file(const char *path, const struct pel_array_write_options *options,
                       const struct pel_field *fields, const struct pel_column *columns,
                       size_t ncolumns, size_t nrows)
{
    struct pel_array_file *file;
    struct pel_error err = {0};
    if (pel_array_file_open(&file, path, options, &err))
        fail_msg("%s", err.message);
    const struct pel_sink *sink = pel_array_file_sink(file);
    assert_int_equal(sink->begin(sink->ctx, fields, ncolumns, nrows, &err), 0);
    assert_int_equal(sink->rows(sink->ctx, 0, columns, nrows, &err), 0);
    assert_int_equal(sink->end(sink->ctx, 0, &err), 0);
    assert_int_equal(pel_array_file_finish(file, &err), 0);
}

static void expect_file(const char *path, const char *text)
{
    size_t nbytes;
    unsigned char *got = test_file_read(path, &nbytes);
    assert_int_equal(nbytes, strlen(text));
    assert_memory_equal(got, text, nbytes);
    free(got);
}

/* A map is handed out in pieces of 16 MiB: a file that ends in the middle of the second is not read there. */
static void test_shrunk(void **state)
{
    (void)state;
    enum { NBYTES = 17 << 20 };
    char *folder = test_folder_make(), *text = malloc(NBYTES);
    assert_non_null(text);
    for (size_t i = 0; i < NBYTES; i++)
        text[i] = i % 8 == 7 ? '\n' : '1';
    const char *path = test_path(folder, "t.csv");
    test_file_write(path, text, NBYTES);
    const struct pel_array_options options = {.access = PEL_ACCESS_MAP};
    struct pel_source *source;
    struct whole whole;
    struct pel_error err = {0};
    assert_int_equal(pel_source_open(&source, path, &options, NULL), 0);
    assert_int_equal(truncate(path, (16 << 20) + 4096), 0);
    assert_int_equal(whole_read(source, &whole, &err), -EIO);
    assert_non_null(strstr(err.message, "shrank"));
    whole_free(&whole);
    pel_source_free(source);
    free(text);
    test_folder_remove(folder);
}

static void test_written(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    static const bool flags[] = {true, false};
    static const int8_t i8[] = {-128, 127};
    static const int32_t i32[] = {INT32_MIN, 5};
    static const uint64_t u64[] = {UINT64_MAX, 0};
    static const uint16_t f16[] = {0x0001, 0xfbff};
    static const float f32[] = {0.1f, -INFINITY};
    static const double f64[] = {NAN, 1e300};
    static const struct pel_string strings[] = {{"a,\"b\"\n", 6}, {NULL, 0}};
    const struct pel_field fields[] = {{"flag", PEL_BOOL}, {"i8", PEL_I8},     {"i32", PEL_I32},
                                       {"u64", PEL_U64},   {"f16", PEL_F16},   {"f32", PEL_F32},
                                       {"f64", PEL_F64},   {"s,t", PEL_STRING}};
    const struct pel_column columns[] = {
        {PEL_BOOL, false, 1, flags}, {PEL_I8, false, 1, i8},
        {PEL_I32, false, 4, i32},    {PEL_U64, false, 8, u64},
        {PEL_F16, false, 2, f16},    {PEL_F32, false, 4, f32},
        {PEL_F64, false, 8, f64},    {PEL_STRING, false, sizeof strings[0], strings}};
    const char *path = test_path(folder, "out.csv");
    write_file(path, NULL, fields, columns, 8, 2);
    expect_file(
        path, "flag,i8,i32,u64,f16,f32,f64,\"s,t\"\n"
              "true,-128,-2147483648,18446744073709551615,5.9604645e-8,0.1,nan,\"a,\"\"b\"\"\n\"\n"
              "false,127,5,0,-65504.0,-inf,1e300,\n");
    path = test_path(folder, "out.tsv");
    write_file(path, NULL, fields, columns + 1, 3, 2);
    expect_file(path, "flag\ti8\ti32\n-128\t-2147483648\t18446744073709551615\n127\t5\t0\n");
    const struct pel_csv_options bare = {.header = PEL_CSV_HEADER_NO, .delimiter = ';'};
    write_file(path, &(struct pel_array_write_options){.csv = &bare}, fields, columns + 1, 3, 2);
    expect_file(path, "-128;-2147483648;18446744073709551615\n127;5;0\n");
    /* the other byte order, backwards */
    static const unsigned char big_endian[] = {0, 1, 2, 3};
    const struct pel_column swapped = {PEL_U16, true, -2, big_endian + 2};
    write_file(path, NULL, fields, &swapped, 1, 2);
    expect_file(path,
                __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "flag\n515\n1\n" : "flag\n770\n256\n");
    test_folder_remove(folder);
}

/* Rows larger than any piece, and what is written is what is read. */
static void test_round_trip(void **state)
{
    (void)state;
    enum { NROWS = 20000, LONG = 700000 };
    char *folder = test_folder_make(), *text = malloc(LONG);
    struct test_random random = {test_seed(75)};
    double *numbers = malloc(NROWS * sizeof *numbers);
    int64_t *integers = malloc(NROWS * sizeof *integers);
    struct pel_string *strings = malloc(NROWS * sizeof *strings);
    assert_true(text && numbers && integers && strings);
    for (size_t i = 0; i < LONG; i++)
        text[i] = ",\"\n\rx y\t;"[test_random_below(&random, 9)];
    for (size_t i = 0; i < NROWS; i++) {
        uint64_t bits = test_random_next(&random);
        memcpy(&numbers[i], &bits, sizeof bits);
        if (isnan(numbers[i]))
            numbers[i] = (double)NAN;
        integers[i] = (int64_t)test_random_next(&random) >> test_random_below(&random, 64);
        size_t nbytes =
            i % 1000 ? test_random_below(&random, 12) : test_random_below(&random, LONG / 2);
        strings[i] = (struct pel_string){
            nbytes ? text + test_random_below(&random, LONG / 2) : NULL, nbytes};
    }
    const struct pel_field fields[] = {
        {"number", PEL_F64}, {"integer", PEL_I64}, {"text", PEL_STRING}};
    const struct pel_column columns[] = {{PEL_F64, false, 8, numbers},
                                         {PEL_I64, false, 8, integers},
                                         {PEL_STRING, false, sizeof *strings, strings}};
    const char *path = test_path(folder, "t.csv");
    write_file(path, NULL, fields, columns, 3, NROWS);
    struct pel_source *source;
    struct pel_error err = {0};
    assert_int_equal(pel_source_open(&source, path, NULL, &err), 0);
    assert_int_equal(source->nrows, NROWS);
    struct pel_chunk chunk;
    uint64_t row;
    const bool wanted[3] = {true, true, true};
    assert_int_equal(source->begin(source->ctx, wanted, &err), 0);
    assert_int_equal(source->next(source->ctx, &chunk, &err), 1);
    assert_int_equal(source->fill(source->ctx, &chunk, &row, &err), 0);
    assert_memory_equal(chunk.columns[0].data, numbers, NROWS * sizeof *numbers);
    assert_memory_equal(chunk.columns[1].data, integers, NROWS * sizeof *integers);
    const struct pel_string *read = chunk.columns[2].data;
    for (size_t i = 0; i < NROWS; i++) {
        assert_int_equal(read[i].nbytes, strings[i].nbytes);
        if (read[i].nbytes)
            assert_memory_equal(read[i].text, strings[i].text, strings[i].nbytes);
    }
    source->release(source->ctx, &chunk);
    assert_int_equal(source->next(source->ctx, &chunk, &err), 0);
    source->end(source->ctx);
    pel_source_free(source);
    free(text);
    free(numbers);
    free(integers);
    free(strings);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_rows),  cmocka_unit_test(test_failures),
        cmocka_unit_test(test_names),      cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_written),    cmocka_unit_test(test_shrunk),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
