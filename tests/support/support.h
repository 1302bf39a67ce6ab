/* What the test programs share: a seeded generator, temporary folders, files, running the program. */
#ifndef PELTON_TEST_SUPPORT_H
#define PELTON_TEST_SUPPORT_H

/* cmocka wants these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pelton/core.h>

#define SKIP_PROGRAM 77 /* exit status that CTest counts as skipped */

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#define WITH_ASAN __has_feature(address_sanitizer)
#else
#define WITH_ASAN 0
#endif

/* SplitMix64 (Steele, Lea, Flood 2014): any seed, period 2^64. */
struct test_random {
    uint64_t state;
};
uint64_t test_random_next(struct test_random *random);
/* Uniform in [0, n), n >= 1. */
size_t test_random_below(struct test_random *random, size_t n);
/* The seed to use: PELTON_TEST_SEED or the given default; printed, so that a failure can be repeated. */
uint64_t test_seed(uint64_t otherwise);

/* A fresh folder under TMPDIR; test_folder_remove deletes it with everything in it. */
char *test_folder_make(void);
void test_folder_remove(char *folder);
/* folder/name in a buffer that the next 8 calls leave alone. */
const char *test_path(const char *folder, const char *name);

void test_file_write(const char *path, const void *data, size_t nbytes);
/* malloc'ed contents; fails the test when it cannot be read. */
unsigned char *test_file_read(const char *path, size_t *nbytes);
bool test_file_exists(const char *path);
/* Regular files below a folder, recursively; names_ending may be NULL. */
size_t test_count_files(const char *folder, const char *names_ending);

/* The corpus folder `name` ("pngsuite"), or NULL after printing why the test is skipped. */
const char *test_corpus(const char *name);

/* What a finished command left. Free with test_run_free. */
struct test_run {
    int status;   /* exit status, or 128 + signal */
    char *out;    /* standard output, NUL-ended */
    char *err;    /* standard error */
};
/* Runs a shell command line with standard input from /dev/null and waits. PELTON_PROGRAM is the path of
 * the program under test. */
struct test_run test_run_shell(const char *format, ...) PEL_PRINTF(1, 2);
void test_run_free(struct test_run *run);

/* Runs a shell command line, which must succeed. Returns the peak resident memory of its largest process
 * in bytes; with a sanitizer, whose own memory counts, that says little. */
uint64_t test_peak_memory(const char *format, ...) PEL_PRINTF(1, 2);

#endif
