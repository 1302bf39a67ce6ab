/* A stream's lane: the one thread that submits, waits and cancels, or that sits in a pipe's read. */
#include "stream.h"

#include "error.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define CLOSE_POLL_NS (100 * MS)
/* A caller can take a segment while the lane waits for reads to come back; only then may it begin the
 * next one. The caller has work meanwhile, so the delay starves nobody. */
#define ROOM_POLL_NS (2 * MS)
enum { PIPE_POLL_MS = 50 };

/* ---- the queue ---- */

static struct pel_stream_slot *new_slot(const struct pel_stream *stream)
{
    size_t unit = PEL_CACHE_LINE, nbytes = stream->options.segment_bytes;
    struct pel_stream_slot *slot = calloc(1, sizeof *slot);
    unsigned char *data = slot ? aligned_alloc(unit, (nbytes + unit - 1) / unit * unit) : NULL;
    if (!data) {
        free(slot);
        return NULL;
    }
    slot->data = data;
    return slot;
}

/* Nothing more will be queued. */
static void end(struct pel_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    pthread_cond_broadcast(&stream->ready);
    pthread_mutex_unlock(&stream->lock);
}

/* Memory for one more segment, where depth allows; NULL: not now. */
static struct pel_stream_slot *take_slot(struct pel_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    struct pel_stream_slot *slot = stream->free;
    bool room = stream->nqueued < stream->options.depth && !stream->ended && !stream->closing;
    if (room && slot)
        stream->free = slot->next;
    pthread_mutex_unlock(&stream->lock);
    if (slot || !room)
        return room ? slot : NULL;
    slot = new_slot(stream);
    if (!slot) {
        (void)pel_error_format(&stream->error, -ENOMEM, PEL_STAGE_READ, -1,
                               "no memory for a segment of %zu bytes",
                               stream->options.segment_bytes);
        end(stream);
    }
    return slot;
}

static void enqueue(struct pel_stream *stream, struct pel_stream_slot *slot)
{
    slot->next = NULL;
    slot->filled = 0;
    slot->state = PEL_SLOT_PENDING;
    slot->flying = false;
    pthread_mutex_lock(&stream->lock);
    if (stream->head)
        stream->tail->next = slot;
    else
        stream->head = slot;
    stream->tail = slot;
    stream->nqueued++;
    pthread_mutex_unlock(&stream->lock);
}

static void settle(struct pel_stream *stream, struct pel_stream_slot *slot,
                   enum pel_slot_state state)
{
    pthread_mutex_lock(&stream->lock);
    slot->state = state;
    stream->ended |= state == PEL_SLOT_FAILED;
    if (stream->head == slot)
        pthread_cond_broadcast(&stream->ready);
    pthread_mutex_unlock(&stream->lock);
}

static void fail(struct pel_stream *stream, struct pel_stream_slot *slot, int code)
{
    uint64_t at = slot->offset + slot->filled;
    (void)pel_error_system(&slot->error, code, PEL_STAGE_READ, "cannot read");
    slot->error.offset = (int64_t)at;
    settle(stream, slot, PEL_SLOT_FAILED);
}

static void fail_short(struct pel_stream *stream, struct pel_stream_slot *slot)
{
    uint64_t at = slot->offset + slot->filled;
    (void)pel_error_format(&slot->error, -EIO, PEL_STAGE_READ, (int64_t)at,
                           "ended at byte %llu, where more was to come: it is shorter than it was, "
                           "or than it says",
                           (unsigned long long)at);
    settle(stream, slot, PEL_SLOT_FAILED);
}

/* ---- files ---- */

uint64_t pel_stream_count(const struct pel_stream *stream)
{
    uint64_t segment = stream->options.segment_bytes, nbytes = stream->range_bytes;
    if (nbytes == UINT64_MAX)
        return UINT64_MAX;
    return (nbytes / segment + (nbytes % segment != 0)) * stream->options.nranges;
}

/* Begins the next segment of a file. False: not now, or there is none. */
static bool begin_one(struct pel_stream *stream)
{
    uint64_t index = stream->next_index, nranges = stream->options.nranges;
    if (index == pel_stream_count(stream))
        return false;
    struct pel_stream_slot *slot = take_slot(stream);
    if (!slot)
        return false;
    uint64_t passed = index / nranges * stream->options.segment_bytes;
    uint64_t left = stream->range_bytes - passed;
    size_t most = stream->options.segment_bytes;
    slot->index = index;
    slot->offset = stream->start + stream->ranges[index % nranges] + passed;
    slot->want = left < most ? (size_t)left : most;
    /* The simulation's choices: 64 reads of a segment may differ. */
    slot->read = (struct pel_read){.nth = (unsigned)index * 64,
                                   .file_nbytes = stream->range_bytes * nranges};
    enqueue(stream, slot);
    stream->active[stream->nactive++] = slot;
    if (++stream->next_index == pel_stream_count(stream))
        end(stream);
    return true;
}

