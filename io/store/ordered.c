#include <pelton/ordered.h>

#include "error.h"
#include "thread.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A piece fits into the second-level cache of the thread that fills it. Linux lets everybody have pipes
 * of 1 MiB (/proc/sys/fs/pipe-max-size). */
enum { PIECE_BYTES = 256 << 10, BUDGET_BYTES = 64 << 20, PIPE_BYTES = 1 << 20, LOOK_NS = 50000000 };

struct piece {
    struct pel_piece memory; /* first: callers hold a pointer to it */
    struct piece *next;
};

struct part {
    struct part *next; /* the next higher one */
    uint64_t number;
    struct piece *full, **full_end; /* to be written */
    struct piece *filling;
    bool ended;
};

struct pel_ordered {
    int fd;
    int own_fd; /* fd itself, or one of ours that does not block */
    size_t piece_bytes;
    const struct pel_cancel *cancel;
    pthread_t lane;

    pthread_mutex_t lock; /* of all below, but not of the memory of pieces being filled */
    pthread_cond_t work;  /* for the lane */
    pthread_cond_t room;  /* for whoever waits for a piece, or for the lane to be done */
    size_t npieces_left;  /* that the budget has room for: not allocated yet */
    struct piece *free;
    struct part *parts; /* begun and not yet written, ascending */
    struct part *spare;
    uint64_t lowest; /* the part that is being written */
    uint64_t nwritten;
    int status;         /* atomic too: the lane looks at it while it writes */
    bool closing, done; /* done: the lane will not touch anything any more */
};

/* ---- parts and pieces: under the lock --------------------------------------------------------- */

/* The part's record, made where it is new; NULL: no memory. There are few: about one a thread. */
static struct part *find_part(struct pel_ordered *o, uint64_t number)
{
    struct part **at = &o->parts;
    while (*at && (*at)->number < number)
        at = &(*at)->next;
    if (*at && (*at)->number == number)
        return *at;
    struct part *part = o->spare;
    if (part)
        o->spare = part->next;
    else
        part = malloc(sizeof *part);
    if (!part)
        return NULL;
    *part = (struct part){.next = *at, .number = number, .full_end = &part->full};
    *at = part;
    return part;
}

static void hand_over(struct pel_ordered *o, struct part *part)
{
    struct piece *piece = part->filling;
    part->filling = NULL;
    if (!piece)
        return;
    *part->full_end = piece;
    part->full_end = &piece->next;
    if (part->number == o->lowest)
        pthread_cond_signal(&o->work);
}

static void give_back(struct pel_ordered *o, struct piece *piece)
{
    piece->memory.used = 0;
    piece->next = o->free;
    o->free = piece;
    pthread_cond_broadcast(&o->room);
}

static struct piece *new_piece(const struct pel_ordered *o)
{
    struct piece *piece = malloc(sizeof *piece);
    unsigned char *data = malloc(o->piece_bytes);
    if (!piece || !data) {
        free(piece);
        free(data);
        return NULL;
    }
    *piece = (struct piece){.memory = {.data = data, .capacity = o->piece_bytes}};
    return piece;
}

static void free_pieces(struct piece *piece)
{
    for (struct piece *next; piece; piece = next) {
        next = piece->next;
        free(piece->memory.data);
        free(piece);
    }
}

/* ---- waiting ---------------------------------------------------------------------------------- */

