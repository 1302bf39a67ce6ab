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

/* A line of a .txt file: malloc'ed. */
static char *tell(const struct whole *whole, size_t j)
{
    size_t nbytes = whole->nrows * pel_type_nbytes(whole->fields[j].type);
    char *text = malloc(2 * nbytes + strlen(whole->fields[j].name) + 64);
    assert_non_null(text);
    int at = sprintf(text, "%s %s ", whole->fields[j].name, pel_type_name(whole->fields[j].type));
    for (size_t i = 0; i < nbytes; i++)
        at += sprintf(text + at, "%02x", whole->values[j][i]);
    return text;
}

static void expect_column(const char *path, const struct whole *whole, size_t j, const char *line)
{
    char *text = tell(whole, j);
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

static void write_one(const char *folder, const char *name, struct whole *whole, bool nrows_known)
{
    char file[64];
    struct pel_error err = {0};
    (void)snprintf(file, sizeof file, "%s.npy", name);
    if (whole_write(whole, test_path(folder, file), NULL, nrows_known, 3, &err))
        fail_msg("%s: %s", name, err.message);
    (void)snprintf(file, sizeof file, "%s.txt", name);
    FILE *told = fopen(test_path(folder, file), "w");
    assert_non_null(told);
    for (size_t j = 0; j < whole->ncolumns; j++) {
        char *line = tell(whole, j);
        assert_true(fprintf(told, "%s\n", line) > 0);
        free(line);
    }
    assert_int_equal(fclose(told), 0);
    whole_free(whole);
}

/* One column of each type, three of each, and all types in one structure. */
static void write_all(const char *folder, uint64_t nrows)
{
    enum pel_type all[PEL_STRING + 1];
    struct whole whole;
    char name[32];
    for (int type = 0; type < PEL_STRING; type++) {
        enum pel_type types[] = {(enum pel_type)type, (enum pel_type)type, (enum pel_type)type,
                                 PEL_TYPE_COUNT};
        (void)snprintf(name, sizeof name, "one_%d", type);
        whole = whole_random(types + 2, nrows, 1);
        whole_name(&whole, name);
        write_one(folder, name, &whole, type % 2);
        (void)snprintf(name, sizeof name, "three_%d", type);
        whole = whole_random(types, nrows, 1);
        whole_name(&whole, name);
        write_one(folder, name, &whole, type % 2);
        all[type] = (enum pel_type)type;
    }
    all[PEL_STRING] = PEL_TYPE_COUNT;
    whole = whole_random(all, nrows, 2);
    write_one(folder, "all", &whole, false);
    whole = whole_random((enum pel_type[]){PEL_I8, PEL_F64, PEL_TYPE_COUNT}, nrows, 3);
    free((char *)whole.fields[0].name);
    whole.fields[0].name = strdup("Z\303\274rich's \\ \"x\"");
    write_one(folder, "names", &whole, true);
}

static void test_what_numpy_reads(void **state)
{
    static const int sizes[] = {0, 1, 10};
    (void)state;
    for (int i = 0; i < 3; i++) {
        char *folder = test_folder_make();
        write_all(folder, (uint64_t)sizes[i]);
        run_python("check", folder, sizes[i]);
        test_folder_remove(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_numpy_writes),
        cmocka_unit_test(test_what_numpy_reads),
    };
    if (!numpy_is_there()) {
        (void)puts("skipped: " PYTHON " has no numpy");
        return SKIP_PROGRAM;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