/* At most `depth` consecutive segments are in flight, so each has a descriptor for itself if there are
 * as many. */
static void aim(struct pel_stream *stream, struct pel_stream_slot *slot)
{
    struct pel_read *read = &slot->read;
    read->fd = stream->fds[slot->index % (uint64_t)stream->nfds];
    read->data = slot->data + slot->filled;
    read->nbytes = slot->want - slot->filled;
    read->offset = slot->offset + slot->filled;
    read->done = false;
}

static void advance(struct pel_stream *stream, struct pel_stream_slot *slot)
{
    struct pel_read *read = &slot->read;
    read->nth++;
    read->attempt = 0;
    slot->flying = false;
    if (read->result < 0) {
        fail(stream, slot, (int)read->result);
    } else if (read->result == 0) {
        fail_short(stream, slot);
    } else {
        slot->filled += (size_t)read->result;
        if (slot->filled == slot->want)
            settle(stream, slot, PEL_SLOT_READY);
    }
}

/* As in lane.c: what the page cache has is copied here, without a way through the backend. */
static bool read_cached(struct pel_stream *stream, struct pel_read *read)
{
    if (!stream->tries_cache)
        return false;
    read->result = pel_read_cached(read);
    if (read->result == -EPERM || read->result == -ENOSYS || read->result == -EOPNOTSUPP)
        stream->tries_cache = false;
    return read->result > 0;
}

/* Lets the backend have the read. False: the system has no resources for it before another is done. */
static bool submit(struct pel_stream *stream, struct pel_stream_slot *slot, bool others_fly)
{
    struct pel_read *read = &slot->read;
    int rc = stream->backend->submit(stream->backend_state, read);
    if (rc) {
        read->attempt++;
        if (rc == -EAGAIN && others_fly)
            return false;
        stream->backend->perform(stream->backend_state, read);
    }
    if (read->done)
        advance(stream, slot);
    else
        slot->flying = true;
    return true;
}

/* Those in flight, the oldest first. */
static int list_flying(const struct pel_stream *stream, struct pel_read **flying)
{
    int n = 0;
    for (int i = 0; i < stream->nactive; i++)
        if (stream->active[i]->flying)
            flying[n++] = &stream->active[i]->read;
    return n;
}

static bool descriptor_is_busy(const struct pel_read *read, struct pel_read *const *flying, int n)
{
    for (int i = 0; i < n; i++)
        if (flying[i]->fd == read->fd)
            return true;
    return false;
}

/* Takes a segment as far as it goes without waiting. */
static void run(struct pel_stream *stream, struct pel_stream_slot *slot)
{
    struct pel_read *flying[PEL_STREAM_DEPTH];
    int nflying = list_flying(stream, flying);
    bool can = true;
    while (can && slot->state == PEL_SLOT_PENDING && !slot->flying) {
        aim(stream, slot);
        if (descriptor_is_busy(&slot->read, flying, nflying))
            return;
        if (read_cached(stream, &slot->read))
            advance(stream, slot);
        else
            can = submit(stream, slot, nflying > 0);
    }
}

static void forget_settled(struct pel_stream *stream)
{
    int nleft = 0;
    for (int i = 0; i < stream->nactive; i++) {
        struct pel_stream_slot *slot = stream->active[i];
        if (slot->state == PEL_SLOT_PENDING)
            stream->active[nleft++] = slot;
    }
    stream->nactive = nleft;
}

/* Takes everything as far as it goes, then begins what may be begun. A settled slot is the callers', who may
 * take it at once: it is forgotten before the next begins. */
static void run_all(struct pel_stream *stream)
{
    for (int i = 0; i < stream->nactive; i++)
        run(stream, stream->active[i]);
    forget_settled(stream);
    while (begin_one(stream)) {
        run(stream, stream->active[stream->nactive - 1]);
        forget_settled(stream);
    }
}

/* Waits for reads in flight and takes in those that are done. False: none is in flight. */
static bool reap(struct pel_stream *stream, uint64_t timeout_ns)
{
    struct pel_read *flying[PEL_STREAM_DEPTH];
    int n = list_flying(stream, flying);
    if (n == 0)
        return false;
    stream->backend->wait(stream->backend_state, flying, n, timeout_ns);
    for (int i = 0; i < stream->nactive; i++)
        if (stream->active[i]->flying && stream->active[i]->read.done)
            advance(stream, stream->active[i]);
    return true;
}

static bool closing(struct pel_stream *stream)
{
    return __atomic_load_n(&stream->closing, __ATOMIC_RELAXED);
}

