/* Tables to files and back. */
#include "array_files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const enum pel_type one[] = {PEL_F64, PEL_TYPE_COUNT};
static const enum pel_type same[] = {PEL_I32, PEL_I32, PEL_I32, PEL_TYPE_COUNT};
static const enum pel_type mixed[] = {PEL_BOOL, PEL_F64, PEL_U16, PEL_F16, PEL_I64, PEL_TYPE_COUNT};

static void round_trip(const char *folder, const enum pel_type *types, uint64_t nrows,
                       size_t part_rows)
{
    struct pel_error err = {0};
    const char *path = test_path(folder, "t.npy");
    for (int known = 0; known < 2; known++) {
        struct whole whole = whole_random(types, nrows, nrows + part_rows);
        if (whole_write(&whole, path, NULL, known, part_rows, &err))
            fail_msg("%s", err.message);
        if (types != mixed)
            whole_name(&whole, "t");
        struct whole again = whole_open(path, NULL);
        whole_expect_equal(&whole, &again);
        whole_free(&again);
        whole_free(&whole);
    }
}

static void test_npy_round_trip(void **state)
{
    static const uint64_t sizes[] = {0, 1, 1023, 1024, 65535, 65536, 65537, 200000};
    static const enum pel_type *const tables[] = {one, same, mixed};
    (void)state;
    char *folder = test_folder_make();
    for (size_t t = 0; t < 3; t++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            round_trip(folder, tables[t], sizes[i], PEL_CHUNK_ROWS);
            if (sizes[i] <= 1024)
                round_trip(folder, tables[t], sizes[i], 1);
        }
    assert_int_equal(test_count_files(folder, NULL), 1);
    test_folder_remove(folder);
}

static void test_raw_round_trip(void **state)
{
    static const char *const names[] = {"c0", "c1", "c2", "c3", "c4"};
    struct pel_array_options options = {
        .dtype = "bool,f64,u16,f16,i64", .names = names, .nnames = 5};
    struct pel_error err = {0};
    (void)state;
    char *folder = test_folder_make();
    struct whole whole = whole_random(mixed, 70000, 1);
    assert_int_equal(whole_write(&whole, test_path(folder, "t.raw"), NULL, false, 1000, &err), 0);
    struct whole again = whole_open(test_path(folder, "t.raw"), &options);
    whole_expect_equal(&whole, &again);
    whole_free(&again);
    whole_free(&whole);
    test_folder_remove(folder);
}

/* Strided, reversed and swapped columns arrive as plain ones, and any true is 1. */
static void test_odd_columns(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "odd.npy");
    const uint16_t words[] = {0x0102, 0xffff, 0x0304, 0xffff, 0x0506};
    const unsigned char flags[] = {0, 7, 255};
    const struct pel_field fields[] = {{"a", PEL_U16}, {"b", PEL_U16}, {"c", PEL_BOOL}};
    const struct pel_column columns[] = {
        {PEL_U16, true, 4, words}, {PEL_U16, false, -4, words + 4}, {PEL_BOOL, false, 1, flags}};
    struct pel_array_file *file;
    assert_int_equal(pel_array_file_open(&file, path, NULL, NULL), 0);
    const struct pel_sink *sink = pel_array_file_sink(file);
    assert_int_equal(sink->begin(sink->ctx, fields, 3, 3, NULL), 0);
    assert_int_equal(sink->rows(sink->ctx, 0, columns, 3, NULL), 0);
    assert_int_equal(sink->end(sink->ctx, 0, NULL), 0);
    assert_int_equal(pel_array_file_finish(file, NULL), 0);
    struct whole whole = whole_open(path, NULL);
    assert_memory_equal(whole.values[0], ((const uint16_t[]){0x0201, 0x0403, 0x0605}), 6);
    assert_memory_equal(whole.values[1], ((const uint16_t[]){0x0506, 0x0304, 0x0102}), 6);
    assert_memory_equal(whole.values[2], "\0\1\1", 3);
    whole_free(&whole);
    test_folder_remove(folder);
}

/* Parts may come in any order, and several calls of rows may make one. */
static void test_parts_in_any_order(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "parts.npy");
    const int64_t values[] = {0, 1, 2, 3, 4, 5};
    const struct pel_field field = {"x", PEL_I64};
    struct pel_array_file *file;
    assert_int_equal(pel_array_file_open(&file, path, NULL, NULL), 0);
    const struct pel_sink *sink = pel_array_file_sink(file);
    assert_int_equal(sink->begin(sink->ctx, &field, 1, PEL_ROWS_UNKNOWN, NULL), 0);
    for (uint64_t part = 3; part-- > 0;) {
        for (size_t i = 0; part != 1 && i < 3; i++) {
            const struct pel_column column = {PEL_I64, false, 8, values + (part ? 3 : 0) + i};
            assert_int_equal(sink->rows(sink->ctx, part, &column, 1, NULL), 0);
        }
        assert_int_equal(sink->end(sink->ctx, part, NULL), 0);
    }
    assert_int_equal(pel_array_file_finish(file, NULL), 0);
    struct whole whole = whole_open(path, NULL);
    assert_int_equal(whole.nrows, 6);
    assert_memory_equal(whole.values[0], values, sizeof values);
    whole_free(&whole);
    test_folder_remove(folder);
}

