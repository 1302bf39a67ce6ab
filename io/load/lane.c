/* The I/O lane: the one thread that opens, submits, waits, cancels and closes. */
#include "lane.h"

#include "error.h"

#include <pelton/system.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Files up to this size are first tried from the page cache, in the lane. Hot, 4 KiB took 0.4 us
 * there and 14.5 us through glibc's helpers; files of 0.3, 1 and 4 MB took 0.6, 0.4 and 0.3 times
 * the CPU, in no more time. At 16 MB, copying in several helpers saved a quarter of the time,
 * though no CPU (2-core Xeon, glibc 2.36). */
#define CACHE_TRY_BYTES ((size_t)4 << 20)

#define DEPTH_START 2

#define MS UINT64_C(1000000)
#define CANCEL_POLL_NS (100 * MS)
/* Callers hold what the lane needs, and aio_suspend cannot wait for them: look often. They have
 * work then, by definition, so the delay starves nobody. */
#define BLOCKED_POLL_NS (2 * MS)
#define REFUSED_POLL_NS (5 * MS)

/* ---- lists ---- */

static void append(struct pel_slots *slots, struct pel_load_slot *slot)
{
    slot->next = NULL;
    if (slots->head)
        slots->tail->next = slot;
    else
        slots->head = slot;
    slots->tail = slot;
}

static void prepend(struct pel_slots *slots, struct pel_load_slot *slot)
{
    slot->next = slots->head;
    if (!slots->head)
        slots->tail = slot;
    slots->head = slot;
}

static struct pel_load_slot *take(struct pel_slots *slots)
{
    struct pel_load_slot *slot = slots->head;
    if (slot)
        slots->head = slot->next;
    return slot;
}

static struct pel_load_slot *slot_of(struct pel_read *read)
{
    return (struct pel_load_slot *)read;
}

/* ---- figures ---- */

static void count(struct pel_load *load, uint64_t *figure)
{
    pthread_mutex_lock(&load->lock);
    ++*figure;
    pthread_mutex_unlock(&load->lock);
}

static int in_flight(const struct pel_load *load)
{
    return load->nrunnable + load->nflying;
}

/* ---- the budget ---- */

/* One file may pass alone, however large it is; otherwise nothing exceeds the budget. Only the lane
 * reserves, so what fits now still fits when it is taken. */
static bool fits(const struct pel_load *load, uint64_t others, uint64_t nbytes, bool alone)
{
    uint64_t budget = load->options.budget_bytes;
    return others == 0 || (!alone && nbytes <= budget && others <= budget - nbytes);
}

/* Makes the slot's reservation nbytes, if that fits beside the others'. */
static bool reserve(struct pel_load *load, struct pel_load_slot *slot, uint64_t nbytes)
{
    pthread_mutex_lock(&load->lock);
    uint64_t others = load->reserved - slot->reserved;
    bool ok = nbytes <= slot->reserved || fits(load, others, nbytes, slot->alone);
    if (ok) {
        load->reserved = others + nbytes;
        slot->reserved = nbytes;
        if (load->reserved > load->stats.peak_bytes)
            load->stats.peak_bytes = load->reserved;
    }
    pthread_mutex_unlock(&load->lock);
    return ok;
}

static bool is_alone(struct pel_load *load, const struct pel_load_slot *slot)
{
    pthread_mutex_lock(&load->lock);
    bool alone = load->reserved == slot->reserved;
    pthread_mutex_unlock(&load->lock);
    return alone;
}

/* ---- items ---- */

static void close_file(struct pel_load *load, struct pel_load_slot *slot)
{
    if (slot->file.fd < 0)
        return;
    pel_file_close(&slot->file);
    load->nopen--;
    load->short_of_files = false;
}

static void count_item(struct pel_load_stats *stats, const struct pel_load_item *item)
{
    if (item->error.code == -ECANCELED) {
        stats->cancelled++;
    } else if (item->error.code) {
        stats->failed++;
    } else {
        stats->files++;
        stats->bytes += item->nbytes;
        stats->hot += (item->flags & PEL_LOAD_HOT) != 0;
    }
}

/* Hands the slot's item out. */
static void deliver(struct pel_load *load, struct pel_load_slot *slot)
{
    slot->item.ready_ns = pel_now_ns();
    load->ndelivered++;
    pthread_mutex_lock(&load->lock);
    append(&load->ready, slot);
    load->nready++;
    load->hungry = false;
    count_item(&load->stats, &slot->item);
    if (load->nwaiting > 0)
        pthread_cond_signal(&load->item_ready);
    pthread_mutex_unlock(&load->lock);
    if (load->options.notify)
        load->options.notify(load->options.notify_ctx);
}

