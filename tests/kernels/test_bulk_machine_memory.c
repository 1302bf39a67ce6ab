/* A machine without memory: whichever allocation fails, it is not opened, or counts its primes another way. */
#include "allocations.h"
#include "bulk/engine/machine/machine.h"
#include "support.h"

static int64_t numbers[8 * PEL_BLOCK_ROWS];

/* Primes below 8192. */
static size_t count(struct machine *machine)
{
    const struct pel_column column = {PEL_I64, false, 8, numbers};
    const struct pel_chunk chunk = {.nrows = 8 * PEL_BLOCK_ROWS, .columns = &column};
    size_t total = 0;
    for (size_t lo = 0; lo < chunk.nrows; lo += PEL_BLOCK_ROWS) {
        size_t n;
        uint64_t row;
        assert_int_equal(pel_machine_run(machine, &chunk, lo, PEL_BLOCK_ROWS, &row, NULL), 0);
        (void)pel_machine_selected(machine, &n);
        total += n;
    }
    return total;
}

static void test_any_allocation(void **state)
{
    (void)state;
    struct instruction code[] = {
        {.op = OP_COLUMN, .type = VALUE_I64, .args = {-1, -1, -1}},
        {.op = OP_CONST, .type = VALUE_I64, .args = {-1, -1, -1}, .constant.i = 1},
        {.op = OP_MUL, .type = VALUE_I64, .args = {0, 1, -1}},
        {.op = OP_ISPRIME, .type = VALUE_BOOL, .args = {2, -1, -1}},
        {.op = OP_FILTER, .type = VALUE_BOOL, .args = {3, -1, -1}}};
    int values[] = {2};
    const struct segment segment = {
        .code = code, .ncode = 5, .values = values, .nvalues = 1, .while_value = -1};
    for (int64_t i = 0; i < 8 * PEL_BLOCK_ROWS; i++)
        numbers[i] = i;
    int refused = 0;
    for (int k = 0; k < 200; k++) {
        struct machine *machine;
        struct pel_error err = {0};
        test_allocations_watch(k);
        int status = pel_machine_open(&machine, &segment, NULL, pel_isa_best(), &err);
        size_t primes = status ? 0 : count(machine);
        bool all = !test_allocations_end().failed;
        assert_int_equal(err.code, status);
        if (status) {
            assert_int_equal(status, -ENOMEM);
            assert_null(machine);
            refused++;
        } else {
            assert_int_equal(primes, 1028);
        }
        pel_machine_close(machine);
        if (all)
            break;
        assert_int_not_equal(k, 199);
    }
    assert_in_range(refused, 3, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
