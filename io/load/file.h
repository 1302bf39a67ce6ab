/* One file on its way into memory: the gate at its opening, the arithmetic of chunks, the proof of
 * its end, and what to do when it changed meanwhile. Knows nothing of queues, budgets or threads.
 */
#ifndef PELTON_LOAD_FILE_H
#define PELTON_LOAD_FILE_H

#include <pelton/load.h>

#include <sys/stat.h>

struct pel_file {
    int fd;              /* -1: closed */
    struct stat before;  /* as it was when opened */
    bool size_known;     /* false for what says 0 (procfs does) and what grows while followed */
    bool nonblocking;    /* as opened; reads through a backend want it off */
    size_t want;         /* bytes to read, as far as known; data has room for one more */
    unsigned char *data; /* NULL until pel_file_give_memory */
    size_t filled;
    unsigned flags; /* PEL_LOAD_CHANGED, PEL_LOAD_SHORT */
};

enum pel_file_step {
    PEL_FILE_READ_ON, /* there is more to read */
    PEL_FILE_GROW,    /* it needs pel_file_more_wanted bytes instead of `want` */
    PEL_FILE_DONE,    /* `filled` bytes are the file */
    PEL_FILE_FAILED   /* *err says why */
};

/* Opens a regular file. Folders are -EISDIR, other special files -ENOTSUP, both without waiting for
 * a FIFO's writer. On failure nothing stays open. */
int pel_file_open(struct pel_file *file, const char *path, const struct pel_load_options *options,
                  struct pel_error *err);

/* Allocates (or enlarges to) want + 1 bytes: the one more proves the end, or catches growth. What
 * was read stays. -ENOMEM leaves everything as it was. */
int pel_file_give_memory(struct pel_file *file, size_t want);

/* Frees the data and starts again at offset 0. */
void pel_file_restart(struct pel_file *file);

/* How much the next read should ask for, at offset `filled`; at least 1. */
size_t pel_file_next_chunk(const struct pel_file *file, const struct pel_load_options *options);

/* Takes in the result of reading `asked` bytes at `filled`: bytes, 0 or a negative errno. */
enum pel_file_step pel_file_advance(struct pel_file *file, const struct pel_load_options *options,
                                    size_t asked, int64_t result, struct pel_error *err);

/* The next size for a file whose end is not known: double, within max_file_bytes. */
size_t pel_file_more_wanted(const struct pel_file *file, const struct pel_load_options *options);

/* Gives back memory beyond `filled`; returns by how much `want` came down. */
size_t pel_file_trim(struct pel_file *file);

/* Closes the descriptor, where it is open. */
void pel_file_close(struct pel_file *file);

#endif