static void deliver_data(struct pel_load *load, struct pel_load_slot *slot)
{
    close_file(load, slot);
    if (pel_file_trim(&slot->file))
        (void)reserve(load, slot, slot->file.want);
    slot->item.flags = slot->file.flags | (slot->missed_cache ? 0 : PEL_LOAD_HOT);
    slot->item.data = slot->file.data;
    slot->item.nbytes = slot->file.filled;
    deliver(load, slot);
}

/* The slot's error is set: lets go of everything else. */
static void deliver_error(struct pel_load *load, struct pel_load_slot *slot)
{
    close_file(load, slot);
    pel_file_restart(&slot->file);
    (void)reserve(load, slot, 0);
    deliver(load, slot);
}

static void deliver_cancelled(struct pel_load *load, struct pel_load_slot *slot)
{
    (void)pel_error_set(&slot->item.error, -ECANCELED, PEL_STAGE_READ, "cancelled");
    deliver_error(load, slot);
}

/* ---- reading ---- */

static void make_runnable(struct pel_load *load, struct pel_load_slot *slot)
{
    append(&load->runnable, slot);
    load->nrunnable++;
    if (in_flight(load) > load->stats.peak_depth) {
        pthread_mutex_lock(&load->lock);
        load->stats.peak_depth = in_flight(load);
        pthread_mutex_unlock(&load->lock);
    }
}

static void aim(struct pel_load *load, struct pel_load_slot *slot)
{
    struct pel_read *read = &slot->read;
    read->fd = slot->file.fd;
    read->data = slot->file.data + slot->file.filled;
    read->nbytes = pel_file_next_chunk(&slot->file, &load->options);
    read->offset = slot->file.filled;
    read->done = false;
}

/* Makes room for a file that turned out larger. Where the budget or the memory has none for it, it
 * gives back what it holds and starts again later: two growing files cannot block each other. */
static void grow(struct pel_load *load, struct pel_load_slot *slot)
{
    size_t want = pel_file_more_wanted(&slot->file, &load->options);
    if (reserve(load, slot, want)) {
        if (pel_file_give_memory(&slot->file, want) == 0) {
            make_runnable(load, slot);
            return;
        }
        slot->alone = true;
    }
    pel_file_restart(&slot->file);
    slot->file.want = want;
    (void)reserve(load, slot, 0);
    prepend(&load->waiting, slot);
}

/* The slot's read is done: on to the next chunk, or out. */
static void advance(struct pel_load *load, struct pel_load_slot *slot)
{
    struct pel_read *read = &slot->read;
    read->nth++;
    read->attempt = 0;
    if (load->cancelling && read->result == -ECANCELED) {
        deliver_cancelled(load, slot);
        return;
    }
    enum pel_file_step step = pel_file_advance(&slot->file, &load->options, read->nbytes,
                                               read->result, &slot->item.error);
    if (step == PEL_FILE_DONE)
        deliver_data(load, slot);
    else if (step == PEL_FILE_FAILED)
        deliver_error(load, slot);
    else if (load->cancelling)
        deliver_cancelled(load, slot);
    else if (step == PEL_FILE_GROW)
        grow(load, slot);
    else
        make_runnable(load, slot);
}

/* Reads the slot's chunk if the page cache has it, at least in part. A result of 0 proves nothing:
 * kernels before 5.11 give it by mistake. */
static bool read_cached(struct pel_load *load, struct pel_load_slot *slot)
{
    int64_t result = pel_read_cached(&slot->read);
    /* Sandboxes forbid the call; some file systems do not have it, but others will. */
    if (result == -EPERM || result == -ENOSYS)
        load->tries_cache = false;
    slot->read.result = result;
    slot->read.done = result > 0;
    return slot->read.done;
}

/* Lets the backend have the slot's chunk; it may be done at once. False: not now. */
static bool submit(struct pel_load *load, struct pel_load_slot *slot)
{
    if (slot->file.nonblocking) {
        (void)fcntl(slot->file.fd, F_SETFL, 0);
        slot->file.nonblocking = false;
    }
    count(load, &load->stats.submitted);
    int rc = load->backend->submit(load->backend_state, &slot->read);
    load->refused = rc == -EAGAIN && load->nflying > 0;
    if (rc == 0)
        return true;
    slot->read.attempt++;
    count(load, &load->stats.again);
    if (load->refused) {
        load->depth = load->nflying;
        return false;
    }
    count(load, &load->stats.sync_fallbacks);
    load->backend->perform(load->backend_state, &slot->read);
    return true;
}

/* Takes the oldest runnable chunk further. False: there is none, or not now. */
static bool run_one(struct pel_load *load)
{
    struct pel_load_slot *slot = load->runnable.head;
    if (!slot)
        return false;
    aim(load, slot);
    if (slot->missed_cache || !read_cached(load, slot)) {
        slot->missed_cache = true;
        if (!submit(load, slot))
            return false;
    }
    (void)take(&load->runnable);
    load->nrunnable--;
    if (slot->read.done)
        advance(load, slot);
    else
        load->flying[load->nflying++] = &slot->read;
    return true;
}

