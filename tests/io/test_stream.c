/* One file or pipe in segments: every backend gives the same bytes and the same errors. */
#include "support.h"

#include "load/stream.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const backends[] = {"sync", "aio", "uring", "sim"};
#define NBACKENDS (sizeof backends / sizeof backends[0])

static char *folder;

static unsigned char byte_at(uint64_t offset)
{
    return (unsigned char)((uint32_t)offset * 2654435761u >> 13 ^ offset >> 16);
}

static const char *make_file(const char *name, size_t nbytes)
{
    unsigned char *data = malloc(nbytes + 1);
    assert_non_null(data);
    for (size_t i = 0; i < nbytes; i++)
        data[i] = byte_at(i);
    const char *path = test_path(folder, name);
    test_file_write(path, data, nbytes);
    free(data);
    return path;
}

static struct pel_stream *open_stream(const char *path, const struct pel_stream_options *options)
{
    struct pel_stream *stream;
    struct pel_error err = {0};
    if (pel_stream_open(&stream, path, options, &err))
        fail_msg("%s: %s", path, err.message);
    return stream;
}

static bool is_right(const struct pel_stream_segment *segment)
{
    for (size_t i = 0; i < segment->nbytes; i++)
        if (segment->data[i] != byte_at(segment->offset + i))
            return false;
    return (uintptr_t)segment->data % PEL_CACHE_LINE == 0;
}

/* Reads to the end or the failure, `held` segments at a time; returns the bytes of right segments that came
 * in order from `from` on. */
static uint64_t read_all(struct pel_stream *stream, uint64_t from, size_t held, int *rc,
                         struct pel_error *err)
{
    struct pel_stream_segment segments[8], *segment;
    uint64_t nbytes = 0, index = 0;
    for (size_t n = 0;; n++) {
        segment = &segments[n % held];
        if (n >= held)
            pel_stream_release(stream, segment);
        *rc = pel_stream_next(stream, segment, err);
        if (*rc <= 0) {
            for (size_t i = 1; i < held && i <= n; i++)
                pel_stream_release(stream, &segments[(n + held - i) % held]);
            break;
        }
        assert_int_equal(segment->index, index++);
        assert_int_equal(segment->offset, from + nbytes);
        assert_true(segment->nbytes > 0 && is_right(segment));
        nbytes += segment->nbytes;
    }
    struct pel_stream_segment more;
    assert_int_equal(pel_stream_next(stream, &more, NULL), *rc);
    return nbytes;
}

static void expect_bytes(const char *path, const struct pel_stream_options *options, uint64_t from,
                         uint64_t nbytes, size_t held)
{
    int rc;
    struct pel_error err = {0};
    struct pel_stream *stream = open_stream(path, options);
    uint64_t n = read_all(stream, from, held, &rc, &err);
    pel_stream_close(stream);
    if (rc || n != nbytes)
        fail_msg("%s: %d, %llu of %llu bytes: %s", options->backend, rc, (unsigned long long)n,
                 (unsigned long long)nbytes, err.message);
}

static void test_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, 65536, 100000};
    static const size_t segments[] = {1000, 4096, 1 << 20};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const char *path = make_file("sized", sizes[i]);
        for (size_t b = 0; b < NBACKENDS; b++)
            for (size_t s = 0; s < 3; s++)
                for (int depth = 1; depth <= 16; depth *= 4) {
                    struct pel_stream_options options = {
                        .backend = backends[b], .segment_bytes = segments[s], .depth = depth};
                    expect_bytes(path, &options, 0, sizes[i], 1);
                    expect_bytes(path, &options, 0, sizes[i], 8);
                }
    }
    expect_bytes(make_file("usual", 5000000), &(struct pel_stream_options){0}, 0, 5000000, 2);
}

static void test_part_of_a_file(void **state)
{
    (void)state;
    const char *path = make_file("part", 100000);
    for (size_t b = 0; b < NBACKENDS; b++) {
        struct pel_stream_options options = {
            .backend = backends[b], .segment_bytes = 4096, .offset = 12345};
        expect_bytes(path, &options, 12345, 100000 - 12345, 3);
        options.nbytes = 54321;
        expect_bytes(path, &options, 12345, 54321, 3);
        options.offset = 100000;
        options.nbytes = 0;
        expect_bytes(path, &options, 100000, 0, 1);
    }
}