/* Waits for `room`; with a flag to look at, for a while only. */
static void wait_for_room(struct pel_ordered *o)
{
    if (!o->cancel) {
        pthread_cond_wait(&o->room, &o->lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&o->room, &o->lock, &until);
}

static void stop_locked(struct pel_ordered *o, int status)
{
    if (!o->status)
        __atomic_store_n(&o->status, status, __ATOMIC_RELAXED);
    pthread_cond_signal(&o->work);
    pthread_cond_broadcast(&o->room);
}

static void look_at_cancel(struct pel_ordered *o)
{
    if (!o->status && pel_cancel_requested(o->cancel))
        stop_locked(o, -ECANCELED);
}

/* Whether the part may have one more piece: the last one is for the lowest. */
static bool may_take(const struct pel_ordered *o, const struct part *part)
{
    bool any = o->free || o->npieces_left > 0;
    bool several = o->npieces_left + (o->free ? 1 : 0) + (o->free && o->free->next ? 1 : 0) > 1;
    return several || (any && part->number == o->lowest);
}

static int take_piece(struct pel_ordered *o, struct part *part)
{
    while (!o->status && !may_take(o, part)) {
        wait_for_room(o);
        look_at_cancel(o);
    }
    if (o->status)
        return o->status;
    if (o->free) {
        part->filling = o->free;
        o->free = o->free->next;
        part->filling->next = NULL;
        return 0;
    }
    part->filling = new_piece(o);
    if (!part->filling)
        return -ENOMEM;
    o->npieces_left--;
    return 0;
}

/* ---- the lane --------------------------------------------------------------------------------- */

/* Nothing can be written right now. Waits until it can, but not for long: the reader may never read. */
static void wait_until_writable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    (void)poll(&ready, 1, LOOK_NS / 1000000);
}

/* Outside of the lock. */
static int write_all(struct pel_ordered *o, const unsigned char *data, size_t nbytes,
                     uint64_t *nwritten)
{
    while (nbytes > 0) {
        ssize_t n = write(o->own_fd, data, nbytes);
        if (n > 0) {
            data += n;
            nbytes -= (size_t)n;
            *nwritten += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            wait_until_writable(o->own_fd);
        } else if (n == 0 || errno != EINTR) {
            return n == 0 ? -EIO : -errno;
        }
        int status = __atomic_load_n(&o->status, __ATOMIC_RELAXED);
        if (status)
            return status;
    }
    return 0;
}

/* Writes the lowest part's next piece. */
static void write_piece(struct pel_ordered *o, struct part *part)
{
    struct piece *piece = part->full;
    part->full = piece->next;
    if (!part->full)
        part->full_end = &part->full;
    pthread_mutex_unlock(&o->lock);
    uint64_t nwritten = 0;
    int status = write_all(o, piece->memory.data, piece->memory.used, &nwritten);
    pthread_mutex_lock(&o->lock);
    o->nwritten += nwritten;
    if (status)
        stop_locked(o, status);
    give_back(o, piece);
}

static void finish_part(struct pel_ordered *o, struct part *part)
{
    o->parts = part->next;
    part->next = o->spare;
    o->spare = part;
    o->lowest++;
    pthread_cond_broadcast(&o->room);
}

static void *run_lane(void *argument)
{
    struct pel_ordered *o = argument;
    (void)pthread_setname_np(pthread_self(), "pelton-ordered");
    pthread_mutex_lock(&o->lock);
    while (!o->status) {
        struct part *part = o->parts && o->parts->number == o->lowest ? o->parts : NULL;
        if (part && part->full)
            write_piece(o, part);
        else if (part && part->ended)
            finish_part(o, part);
        else if (o->closing)
            break;
        else
            pthread_cond_wait(&o->work, &o->lock);
    }
    o->done = true;
    pthread_cond_broadcast(&o->room);
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

/* ---- for the application ---------------------------------------------------------------------- */

static void init_sync(struct pel_ordered *o)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&o->room, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_cond_init(&o->work, NULL);
    pthread_mutex_init(&o->lock, NULL);
}