/* Waits for reads in flight, then takes in those that are done. */
static bool reap(struct pel_load *load, uint64_t timeout_ns)
{
    if (load->nflying == 0)
        return false;
    load->backend->wait(load->backend_state, load->flying, load->nflying, timeout_ns);
    struct pel_read *done[PEL_DEPTH_LIMIT];
    int ndone = 0, nleft = 0;
    for (int i = 0; i < load->nflying; i++) {
        if (load->flying[i]->done)
            done[ndone++] = load->flying[i];
        else
            load->flying[nleft++] = load->flying[i];
    }
    load->nflying = nleft;
    for (int i = 0; i < ndone; i++)
        advance(load, slot_of(done[i]));
    return ndone > 0;
}

/* ---- admission ---- */

/* A slot for the next path, or NULL with the reason why not now. */
static struct pel_load_slot *next_slot(struct pel_load *load)
{
    struct pel_load_slot *slot = NULL;
    pthread_mutex_lock(&load->lock);
    if (load->nready >= PEL_BACKLOG) {
        load->blocked_by = PEL_REST_ROOM;
    } else if (load->free || pel_load_make_slot(load) == 0) {
        slot = load->free;
        load->free = slot->next;
    } else {
        load->blocked_by = PEL_REST_MEMORY;
    }
    pthread_mutex_unlock(&load->lock);
    if (slot) {
        struct pel_load_slot *next_made = slot->next_made;
        memset(slot, 0, sizeof *slot);
        slot->next_made = next_made;
        slot->file.fd = -1;
        slot->item.slot = slot;
        slot->item.index = slot->read.file = load->next_path;
        slot->item.path = load->paths[load->next_path];
        slot->item.start_ns = pel_now_ns();
    }
    return slot;
}

static void put_back(struct pel_load *load, struct pel_load_slot *slot)
{
    pthread_mutex_lock(&load->lock);
    slot->next = load->free;
    load->free = slot;
    pthread_mutex_unlock(&load->lock);
}

/* Opens the next path; it then waits for memory. */
static bool open_next(struct pel_load *load)
{
    if (load->next_path == load->npaths || load->short_of_files)
        return false;
    struct pel_load_slot *slot = next_slot(load);
    if (!slot)
        return false;
    if (load->cancelling) {
        load->next_path++;
        deliver_cancelled(load, slot);
        return true;
    }
    struct pel_error *err = &slot->item.error;
    int rc = pel_file_open(&slot->file, slot->item.path, &load->options, err);
    if ((rc == -EMFILE || rc == -ENFILE) && load->nopen > 0) {
        load->short_of_files = true;
        put_back(load, slot);
        return false;
    }
    load->next_path++;
    if (rc) {
        deliver_error(load, slot);
        return true;
    }
    load->nopen++;
    slot->read.file_nbytes = (uint64_t)slot->file.before.st_size;
    append(&load->waiting, slot);
    return true;
}

/* Gives the file that has waited longest its memory and starts reading. */
static bool start_reading(struct pel_load *load)
{
    struct pel_load_slot *slot = load->waiting.head;
    if (!reserve(load, slot, slot->file.want)) {
        load->blocked_by = PEL_REST_MEMORY;
        return false;
    }
    (void)take(&load->waiting);
    bool alone = is_alone(load, slot);
    if (pel_file_give_memory(&slot->file, slot->file.want) == 0) {
        slot->missed_cache = !load->tries_cache || slot->file.want > CACHE_TRY_BYTES;
        make_runnable(load, slot);
        return true;
    }
    if (alone) {
        (void)pel_error_format(&slot->item.error, -ENOMEM, PEL_STAGE_READ, -1,
                               "no memory for its %zu bytes", slot->file.want);
        deliver_error(load, slot);
        return true;
    }
    (void)reserve(load, slot, 0);
    slot->alone = true;
    prepend(&load->waiting, slot);
    return true;
}

/* Lets one more file in, where depth, budget, descriptors and backlog allow. */
static bool admit(struct pel_load *load)
{
    load->blocked_by = PEL_REST_NOT;
    if (!load->cancelling && (load->refused || in_flight(load) >= load->depth))
        return false;
    if (load->waiting.head)
        return start_reading(load);
    return open_next(load);
}

/* ---- cancellation ---- */

static void cancel_all(struct pel_load *load)
{
    load->cancelling = true;
    load->short_of_files = false;
    for (struct pel_load_slot *slot; (slot = take(&load->waiting));)
        deliver_cancelled(load, slot);
    for (struct pel_load_slot *slot; (slot = take(&load->runnable));)
        deliver_cancelled(load, slot);
    load->nrunnable = 0;
    for (int i = 0; i < load->nflying; i++)
        load->backend->cancel(load->backend_state, load->flying[i]);
}