/* Ranges come side by side. */
static void test_ranges(void **state)
{
    static const uint64_t ranges[] = {0, 50000, 20000};
    (void)state;
    const char *path = make_file("ranges", 100000);
    for (size_t b = 0; b < NBACKENDS; b++) {
        struct pel_stream_options options = {.backend = backends[b],
                                             .segment_bytes = 4096,
                                             .offset = 7,
                                             .nbytes = 10000,
                                             .ranges = ranges,
                                             .nranges = 3};
        struct pel_stream *stream = open_stream(path, &options);
        struct pel_stream_segment segment;
        for (uint64_t i = 0; i < 9; i++) {
            assert_int_equal(pel_stream_next(stream, &segment, NULL), 1);
            assert_int_equal(segment.offset, 7 + ranges[i % 3] + i / 3 * 4096);
            assert_int_equal(segment.nbytes, i < 6 ? 4096 : 10000 - 2 * 4096);
            assert_true(is_right(&segment));
            pel_stream_release(stream, &segment);
        }
        assert_int_equal(pel_stream_next(stream, &segment, NULL), 0);
        pel_stream_close(stream);
    }
}

static void test_simulation(void **state)
{
    (void)state;
    const char *path = make_file("sim", 300000);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct pel_stream_options options = {.backend = "sim",
                                             .segment_bytes = 4096,
                                             .depth = 1 + (int)(seed % 16),
                                             .sim = {.seed = seed,
                                                     .latency_ns = 10000,
                                                     .jitter_ns = 100000,
                                                     .short_percent = 30,
                                                     .again_percent = 20}};
        expect_bytes(path, &options, 0, 300000, 3);
    }
}

/* What came before the bad byte is given, and where it failed is the same at any depth. */
static void test_read_error(void **state)
{
    (void)state;
    const char *path = make_file("bad", 300000);
    uint64_t before[2];
    for (int i = 0; i < 2; i++) {
        int rc;
        struct pel_error err = {0};
        struct pel_stream_options options = {.backend = "sim",
                                             .segment_bytes = 4096,
                                             .depth = 1 + 7 * i,
                                             .sim = {.seed = 3, .error_percent = 100}};
        struct pel_stream *stream = open_stream(path, &options);
        before[i] = read_all(stream, 0, 2, &rc, &err);
        pel_stream_close(stream);
        assert_int_equal(rc, -EIO);
        assert_int_equal(err.code, -EIO);
        assert_int_equal(err.stage, PEL_STAGE_READ);
        assert_int_equal(err.offset, before[i]);
    }
    assert_int_equal(before[0], before[1]);
}

/* A file that shrinks after the first segment was taken; one that never had so much. */
static void test_short_file(void **state)
{
    (void)state;
    for (size_t b = 0; b < NBACKENDS; b++) {
        const char *path = make_file("short", 100000);
        struct pel_stream_options options = {
            .backend = backends[b], .segment_bytes = 4096, .depth = 2};
        struct pel_stream_segment segment;
        struct pel_error err = {0};
        int rc = 1;
        struct pel_stream *stream = open_stream(path, &options);
        assert_int_equal(pel_stream_next(stream, &segment, NULL), 1);
        assert_int_equal(truncate(path, 50000), 0);
        while (rc > 0) {
            pel_stream_release(stream, &segment);
            rc = pel_stream_next(stream, &segment, &err);
        }
        pel_stream_close(stream);
        assert_int_equal(rc, -EIO);
        assert_int_equal(err.offset, 50000);
        assert_non_null(strstr(err.message, "50000"));

        options.nbytes = 60000;
        stream = open_stream(path, &options);
        assert_int_equal(read_all(stream, 0, 1, &rc, &err), 50000 / 4096 * 4096);
        assert_int_equal(rc, -EIO);
        pel_stream_close(stream);
    }
}

/* What is appended meanwhile is not read. */
static void test_growing_file(void **state)
{
    (void)state;
    const char *path = make_file("growing", 100000);
    struct pel_stream *stream =
        open_stream(path, &(struct pel_stream_options){.segment_bytes = 4096});
    assert_int_equal(truncate(path, 200000), 0);
    int rc;
    assert_int_equal(read_all(stream, 0, 1, &rc, NULL), 100000);
    assert_int_equal(rc, 0);
    pel_stream_close(stream);
}

