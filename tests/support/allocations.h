/* Allocations that fail when a test wants them to. The linker puts stand-ins for malloc, calloc and
 * aligned_alloc in the place of the C library's (--wrap, see tests/CMakeLists.txt). */
#ifndef PELTON_TEST_ALLOCATIONS_H
#define PELTON_TEST_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

/* From now on, allocation number fail_at (from 0) of all threads fails; none when it is negative. */
void test_allocations_watch(int fail_at);

/* No longer. What was asked for, in bytes, and whether one failed. */
struct test_allocations {
    size_t nbytes;
    bool failed;
};
struct test_allocations test_allocations_end(void);

#endif
