/* `pelton image` as a person runs it: outputs, options of the picture, reports. */
#include "image_cli.h"

#include <stdio.h>
#include <unistd.h>

/* ---- the main job ---- */

static void converts_a_mixed_folder(void **state)
{
    (void)state;
    struct test_run run =
        test_run_shell(IMAGE "'%s' -o '%s/out' --resize 100x80 --gray --report '%s/r.json'",
                       SAMPLES, folder, folder);
    expect(&run, 1);
    expect_text(run.out, "15 of 21 files converted, 6 failed");
    expect_text(run.out, "MP/s");
    expect_text(run.err, "broken/truncated-interlaced.png: decode: ");
    expect_text(run.err, "broken/huge-header.png: decode: ");
    expect_text(run.err, "broken/empty.jpg: decode: the file is empty");
    test_run_free(&run);
    const char *out = test_path(folder, "out");
    assert_int_equal(test_count_files(out, NULL), GOOD_SAMPLES);
    assert_true(test_file_exists(test_path(out, "photos/night/moon.jpg")));
    assert_true(test_file_exists(test_path(out, "formats/balloons.png"))); /* GIF is only read */
    assert_false(test_file_exists(test_path(out, "broken/truncated-interlaced.png")));

    cJSON *report = read_json(test_path(folder, "r.json"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(report, "files")),
                     GOOD_SAMPLES + BROKEN_SAMPLES);
    const cJSON *row = find_row(report, "photos/balloons.jpg"); /* turned by EXIF */
    assert_int_equal(number(row, "orientation"), 6);
    assert_int_equal(number(row, "width_in"), 560);
    assert_int_equal(number(row, "width_out"), 57);
    assert_int_equal(number(row, "height_out"), 80);
    assert_int_equal(number(row, "channels_out"), 1);
    row = find_row(report, "formats/depth-16.png");
    assert_int_equal(number(row, "bits_out"), 16);
    row = find_row(report, "formats/alpha.png");
    assert_int_equal(number(row, "channels_out"), 2);
    row = find_row(report, "broken/text.png");
    assert_string_equal(text(row, "status"), "failed");
    assert_string_equal(text(row, "stage"), "decode");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(row, "bytes_out")));
    cJSON_Delete(report);
}

static void same_bytes_for_any_threads_backend_and_isa(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "-j 1",          "-j 2",       "-j 3",           "-j 7",           "--io sync",
        "--io aio",      "--io uring", "--io sim:100us", "--isa baseline", "--isa avx2 -j 3",
        "--depth 1 -j 2"};
    static const char *const jobs[] = {"--resize 90x70 --gray --format png",
                                       "--resize 60x80 --fit cover --format jpeg",
                                       "--gray=linear --resize '150%' --format pnm"};
    for (size_t j = 0; j < sizeof jobs / sizeof jobs[0]; j++) {
        char first[65] = "", other[65];
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
            struct test_run run =
                test_run_shell("rm -rf '%s/out'; " IMAGE "'%s' -o '%s/out' -q %s --format png %s "
                               "--name '{dir}/{name}-{from}.{ext}'",
                               folder, SAMPLES, folder, ways[i], jobs[j]);
            expect(&run, 1);
            test_run_free(&run);
            digest(test_path(folder, "out"), other);
            if (i == 0)
                memcpy(first, other, sizeof first);
            if (strcmp(first, other) != 0)
                fail_msg("'%s' gives other bytes with '%s' than with '%s'", jobs[j], ways[i],
                         ways[0]);
        }
    }
}

static void fewer_files_than_threads(void **state)
{
    (void)state;
    EXPECT_RUN(0, "", IMAGE "'%s/photos/marbles.png' -o '%s/out' -j 7 --resize 2000x2000", SAMPLES,
               folder);
    assert_int_equal(test_count_files(test_path(folder, "out"), ".png"), 1);
}

static void writes_every_format(void **state)
{
    (void)state;
    static const char *const formats[] = {"png", "jpeg", "bmp", "pnm"};
    for (size_t i = 0; i < 4; i++) {
        /* What was written is read back by another run. */
        EXPECT_RUN(0, "",
                   IMAGE "'%s/formats' '%s/photos' -o '%s/%s' --format %s "
                         "--name '{dir}/{name}-{from}.{ext}' && " IMAGE
                         "'%s/%s' -o '%s/again-%s' --report '%s/r.json'",
                   SAMPLES, SAMPLES, folder, formats[i], formats[i], folder, formats[i], folder,
                   formats[i], folder);
        cJSON *report = read_json(test_path(folder, "r.json"));
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(report, "files")), 12);
        const cJSON *row;
        cJSON_ArrayForEach(row, cJSON_GetObjectItem(report, "files"))
            assert_string_equal(text(row, "format_in"), formats[i]);
        cJSON_Delete(report);
    }
}

/* ---- the picture ---- */

