/* .npy files written by numpy are read here, and those written here by numpy. */
#include "array_files.h"

#include <math.h>
#include <unistd.h>

#define PYTHON "/usr/bin/python3"

static bool numpy_is_there(void)
{
    struct test_run run = test_run_shell(PYTHON " -c 'import numpy'");
    bool there = run.status == 0;
    test_run_free(&run);
    return there;
}

/* Runs numpy_files.py beside this file. */
static void run_python(const char *command, const char *folder, int nrows)
{
    struct test_run run = test_run_shell(
        PYTHON " " PELTON_SOURCE_DIR "/tests/io/numpy_files.py %s %s %d", command, folder, nrows);
    if (run.status)
        fail_msg("python: %s%s", run.out, run.err);
    test_run_free(&run);
}

static void expect_column(const char *path, const struct whole *whole, size_t j, const char *line)
{
    size_t nbytes = whole->nrows * pel_type_nbytes(whole->fields[j].type);
    char *text = malloc(2 * nbytes + strlen(whole->fields[j].name) + 64);
    assert_non_null(text);
    int at = sprintf(text, "%s %s ", whole->fields[j].name, pel_type_name(whole->fields[j].type));
    for (size_t i = 0; i < nbytes; i++)
        at += sprintf(text + at, "%02x", whole->values[j][i]);
    if (strcmp(text, line) != 0)
        fail_msg("%s, column %zu: '%.60s' instead of '%.60s'", path, j, text, line);
    free(text);
}

/* The columns are what numpy said they are. */
static void expect_as_told(const char *path, const struct whole *whole)
{
    char told[512];
    size_t nbytes;
    (void)snprintf(told, sizeof told, "%.*s.txt", (int)strlen(path) - 4, path);
    unsigned char *bytes = test_file_read(told, &nbytes);
    char *text = calloc(1, nbytes + 1), *rest = text;
    memcpy(text, bytes, nbytes);
    free(bytes);
    size_t j = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line; j++) {
        assert_true(j < whole->ncolumns);
        expect_column(path, whole, j, line);
    }
    assert_int_equal(j, whole->ncolumns);
    free(text);
}

static size_t check_files(const char *folder)
{
    static const enum pel_array_access ways[] = {PEL_ACCESS_MAP, PEL_ACCESS_STREAM,
                                                 PEL_ACCESS_AUTO};
    struct test_run run = test_run_shell("ls %s/*.npy", folder);
    char *rest = run.out;
    size_t nfiles = 0;
    for (char *path; (path = strsep(&rest, "\n")) && *path; nfiles++)
        for (size_t way = 0; way < 3; way++) {
            struct pel_array_options options = {.access = ways[way]};
            struct whole whole = whole_open(path, &options);
            expect_as_told(path, &whole);
            whole_free(&whole);
        }
    test_run_free(&run);
    return nfiles;
}

static void test_what_numpy_writes(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    run_python("write", folder, 10);
    assert_int_equal(check_files(folder), 14 * 6 + 4 + 3 + 5);
    run_python("write", folder, 1);
    (void)check_files(folder);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_numpy_writes),
    };
    if (!numpy_is_there()) {
        (void)puts("skipped: " PYTHON " has no numpy");
        return SKIP_PROGRAM;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
