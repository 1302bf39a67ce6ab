/* The threads of this room: the I/O lane and the store lane. */
#ifndef PELTON_IO_THREAD_H
#define PELTON_IO_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts run(arg) in a thread on the processors of the mask (bit i of word i/64; NULL or empty: as
 * inherited), which whatever it starts inherits. A mask that the system does not grant is not worth
 * failing for. All signals are blocked in it: handlers run in the caller's threads, and SIGXFSZ leaves
 * -EFBIG to tell. Returns 0 or what starting it gave. */
int pel_thread_start(pthread_t *thread, const uint64_t *mask, size_t nwords, void *(*run)(void *arg),
                     void *arg);

#endif