/* Nothing is in flight: only callers can change that. */
static void sleep_for_callers(struct pel_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    while (!stream->closing && (stream->ended || stream->nqueued == stream->options.depth))
        pthread_cond_wait(&stream->wake, &stream->lock);
    pthread_mutex_unlock(&stream->lock);
}

/* Something is ready that a caller may take, and then there is more to begin. */
static bool awaits_room(struct pel_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool room = !stream->ended && stream->nqueued > stream->nactive;
    pthread_mutex_unlock(&stream->lock);
    return room;
}

static void drain(struct pel_stream *stream)
{
    struct pel_read *flying[PEL_STREAM_DEPTH];
    int n = list_flying(stream, flying);
    for (int i = 0; i < n; i++)
        stream->backend->cancel(stream->backend_state, flying[i]);
    while (reap(stream, CLOSE_POLL_NS))
        continue;
}

static void read_file(struct pel_stream *stream)
{
    while (!closing(stream)) {
        run_all(stream);
        if (!reap(stream, awaits_room(stream) ? ROOM_POLL_NS : CLOSE_POLL_NS) &&
            stream->nactive == 0)
            sleep_for_callers(stream);
    }
    drain(stream);
}

/* ---- pipes ---- */

/* Waits until there is something to read, but not for long: nobody may ever write. */
static bool readable(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    return poll(&poller, 1, PIPE_POLL_MS) > 0;
}

/* Up to nbytes in one read: how many, 0 at the end, -ECANCELED when the stream closes, or what failed. */
static int64_t read_some(struct pel_stream *stream, unsigned char *data, size_t nbytes)
{
    while (!closing(stream)) {
        if (!readable(stream->fds[0]))
            continue;
        ssize_t n = read(stream->fds[0], data, nbytes < PEL_READ_LIMIT ? nbytes : PEL_READ_LIMIT);
        if (n >= 0)
            return n;
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
    return -ECANCELED;
}

/* Reads until the slot holds `want` bytes, or as many as there are. */
static int fill(struct pel_stream *stream, struct pel_stream_slot *slot)
{
    int64_t n = 1;
    while (n > 0 && slot->filled < slot->want) {
        n = read_some(stream, slot->data + slot->filled, slot->want - slot->filled);
        if (n > 0)
            slot->filled += (size_t)n;
    }
    return n < 0 ? (int)n : 0;
}

/* Reads up to nbytes, one segment at most, to the slot's beginning. */
static int refill(struct pel_stream *stream, struct pel_stream_slot *slot, uint64_t nbytes)
{
    size_t most = stream->options.segment_bytes;
    slot->offset = stream->position;
    slot->want = nbytes < most ? (size_t)nbytes : most;
    slot->filled = 0;
    int rc = fill(stream, slot);
    stream->position += slot->filled;
    return rc;
}

/* Passes over the bytes before `start`; short of it, the slot is left not full. */
static int skip(struct pel_stream *stream, struct pel_stream_slot *slot)
{
    int rc = 0;
    while (!rc && stream->position < stream->start && slot->filled == slot->want)
        rc = refill(stream, slot, stream->start - stream->position);
    return rc;
}

/* The next segment of a pipe; false: nothing more comes, or there is no room now. */
static bool read_segment(struct pel_stream *stream)
{
    struct pel_stream_slot *slot = take_slot(stream);
    if (!slot)
        return false;
    uint64_t total =
        stream->range_bytes == UINT64_MAX ? UINT64_MAX : stream->start + stream->range_bytes;
    slot->index = stream->next_index++;
    slot->want = 0;
    enqueue(stream, slot);
    int rc = skip(stream, slot);
    if (!rc && stream->position >= stream->start)
        rc = refill(stream, slot, total - stream->position);
    bool is_short = slot->filled < slot->want;
    bool too_short = stream->position < stream->start || total != UINT64_MAX;
    if (rc)
        fail(stream, slot, rc);
    else if (is_short && too_short)
        fail_short(stream, slot);
    else
        settle(stream, slot, PEL_SLOT_READY);
    if (is_short || stream->position == total)
        end(stream);
    return true;
}

static void read_plainly(struct pel_stream *stream)
{
    while (!closing(stream))
        if (!read_segment(stream))
            sleep_for_callers(stream);
}

/* ---- the thread ---- */

void *pel_stream_main(void *arg)
{
    struct pel_stream *stream = arg;
    (void)pthread_setname_np(pthread_self(), "pelton-stream");
    if (stream->plain)
        read_plainly(stream);
    else
        read_file(stream);
    pthread_mutex_lock(&stream->lock);
    stream->lane_gone = true;
    bool left_behind = stream->left_behind;
    pthread_cond_signal(&stream->gone);
    pthread_mutex_unlock(&stream->lock);
    if (left_behind)
        pel_stream_free(stream);
    return NULL;
}
