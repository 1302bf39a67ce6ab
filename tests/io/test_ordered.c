/* The ordered writer: order, bounded memory, no deadlock, failing and hanging writes. */
#include "support.h"

#include <pelton/ordered.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64, MAX_THREADS = 7 };

static struct pel_ordered *open_ordered(int fd, size_t npieces, const struct pel_cancel *cancel)
{
    struct pel_ordered *ordered;
    struct pel_ordered_options options = {
        .piece_bytes = PIECE, .budget_bytes = npieces * PIECE, .cancel = cancel};
    struct pel_error err = {0};
    assert_int_equal(pel_ordered_open(&ordered, fd, &options, &err), 0);
    return ordered;
}

/* Adds bytes to a part, piece by piece. */
static int add(struct pel_ordered *ordered, uint64_t part, const char *data, size_t nbytes)
{
    while (nbytes > 0) {
        struct pel_piece *piece;
        int status = pel_ordered_piece(ordered, part, 1, &piece);
        if (status)
            return status;
        size_t room = piece->capacity - piece->used, some = room < nbytes ? room : nbytes;
        memcpy(piece->data + piece->used, data, some);
        piece->used += some;
        data += some;
        nbytes -= some;
    }
    return 0;
}

/* ---- many threads ---- */

struct crowd {
    struct pel_ordered *ordered;
    uint64_t nparts, next; /* next: atomic */
    uint64_t seed;
    bool slow;
    int failures; /* atomic */
};

/* What part `number` consists of: "number:" and some times the number again; every third is empty. */
static size_t part_text(uint64_t number, char *text, size_t size)
{
    size_t used = 0;
    struct test_random random = {number};
    size_t times = number % 3 == 0 ? 0 : test_random_below(&random, 60);
    for (size_t i = 0; i < times; i++)
        used += (size_t)snprintf(text + used, size - used, "%llu,", (unsigned long long)number);
    return used;
}

static void pause_a_little(struct test_random *random, bool slow)
{
    if (slow && test_random_below(random, 8) == 0)
        usleep((useconds_t)test_random_below(random, 300));
}