static void expect_refused(const char *path, const struct whole *whole,
                           const struct pel_array_write_options *options, bool nrows_known,
                           int code)
{
    struct pel_error err = {0};
    int rc = whole_write(whole, path, options, nrows_known, PEL_CHUNK_ROWS, &err);
    if (rc != code || err.code != code || !err.message[0])
        fail_msg("%s: %d instead of %d: %s", path, rc, code, err.message);
}

static void test_refusals(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct whole whole = whole_random(one, 10, 1);
    struct pel_array_write_options raw = {.format = PEL_ARRAY_RAW}, keep = {.keep = true};
    expect_refused(test_path(folder, "t.what"), &whole, NULL, true, -EINVAL);
    expect_refused(folder, &whole, &raw, true, -EISDIR);
    expect_refused("/dev/full", &whole, &raw, true, -ENOSPC);
    const char *path = test_path(folder, "old.npy");
    test_file_write(path, "old", 3);
    expect_refused(path, &whole, &keep, true, -EEXIST);
    whole.fields[0].type = PEL_STRING;
    expect_refused(path, &whole, NULL, true, -ENOTSUP);
    expect_refused(path, &whole, &raw, true, -ENOTSUP);
    whole.fields[0].type = PEL_F64;
    struct whole none = {0};
    expect_refused(path, &none, NULL, true, -EINVAL);
    size_t nbytes;
    unsigned char *old = test_file_read(path, &nbytes);
    assert_memory_equal(old, "old", 3);
    free(old);
    assert_int_equal(test_count_files(folder, NULL), 1);
    whole_free(&whole);
    test_folder_remove(folder);
}

/* A pipe's header is written once. */
static void test_pipe(void **state)
{
    (void)state;
    int ends[2];
    char path[40];
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    struct whole whole = whole_random(one, 1000, 1);
    struct pel_array_write_options npy = {.format = PEL_ARRAY_NPY};
    expect_refused(path, &whole, &npy, false, -ESPIPE);
    struct pel_error err = {0};
    assert_int_equal(whole_write(&whole, path, &npy, true, 100, &err), 0);
    (void)close(ends[1]);
    unsigned char bytes[8192 + 1];
    assert_int_equal(read(ends[0], bytes, sizeof bytes), 128 + 8000);
    assert_memory_equal(bytes + 128, whole.values[0], 8000);
    (void)close(ends[0]);
    whole_free(&whole);
}

/* In a child, whose files may not grow beyond 64 KiB: the old file stays, and nothing lies beside it. */
static void write_beyond_the_limit(const char *path)
{
    struct rlimit limit = {65536, 65536};
    struct whole whole = whole_random(one, 100000, 1);
    struct pel_error err = {0};
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    int rc = whole_write(&whole, path, NULL, false, PEL_CHUNK_ROWS, &err);
    whole_free(&whole);
    _exit(rc == -EFBIG && err.message[0] ? 0 : 1);
}

static void test_file_limit(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "t.npy");
    test_file_write(path, "old", 3);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        write_beyond_the_limit(path);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(test_count_files(folder, NULL), 1);
    size_t nbytes;
    free(test_file_read(path, &nbytes));
    assert_int_equal(nbytes, 3);
    test_folder_remove(folder);
}

/* Given up, unfinished, cancelled, or failed in the query: nothing is left. */
static void test_nothing_half_written(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const int64_t value = 1;
    const struct pel_field field = {"x", PEL_I64};
    const struct pel_column column = {PEL_I64, false, 8, &value};
    for (int way = 0; way < 5; way++) {
        struct pel_cancel cancel = {0};
        struct pel_array_write_options options = {.cancel = &cancel};
        struct pel_array_file *file;
        struct pel_error err = {0};
        const char *path = test_path(folder, "t.npy");
        assert_int_equal(pel_array_file_open(&file, path, &options, NULL), 0);
        const struct pel_sink *sink = pel_array_file_sink(file);
        if (way > 0)
            assert_int_equal(sink->begin(sink->ctx, &field, 1, PEL_ROWS_UNKNOWN, NULL), 0);
        if (way > 0)
            assert_int_equal(sink->rows(sink->ctx, 0, &column, 1, NULL), 0);
        if (way == 2)
            sink->failed(sink->ctx, -EDOM);
        if (way == 3)
            pel_cancel_request(&cancel);
        if (way == 4) {
            pel_array_file_discard(file);
        } else {
            static const int codes[] = {-EINVAL, -EINVAL, -EDOM, -ECANCELED};
            assert_int_equal(pel_array_file_finish(file, &err), codes[way]);
            assert_true(err.message[0]);
        }
        assert_int_equal(test_count_files(folder, NULL), 0);
    }
    pel_array_file_discard(NULL);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy_round_trip), cmocka_unit_test(test_raw_round_trip),
        cmocka_unit_test(test_odd_columns),    cmocka_unit_test(test_parts_in_any_order),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_file_limit),     cmocka_unit_test(test_nothing_half_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
