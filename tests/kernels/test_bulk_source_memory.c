/* The source of primes without memory: whichever allocation fails, it says so, gives no more chunks, and leaves
 * nothing behind (which LeakSanitizer sees). */
#include "allocations.h"
#include "support.h"

#include <pelton/table.h>

/* One pass; 0 or -ENOMEM. */
static int read_all(uint64_t *nrows, struct pel_error *err)
{
    struct pel_source *source;
    struct pel_chunk chunk;
    const bool wanted = true;
    uint64_t row;
    *nrows = 0;
    int status = pel_source_primes(&source, "x", 0, 5000000, err);
    if (status)
        return status;
    status = source->begin(source->ctx, &wanted, err);
    while (!status && (status = source->next(source->ctx, &chunk, err)) > 0) {
        status = source->fill(source->ctx, &chunk, &row, err);
        *nrows += chunk.nrows;
        source->release(source->ctx, &chunk);
    }
    source->end(source->ctx);
    pel_source_free(source);
    return status;
}

static void test_any_allocation(void **state)
{
    (void)state;
    int failures = 0;
    for (int k = 0; k < 1000; k++) {
        struct pel_error err = {0};
        uint64_t nrows;
        test_allocations_watch(k);
        int status = read_all(&nrows, &err);
        bool all = !test_allocations_end().failed;
        assert_int_equal(status, all ? 0 : -ENOMEM);
        assert_int_equal(err.code, status);
        if (all) {
            assert_int_equal(nrows, 348513); /* pi(5 10^6) */
            break;
        }
        failures++;
    }
    assert_in_range(failures, 10, 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
