/* One output piece by piece: it appears when it is finished, and not before. */
#include "store_support.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

static struct pel_output *open_output(const char *path, bool replace)
{
    struct pel_output *output;
    struct pel_error err = {0};
    assert_int_equal(pel_output_open(&output, path, replace, &err), 0);
    return output;
}

static void write_text(struct pel_output *output, const char *text)
{
    assert_int_equal(write(pel_output_fd(output), text, strlen(text)), strlen(text));
}

static void expect_contents(const char *path, const char *text)
{
    size_t nbytes;
    char *data = (char *)test_file_read(path, &nbytes);
    assert_string_equal(data, text);
    free(data);
}

static void expect_refused(const char *path, bool replace, int code)
{
    struct pel_output *output;
    struct pel_error err = {0};
    assert_int_equal(pel_output_open(&output, path, replace, &err), code);
    assert_null(output);
    assert_int_equal(err.code, code);
    assert_int_equal(err.stage, PEL_STAGE_OPEN);
    assert_true(err.message[0]);
}

static void test_finish(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "new/list");
    struct pel_error err = {0};
    struct pel_output *output = open_output(path, false);
    write_text(output, "2\n");
    assert_false(test_file_exists(path));
    write_text(output, "3\n");
    assert_int_equal(pel_output_finish(output, &err), 0);
    expect_contents(path, "2\n3\n");

    output = open_output(path, true);
    write_text(output, "5\n");
    expect_contents(path, "2\n3\n");
    assert_int_equal(pel_output_finish(output, &err), 0);
    expect_contents(path, "5\n");
    assert_int_equal(count_entries(test_path(folder, "new")), 1);
    test_folder_remove(folder);
}

static void test_discard(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "list");
    test_file_write(path, "old", 3);
    struct pel_output *output = open_output(path, true);
    write_text(output, "new");
    assert_int_equal(count_entries(folder), 2);
    pel_output_discard(output);
    expect_contents(path, "old");
    assert_int_equal(count_entries(folder), 1);
    pel_output_discard(NULL);
    test_folder_remove(folder);
}

static void test_refused(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    test_file_write(test_path(folder, "list"), "old", 3);
    assert_int_equal(mkdir(test_path(folder, "sub"), 0777), 0);
    expect_refused(test_path(folder, "list"), false, -EEXIST);
    expect_refused(test_path(folder, "sub"), true, -EISDIR);
    expect_refused(test_path(folder, "sub/"), true, -EINVAL);
    expect_refused(test_path(folder, "list/below"), true, -ENOTDIR);
    expect_refused("", true, -EINVAL);
    assert_int_equal(count_entries(folder), 2);
    test_folder_remove(folder);
}

/* The target appears while the output is being written: it is not replaced unless that was asked for. */
static void test_target_appears(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "list");
    struct pel_error err = {0};
    struct pel_output *output = open_output(path, false);
    write_text(output, "ours");
    test_file_write(path, "theirs", 6);
    assert_int_equal(pel_output_finish(output, &err), -EEXIST);
    assert_int_equal(err.stage, PEL_STAGE_RENAME);
    expect_contents(path, "theirs");
    assert_int_equal(count_entries(folder), 1);
    test_folder_remove(folder);
}

/* Temporary files: a dead writer's goes, a living one's stays. */
static void test_sweeps(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    test_file_write(test_path(folder, ".list.pelton.1.0"), "dead", 4);
    struct pel_output *first = open_output(test_path(folder, "list"), false);
    struct pel_output *second = open_output(test_path(folder, "list"), false);
    assert_false(test_file_exists(test_path(folder, ".list.pelton.1.0")));
    assert_int_equal(count_entries(folder), 2);
    struct pel_error err = {0};
    assert_int_equal(pel_output_finish(first, &err), 0);
    assert_int_equal(pel_output_finish(second, &err), -EEXIST);
    assert_int_equal(count_entries(folder), 1);
    test_folder_remove(folder);
}

static void test_devices(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *pipe_path = test_path(folder, "pipe"), *link_path = test_path(folder, "link");
    struct pel_error err = {0};
    struct pel_output *output = open_output("/dev/null", false);
    write_text(output, "2\n");
    assert_int_equal(pel_output_finish(output, &err), 0);

    assert_int_equal(mkfifo(pipe_path, 0666), 0);
    assert_int_equal(symlink("pipe", link_path), 0);
    for (int i = 0; i < 2; i++) {
        int reader = open(pipe_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        char back[3] = "";
        output = open_output(i ? link_path : pipe_path, i);
        write_text(output, "3\n");
        assert_int_equal(read(reader, back, 2), 2);
        assert_string_equal(back, "3\n");
        if (i)
            pel_output_discard(output);
        else
            assert_int_equal(pel_output_finish(output, &err), 0);
        close(reader);
    }
    assert_int_equal(count_entries(folder), 2);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finish),  cmocka_unit_test(test_discard),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_target_appears),
        cmocka_unit_test(test_sweeps),  cmocka_unit_test(test_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
