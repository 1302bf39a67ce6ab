/* A stream's inside: what its lane and its callers share.
 *
 * Segments are queued in the order of the file from the moment the lane begins them. A slot carries one:
 *
 *     free -> pending -> ready -> lent -> free
 *
 * or it becomes failed, and then stays at its place in the queue, where who comes to it is told. While it is
 * pending, its reads fly one after the other until it is full. */
#ifndef PELTON_LOAD_STREAM_H
#define PELTON_LOAD_STREAM_H

#include "backend.h"

#include <pelton/stream.h>

#include <pthread.h>

#define PEL_STREAM_DEPTH 16

enum pel_slot_state { PEL_SLOT_PENDING, PEL_SLOT_READY, PEL_SLOT_FAILED };

struct pel_stream_slot {
    struct pel_read read;
    unsigned char *data;
    uint64_t index, offset; /* offset: in the file, or of a pipe as in <pelton/stream.h> */
    size_t want, filled;
    bool flying;               /* the lane's: the backend has it */
    enum pel_slot_state state; /* written by the lane, under the lock once it is queued */
    struct pel_error error;
    struct pel_stream_slot *next; /* in the queue, or on the free list */
};

struct pel_stream {
    /* Set at opening. */
    struct pel_stream_options options; /* defaults filled in; ranges is not used */
    const struct pel_backend *backend;
    void *backend_state;
    unsigned generation; /* pel_fork_generation() */
    pthread_t lane;
    bool plain;       /* read in the lane, in sequence: a pipe, or what does not tell its size */
    uint64_t start;   /* of ranges[] in the file */
    uint64_t *ranges; /* options.nranges of them, at least one */
    uint64_t range_bytes; /* UINT64_MAX: to the end, wherever that is */
    int fds[PEL_STREAM_DEPTH];
    int nfds;

    /* Shared, under the lock, which is never held across a system call that may wait. */
    pthread_mutex_t lock;
    pthread_cond_t ready; /* for callers: the first of the queue is, or nothing more comes */
    pthread_cond_t wake;  /* for the lane */
    pthread_cond_t gone;  /* for who closes */
    struct pel_stream_slot *head, *tail;
    int nqueued;
    struct pel_stream_slot *free;
    bool ended;             /* nothing will be queued any more */
    struct pel_error error; /* why; code 0: the end */
    bool closing;           /* atomic too: a pipe's reader looks at it between its reads */
    bool lane_gone, left_behind;

    /* The lane's own. */
    uint64_t next_index;
    uint64_t position;                                /* plain: bytes read so far, and before */
    struct pel_stream_slot *active[PEL_STREAM_DEPTH]; /* pending, in order */
    int nactive;
    bool tries_cache;
};

/* The lane's thread. arg is the stream. */
void *pel_stream_main(void *arg);

/* How many segments there are; UINT64_MAX: that is not known. */
uint64_t pel_stream_count(const struct pel_stream *stream);

/* Frees everything; the lane has ended, or is the caller. */
void pel_stream_free(struct pel_stream *stream);

#endif
