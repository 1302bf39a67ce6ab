/* The loader's inside: what the lane and the callers share, and what is the lane's alone.
 *
 * A slot carries one path through its life. Its states are the list it is on:
 *
 *     free -> waiting (open, needs memory) -> runnable (a chunk to submit) -> flying (the backend
 * has it) -> runnable ... -> ready (an item, or an error) -> lent -> free
 *
 * Every way out, errors and cancellation too, leads through ready. A flying slot whose read does
 * not come back before the drain deadline becomes stuck: its item goes out, its memory stays. */
#ifndef PELTON_LOAD_LANE_H
#define PELTON_LOAD_LANE_H

#include "backend.h"
#include "file.h"

#include <pthread.h>

/* Items ready and not taken, at most: bounds what failures and small files can pile up. More ahead
 * does not help a consumer that is behind, and costs: with 128 instead of 32, 240 hot files of 640 KB
 * took 25,000 page faults instead of 10,000, because their buffers could not be used again. */
#define PEL_BACKLOG 32

struct pel_load_slot {
    struct pel_read read; /* first: slot_of() in lane.c relies on it */
    struct pel_file file;
    struct pel_load_item item;
    uint64_t reserved; /* of the budget */
    bool missed_cache; /* did not come whole from the page cache */
    bool alone;        /* had no memory beside others: tried again when nothing is reserved */
    bool stuck;        /* its read never came back */
    struct pel_load_slot *next; /* on the list it is on */
    struct pel_load_slot *next_made;
};

/* First in, first out. */
struct pel_slots {
    struct pel_load_slot *head, *tail;
};

/* What the lane waits for when nothing is in flight. */
enum pel_rest { PEL_REST_NOT, PEL_REST_MEMORY, PEL_REST_ROOM };

struct pel_load {
    /* Set at opening. */
    const char *const *paths;
    size_t npaths;
    struct pel_load_options options; /* defaults filled in */
    const struct pel_backend *backend;
    void *backend_state;
    unsigned generation; /* pel_fork_generation() */
    pthread_t lane;

    /* Shared, under the lock, which is never held across a system call that may wait. */
    pthread_mutex_t lock;
    pthread_cond_t item_ready, lane_wake;
    struct pel_slots ready;
    struct pel_load_slot *free, *made;
    size_t nready, ntaken;
    int nwaiting; /* callers inside pel_load_next */
    uint64_t reserved, releases;
    bool starved; /* a caller found nothing ready since the lane last looked */
    bool hungry;  /* ... and nothing has become ready since */
    bool cancelled, closing;
    uint64_t deadline_ns; /* when cancelled: until when stuck reads are waited for */
    enum pel_rest rest;   /* what the lane sleeps for */
    struct pel_load_stats stats;

    /* The lane's own; after it has ended, its joiner's. */
    size_t next_path, ndelivered;
    struct pel_slots waiting, runnable;
    int nrunnable;
    struct pel_read *flying[PEL_DEPTH_LIMIT]; /* oldest first */
    int nflying;
    int nopen; /* descriptors, stuck ones included */
    int depth; /* the limit at the moment */
    bool tries_cache;
    bool cancelling;          /* has seen `cancelled` */
    bool refused;             /* the system had no resources for a submission */
    bool short_of_files;      /* out of descriptors until one is closed */
    enum pel_rest blocked_by; /* why nothing more was admitted */
    uint64_t releases_seen;
};

/* The lane's thread: loads all paths, then ends. arg is the loader. */
void *pel_lane_main(void *arg);

/* pel_load_open with a table of the caller's, for tests. */
int pel_load_open_backend(struct pel_load **out, const char *const *paths, size_t npaths,
                          const struct pel_load_options *options, const struct pel_backend *backend,
                          struct pel_error *err);

/* A new slot on the free list; -ENOMEM. The lock is held, or nobody else is there yet. */
int pel_load_make_slot(struct pel_load *load);

#endif