/* The drain time is over. The items go out; memory and descriptors stay with the reads. */
static void leave_stuck(struct pel_load *load)
{
    int n = load->nflying;
    load->nflying = 0;
    for (int i = 0; i < n; i++) {
        struct pel_load_slot *slot = slot_of(load->flying[i]);
        slot->stuck = true;
        (void)pel_error_set(&slot->item.error, -ECANCELED, PEL_STAGE_READ,
                            "cancelled; its read is stuck in the system");
        deliver(load, slot);
    }
}

/* ---- the thread ---- */

/* Sees what callers did since the last look. */
static void look(struct pel_load *load)
{
    if (pel_cancel_requested(load->options.cancel) && !load->cancelling)
        pel_load_cancel(load);
    pthread_mutex_lock(&load->lock);
    if (load->starved || load->hungry) {
        int twice = 2 * load->depth, most = load->options.depth_max;
        load->depth = twice < most ? twice : most;
    }
    load->starved = false;
    load->releases_seen = load->releases;
    bool cancelled = load->cancelled;
    uint64_t deadline = load->deadline_ns;
    pthread_mutex_unlock(&load->lock);
    if (cancelled && !load->cancelling)
        cancel_all(load);
    if (load->cancelling && load->nflying > 0 && pel_now_ns() >= deadline)
        leave_stuck(load);
}

static bool finished(struct pel_load *load)
{
    if (load->ndelivered == load->npaths || !load->cancelling || load->nflying > 0)
        return load->ndelivered == load->npaths;
    pthread_mutex_lock(&load->lock);
    bool closing = load->closing;
    pthread_mutex_unlock(&load->lock);
    return closing;
}

/* Under the lock: nothing has happened that the lane could go on with. */
static bool must_sleep(const struct pel_load *load)
{
    if (load->closing || load->cancelled != load->cancelling)
        return false;
    if (load->blocked_by == PEL_REST_ROOM)
        return load->nready > PEL_BACKLOG / 2;
    return load->releases == load->releases_seen;
}

/* Nothing is in flight: only callers can change that. */
static void sleep_for_callers(struct pel_load *load)
{
    pthread_mutex_lock(&load->lock);
    load->rest = load->blocked_by;
    /* As many items as may pile up have, and nothing is in flight: fewer will do. One step each time;
     * a step an item took the depth from 16 to 2 within one wave, and the consumers then waited. */
    if (load->rest == PEL_REST_ROOM && load->depth > DEPTH_START)
        load->depth--;
    while (must_sleep(load) && !pel_cancel_requested(load->options.cancel)) {
        if (!load->options.cancel) {
            pthread_cond_wait(&load->lane_wake, &load->lock);
            continue;
        }
        uint64_t until = pel_now_ns() + CANCEL_POLL_NS;
        struct timespec at = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
        (void)pthread_cond_timedwait(&load->lane_wake, &load->lock, &at);
    }
    load->rest = PEL_REST_NOT;
    pthread_mutex_unlock(&load->lock);
}

/* A caller waits with nothing ready, and it is the depth that keeps more from being read: look() will
 * double it. Without waiting for a read to come back, or the first 14 of 240 files that take 80 ms each
 * would cost as much time as the next 64. */
static bool may_deepen(struct pel_load *load)
{
    if (load->cancelling || load->refused || in_flight(load) < load->depth)
        return false;
    pthread_mutex_lock(&load->lock);
    bool deeper = load->hungry && load->depth < load->options.depth_max;
    pthread_mutex_unlock(&load->lock);
    return deeper;
}

static void rest(struct pel_load *load)
{
    if (load->nflying == 0) {
        sleep_for_callers(load);
        return;
    }
    if (may_deepen(load))
        return;
    uint64_t slice = CANCEL_POLL_NS;
    if (load->refused)
        slice = REFUSED_POLL_NS;
    else if (load->blocked_by != PEL_REST_NOT)
        slice = BLOCKED_POLL_NS;
    if (load->cancelling) {
        uint64_t now = pel_now_ns();
        uint64_t left = load->deadline_ns > now ? load->deadline_ns - now : 0;
        slice = left < slice ? left : slice;
    }
    (void)reap(load, slice);
}

void *pel_lane_main(void *arg)
{
    struct pel_load *load = arg;
    (void)pthread_setname_np(pthread_self(), "pelton-io");
    /* Held for the thread's life: glibc makes a thread's arena as large as what it first asks for, and
     * never gives that back. So that is not a file's buffer. */
    void *first = malloc(1);
    while (!finished(load)) {
        look(load);
        bool moved = reap(load, 0);
        moved |= run_one(load);
        moved |= admit(load);
        if (!moved)
            rest(load);
    }
    free(first);
    return NULL;
}
