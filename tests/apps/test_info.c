/* `pelton info`: the same facts as text and as JSON, and that they are true. */
#include "support.h"

#include <pelton/codec.h>
#include <pelton/load.h>
#include <pelton/system.h>

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs `pelton info --json` with words before and after; the caller frees the document. */
static cJSON *info(const char *before, const char *after)
{
    struct test_run run = test_run_shell("%s '%s' info --json %s", before, PELTON_PROGRAM, after);
    assert_int_equal(run.status, 0);
    assert_string_equal(run.err, "");
    cJSON *root = cJSON_Parse(run.out);
    assert_non_null(root);
    test_run_free(&run);
    return root;
}

static cJSON *get(cJSON *root, const char *section, const char *name)
{
    cJSON *value =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, section), name);
    if (!value)
        fail_msg("no %s.%s", section, name);
    return value;
}

static void test_machine(void **state)
{
    (void)state;
    struct pel_cpus cpus;
    pel_system_cpus("", NULL, 0, &cpus);
    cJSON *root = info("env -u OMP_NUM_THREADS -u OMP_PROC_BIND -u OMP_PLACES", "");
    assert_int_equal(get(root, "machine", "online")->valueint, cpus.online);
    assert_int_equal(get(root, "machine", "allowed")->valueint, cpus.affinity);
    assert_int_equal(get(root, "machine", "effective")->valueint, cpus.effective);
    assert_true(get(root, "machine", "memory")->valuedouble > 1e6);
    assert_string_equal(get(root, "program", "version")->valuestring, PEL_VERSION);
    assert_string_equal(get(root, "instruction_sets", "best")->valuestring,
                        pel_isa_name(pel_isa_best()));
    cJSON_Delete(root);
}

static void test_threads_and_warnings(void **state)
{
    (void)state;
    struct pel_openmp openmp;
    pel_openmp_describe(&openmp);
    cJSON *root = info("OMP_NUM_THREADS=3,2 OMP_WAIT_POLICY=passive", "");
    assert_int_equal(get(root, "machine", "threads")->valueint, openmp.version ? 3 : 1);
    if (openmp.version)
        assert_string_equal(get(root, "openmp", "OMP_NUM_THREADS")->valuestring, "3,2");
    cJSON_Delete(root);
    root = info("", "-j 5 -j 1");
    assert_int_equal(get(root, "machine", "threads")->valueint, 1);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "warnings")), 0);
    cJSON_Delete(root);
    root = info("OMP_WAIT_POLICY=ACTIVE taskset -c 0", "-j 1");
    assert_int_equal(get(root, "machine", "effective")->valueint, 1);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "warnings")), 1);
    cJSON_Delete(root);
    struct test_run run =
        test_run_shell("OMP_WAIT_POLICY=active taskset -c 0 '%s' info -j 1", PELTON_PROGRAM);
    assert_non_null(strstr(run.err, "pelton: warning: OMP_WAIT_POLICY=active"));
    test_run_free(&run);
}

/* OpenMP puts the main thread on one core before main() begins: that is not all there is. */
static void test_bound_threads(void **state)
{
    (void)state;
    cJSON *free_root = info("env -u OMP_PROC_BIND -u OMP_PLACES", "");
    cJSON *bound = info("OMP_PROC_BIND=close OMP_PLACES=cores", "");
    assert_int_equal(get(bound, "machine", "allowed")->valueint,
                     get(free_root, "machine", "allowed")->valueint);
    cJSON_Delete(free_root);
    cJSON_Delete(bound);
}

static void test_backends_and_formats(void **state)
{
    (void)state;
    cJSON *root = info("", "");
    struct pel_load_backend_info backend;
    for (int i = 0; pel_load_backend_describe(i, &backend); i++) {
        cJSON *value = get(root, "io_backends", backend.name);
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(value, "available")), backend.available);
        assert_string_equal(cJSON_GetObjectItem(value, "detail")->valuestring, backend.detail);
    }
    for (const struct pel_codec *const *codec = pel_codecs(); *codec; codec++) {
        cJSON *value = get(root, "formats", (*codec)->name);
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(value, "writes")),
                         (*codec)->encode != NULL);
        assert_string_equal(cJSON_GetObjectItem(value, "library")->valuestring, (*codec)->library);
    }
    cJSON_Delete(root);
}

/* Headings at the margin; below them, values in one column. */
static void test_text_is_aligned(void **state)
{
    (void)state;
    static const char *const wanted[] = {"\nMachine\n", "\nInstruction sets\n", "\nOpenMP\n",
                                         "\nLoading\n", "\nFormats\n",          "  effective "};
    struct test_run run = test_run_shell("env -i '%s' info", PELTON_PROGRAM);
    assert_int_equal(run.status, 0);
    assert_string_equal(run.err, "");
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_non_null(strstr(run.out, wanted[i]));
    for (const char *line = run.out; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        if (length == 0 || line[0] != ' ')
            continue;
        assert_true(length > 20);
        assert_memory_equal(line + 18, "  ", 2);
        assert_true(line[2] != ' ' && line[20] != ' ');
    }
    test_run_free(&run);
}

static void test_usage(void **state)
{
    (void)state;
    static const char *const bad[] = {"surplus", "-j 0", "-j x", "-j 99999", "--bogus", "-j"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct test_run run = test_run_shell("'%s' info %s", PELTON_PROGRAM, bad[i]);
        assert_int_equal(run.status, 2);
        assert_string_equal(run.out, "");
        assert_non_null(strstr(run.err, "Try 'pelton info --help'."));
        test_run_free(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine),         cmocka_unit_test(test_threads_and_warnings),
        cmocka_unit_test(test_bound_threads),   cmocka_unit_test(test_backends_and_formats),
        cmocka_unit_test(test_text_is_aligned), cmocka_unit_test(test_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
