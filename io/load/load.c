/* The loader as its callers see it. What the lane does is in lane.c. */
#include "lane.h"

#include "error.h"
#include "thread.h"

#include <pelton/system.h>

#include <stdlib.h>
#include <string.h>

/* ---- fork ---- */

/* A child has neither the lane nor a usable lock. It recognises that by this number alone. */
static unsigned generation;

static void count_fork(void)
{
    (void)__atomic_add_fetch(&generation, 1, __ATOMIC_RELAXED);
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, count_fork);
}

unsigned pel_fork_generation(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, watch_forks);
    return __atomic_load_n(&generation, __ATOMIC_RELAXED);
}

static bool inherited(const struct pel_load *load)
{
    return load->generation != __atomic_load_n(&generation, __ATOMIC_RELAXED);
}

/* ---- slots ---- */

int pel_load_make_slot(struct pel_load *load)
{
    struct pel_load_slot *slot = calloc(1, sizeof *slot);
    if (!slot)
        return -ENOMEM;
    slot->file.fd = -1;
    slot->next_made = load->made;
    load->made = slot;
    slot->next = load->free;
    load->free = slot;
    return 0;
}

static int make_slots(struct pel_load *load)
{
    for (int i = 0; i < load->options.depth_max; i++)
        if (pel_load_make_slot(load))
            return -ENOMEM;
    return 0;
}

/* Stuck reads of all loaders so far. Nothing is done with them; but what stays reachable, leak
 * checkers do not report. */
static pthread_mutex_t abandoned_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pel_load_slot *abandoned;

static bool came_back(struct pel_load *load, struct pel_load_slot *slot)
{
    struct pel_read *read = &slot->read;
    load->backend->wait(load->backend_state, &read, 1, 0);
    return read->done;
}

/* Once the lane has ended: frees all slots but those with stuck reads; the number of these. */
static int free_slots(struct pel_load *load)
{
    int nstuck = 0;
    for (struct pel_load_slot *slot; (slot = load->made);) {
        load->made = slot->next_made;
        if (slot->stuck && !came_back(load, slot)) {
            nstuck++;
            pthread_mutex_lock(&abandoned_lock);
            slot->next_made = abandoned;
            abandoned = slot;
            pthread_mutex_unlock(&abandoned_lock);
            continue;
        }
        pel_file_close(&slot->file);
        free(slot->file.data);
        free(slot);
    }
    return nstuck;
}

/* ---- opening ---- */

static void set_defaults(struct pel_load_options *options)
{
    if (!options->depth_max)
        options->depth_max = 16;
    if (!options->budget_bytes)
        options->budget_bytes = UINT64_C(256) << 20;
    if (!options->chunk_bytes)
        options->chunk_bytes = (size_t)4 << 20;
    if (!options->drain_ns)
        options->drain_ns = UINT64_C(5000000000);
}

static bool percent(int value)
{
    return value >= 0 && value <= 100;
}

static int check_options(const struct pel_load_options *options, struct pel_error *err)
{
    if (options->depth_max < 0 || options->depth_max > PEL_DEPTH_LIMIT)
        return pel_error_format(err, -EINVAL, PEL_STAGE_NONE, -1, "depth %d is not in 1 to %d",
                                options->depth_max, PEL_DEPTH_LIMIT);
    if ((unsigned)options->growth > PEL_LOAD_REJECT)
        return pel_error_set(err, -EINVAL, PEL_STAGE_NONE, "unknown growth policy");
    const struct pel_load_sim *sim = &options->sim;
    if (!percent(sim->short_percent) || !percent(sim->error_percent) ||
        !percent(sim->again_percent))
        return pel_error_set(err, -EINVAL, PEL_STAGE_NONE, "a percentage is not in 0 to 100");
    return 0;
}

static void init_waiting(struct pel_load *load)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&load->lock, NULL);
    (void)pthread_cond_init(&load->item_ready, &monotonic);
    (void)pthread_cond_init(&load->lane_wake, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static void free_load(struct pel_load *load)
{
    (void)pthread_mutex_destroy(&load->lock);
    (void)pthread_cond_destroy(&load->item_ready);
    (void)pthread_cond_destroy(&load->lane_wake);
    free(load);
}

static struct pel_load *new_load(const char *const *paths, size_t npaths,
                                 const struct pel_load_options *options)
{
    struct pel_load *load = calloc(1, sizeof *load);
    if (!load)
        return NULL;
    load->paths = paths;
    load->npaths = npaths;
    load->options = *options;
    set_defaults(&load->options);
    load->depth = load->options.depth_max < 2 ? load->options.depth_max : 2;
    load->generation = pel_fork_generation();
    init_waiting(load);
    return load;
}

int pel_load_open_backend(struct pel_load **out, const char *const *paths, size_t npaths,
                          const struct pel_load_options *options, const struct pel_backend *backend,
                          struct pel_error *err)
{
    static const struct pel_load_options none;
    *out = NULL;
    options = options ? options : &none;
    int rc = check_options(options, err);
    if (rc)
        return rc;
    struct pel_load *load = new_load(paths, npaths, options);
    if (!load)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "no memory for the loader");
    char *reason = load->stats.fallback_reason;
    load->backend = backend;
    rc = pel_backend_begin(&load->backend, &load->options, &load->backend_state, reason,
                           sizeof load->stats.fallback_reason);
    if (rc) {
        (void)pel_error_format(err, rc, PEL_STAGE_NONE, -1, "no I/O backend: %s", reason);
        free_load(load);
        return rc;
    }
    load->stats.backend = load->backend->name;
    load->tries_cache = load->backend->tries_cache;
    rc = make_slots(load);
    if (rc)
        (void)pel_error_set(err, rc, PEL_STAGE_NONE, "no memory for the loader");
    else if ((rc = pel_thread_start(&load->lane, load->options.cpu_mask,
                                    load->options.cpu_mask_words, pel_lane_main, load)))
        (void)pel_error_system(err, rc, PEL_STAGE_NONE, "cannot start the I/O thread");
    if (rc) {
        (void)free_slots(load);
        load->backend->end(load->backend_state);
        free_load(load);
        return rc;
    }
    *out = load;
    return 0;
}