/* Memory: `depth` segments, and those that are held. */
static void test_memory(void **state)
{
    (void)state;
    const char *path = make_file("memory", 1000000);
    for (size_t b = 0; b < NBACKENDS; b++) {
        struct pel_stream_options options = {
            .backend = backends[b], .segment_bytes = 4096, .depth = 4};
        struct pel_stream *stream = open_stream(path, &options);
        struct pel_stream_segment held[50];
        int nslots = 0;
        for (size_t i = 0; i < 50; i++)
            assert_int_equal(pel_stream_next(stream, &held[i], NULL), 1);
        for (size_t i = 0; i < 50; i++)
            pel_stream_release(stream, &held[i]);
        pthread_mutex_lock(&stream->lock);
        assert_true(stream->nqueued <= 4);
        for (const struct pel_stream_slot *slot = stream->free; slot; slot = slot->next)
            nslots++;
        pthread_mutex_unlock(&stream->lock);
        assert_in_range(nslots, 46, 50);
        pel_stream_close(stream);
    }
}

/* ---- threads -------------------------------------------------------------------------------------- */

struct crew {
    struct pel_stream *stream;
    uint64_t nbytes;
    int wrong;
};

static void *consume(void *arg)
{
    struct crew *crew = arg;
    struct pel_stream_segment segment;
    while (pel_stream_next(crew->stream, &segment, NULL) > 0) {
        if (!is_right(&segment))
            __atomic_fetch_add(&crew->wrong, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&crew->nbytes, segment.nbytes, __ATOMIC_RELAXED);
        pel_stream_release(crew->stream, &segment);
    }
    return NULL;
}

static void test_several_threads(void **state)
{
    (void)state;
    const char *path = make_file("threads", 3000000);
    for (size_t b = 0; b < NBACKENDS; b++) {
        struct pel_stream_options options = {.backend = backends[b], .segment_bytes = 8192};
        struct crew crew = {.stream = open_stream(path, &options)};
        pthread_t threads[5];
        for (int i = 0; i < 5; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, consume, &crew), 0);
        for (int i = 0; i < 5; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        pel_stream_close(crew.stream);
        assert_int_equal(crew.wrong, 0);
        assert_int_equal(crew.nbytes, 3000000);
    }
}

static void *cancel_soon(void *arg)
{
    (void)usleep(20000);
    pel_cancel_request(arg);
    return NULL;
}

