/* Each allocation in turn fails: reading and writing arrays say so, and leave nothing behind. */
#include "array_files.h"

#include "allocations.h"

static char *folder;

/* Opens, reads and closes; the rows are looked at, not kept. */
static int read_file(const char *path, const struct pel_array_options *options,
                     struct pel_error *err)
{
    struct pel_source *source;
    const bool wanted[2] = {true, true};
    struct pel_chunk chunk;
    uint64_t nrows = 0;
    int rc = pel_source_open(&source, path, options, err);
    if (rc)
        return rc;
    rc = source->begin(source->ctx, wanted, err);
    if (!rc) {
        while ((rc = source->next(source->ctx, &chunk, err)) > 0) {
            nrows += chunk.nrows;
            source->release(source->ctx, &chunk);
        }
        source->end(source->ctx);
    }
    pel_source_free(source);
    if (!rc)
        assert_int_equal(nrows, 200000);
    return rc;
}

/* Repeats with each allocation failing, until all succeed. */
static void fail_each(int (*work)(const char *path, const struct pel_array_options *options,
                                  struct pel_error *err),
                      const char *path, const struct pel_array_options *options)
{
    bool failed = true;
    int n;
    for (n = 0; failed; n++) {
        struct pel_error err = {0};
        test_allocations_watch(n);
        int rc = work(path, options, &err);
        failed = test_allocations_end().failed;
        if (rc != (failed ? -ENOMEM : 0) && rc != 0)
            fail_msg("allocation %d: %d: %s", n, rc, err.message);
        if (rc)
            assert_true(err.message[0]);
        assert_int_equal(test_count_files(folder, NULL), 1);
    }
    assert_true(n > 3);
}

static void test_reading(void **state)
{
    static const enum pel_type types[] = {PEL_F64, PEL_I32, PEL_TYPE_COUNT};
    static const char *const names[] = {"t", "v"};
    (void)state;
    struct whole whole = whole_random(types, 200000, 1);
    const char *path = test_path(folder, "t.npy");
    assert_int_equal(whole_write(&whole, path, NULL, true, PEL_CHUNK_ROWS, NULL), 0);
    whole_free(&whole);
    for (int access = PEL_ACCESS_MAP; access <= PEL_ACCESS_STREAM; access++) {
        struct pel_array_options options = {.access = (enum pel_array_access)access,
                                            .names = names,
                                            .nnames = 2,
                                            .io = {.backend = "sync"}};
        fail_each(read_file, path, &options);
    }
}

/* 200,000 rows of zeros, in parts. */
static int write_file(const char *path, const struct pel_array_options *options,
                      struct pel_error *err)
{
    static const struct pel_field fields[] = {{"t", PEL_F64}, {"v", PEL_I32}};
    static const double zeros[10000];
    const struct pel_column columns[] = {{PEL_F64, false, 8, zeros}, {PEL_I32, false, 4, zeros}};
    struct pel_array_file *file;
    (void)options;
    int rc = pel_array_file_open(&file, path, NULL, err);
    if (rc)
        return rc;
    const struct pel_sink *sink = pel_array_file_sink(file);
    rc = sink->begin(sink->ctx, fields, 2, PEL_ROWS_UNKNOWN, err);
    for (uint64_t part = 0; !rc && part < 20; part++) {
        rc = sink->rows(sink->ctx, part, columns, 10000, err);
        if (!rc)
            rc = sink->end(sink->ctx, part, err);
    }
    if (!rc)
        return pel_array_file_finish(file, err);
    pel_array_file_discard(file);
    return rc;
}

static void test_writing(void **state)
{
    (void)state;
    fail_each(write_file, test_path(folder, "t.npy"), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_writing),
    };
    folder = test_folder_make();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_folder_remove(folder);
    return failed;
}
