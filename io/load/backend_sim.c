/* Real files with simulated latency and faults. What happens to a read follows from the seed, the
 * file's index and how many reads of it came before: never from time, threads or other files. */
#include "backend.h"

#include <pelton/system.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum choice { FAILS, FAILS_WHERE, IS_SHORT, SHORT_BY, JITTER, REFUSED };

/* A uniform number for one choice: SplitMix64's output function over all that it depends on. */
static uint64_t choose(const struct pel_load_sim *sim, enum choice choice, uint64_t file,
                       uint64_t nth, uint64_t attempt)
{
    uint64_t z = sim->seed;
    const uint64_t parts[] = {(uint64_t)choice, file, nth, attempt};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        z += parts[i] + 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
    }
    return z;
}

static bool happens(uint64_t number, int percent)
{
    return number % 100 < (uint64_t)percent;
}

static bool sim_describe(char *detail, size_t nbytes)
{
    (void)snprintf(detail, nbytes, "simulated latency and faults, for tests");
    return true;
}

static int sim_begin(void **state, const struct pel_load_options *options, char *why, size_t nbytes)
{
    struct pel_load_sim *sim = malloc(sizeof *sim);
    *state = sim;
    if (!sim) {
        (void)snprintf(why, nbytes, "out of memory");
        return -ENOMEM;
    }
    *sim = options->sim;
    return 0;
}

static void sim_end(void *state)
{
    free(state);
}

/* A failing file has one bad byte, and the read that covers it fails: exactly one does. */
static bool hits_bad_byte(const struct pel_load_sim *sim, const struct pel_read *read)
{
    if (!happens(choose(sim, FAILS, read->file, 0, 0), sim->error_percent))
        return false;
    uint64_t span = read->file_nbytes ? read->file_nbytes : 1;
    uint64_t bad = choose(sim, FAILS_WHERE, read->file, 0, 0) % span;
    return bad >= read->offset && bad - read->offset < read->nbytes;
}

static void sim_perform(void *state, struct pel_read *read)
{
    const struct pel_load_sim *sim = state;
    read->done = true;
    struct pel_read part = *read;
    if (part.nbytes > 1 &&
        happens(choose(sim, IS_SHORT, part.file, part.nth, 0), sim->short_percent))
        part.nbytes = 1 + choose(sim, SHORT_BY, part.file, part.nth, 0) % (part.nbytes - 1);
    read->result = hits_bad_byte(sim, &part) ? -EIO : pel_read_now(&part);
}

static int sim_submit(void *state, struct pel_read *read)
{
    const struct pel_load_sim *sim = state;
    if (happens(choose(sim, REFUSED, read->file, read->nth, read->attempt), sim->again_percent))
        return -EAGAIN;
    uint64_t jitter = choose(sim, JITTER, read->file, read->nth, 0);
    if (sim->jitter_ns < UINT64_MAX)
        jitter %= sim->jitter_ns + 1;
    read->own.sim_due_ns = pel_now_ns() + sim->latency_ns + jitter;
    return 0;
}

static void sim_wait(void *state, struct pel_read *const *reads, int n, uint64_t timeout_ns)
{
    uint64_t now = pel_now_ns(), until = now + timeout_ns;
    for (int i = 0; i < n; i++)
        if (reads[i]->own.sim_due_ns < until)
            until = reads[i]->own.sim_due_ns;
    if (until > now) {
        struct timespec pause = {(time_t)((until - now) / 1000000000u),
                                 (long)((until - now) % 1000000000u)};
        (void)nanosleep(&pause, NULL);
        now = pel_now_ns();
    }
    for (int i = 0; i < n; i++)
        if (reads[i]->own.sim_due_ns <= now)
            sim_perform(state, reads[i]);
}

/* Like a read that a helper thread has already begun: it goes on, so a latency above the drain time
 * is a read that is stuck. */
static void sim_cancel(void *state, struct pel_read *read)
{
    (void)state, (void)read;
}

const struct pel_backend pel_backend_sim = {
    .name = "sim",
    .describe = sim_describe,
    .begin = sim_begin,
    .end = sim_end,
    .submit = sim_submit,
    .wait = sim_wait,
    .cancel = sim_cancel,
    .perform = sim_perform,
};
