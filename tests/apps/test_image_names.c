/* `pelton image`: which file an output becomes, and what is there already. */
#include "image_cli.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is there already ---- */

static void existing_outputs(void **state)
{
    (void)state;
    const char *in = SAMPLES "/charts";
    char before[65], after[65];
    EXPECT_RUN(0, "", IMAGE "'%s' -o '%s/out'", in, folder);
    digest(test_path(folder, "out"), before);
    EXPECT_RUN(2, "3 of 3 outputs exist already", IMAGE "'%s' -o '%s/out' --gray", in, folder);
    struct test_run run =
        test_run_shell(IMAGE "'%s' -o '%s/out' --gray --skip-existing", in, folder);
    expect(&run, 0);
    expect_text(run.out, "0 of 3 files converted, 3 skipped");
    test_run_free(&run);
    EXPECT_RUN(0, "", IMAGE "'%s' -o '%s/out' --gray --update", in, folder);
    digest(test_path(folder, "out"), after);
    assert_string_equal(before, after);
    EXPECT_RUN(0, "",
               "touch -d '2001-01-01' '%s/out/colors.png'; " IMAGE
               "'%s' -o '%s/out' --gray --update",
               folder, in, folder);
    digest(test_path(folder, "out"), after);
    assert_string_not_equal(before, after);
    EXPECT_RUN(0, "", IMAGE "'%s' -o '%s/out' --overwrite", in, folder);
    digest(test_path(folder, "out"), after);
    assert_string_equal(before, after);
}

static void in_place_only_when_told(void **state)
{
    (void)state;
    EXPECT_RUN(0, "", "cp -r '%s/charts' '%s/in'", SAMPLES, folder);
    EXPECT_RUN(2, "exist already", "cd '%s' && " IMAGE "in -o in --gray", folder);
    EXPECT_RUN(2, "choose --skip-existing", "cd '%s/in' && " IMAGE ". -o . --gray", folder);
    EXPECT_RUN(0, "", "cd '%s/in' && " IMAGE "*.png -o . --gray --overwrite", folder);
    /* 2.png would become 1.png before that one was read */
    EXPECT_RUN(2, "is itself an input",
               "cd '%s/in' && cp colors.png 1.png && cp zone-plate.png 2.png && " IMAGE
               "2.png 1.png -o . --name '{n}.png' --overwrite",
               folder);
}

static void output_inside_the_input(void **state)
{
    (void)state;
    EXPECT_RUN(0, "", "cp -r '%s/charts' '%s/in'", SAMPLES, folder);
    for (int round = 0; round < 2; round++) {
        struct test_run run =
            test_run_shell("cd '%s' && " IMAGE "in -o in/out --overwrite", folder);
        expect(&run, 0);
        expect_text(run.out, "3 of 3 files converted");
        test_run_free(&run);
    }
}

/* ---- naming ---- */

static void collisions_are_refused(void **state)
{
    (void)state;
    EXPECT_RUN(0, "",
               "mkdir '%s/in' && cp '%s/photos/marbles.png' '%s/in/a.png' && "
               "cp '%s/photos/pebbles.jpg' '%s/in/a.jpg'",
               folder, SAMPLES, folder, SAMPLES, folder);
    EXPECT_RUN(2, "would both become", IMAGE "'%s/in' -o '%s/out' --format png", folder, folder);
    assert_false(test_file_exists(test_path(folder, "out")));
    EXPECT_RUN(0, "", IMAGE "'%s/in' -o '%s/out' --format png --name '{dir}/{name}-{from}.{ext}'",
               folder, folder);
    assert_true(test_file_exists(test_path(folder, "out/a-jpg.png")));
    /* the same input twice is one input */
    struct test_run run = test_run_shell("cd '%s' && " IMAGE "in ./in in/a.png -o out2", folder);
    expect(&run, 0);
    expect_text(run.out, "2 of 2 files converted");
    test_run_free(&run);
}

static void collisions_in_disguise(void **state)
{
    (void)state;
    EXPECT_RUN(
        2, "would both become",
        "cd '%s' && mkdir -p in/x in/y out/y && ln -s y out/x && "
        "cp '%s/photos/marbles.png' in/x/a.png && cp '%s/charts/colors.png' in/y/a.png && " IMAGE
        "in -o out --overwrite",
        folder, SAMPLES, SAMPLES);
    EXPECT_RUN(2, "below which",
               "cd '%s' && mkdir -p n/a.png && cp '%s/photos/pebbles.jpg' n/a.jpg && "
               "cp '%s/charts/colors.png' n/a.png/b.png && " IMAGE "n -o m --format png",
               folder, SAMPLES, SAMPLES);
    assert_false(test_file_exists(test_path(folder, "m")));
}