static void free_ordered(struct pel_ordered *o)
{
    struct part *lists[2] = {o->parts, o->spare};
    for (int i = 0; i < 2; i++)
        for (struct part *part = lists[i], *next; part; part = next) {
            next = part->next;
            if (i == 0) {
                free_pieces(part->full);
                free_pieces(part->filling);
            }
            free(part);
        }
    free_pieces(o->free);
    if (o->own_fd != o->fd)
        close(o->own_fd);
    pthread_cond_destroy(&o->room);
    pthread_cond_destroy(&o->work);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

static void enlarge_pipe(int fd)
{
    if (fcntl(fd, F_GETPIPE_SZ) < PIPE_BYTES)
        (void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

/* A write to a pipe or terminal may hang as long as its reader likes. O_NONBLOCK would hold for everybody
 * who shares the open file, so it is opened anew; where that is not possible, a stop has to wait. */
static int without_blocking(int fd)
{
    struct stat status;
    char path[32];
    if (fstat(fd, &status) != 0 || !(S_ISFIFO(status.st_mode) || isatty(fd)))
        return fd;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (S_ISFIFO(status.st_mode))
        enlarge_pipe(fd);
    return own >= 0 ? own : fd;
}

int pel_ordered_open(struct pel_ordered **out, int fd, const struct pel_ordered_options *options,
                     struct pel_error *err)
{
    static const struct pel_ordered_options defaults = {0};
    *out = NULL;
    if (!options)
        options = &defaults;
    struct pel_ordered *o = calloc(1, sizeof *o);
    if (!o)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "out of memory");
    size_t budget = options->budget_bytes ? options->budget_bytes : BUDGET_BYTES;
    o->fd = fd;
    o->own_fd = without_blocking(fd);
    o->piece_bytes = options->piece_bytes ? options->piece_bytes : PIECE_BYTES;
    o->npieces_left = budget / o->piece_bytes ? budget / o->piece_bytes : 1;
    o->cancel = options->cancel;
    init_sync(o);
    int status =
        pel_thread_start(&o->lane, options->cpu_mask, options->cpu_mask_words, run_lane, o);
    if (status < 0) {
        free_ordered(o);
        return pel_error_system(err, status, PEL_STAGE_NONE, "starting the writer's thread");
    }
    *out = o;
    return 0;
}

static int piece_locked(struct pel_ordered *o, uint64_t number, size_t room,
                        struct pel_piece **piece)
{
    struct part *part = find_part(o, number);
    if (!part)
        return -ENOMEM;
    struct piece *filling = part->filling;
    if (filling && filling->memory.capacity - filling->memory.used < room)
        hand_over(o, part);
    int status = part->filling ? o->status : take_piece(o, part);
    *piece = status ? NULL : &part->filling->memory;
    return status;
}

int pel_ordered_piece(struct pel_ordered *ordered, uint64_t part, size_t room,
                      struct pel_piece **piece)
{
    *piece = NULL;
    if (room == 0 || room > ordered->piece_bytes)
        return -EINVAL;
    pthread_mutex_lock(&ordered->lock);
    int status = piece_locked(ordered, part, room, piece);
    pthread_mutex_unlock(&ordered->lock);
    return status;
}

int pel_ordered_end(struct pel_ordered *ordered, uint64_t part)
{
    pthread_mutex_lock(&ordered->lock);
    struct part *found = find_part(ordered, part);
    int status = found ? ordered->status : -ENOMEM;
    if (found) {
        hand_over(ordered, found);
        found->ended = true;
        if (part == ordered->lowest)
            pthread_cond_signal(&ordered->work);
    }
    pthread_mutex_unlock(&ordered->lock);
    return status;
}

void pel_ordered_stop(struct pel_ordered *ordered, int status)
{
    pthread_mutex_lock(&ordered->lock);
    stop_locked(ordered, status);
    pthread_mutex_unlock(&ordered->lock);
}

/* The lane is done, or was told to stop: then it ends soon, and joining it is all the waiting left. */
int pel_ordered_close(struct pel_ordered *ordered, uint64_t *written)
{
    if (written)
        *written = 0;
    if (!ordered)
        return 0;
    pthread_mutex_lock(&ordered->lock);
    ordered->closing = true;
    pthread_cond_signal(&ordered->work);
    while (!ordered->done && !ordered->status) {
        wait_for_room(ordered);
        look_at_cancel(ordered);
    }
    int status = ordered->status ? ordered->status : ordered->parts ? -EINVAL : 0;
    pthread_mutex_unlock(&ordered->lock);
    pthread_join(ordered->lane, NULL);
    if (written)
        *written = ordered->nwritten;
    free_ordered(ordered);
    return status;
}
