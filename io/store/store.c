#include <pelton/store.h>

#include "error.h"
#include "target.h"
#include "thread.h"

#include <pelton/system.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROUP_FILES = 64, GROUP_NS = 500000000 };
enum { DESCRIPTOR_WAITS = 100, DESCRIPTOR_WAIT_US = 10000 }; /* a second, then it is an error */
static const uint64_t group_bytes = 64 << 20, default_queue_bytes = 64 << 20;

/* One output, from pel_store_put until done has been called. */
struct job {
    struct job *next;
    bool replace;
    struct pel_bytes bytes;
    void (*done)(void *ctx, const struct pel_store_result *result);
    void *ctx;
    struct pel_store_result result;
    struct pel_target target;
    bool folder_synced; /* of a group: its name too is on the medium, or folder_status says why not
                         */
    int folder_status;
};

struct list {
    struct job *first, **end;
};

struct pel_store {
    struct pel_store_options options;
    pid_t owner; /* in a child after fork there is no lane */
    pthread_t lane;

    pthread_mutex_t lock; /* of what is between here and the next line */
    pthread_cond_t changed, room;
    struct list queue;
    uint64_t queued_bytes;
    bool closing;

    /* The lane's own: written, not yet synced and renamed. */
    struct list group;
    int group_files;
    uint64_t group_nbytes, group_since_ns;
    unsigned long counter;
    int first_failure;
};

