/* `pelton image` as a person runs it: outputs, options, messages and exit statuses. */
#include "support.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLES PELTON_SOURCE_DIR "/data/samples"
#define IMAGE "'" PELTON_PROGRAM "' image "

enum { GOOD_SAMPLES = 15, BROKEN_SAMPLES = 6 };

static char *folder; /* of the test at work */

static int make_folder(void **state)
{
    (void)state;
    folder = test_folder_make();
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static void expect(struct test_run *run, int status)
{
    if (run->status != status)
        fail_msg("exit status %d, not %d\nout: %s\nerr: %s", run->status, status, run->out,
                 run->err);
}

static void expect_text(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("no '%s' in: %s", part, text ? text : "");
}

/* Runs a command line that must end with `status` and say `part` on standard error. */
#define EXPECT_RUN(expected, part, ...)                                                            \
    do {                                                                                           \
        struct test_run run_ = test_run_shell(__VA_ARGS__);                                        \
        expect(&run_, expected);                                                                   \
        expect_text(run_.err, part);                                                               \
        test_run_free(&run_);                                                                      \
    } while (0)

/* One digest over names and contents of all files below a folder. */
static void digest(const char *path, char out[65])
{
    struct test_run run = test_run_shell(
        "cd '%s' && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum", path);
    expect(&run, 0);
    memcpy(out, run.out, 64);
    out[64] = '\0';
    test_run_free(&run);
}

static cJSON *read_json(const char *path)
{
    size_t nbytes;
    char *text = (char *)test_file_read(path, &nbytes);
    cJSON *json = cJSON_Parse(text);
    free(text);
    if (!json)
        fail_msg("%s is not JSON", path);
    return json;
}

/* The report's row for the input whose path ends like this. */
static const cJSON *find_row(const cJSON *report, const char *ending)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(report, "files"))
    {
        const char *input = cJSON_GetStringValue(cJSON_GetObjectItem(row, "input"));
        size_t length = strlen(input), n = strlen(ending);
        if (length >= n && strcmp(input + length - n, ending) == 0)
            return row;
    }
    fail_msg("no row for %s", ending);
    return NULL;
}

static double number(const cJSON *row, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(row, name);
    if (!cJSON_IsNumber(item))
        fail_msg("%s is no number", name);
    return item->valuedouble;
}

static const char *text(const cJSON *row, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(row, name));
    return value ? value : "";
}

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

/* ---- failures ---- */

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

/* ---- corpora ---- */

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

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(converts_a_mixed_folder),
        IN_FOLDER(same_bytes_for_any_threads_backend_and_isa),
        IN_FOLDER(fewer_files_than_threads),
        IN_FOLDER(writes_every_format),
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
        IN_FOLDER(options_of_the_picture),
        IN_FOLDER(truncated_files),
        IN_FOLDER(limits),
        IN_FOLDER(memory_is_bounded),
        IN_FOLDER(memory_refuses_by_the_result),
        IN_FOLDER(reports_and_traces),
        IN_FOLDER(says_what_it_does),
        IN_FOLDER(wrong_usage),
        IN_FOLDER(missing_and_special_inputs),
        IN_FOLDER(stops_at_the_first_failure),
        IN_FOLDER(unwritable_outputs),
        IN_FOLDER(disk_full),
        IN_FOLDER(interrupted),
        IN_FOLDER(killed_and_run_again),
        IN_FOLDER(png_suite),
        IN_FOLDER(fuzzed_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
