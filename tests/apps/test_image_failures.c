/* `pelton image`: wrong usage, inputs and outputs that fail, ends before its end. */
#include "image_cli.h"

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void wrong_usage(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "x.png",
        "x.png -o",
        "x.png -o ''",
        "- -o out",
        "'' -o out",
        "x.png -o out --nonsense",
        "x.png -o out --resize 0x0",
        "x.png -o out --resize",
        "x.png -o out --fit cover",
        "x.png -o out --resize 5x5 --fit tight",
        "x.png -o out --quality 0",
        "x.png -o out --quality 101",
        "x.png -o out --quality 8,5",
        "x.png -o out --format gif",
        "x.png -o out --filter lanczos",
        "x.png -o out --space log",
        "x.png -o out --gray=yes",
        "x.png -o out --background mauve",
        "x.png -o out --subsampling 411",
        "x.png -o out --compression 10",
        "x.png -o out --durability much",
        "x.png -o out --on-truncated guess",
        "x.png -o out --max-pixels 0",
        "x.png -o out --memory 1",
        "x.png -o out -j 0",
        "x.png -o out -j -1",
        "x.png -o out --depth 0",
        "x.png -o out --depth 257",
        "x.png -o out --io dma",
        "x.png -o out --io sim:fast",
        "x.png -o out --isa z80",
        "x.png -o out --report r.txt",
        "x.png -o out --progress maybe",
        "x.png -o out -0",
        "x.png bt709 -o out --gray",
        "x.png -o out --update --overwrite",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct test_run run = test_run_shell("cd '%s' && " IMAGE "%s", folder, bad[i]);
        if (run.status != 2 || strncmp(run.err, "pelton image: ", 14) != 0 || run.out[0])
            fail_msg("'%s' gave %d: %s", bad[i], run.status, run.err);
        test_run_free(&run);
    }
    assert_int_equal(test_count_files(folder, NULL), 0);
}

static void missing_and_special_inputs(void **state)
{
    (void)state;
    EXPECT_RUN(1, "none.png: open: ", IMAGE "'%s/none.png' -o '%s/out'", folder, folder);
    EXPECT_RUN(1, "pipe.png: ", "mkfifo '%s/pipe.png'; " IMAGE "'%s/pipe.png' -o '%s/out'", folder,
               folder, folder);
    EXPECT_RUN(1, "/dev/zero: ", IMAGE "/dev/zero '%s/photos/marbles.png' -o '%s/out'", SAMPLES,
               folder);
    assert_int_equal(test_count_files(test_path(folder, "out"), NULL), 1);
    if (geteuid() != 0) /* root reads everything */
        EXPECT_RUN(1, "cannot read the folder",
                   "mkdir '%s/closed'; chmod 0 '%s/closed'; " IMAGE "'%s/closed' -o '%s/out'",
                   folder, folder, folder, folder);
}

static void stops_at_the_first_failure(void **state)
{
    (void)state;
    /* One thread, one file at a time: nothing else is even begun. Hot files are loaded ahead. */
    static const char *const ways[] = {"--depth 1 --io sim:20ms", "--io sync"};
    for (size_t i = 0; i < 2; i++) {
        EXPECT_RUN(1, "empty.jpg: decode",
                   IMAGE "'%s/broken/empty.jpg' '%s/photos' -o '%s/out' --fail-fast -j 1 %s "
                         "--report '%s/r.json'",
                   SAMPLES, SAMPLES, folder, ways[i], folder);
        cJSON *report = read_json(test_path(folder, "r.json"));
        const cJSON *totals = cJSON_GetObjectItem(report, "totals");
        assert_int_equal(number(totals, "failed"), 1);
        assert_int_equal(number(totals, "cancelled"), 5);
        cJSON_Delete(report);
    }
}

