/* `pelton image` over collections of files made to be hard. */
#include "image_cli.h"

#include <stdio.h>

static void png_suite(void **state)
{
    (void)state;
    const char *suite = test_corpus("pngsuite");
    if (!suite)
        skip();
    struct test_run run =
        test_run_shell(IMAGE "'%s' -o '%s/out' --resize 20x20 --gray", suite, folder);
    expect(&run, 1);
    expect_text(run.out, "162 of 176 files converted, 14 failed");
    test_run_free(&run);
    assert_int_equal(test_count_files(test_path(folder, "out"), ".png"), 162);
}

static void fuzzed_files(void **state)
{
    (void)state;
    static const char *const names[] = {"fuzz-png", "fuzz-jpeg"};
    for (size_t i = 0; i < 2; i++) {
        const char *corpus = test_corpus(names[i]);
        if (!corpus)
            skip();
        struct test_run run = test_run_shell(
            IMAGE "'%s' --all -o '%s/out%zu' --resize '64x64>' --max-pixels 16M --memory 512M "
                  "--on-truncated keep --format jpeg --report '%s/r.json'",
            corpus, folder, i, folder);
        expect(&run, 1);
        cJSON *report = read_json(test_path(folder, "r.json"));
        const cJSON *totals = cJSON_GetObjectItem(report, "totals");
        assert_int_equal(number(totals, "files"),
                         number(totals, "converted") + number(totals, "failed"));
        printf("%s: %g converted, %g refused\n", names[i], number(totals, "converted"),
               number(totals, "failed"));
        cJSON_Delete(report);
        test_run_free(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(png_suite),
        IN_FOLDER(fuzzed_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
