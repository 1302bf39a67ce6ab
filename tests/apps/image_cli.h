/* What the programs share that run `pelton image` as a person does. */
#ifndef PELTON_TEST_IMAGE_CLI_H
#define PELTON_TEST_IMAGE_CLI_H

#include "support.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES PELTON_SOURCE_DIR "/data/samples"
#define IMAGE "'" PELTON_PROGRAM "' image "
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

enum { GOOD_SAMPLES = 15, BROKEN_SAMPLES = 6 };

static char *folder; /* of the test at work */

static inline int make_folder(void **state)
{
    (void)state;
    folder = test_folder_make();
    return 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static inline void expect(struct test_run *run, int status)
{
    if (run->status != status)
        fail_msg("exit status %d, not %d\nout: %s\nerr: %s", run->status, status, run->out,
                 run->err);
}

static inline void expect_text(const char *text, const char *part)
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
static inline void digest(const char *path, char out[65])
{
    struct test_run run = test_run_shell(
        "cd '%s' && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum", path);
    expect(&run, 0);
    memcpy(out, run.out, 64);
    out[64] = '\0';
    test_run_free(&run);
}

static inline cJSON *read_json(const char *path)
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
static inline const cJSON *find_row(const cJSON *report, const char *ending)
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

static inline double number(const cJSON *row, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(row, name);
    if (!cJSON_IsNumber(item))
        fail_msg("%s is no number", name);
    return item->valuedouble;
}

static inline const char *text(const cJSON *row, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(row, name));
    return value ? value : "";
}

#endif