/* Of a thread that waits for a read that takes an hour, whose memory stays behind with the lane. */
static void test_cancel_and_stuck_read(void **state)
{
    (void)state;
    struct pel_cancel cancel = {0};
    struct pel_stream_options options = {.backend = "sim",
                                         .cancel = &cancel,
                                         .drain_ns = 10000000,
                                         .sim = {.latency_ns = UINT64_C(1000000000)}};
    struct pel_stream *stream = open_stream(make_file("cancel", 10000), &options);
    struct pel_stream_segment segment;
    struct pel_error err = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
    assert_int_equal(pel_stream_next(stream, &segment, &err), -ECANCELED);
    assert_int_equal(err.code, -ECANCELED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pel_stream_close(stream);
    (void)usleep(1100000); /* the lane frees the stream: leak checkers see that it does */
}

/* Closing in the middle, at any place. */
static void test_early_close(void **state)
{
    (void)state;
    const char *path = make_file("early", 1000000);
    for (size_t b = 0; b < NBACKENDS; b++)
        for (int n = 0; n < 10; n++) {
            struct pel_stream_options options = {.backend = backends[b], .segment_bytes = 4096};
            struct pel_stream *stream = open_stream(path, &options);
            struct pel_stream_segment segment;
            for (int i = 0; i < n; i++) {
                assert_int_equal(pel_stream_next(stream, &segment, NULL), 1);
                pel_stream_release(stream, &segment);
            }
            pel_stream_close(stream);
        }
    pel_stream_close(NULL);
}

static void test_fork(void **state)
{
    (void)state;
    struct pel_stream *stream = open_stream(make_file("fork", 10000), NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct pel_stream_segment segment;
        int rc = pel_stream_next(stream, &segment, NULL);
        pel_stream_close(stream);
        _exit(rc == -EOWNERDEAD ? 0 : 1);
    }
    int status, rc;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(read_all(stream, 0, 1, &rc, NULL), 10000);
    pel_stream_close(stream);
}

/* ---- pipes ---------------------------------------------------------------------------------------- */

struct feeder {
    int fd;
    size_t nbytes;
};

/* In pieces of odd sizes. */
static void *feed(void *arg)
{
    struct feeder *feeder = arg;
    unsigned char bytes[777];
    for (size_t at = 0; at < feeder->nbytes;) {
        size_t n = feeder->nbytes - at < sizeof bytes ? feeder->nbytes - at : sizeof bytes;
        for (size_t i = 0; i < n; i++)
            bytes[i] = byte_at(at + i);
        ssize_t written = write(feeder->fd, bytes, n);
        if (written <= 0)
            break;
        at += (size_t)written;
    }
    (void)close(feeder->fd);
    return NULL;
}

/* Feeds a pipe with nbytes and reads it: right bytes, from options->offset on. */
static uint64_t read_pipe(size_t nbytes, const struct pel_stream_options *options, int *rc,
                          struct pel_error *err)
{
    int ends[2];
    pthread_t thread;
    struct pel_stream *stream;
    assert_int_equal(pipe(ends), 0);
    struct feeder feeder = {ends[1], nbytes};
    assert_int_equal(pel_stream_open_fd(&stream, ends[0], options, NULL), 0);
    (void)close(ends[0]);
    assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
    uint64_t n = read_all(stream, options->offset, 2, rc, err);
    pel_stream_close(stream);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return n;
}

static void test_pipe(void **state)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, 100000};
    (void)state;
    int rc;
    struct pel_error err = {0};
    for (size_t b = 0; b < NBACKENDS; b++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct pel_stream_options options = {.backend = backends[b], .segment_bytes = 4096};
            assert_int_equal(read_pipe(sizes[i], &options, &rc, &err), sizes[i]);
            assert_int_equal(rc, 0);
        }
    struct pel_stream_options part = {.segment_bytes = 4096, .offset = 10000, .nbytes = 20000};
    assert_int_equal(read_pipe(30000, &part, &rc, &err), 20000);
    assert_int_equal(rc, 0);
    assert_int_equal(read_pipe(29999, &part, &rc, &err), 16384);
    assert_int_equal(rc, -EIO);
    assert_int_equal(err.offset, 29999);
    assert_int_equal(read_pipe(9000, &part, &rc, &err), 0);
    assert_int_equal(rc, -EIO);
    assert_int_equal(err.offset, 9000);
    part.nbytes = 0;
    assert_int_equal(read_pipe(10000, &part, &rc, &err), 0);
    assert_int_equal(rc, 0);
}

/* Places count what was read from the pipe before the stream was opened. */
static void test_pipe_from_the_middle(void **state)
{
    (void)state;
    const struct pel_stream_options options = {
        .segment_bytes = 4096, .offset = 128, .taken = 100, .nbytes = 8};
    const struct pel_stream_options before = {.offset = 99, .taken = 100};
    struct pel_stream_segment segment;
    struct pel_stream *stream;
    struct pel_error err = {0};
    int ends[2];
    for (size_t nbytes = 27; nbytes <= 36; nbytes += 9) {
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], "012345678901234567890123456789abcdef", nbytes), nbytes);
        (void)close(ends[1]);
        assert_int_equal(pel_stream_open_fd(&stream, ends[0], &before, NULL), -EINVAL);
        assert_int_equal(pel_stream_open_fd(&stream, ends[0], &options, NULL), 0);
        (void)close(ends[0]);
        if (nbytes < 36) {
            assert_int_equal(pel_stream_next(stream, &segment, &err), -EIO);
            assert_int_equal(err.offset, 127);
            assert_non_null(strstr(err.message, "ended at byte 127,"));
        } else {
            assert_int_equal(pel_stream_next(stream, &segment, &err), 1);
            assert_int_equal(segment.offset, 128);
            assert_int_equal(segment.nbytes, 8);
            assert_memory_equal(segment.data, "89abcdef", 8);
            pel_stream_release(stream, &segment);
            assert_int_equal(pel_stream_next(stream, &segment, &err), 0);
        }
        pel_stream_close(stream);
    }
}