static void list_init(struct list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_append(struct list *list, struct job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

static struct job *list_pop(struct list *list)
{
    struct job *job = list->first;
    if (!job)
        return NULL;
    list->first = job->next;
    if (!list->first)
        list->end = &list->first;
    return job;
}

/* ---- one output ------------------------------------------------------------------------------ */

static bool failed(const struct job *job)
{
    return job->result.error.code != 0;
}

/* Records what a step gave; true when it went well. */
static bool step(struct job *job, enum pel_stage stage, int status, const char *what)
{
    if (status < 0)
        pel_error_system(&job->result.error, status, stage, what);
    return status >= 0;
}

static bool write_bytes(struct job *job)
{
    size_t written;
    int status = pel_temp_write(&job->target.temp, job->bytes.data, job->bytes.nbytes, &written);
    if (status < 0) {
        char text[128];
        pel_error_format(&job->result.error, status, PEL_STAGE_WRITE, (int64_t)written,
                         "after %zu of %zu bytes: %s", written, job->bytes.nbytes,
                         strerror_r(-status, text, sizeof text));
    }
    return status >= 0;
}

/* With `group` the sync comes later: writing to the medium is only begun, so that there is less to
 * wait for then. */
static bool begin_sync(struct job *job, enum pel_durability durability)
{
    if (durability == PEL_DURABILITY_GROUP)
        (void)sync_file_range(job->target.temp.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    return durability != PEL_DURABILITY_DATA ||
           step(job, PEL_STAGE_SYNC, pel_temp_sync(&job->target.temp), "syncing the contents");
}

/* Everything up to the complete, closed temporary file. */
static void write_temp(struct pel_store *store, struct job *job)
{
    enum pel_durability durability = store->options.durability;
    struct pel_error *err = &job->result.error;
    bool sync = durability == PEL_DURABILITY_GROUP;
    bool ok = pel_target_create(&job->target, job->replace, sync, &store->counter, err) == 0 &&
              write_bytes(job) && begin_sync(job, durability) &&
              pel_target_close_writing(&job->target, err) == 0;
    if (!ok)
        pel_temp_discard(&job->target.temp);
}

/* What has not become the target by now is removed. */
static void finish(struct pel_store *store, struct job *job)
{
    pel_target_free(&job->target);
    job->result.end_ns = pel_now_ns();
    if (job->done)
        job->done(job->ctx, &job->result);
    if (!store->first_failure)
        store->first_failure = job->result.error.code;
    free(job);
}

/* ---- commit groups --------------------------------------------------------------------------- */

static bool same_folder(const struct job *a, const struct job *b)
{
    struct stat folder_a, folder_b;
    return fstat(a->target.temp.folder, &folder_a) == 0 && fstat(b->target.temp.folder, &folder_b) == 0 &&
           folder_a.st_dev == folder_b.st_dev && folder_a.st_ino == folder_b.st_ino;
}

/* Syncs the job's folder, unless a member of the group before it has: then its outcome holds. */
static void sync_folder_once(const struct pel_store *store, struct job *job)
{
    const struct job *prior = store->group.first;
    while (prior != job && !(prior->folder_synced && same_folder(prior, job)))
        prior = prior->next;
    job->folder_status = prior == job ? pel_temp_sync_folder(&job->target.temp) : prior->folder_status;
    job->folder_synced = true;
    step(job, PEL_STAGE_SYNC, job->folder_status, "syncing its folder");
}

/* A member that fails drops out and does not hold back the others. */
static void commit(struct pel_store *store)
{
    struct job *first = store->group.first;
    for (struct job *job = first; job; job = job->next)
        step(job, PEL_STAGE_SYNC, pel_temp_sync(&job->target.temp), "syncing the contents");
    for (struct job *job = first; job; job = job->next)
        if (!failed(job))
            pel_target_rename(&job->target, job->replace, &job->result.error);
    for (struct job *job = first; job; job = job->next)
        if (!failed(job))
            sync_folder_once(store, job);
    for (struct job *job; (job = list_pop(&store->group));)
        finish(store, job);
    store->group_files = 0;
    store->group_nbytes = 0;
}

static void join_group(struct pel_store *store, struct job *job, uint64_t nbytes)
{
    if (store->group_files++ == 0)
        store->group_since_ns = pel_now_ns();
    store->group_nbytes += nbytes;
    list_append(&store->group, job);
}

static bool group_is_due(const struct pel_store *store)
{
    return store->group_files >= GROUP_FILES || store->group_nbytes >= group_bytes ||
           (store->group_files > 0 && pel_now_ns() - store->group_since_ns >= GROUP_NS);
}

/* ---- the lane -------------------------------------------------------------------------------- */

/* Waits for an output to write. NULL: the group is due, or (*closed) nothing will come any more. */
static struct job *take(struct pel_store *store, bool *closed)
{
    uint64_t due = store->group_since_ns + GROUP_NS;
    struct timespec until = {.tv_sec = (time_t)(due / 1000000000u),
                             .tv_nsec = (long)(due % 1000000000u)};
    int status = 0;
    pthread_mutex_lock(&store->lock);
    while (!store->queue.first && !store->closing && status == 0)
        status = store->group_files > 0
                     ? pthread_cond_timedwait(&store->changed, &store->lock, &until)
                     : pthread_cond_wait(&store->changed, &store->lock);
    struct job *job = list_pop(&store->queue);
    *closed = !job && store->closing;
    pthread_mutex_unlock(&store->lock);
    return job;
}

/* The bytes are written, or will never be: their room in the queue is free. */
static void release_bytes(struct pel_store *store, struct job *job)
{
    uint64_t nbytes = job->bytes.nbytes;
    pel_bytes_free(&job->bytes);
    pthread_mutex_lock(&store->lock);
    store->queued_bytes -= nbytes;
    pthread_cond_broadcast(&store->room);
    pthread_mutex_unlock(&store->lock);
}

static bool out_of_descriptors(const struct job *job)
{
    return job->result.error.code == -EMFILE || job->result.error.code == -ENFILE;
}

/* The members of a group hold some; others are held by who loads files, for moments only. */
static void wait_for_descriptors(struct pel_store *store)
{
    if (store->group_files > 0)
        commit(store);
    else
        usleep(DESCRIPTOR_WAIT_US);
}

static void process(struct pel_store *store, struct job *job)
{
    uint64_t nbytes = job->bytes.nbytes;
    job->result.start_ns = pel_now_ns();
    write_temp(store, job);
    for (int i = 0; i < DESCRIPTOR_WAITS && out_of_descriptors(job); i++) {
        wait_for_descriptors(store);
        job->result.error = (struct pel_error){0};
        write_temp(store, job);
    }
    release_bytes(store, job);
    bool grouped = store->options.durability == PEL_DURABILITY_GROUP;
    if (!failed(job) && grouped) {
        join_group(store, job, nbytes);
        return;
    }
    if (!failed(job))
        pel_target_rename(&job->target, job->replace, &job->result.error);
    finish(store, job);
}

static void *run_lane(void *argument)
{
    struct pel_store *store = argument;
    (void)pthread_setname_np(pthread_self(), "pelton-store");
    for (bool closed = false; !closed;) {
        struct job *job = take(store, &closed);
        if (job)
            process(store, job);
        if (!job || group_is_due(store))
            commit(store);
    }
    return NULL;
}

/* ---- for the application --------------------------------------------------------------------- */

static void init_sync(struct pel_store *store)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&store->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_cond_init(&store->room, NULL);
    pthread_mutex_init(&store->lock, NULL);
}

static void free_store(struct pel_store *store)
{
    pthread_cond_destroy(&store->changed);
    pthread_cond_destroy(&store->room);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

int pel_store_open(struct pel_store **out, const struct pel_store_options *options,
                   struct pel_error *err)
{
    static const struct pel_store_options defaults = {0};
    *out = NULL;
    if (!options)
        options = &defaults;
    if ((unsigned)options->durability > PEL_DURABILITY_GROUP)
        return pel_error_set(err, -EINVAL, PEL_STAGE_NONE, "unknown durability");
    struct pel_store *store = calloc(1, sizeof *store);
    if (!store)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "out of memory");
    store->options = *options;
    if (!store->options.queue_bytes)
        store->options.queue_bytes = default_queue_bytes;
    store->owner = getpid();
    list_init(&store->queue);
    list_init(&store->group);
    init_sync(store);
    int status = pel_thread_start(&store->lane, store->options.cpu_mask,
                                  store->options.cpu_mask_words, run_lane, store);
    if (status < 0) {
        free_store(store);
        return pel_error_system(err, status, PEL_STAGE_NONE, "starting the store's thread");
    }
    *out = store;
    return 0;
}

static int enqueue(struct pel_store *store, struct job *job, struct pel_error *err)
{
    uint64_t nbytes = job->bytes.nbytes, limit = store->options.queue_bytes;
    if (store->owner != getpid())
        return pel_error_set(err, -EOWNERDEAD, PEL_STAGE_OPEN,
                             "this process is a fork of the store's owner");
    pthread_mutex_lock(&store->lock);
    while (store->queued_bytes > 0 &&
           (store->queued_bytes >= limit || nbytes > limit - store->queued_bytes))
        pthread_cond_wait(&store->room, &store->lock);
    store->queued_bytes += nbytes;
    list_append(&store->queue, job);
    pthread_cond_signal(&store->changed);
    pthread_mutex_unlock(&store->lock);
    return 0;
}

int pel_store_put(struct pel_store *store, const char *path, bool replace, struct pel_bytes *bytes,
                  void (*done)(void *ctx, const struct pel_store_result *result), void *ctx,
                  struct pel_error *err)
{
    struct job *job = calloc(1, sizeof *job);
    int status = job ? pel_target_init(&job->target, path, err)
                     : pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "out of memory");
    if (status < 0) {
        pel_bytes_free(bytes);
        free(job);
        return status;
    }
    job->replace = replace;
    job->done = done;
    job->ctx = ctx;
    job->bytes = *bytes;
    *bytes = (struct pel_bytes){0};
    status = enqueue(store, job, err);
    if (status < 0) {
        pel_bytes_free(&job->bytes);
        pel_target_free(&job->target);
        free(job);
    }
    return status;
}

int pel_store_close(struct pel_store *store)
{
    if (!store || store->owner != getpid())
        return 0;
    pthread_mutex_lock(&store->lock);
    store->closing = true;
    pthread_cond_signal(&store->changed);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->lane, NULL);
    int status = store->first_failure;
    free_store(store);
    return status;
}