/* The two runs' outputs must differ, and both must work. */
static void expect_difference(const char *input, const char *a, const char *b)
{
    char x[65], y[65];
    EXPECT_RUN(0, "",
               "rm -rf '%s/a' '%s/b'; " IMAGE "'%s' -o '%s/a' %s && " IMAGE "'%s' -o '%s/b' %s",
               folder, folder, input, folder, a, input, folder, b);
    digest(test_path(folder, "a"), x);
    digest(test_path(folder, "b"), y);
    if (strcmp(x, y) == 0)
        fail_msg("'%s' and '%s' give the same bytes", a, b);
}

static void options_of_the_picture(void **state)
{
    (void)state;
    const char *photo = SAMPLES "/photos/marbles.png", *alpha = SAMPLES "/formats/alpha.png";
    expect_difference(photo, "", "--gray");
    expect_difference(photo, "--gray", "--gray=bt709");
    expect_difference(photo, "--gray=bt709", "--gray=linear");
    static const char *const filters[] = {"nearest",    "box",      "triangle",
                                          "catmullrom", "mitchell", "lanczos3"};
    for (size_t i = 1; i < 6; i++) {
        char a[64], b[64];
        (void)snprintf(a, sizeof a, "--resize 100x --filter %s", filters[i - 1]);
        (void)snprintf(b, sizeof b, "--resize 100x --filter %s", filters[i]);
        expect_difference(photo, a, b);
    }
    expect_difference(photo, "--resize 100x --space linear", "--resize 100x --space gamma");
    expect_difference(photo, "--resize 90x90 --fit cover", "--resize 90x90 --fit fill");
    expect_difference(photo, "--resize 90x90 --fit contain",
                      "--resize 90x90 --fit contain --background '#204060'");
    expect_difference(alpha, "--format jpeg", "--format jpeg --background black");
    expect_difference(photo, "--format jpeg", "--format jpeg --quality 30");
    expect_difference(photo, "--format jpeg --subsampling 420", "--format jpeg --subsampling 444");
    expect_difference(photo, "--format jpeg --subsampling 422", "--format jpeg --subsampling 444");
    expect_difference(photo, "--compression 1", "--compression 9");
}

static void truncated_files(void **state)
{
    (void)state;
    EXPECT_RUN(1, "truncated-interlaced.png: decode: ",
               IMAGE "'%s/broken/truncated-interlaced.png' -o '%s/a'", SAMPLES, folder);
    EXPECT_RUN(0, "",
               IMAGE
               "'%s/broken/truncated-interlaced.png' '%s/broken/truncated-photo.jpg' -o '%s/b' "
               "--on-truncated keep --report '%s/r.json'",
               SAMPLES, SAMPLES, folder, folder);
    struct test_run run = test_run_shell(
        IMAGE "'%s/broken/truncated-photo.jpg' -o '%s/c' --on-truncated keep", SAMPLES, folder);
    expect(&run, 0);
    expect_text(run.out, "1 of 1 file converted (1 of them damaged)");
    expect_text(run.err, "truncated-photo.jpg: kept, though damaged: 80 of 128 rows: ");
    test_run_free(&run);
    cJSON *report = read_json(test_path(folder, "r.json"));
    expect_text(text(find_row(report, "truncated-photo.jpg"), "warning"), "80 of 128 rows: ");
    cJSON_Delete(report);
}

static void limits(void **state)
{
    (void)state;
    EXPECT_RUN(1, "decode: ", IMAGE "'%s/photos/marbles.png' -o '%s/a' --max-pixels 1000", SAMPLES,
               folder);
    EXPECT_RUN(1, "--memory", IMAGE "'%s/photos/marbles.png' -o '%s/a' --memory 1M", SAMPLES,
               folder);
    EXPECT_RUN(1, "--memory",
               IMAGE "'%s/photos/marbles.png' -o '%s/a' --memory 64M --resize 30000x", SAMPLES,
               folder);
    EXPECT_RUN(1, "limit", IMAGE "'%s/formats/lake.bmp' -o '%s/a' --memory 256k", SAMPLES, folder);
    assert_int_equal(test_count_files(folder, NULL), 0);
}

/* What --memory promises: it bounds files, pictures and outputs together, and 64 MB more are the
 * program's. Without the loader's bound, 32 files of 8 MB would lie ready; without the gate, or with too
 * small a reservation, 16 threads would hold pictures of 12 MB each, and their outputs. */
static void memory_is_bounded(void **state)
{
    (void)state;
    if (WITH_ASAN)
        skip();
    EXPECT_RUN(0, "",
               IMAGE "'%s/photos/marbles.png' -o '%s' --resize '2000x1333!' --format pnm -q && "
                     "mkdir '%s/in' && for i in $(seq 10 49); do "
                     "ln '%s/marbles.pnm' '%s/in/'$i.pnm; done",
               SAMPLES, folder, folder, folder, folder);
    uint64_t peak =
        test_peak_memory(IMAGE "'%s/in' -o '%s/out' --resize 2100x --filter triangle --format jpeg "
                               "-q -j 16 --memory 96MB",
                         folder, folder);
    printf("peak %.1f MB with --memory 96MB\n", (double)peak / 1e6);
    assert_in_range(peak, 8000000, 160000000);
    assert_int_equal(test_count_files(test_path(folder, "out"), ".jpg"), 40);
}

