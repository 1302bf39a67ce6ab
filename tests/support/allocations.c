#include "allocations.h"

/* Atomic, all of them. */
static size_t nbytes_asked;
static int countdown;
static bool watching, failed;

void test_allocations_watch(int fail_at)
{
    __atomic_store_n(&nbytes_asked, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&countdown, fail_at, __ATOMIC_SEQ_CST);
    __atomic_store_n(&failed, false, __ATOMIC_SEQ_CST);
    __atomic_store_n(&watching, true, __ATOMIC_SEQ_CST);
}

struct test_allocations test_allocations_end(void)
{
    __atomic_store_n(&watching, false, __ATOMIC_SEQ_CST);
    return (struct test_allocations){__atomic_load_n(&nbytes_asked, __ATOMIC_SEQ_CST),
                                     __atomic_load_n(&failed, __ATOMIC_SEQ_CST)};
}

static bool refuse(size_t nbytes)
{
    if (!__atomic_load_n(&watching, __ATOMIC_SEQ_CST))
        return false;
    __atomic_fetch_add(&nbytes_asked, nbytes, __ATOMIC_SEQ_CST);
    bool now = __atomic_load_n(&countdown, __ATOMIC_SEQ_CST) >= 0 &&
               __atomic_fetch_sub(&countdown, 1, __ATOMIC_SEQ_CST) == 0;
    if (now)
        __atomic_store_n(&failed, true, __ATOMIC_SEQ_CST);
    return now;
}

void *__wrap_malloc(size_t nbytes);
void *__real_malloc(size_t nbytes);
void *__wrap_calloc(size_t n, size_t nbytes);
void *__real_calloc(size_t n, size_t nbytes);
void *__wrap_aligned_alloc(size_t alignment, size_t nbytes);
void *__real_aligned_alloc(size_t alignment, size_t nbytes);

void *__wrap_malloc(size_t nbytes)
{
    return refuse(nbytes) ? NULL : __real_malloc(nbytes);
}

void *__wrap_calloc(size_t n, size_t nbytes)
{
    return refuse(n * nbytes) ? NULL : __real_calloc(n, nbytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t nbytes)
{
    return refuse(nbytes) ? NULL : __real_aligned_alloc(alignment, nbytes);
}