/* A FIFO that nobody writes to is waited for, but not by who closes; then its writer comes. */
static void test_fifo(void **state)
{
    (void)state;
    const char *path = test_path(folder, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    struct pel_stream_options options = {.segment_bytes = 1000};
    pel_stream_close(open_stream(path, &options));
    struct pel_stream *stream = open_stream(path, &options);
    pthread_t thread;
    struct feeder feeder = {open(path, O_WRONLY), 5000};
    assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
    int rc;
    assert_int_equal(read_all(stream, 0, 1, &rc, NULL), 5000);
    assert_int_equal(rc, 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pel_stream_close(stream);
}

/* A file that says it has 0 bytes. */
static void test_procfs(void **state)
{
    (void)state;
    struct pel_stream *stream = open_stream("/proc/self/status", NULL);
    struct pel_stream_segment segment;
    assert_int_equal(pel_stream_next(stream, &segment, NULL), 1);
    assert_memory_equal(segment.data, "Name:", 5);
    pel_stream_release(stream, &segment);
    pel_stream_close(stream);
}

/* A descriptor's file is read from where it stands, and stays there. */
static void test_descriptor(void **state)
{
    (void)state;
    int fd = open(make_file("descriptor", 10000), O_RDONLY), rc;
    assert_true(fd >= 0);
    assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
    struct pel_stream_options options = {.offset = 500, .segment_bytes = 777};
    struct pel_stream *stream;
    assert_int_equal(pel_stream_open_fd(&stream, fd, &options, NULL), 0);
    assert_int_equal(read_all(stream, 1500, 1, &rc, NULL), 8500);
    pel_stream_close(stream);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 1000);
    (void)close(fd);
}

/* ---- refusals ------------------------------------------------------------------------------------- */

static void expect_refused(const char *path, const struct pel_stream_options *options, int code)
{
    struct pel_stream *stream;
    struct pel_error err = {0};
    int rc = pel_stream_open(&stream, path, options, &err);
    if (rc != code || err.code != code || !err.message[0] || stream)
        fail_msg("%s: %d instead of %d: %s", path, rc, code, err.message);
}

static void test_refusals(void **state)
{
    static const uint64_t ranges[] = {0, UINT64_MAX - 5};
    (void)state;
    const char *path = make_file("refused", 100);
    expect_refused(test_path(folder, "missing"), NULL, -ENOENT);
    expect_refused(folder, NULL, -EISDIR);
    expect_refused(path, &(struct pel_stream_options){.backend = "no"}, -EINVAL);
    expect_refused(path, &(struct pel_stream_options){.depth = 17}, -EINVAL);
    expect_refused(path, &(struct pel_stream_options){.depth = -1}, -EINVAL);
    expect_refused(path, &(struct pel_stream_options){.segment_bytes = SIZE_MAX}, -EINVAL);
    expect_refused(path, &(struct pel_stream_options){.offset = UINT64_MAX, .nbytes = 2}, -EINVAL);
    expect_refused(path, &(struct pel_stream_options){.ranges = ranges, .nranges = 2}, -EINVAL);
    struct pel_stream_options two = {.ranges = ranges, .nranges = 2, .nbytes = 10};
    expect_refused(path, &two, -EINVAL);
    expect_refused("/dev/zero", &two, -EINVAL);
    struct pel_stream *stream;
    assert_int_equal(pel_stream_open_fd(&stream, -1, NULL, NULL), -EBADF);
    assert_null(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_part_of_a_file),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_simulation),
        cmocka_unit_test(test_read_error),
        cmocka_unit_test(test_short_file),
        cmocka_unit_test(test_growing_file),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_several_threads),
        cmocka_unit_test(test_cancel_and_stuck_read),
        cmocka_unit_test(test_early_close),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_pipe_from_the_middle),
        cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_procfs),
        cmocka_unit_test(test_descriptor),
        cmocka_unit_test(test_refusals),
    };
    folder = test_folder_make();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_folder_remove(folder);
    return failed;
}