static void *fill_parts(void *argument)
{
    struct crowd *crowd = argument;
    char text[1000];
    for (uint64_t part;
         (part = __atomic_fetch_add(&crowd->next, 1, __ATOMIC_RELAXED)) < crowd->nparts;) {
        struct test_random random = {crowd->seed + part};
        size_t nbytes = part_text(part, text, sizeof text), done = 0;
        while (done < nbytes) {
            size_t some = 1 + test_random_below(&random, nbytes - done);
            pause_a_little(&random, crowd->slow);
            if (add(crowd->ordered, part, text + done, some))
                __atomic_fetch_add(&crowd->failures, 1, __ATOMIC_RELAXED);
            done += some;
        }
        pause_a_little(&random, crowd->slow);
        if (pel_ordered_end(crowd->ordered, part))
            __atomic_fetch_add(&crowd->failures, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void run_crowd(struct crowd *crowd, int nthreads)
{
    pthread_t threads[MAX_THREADS];
    for (int i = 0; i < nthreads; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fill_parts, crowd), 0);
    for (int i = 0; i < nthreads; i++)
        pthread_join(threads[i], NULL);
}

static void check_parts(const char *path, uint64_t nparts, uint64_t written)
{
    size_t nbytes, at = 0;
    char text[1000];
    unsigned char *data = test_file_read(path, &nbytes);
    assert_int_equal(nbytes, written);
    for (uint64_t part = 0; part < nparts; part++) {
        size_t n = part_text(part, text, sizeof text);
        assert_true(at + n <= nbytes && memcmp(data + at, text, n) == 0);
        at += n;
    }
    assert_int_equal(at, nbytes);
    free(data);
}

static void try_crowd(const char *path, uint64_t nparts, int nthreads, size_t npieces, bool slow)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    struct crowd crowd = {.ordered = open_ordered(fd, npieces, NULL),
                          .nparts = nparts,
                          .seed = nparts + npieces,
                          .slow = slow};
    run_crowd(&crowd, nthreads);
    uint64_t written;
    assert_int_equal(crowd.failures, 0);
    assert_int_equal(pel_ordered_close(crowd.ordered, &written), 0);
    close(fd);
    check_parts(path, nparts, written);
}

static void test_order(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    static const size_t pieces[] = {0, 1, 2, 3, 8, 1000};
    char *folder = test_folder_make();
    const char *path = test_path(folder, "out");
    for (int t = 0; t < 4; t++)
        for (int p = 0; p < 6; p++) {
            try_crowd(path, 60, threads[t], pieces[p], true);
            try_crowd(path, 1000, threads[t], pieces[p], false);
        }
    try_crowd(path, 0, 2, 2, false);
    test_folder_remove(folder);
}

/* ---- the budget ---- */

/* A thread whose part is not the lowest gets all pieces but one, then waits. */
static void *fill_second(void *argument)
{
    struct crowd *crowd = argument;
    char text[PIECE] = {0};
    for (int i = 0; i < 20; i++) {
        if (add(crowd->ordered, 1, text, PIECE))
            __atomic_fetch_add(&crowd->failures, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&crowd->next, 1, __ATOMIC_RELEASE);
    }
    if (pel_ordered_end(crowd->ordered, 1))
        __atomic_fetch_add(&crowd->failures, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void test_budget(void **state)
{
    (void)state;
    enum { PIECES = 5 };
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct crowd crowd = {.ordered = open_ordered(fd, PIECES, NULL)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fill_second, &crowd), 0);
    while (__atomic_load_n(&crowd.next, __ATOMIC_ACQUIRE) < PIECES - 1)
        usleep(100);
    usleep(20000);
    assert_int_equal(__atomic_load_n(&crowd.next, __ATOMIC_ACQUIRE), PIECES - 1);
    char text[PIECE] = {0};
    for (int i = 0; i < 100; i++) /* the lowest goes on, whatever the others hold */
        assert_int_equal(add(crowd.ordered, 0, text, PIECE), 0);
    assert_int_equal(pel_ordered_end(crowd.ordered, 0), 0);
    pthread_join(thread, NULL);
    uint64_t written;
    assert_int_equal(crowd.failures, 0);
    assert_int_equal(pel_ordered_close(crowd.ordered, &written), 0);
    assert_int_equal(written, 120 * PIECE);
    close(fd);
}

/* ---- failures ---- */

static void *fill_for_ever(void *argument)
{
    struct crowd *crowd = argument;
    char text[PIECE] = {0};
    uint64_t part = __atomic_fetch_add(&crowd->next, 1, __ATOMIC_RELAXED);
    int status;
    while ((status = add(crowd->ordered, part, text, PIECE)) == 0)
        ;
    return (void *)(intptr_t)status;
}

/* Threads that fill without end all return `status`, and so does closing. */
static void expect_end(struct crowd *crowd, pthread_t *threads, int status)
{
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_int_equal((int)(intptr_t)result, status);
    }
    assert_int_equal(pel_ordered_end(crowd->ordered, 0), status);
    assert_int_equal(pel_ordered_close(crowd->ordered, NULL), status);
}

static void start_filling(struct crowd *crowd, pthread_t *threads)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fill_for_ever, crowd), 0);
}

static void test_write_fails(void **state)
{
    (void)state;
    pthread_t threads[3];
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), pipe_fds[2];
    struct crowd crowd = {.ordered = open_ordered(fd, 8, NULL)};
    start_filling(&crowd, threads);
    expect_end(&crowd, threads, -ENOSPC);
    close(fd);

    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    crowd = (struct crowd){.ordered = open_ordered(pipe_fds[1], 8, NULL)};
    start_filling(&crowd, threads);
    char byte;
    assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
    close(pipe_fds[0]);
    expect_end(&crowd, threads, -EPIPE);
    close(pipe_fds[1]);
}

/* Only when all has been handed over does the write fail. */
static void test_last_write_fails(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct pel_ordered *ordered = open_ordered(fd, 8, NULL);
    uint64_t written;
    assert_int_equal(add(ordered, 0, "2\n", 2), 0);
    assert_int_equal(pel_ordered_end(ordered, 0), 0);
    assert_int_equal(pel_ordered_close(ordered, &written), -ENOSPC);
    assert_int_equal(written, 0);
    close(fd);
}