/* The resized picture counts: 480x320 is small, 3000x2000 is not. And the same with any -j. */
static void memory_refuses_by_the_result(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 64; threads *= 8) {
        EXPECT_RUN(0, "",
                   IMAGE "'%s/photos/marbles.png' -o '%s/%d' --memory 20M --resize 1000x -q -j %d",
                   SAMPLES, folder, threads, threads);
        EXPECT_RUN(1, "to convert, over the ",
                   IMAGE "'%s/photos/marbles.png' -o '%s/x' --memory 20M --resize 3000x -j %d",
                   SAMPLES, folder, threads);
    }
}

/* ---- reports ---- */

static void reports_and_traces(void **state)
{
    (void)state;
    EXPECT_RUN(1, "", IMAGE "'%s' -o '%s/out' -j 2 --report '%s/r.csv' --trace '%s/t.json' -q",
               SAMPLES, folder, folder, folder);
    size_t nbytes;
    char *csv = (char *)test_file_read(test_path(folder, "r.csv"), &nbytes);
    size_t lines = 0;
    for (const char *c = csv; (c = strstr(c, "\r\n")); c += 2)
        lines++;
    assert_int_equal(lines, 1 + GOOD_SAMPLES + BROKEN_SAMPLES);
    assert_memory_equal(csv, "input,output,status,stage,", 26);
    free(csv);

    cJSON *trace = read_json(test_path(folder, "t.json"));
    const cJSON *event, *events = cJSON_GetObjectItem(trace, "traceEvents");
    size_t decodes = 0, loads = 0;
    cJSON_ArrayForEach(event, events)
    {
        decodes += strcmp(text(event, "name"), "decode") == 0;
        loads += strcmp(text(event, "name"), "load") == 0;
    }
    assert_int_equal(decodes, GOOD_SAMPLES + BROKEN_SAMPLES);
    assert_int_equal(loads, 2 * (GOOD_SAMPLES + BROKEN_SAMPLES));
    cJSON_Delete(trace);

    struct test_run run = test_run_shell(IMAGE "'%s/charts' -o '%s/j' --json", SAMPLES, folder);
    expect(&run, 0);
    cJSON *json = cJSON_Parse(run.out);
    assert_non_null(json);
    assert_int_equal(number(json, "converted"), 3);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "failures")), 0);
    cJSON_Delete(json);
    test_run_free(&run);
    run = test_run_shell(IMAGE "'%s/broken' -o '%s/j' --json", SAMPLES, folder);
    expect(&run, 1);
    json = cJSON_Parse(run.out);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "failures")), BROKEN_SAMPLES);
    cJSON_Delete(json);
    test_run_free(&run);
    run = test_run_shell(IMAGE "'%s/charts' -o '%s/n' --json --dry-run", SAMPLES, folder);
    json = cJSON_Parse(run.out);
    assert_int_equal(cJSON_GetArraySize(json), 3);
    cJSON_Delete(json);
    test_run_free(&run);
    run = test_run_shell("mkdir '%s/none'; touch '%s/none/a.txt'; " IMAGE "'%s/none' -o '%s/n'",
                         folder, folder, folder, folder);
    expect(&run, 0);
    expect_text(run.out, "no file has an image's name (1 other ignored; --all takes them too)");
    test_run_free(&run);
    run = test_run_shell(IMAGE "'%s/charts' -o '%s/q' -q", SAMPLES, folder);
    assert_string_equal(run.out, "");
    assert_string_equal(run.err, "");
    test_run_free(&run);
    EXPECT_RUN(1, "cannot write", IMAGE "'%s/charts' -o '%s/w' --report /dev/null/r.json", SAMPLES,
               folder);
}

static void says_what_it_does(void **state)
{
    (void)state;
    struct test_run run =
        test_run_shell(IMAGE "'%s/charts' -o '%s/p' --progress always -v", SAMPLES, folder);
    expect(&run, 0);
    expect_text(run.err, "charts/colors.png -> ");
    test_run_free(&run);
    run = test_run_shell(IMAGE "--help");
    expect(&run, 0);
    expect_text(run.out, "--resize");
    expect_text(run.out, "Examples:");
    test_run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(converts_a_mixed_folder),
        IN_FOLDER(same_bytes_for_any_threads_backend_and_isa),
        IN_FOLDER(fewer_files_than_threads),
        IN_FOLDER(writes_every_format),
        IN_FOLDER(options_of_the_picture),
        IN_FOLDER(truncated_files),
        IN_FOLDER(limits),
        IN_FOLDER(memory_is_bounded),
        IN_FOLDER(memory_refuses_by_the_result),
        IN_FOLDER(reports_and_traces),
        IN_FOLDER(says_what_it_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