static void unwritable_outputs(void **state)
{
    (void)state;
    EXPECT_RUN(2, "/file: Not a directory",
               "touch '%s/file'; " IMAGE "'%s/photos' -o '%s/file/out'", folder, SAMPLES, folder);
    EXPECT_RUN(2, "/file: Not a directory", IMAGE "'%s/photos' -o '%s/file'", SAMPLES, folder);
    EXPECT_RUN(0, "", IMAGE "'%s/charts' -o '%s/new/deep/' -q", SAMPLES, folder);
    if (geteuid() != 0) /* root writes everywhere */
        EXPECT_RUN(2, "Permission denied",
                   "mkdir -m 500 '%s/closed'; " IMAGE "'%s/photos' -o '%s/closed/out'", folder,
                   SAMPLES, folder);
    EXPECT_RUN(0, "", "rm -r '%s/new'", folder);
    EXPECT_RUN(1, "", "mkdir -p '%s/out/marbles.png'; " IMAGE "'%s/photos' -o '%s/out' --overwrite",
               folder, SAMPLES, folder);
    assert_int_equal(test_count_files(test_path(folder, "out"), NULL), 4);
}

static void disk_full(void **state)
{
    (void)state;
    const char *disk = test_path(folder, "disk");
    assert_int_equal(mkdir(disk, 0777), 0);
    if (geteuid() != 0 || mount("none", disk, "tmpfs", 0, "size=200k") != 0) {
        printf("skipped: no right to mount a small file system\n");
        skip();
    }
    EXPECT_RUN(1, "No space left on device", IMAGE "'%s/photos' -o '%s/disk/out' --format bmp",
               SAMPLES, folder);
    /* what is there is whole: 480x480 gray is 230 kB, so nothing of the five fits */
    size_t left = test_count_files(disk, NULL);
    assert_int_equal(umount(disk), 0);
    assert_int_equal(left, 0);
}

static void interrupted(void **state)
{
    (void)state;
    static const char *const signals[] = {"INT", "TERM"};
    for (size_t i = 0; i < 2; i++) {
        /* timeout, not &: a shell makes background commands ignore SIGINT; and --foreground, as a
         * second signal ends the program at once */
        struct test_run run =
            test_run_shell("timeout --foreground --preserve-status -s %s 1 " IMAGE
                           "'%s' -o '%s/out%zu' -j 2 --io sim:300ms --depth 1 --report '%s/r.json'",
                           signals[i], SAMPLES, folder, i, folder);
        expect(&run, 130);
        expect_text(run.err, "interrupted: ");
        test_run_free(&run);
        run = test_run_shell("find '%s/out%zu' -name '.*'", folder, i);
        assert_string_equal(run.out, ""); /* no temporary file is left */
        test_run_free(&run);
        cJSON *report = read_json(test_path(folder, "r.json"));
        assert_true(number(cJSON_GetObjectItem(report, "totals"), "cancelled") > 0);
        cJSON_Delete(report);
    }
}

static void killed_and_run_again(void **state)
{
    (void)state;
    for (int i = 1; i <= 10; i++) {
        struct test_run run = test_run_shell(
            IMAGE "'%s/photos' -o '%s/out' -q -j 2 --overwrite & pid=$!; sleep 0.0%d; "
                  "kill -9 $pid; wait $pid",
            SAMPLES, folder, i);
        assert_true(run.status == 137 || run.status == 0);
        test_run_free(&run);
    }
    EXPECT_RUN(0, "", IMAGE "'%s/photos' -o '%s/out' -q --overwrite", SAMPLES, folder);
    struct test_run run = test_run_shell("find '%s/out' -name '.*' -type f", folder);
    assert_string_equal(run.out, "");
    test_run_free(&run);
    assert_int_equal(test_count_files(test_path(folder, "out"), NULL), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(wrong_usage),
        IN_FOLDER(missing_and_special_inputs),
        IN_FOLDER(stops_at_the_first_failure),
        IN_FOLDER(unwritable_outputs),
        IN_FOLDER(disk_full),
        IN_FOLDER(interrupted),
        IN_FOLDER(killed_and_run_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
