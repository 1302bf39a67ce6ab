/* CSV without memory: whichever allocation fails, the call says so and nothing is left behind
 * (which LeakSanitizer sees). */
#include "allocations.h"
#include "support.h"

#include <pelton/csv.h>

#include <string.h>

static const char text[] = "name,n,v\n\"a \"\"b\"\"\",1,2.5\nc,3,4\n";

/* One pass; 0 or -ENOMEM. */
static int read_all(struct pel_error *err)
{
    static const char *const nulls[] = {"NA"};
    const struct pel_csv_options options = {.nulls = nulls, .nnulls = 1};
    const bool wanted[] = {true, true, true};
    struct pel_source *source;
    int status = pel_source_csv_text(&source, text, strlen(text), &options, err);
    assert_true(status ? source == NULL : source != NULL);
    for (int pass = 0; pass < 2 && !status; pass++) {
        struct pel_chunk chunk;
        uint64_t row;
        status = source->begin(source->ctx, wanted, err);
        if (status)
            break;
        status = source->next(source->ctx, &chunk, err);
        if (status > 0) {
            status = source->fill(source->ctx, &chunk, &row, err);
            if (!status)
                assert_memory_equal(((const struct pel_string *)chunk.columns[0].data)->text,
                                    "a \"b\"", 5);
            source->release(source->ctx, &chunk);
        }
        source->end(source->ctx);
    }
    pel_source_free(source);
    return status;
}

static void test_any_allocation(void **state)
{
    (void)state;
    int failures = 0;
    for (int k = 0; k < 1000; k++) {
        struct pel_error err = {0};
        test_allocations_watch(k);
        int status = read_all(&err);
        bool all = !test_allocations_end().failed;
        assert_int_equal(status, all ? 0 : -ENOMEM);
        assert_int_equal(err.code, status);
        if (all)
            break;
        failures++;
    }
    assert_in_range(failures, 10, 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