static void reports_replace_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"--trace in/a.png", "--trace ./in/../in/a.png",
                                      "--trace out/a.png", "--report r.json --trace ./r.json",
                                      "--report in/r.json"};
    EXPECT_RUN(0, "",
               "cd '%s' && mkdir in && cp '%s/charts/colors.png' in/a.png && "
               "cp in/a.png in/r.json",
               folder, SAMPLES);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT_RUN(2, "would replace", "cd '%s' && " IMAGE "in -o out --all --format png %s",
                   folder, bad[i]);
    assert_int_equal(test_count_files(folder, NULL), 2);
}

static void names_too_long(void **state)
{
    (void)state;
    char stem[252];
    memset(stem, 'n', sizeof stem - 1);
    stem[sizeof stem - 1] = '\0';
    EXPECT_RUN(1, "over the limit of 255",
               "cd '%s' && mkdir in && cp '%s/charts/colors.png' in/%s.png && " IMAGE
               "in -o out --name '{name}-thumb.{ext}'",
               folder, SAMPLES, stem);
}

static void hidden_parts_of_a_tree(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        printf("skipped: root looks into every folder\n");
        skip();
    }
    EXPECT_RUN(1, "cannot look at it",
               "cd '%s' && mkdir -p in/shut/sub && chmod 444 in/shut && " IMAGE "in -o out",
               folder);
}

static void templates(void **state)
{
    (void)state;
    EXPECT_RUN(0, "", IMAGE "'%s/photos' -o '%s/out' --name 'x/{dir}/{n}_{name}.{ext}' -q", SAMPLES,
               folder);
    assert_true(test_file_exists(test_path(folder, "out/x/night/4_moon.jpg")));
    static const char *const bad[] = {"../{name}",  "{nonsense}.png", "{name",   "",
                                      "a/../b.png", "{dir}/",         "{name}/."};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT_RUN(2, "gives no usable file name", IMAGE "'%s/photos' -o '%s/o' --name '%s'",
                   SAMPLES, folder, bad[i]);
}

static void names_of_another_format(void **state)
{
    (void)state;
    EXPECT_RUN(2, "the ending of another format: it would be jpeg",
               IMAGE "'%s/photos/pebbles.jpg' -o '%s/o' --name '{name}.png'", SAMPLES, folder);
    EXPECT_RUN(0, "", IMAGE "'%s/photos/pebbles.jpg' -o '%s/o' --name '{name}.png' --format png",
               SAMPLES, folder);
}

static void lists_of_files(void **state)
{
    (void)state;
    EXPECT_RUN(0, "",
               "cd '%s' && find photos -type f | sort | " IMAGE "--files-from - -o '%s/lines' && "
               "find . -path './photos/*' -type f -print0 | " IMAGE
               "--files-from - -0 -o '%s/nul' && diff -r '%s/lines' '%s/nul'",
               SAMPLES, folder, folder, folder, folder);
    assert_int_equal(test_count_files(test_path(folder, "lines/photos"), NULL), 5);
    EXPECT_RUN(2, "cannot read the list", IMAGE "--files-from '%s/none' -o '%s/x'", folder, folder);
    EXPECT_RUN(0, "", ": | " IMAGE "--files-from - -o '%s/x'", folder);
}

static void every_file_of_a_folder(void **state)
{
    (void)state;
    EXPECT_RUN(0, "",
               "mkdir -p '%s/in/.hidden' && cd '%s/in' && cp '%s/photos/marbles.png' m && "
               "cp m .hidden/h.png && cp m shown.PNG && ln -s ../in loop && ln -s m link.png "
               "&& echo text > notes.txt",
               folder, folder, SAMPLES);
    struct test_run run = test_run_shell(IMAGE "'%s/in' -o '%s/out'", folder, folder);
    expect(&run, 0);
    expect_text(run.out, "2 of 2 files converted (2 other files ignored)");
    test_run_free(&run);
    assert_true(test_file_exists(test_path(folder, "out/shown.PNG")));
    EXPECT_RUN(1, "notes.txt: decode: not an image", IMAGE "'%s/in' -o '%s/all' --all", folder,
               folder);
    assert_int_equal(test_count_files(test_path(folder, "all"), NULL), 3);
}

static void dry_run_writes_nothing(void **state)
{
    (void)state;
    struct test_run run =
        test_run_shell("cd '%s' && " IMAGE "photos -o '%s/out' --dry-run", SAMPLES, folder);
    expect(&run, 0);
    expect_text(run.out, "photos/night/moon.jpg -> ");
    test_run_free(&run);
    assert_false(test_file_exists(test_path(folder, "out")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(existing_outputs),
        IN_FOLDER(in_place_only_when_told),
        IN_FOLDER(output_inside_the_input),
        IN_FOLDER(collisions_are_refused),
        IN_FOLDER(collisions_in_disguise),
        IN_FOLDER(reports_replace_nothing),
        IN_FOLDER(names_too_long),
        IN_FOLDER(hidden_parts_of_a_tree),
        IN_FOLDER(templates),
        IN_FOLDER(names_of_another_format),
        IN_FOLDER(lists_of_files),
        IN_FOLDER(every_file_of_a_folder),
        IN_FOLDER(dry_run_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
