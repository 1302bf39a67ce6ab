#include "thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>

/* Puts the processors of the mask into the thread's attributes; false: there are none. */
static bool set_processors(pthread_attr_t *attr, const uint64_t *mask, size_t nwords)
{
    size_t ncpus = 64 * nwords, nbytes = CPU_ALLOC_SIZE(ncpus);
    cpu_set_t *set = mask && nwords ? CPU_ALLOC(ncpus) : NULL;
    if (!set)
        return false;
    CPU_ZERO_S(nbytes, set);
    for (size_t i = 0; i < ncpus; i++)
        if (mask[i / 64] >> (i % 64) & 1)
            CPU_SET_S(i, nbytes, set);
    bool any = CPU_COUNT_S(nbytes, set) > 0;
    if (any)
        any = pthread_attr_setaffinity_np(attr, nbytes, set) == 0;
    CPU_FREE(set);
    return any;
}

int pel_thread_start(pthread_t *thread, const uint64_t *mask, size_t nwords,
                     void *(*run)(void *arg), void *arg)
{
    pthread_attr_t attr;
    int rc = pthread_attr_init(&attr);
    if (rc)
        return -rc;
    bool bound = set_processors(&attr, mask, nwords);
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(thread, &attr, run, arg);
    if (rc && bound)
        rc = pthread_create(thread, NULL, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return -rc;
}
