/* Tasks of one loop that have a short stretch in order: each joins, which gives it its number k (0, 1, ... in
 * the order in which tasks come by), works on piece k, awaits its turn, and passes it on. What is written
 * between await and pass is seen by whoever is next.
 *
 *     size_t k = relay_join(&relay);
 *     ... read piece k ...
 *     relay_await(&relay, k);
 *     size_t offset = job->offset;
 *     job->offset += found;
 *     relay_pass(&relay, k);
 *     ... write piece k at the offset ...
 *
 * Whoever awaits has joined after those it waits for, which are at work on threads of their own: nobody waits
 * for what has not begun, whatever the number of threads and also when a loop is cancelled. */
#ifndef PELTON_BULK_RELAY_H
#define PELTON_BULK_RELAY_H

#include <sched.h>
#include <stddef.h>

/* Zeroed to begin with. */
struct relay {
    size_t njoined, turn; /* atomic */
};

enum { RELAY_SPINS = 200 }; /* about 1 us, before another thread is let onto the processor */

static inline size_t relay_join(struct relay *relay)
{
    return __atomic_fetch_add(&relay->njoined, 1, __ATOMIC_RELAXED);
}

static inline void relay_await(const struct relay *relay, size_t k)
{
    for (size_t i = 0; __atomic_load_n(&relay->turn, __ATOMIC_ACQUIRE) != k; i++)
        if (i >= RELAY_SPINS)
            sched_yield();
}

static inline void relay_pass(struct relay *relay, size_t k)
{
    __atomic_store_n(&relay->turn, k + 1, __ATOMIC_RELEASE);
}

#endif