/* Nobody reads the pipe: the lane hangs in its write, and the threads wait for it. */
static void test_stop_and_cancel(void **state)
{
    (void)state;
    for (int by_flag = 0; by_flag < 2; by_flag++) {
        int fds[2];
        pthread_t threads[3];
        struct pel_cancel cancel = {0};
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        struct crowd crowd = {.ordered = open_ordered(fds[1], 8, &cancel)};
        start_filling(&crowd, threads);
        usleep(20000);
        if (by_flag)
            pel_cancel_request(&cancel);
        else
            pel_ordered_stop(crowd.ordered, -ENOMEM);
        pel_ordered_stop(crowd.ordered, by_flag ? -ECANCELED : -EIO); /* the first stays */
        expect_end(&crowd, threads, by_flag ? -ECANCELED : -ENOMEM);
        close(fds[0]);
        close(fds[1]);
    }
}

/* The same when closing waits for the lane. */
static void test_cancel_while_closing(void **state)
{
    (void)state;
    int fds[2];
    struct pel_cancel cancel = {0};
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    int room = fcntl(fds[1], F_GETPIPE_SZ);
    struct pel_ordered *ordered = open_ordered(fds[1], 100, &cancel);
    char *filling = calloc((size_t)room, 1);
    (void)fcntl(fds[1], F_SETPIPE_SZ, room);
    assert_int_equal(write(fds[1], filling, (size_t)room), room);
    assert_int_equal(add(ordered, 0, "2\n", 2), 0);
    assert_int_equal(pel_ordered_end(ordered, 0), 0);
    pel_cancel_request(&cancel);
    assert_int_equal(pel_ordered_close(ordered, NULL), -ECANCELED);
    free(filling);
    close(fds[0]);
    close(fds[1]);
}

/* A descriptor that somebody made not to block. */
static void test_nonblocking_pipe(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, 0), 0);
    struct pel_ordered *ordered = open_ordered(fds[1], 1 << 16, NULL);
    size_t nbytes = 3 << 20, at = 0;
    char *data = malloc(nbytes), *back = malloc(nbytes);
    for (size_t i = 0; i < nbytes; i++)
        data[i] = (char)(i * 7 + (i >> 12));
    assert_int_equal(add(ordered, 0, data, nbytes), 0);
    assert_int_equal(pel_ordered_end(ordered, 0), 0);
    for (ssize_t n; at < nbytes && (n = read(fds[0], back + at, nbytes - at)) > 0;)
        at += (size_t)n;
    assert_int_equal(at, nbytes);
    assert_memory_equal(data, back, nbytes);
    assert_int_equal(pel_ordered_close(ordered, NULL), 0);
    free(data);
    free(back);
    close(fds[0]);
    close(fds[1]);
}

static void test_misuse(void **state)
{
    (void)state;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct pel_ordered *ordered = open_ordered(fd, 4, NULL);
    struct pel_piece *piece;
    uint64_t written;
    assert_int_equal(pel_ordered_piece(ordered, 0, PIECE + 1, &piece), -EINVAL);
    assert_null(piece);
    assert_int_equal(pel_ordered_piece(ordered, 0, 0, &piece), -EINVAL);
    assert_int_equal(pel_ordered_piece(ordered, 0, PIECE, &piece), 0);
    assert_int_equal(piece->capacity, PIECE);
    assert_int_equal(pel_ordered_end(ordered, 0), 0);
    assert_int_equal(add(ordered, 2, "5\n", 2), 0); /* part 1 never comes */
    assert_int_equal(pel_ordered_end(ordered, 2), 0);
    assert_int_equal(pel_ordered_close(ordered, &written), -EINVAL);
    assert_int_equal(written, 0);
    assert_int_equal(pel_ordered_close(NULL, NULL), 0);
    close(fd);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_write_fails),
        cmocka_unit_test(test_last_write_fails),
        cmocka_unit_test(test_stop_and_cancel),
        cmocka_unit_test(test_cancel_while_closing),
        cmocka_unit_test(test_nonblocking_pipe),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