int pel_load_open(struct pel_load **out, const char *const *paths, size_t npaths,
                  const struct pel_load_options *options, struct pel_error *err)
{
    *out = NULL;
    const char *name = options && options->backend ? options->backend : "auto";
    const struct pel_backend *backend = pel_backend_find(name);
    if (!backend)
        return pel_error_format(err, -EINVAL, PEL_STAGE_NONE, -1, "unknown I/O backend '%.60s'",
                                name);
    return pel_load_open_backend(out, paths, npaths, options, backend, err);
}

/* ---- items ---- */

/* Under the lock: the oldest item, if there is one. */
static int take_item(struct pel_load *load, struct pel_load_item *item)
{
    struct pel_load_slot *slot = load->ready.head;
    if (!slot)
        return load->ntaken == load->npaths ? 0 : -EAGAIN;
    load->ready.head = slot->next;
    load->nready--;
    load->ntaken++;
    *item = slot->item;
    if (load->ntaken == load->npaths && load->nwaiting)
        pthread_cond_broadcast(&load->item_ready);
    if (load->rest == PEL_REST_ROOM && load->nready <= PEL_BACKLOG / 2)
        pthread_cond_signal(&load->lane_wake);
    return 1;
}

/* Under the lock: lets the lane know that more reads in flight would have helped, and waits. */
static int wait_for_item(struct pel_load *load, struct pel_load_item *item)
{
    int rc = -EAGAIN;
    uint64_t start = pel_now_ns();
    load->starved = load->hungry = true;
    load->nwaiting++;
    while (rc == -EAGAIN) {
        pthread_cond_wait(&load->item_ready, &load->lock);
        rc = take_item(load, item);
    }
    load->nwaiting--;
    load->stats.stalls++;
    load->stats.stall_ns += pel_now_ns() - start;
    return rc;
}

int pel_load_next(struct pel_load *load, struct pel_load_item *item)
{
    memset(item, 0, sizeof *item);
    if (inherited(load))
        return -EOWNERDEAD;
    pthread_mutex_lock(&load->lock);
    int rc = take_item(load, item);
    if (rc == -EAGAIN)
        rc = wait_for_item(load, item);
    pthread_mutex_unlock(&load->lock);
    return rc;
}

int pel_load_try_next(struct pel_load *load, struct pel_load_item *item)
{
    memset(item, 0, sizeof *item);
    if (inherited(load))
        return -EOWNERDEAD;
    pthread_mutex_lock(&load->lock);
    int rc = take_item(load, item);
    if (rc == -EAGAIN)
        load->starved = load->hungry = true;
    pthread_mutex_unlock(&load->lock);
    return rc;
}

void pel_load_release(struct pel_load *load, struct pel_load_item *item)
{
    struct pel_load_slot *slot = item->slot;
    if (!slot || inherited(load))
        return;
    item->slot = NULL;
    item->data = NULL;
    item->nbytes = 0;
    if (!slot->stuck) {
        free(slot->file.data);
        slot->file.data = NULL;
    }
    pthread_mutex_lock(&load->lock);
    load->reserved -= slot->reserved;
    slot->reserved = 0;
    if (!slot->stuck) {
        slot->next = load->free;
        load->free = slot;
    }
    load->releases++;
    if (load->rest == PEL_REST_MEMORY)
        pthread_cond_signal(&load->lane_wake);
    pthread_mutex_unlock(&load->lock);
}

/* ---- the end ---- */

static void stop(struct pel_load *load, bool closing)
{
    uint64_t now = pel_now_ns(), drain = load->options.drain_ns;
    pthread_mutex_lock(&load->lock);
    if (!load->cancelled)
        load->deadline_ns = drain < UINT64_MAX - now ? now + drain : UINT64_MAX;
    load->cancelled = true;
    load->closing |= closing;
    pthread_cond_signal(&load->lane_wake);
    pthread_mutex_unlock(&load->lock);
}

void pel_load_cancel(struct pel_load *load)
{
    if (!inherited(load))
        stop(load, false);
}

void pel_load_get_stats(struct pel_load *load, struct pel_load_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    if (inherited(load))
        return;
    pthread_mutex_lock(&load->lock);
    *stats = load->stats;
    pthread_mutex_unlock(&load->lock);
}

void pel_load_close(struct pel_load *load, struct pel_load_stats *stats)
{
    if (stats)
        memset(stats, 0, sizeof *stats);
    if (!load || inherited(load))
        return;
    stop(load, true);
    (void)pthread_join(load->lane, NULL);
    load->stats.cancelled += load->npaths - load->ndelivered;
    load->stats.abandoned = free_slots(load);
    load->backend->end(load->backend_state);
    if (stats)
        *stats = load->stats;
    free_load(load);
}
