/* Cancelling and closing at any moment, reads that are stuck, idle waiting, and overlap. */
#include "load_files.h"

#include <pelton/system.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define SECOND UINT64_C(1000000000)

static int setup(void **state)
{
    static struct files files;
    struct test_random random = {test_seed(7)};
    files_open(&files, 100);
    files_add_many(&files, 100, 30000, &random);
    *state = &files;
    return 0;
}

static int teardown(void **state)
{
    files_close(*state);
    return 0;
}

/* Real reads, without the page cache's short cut: opens, takes some, cancels or not, closes. */
static void storm(const struct files *files, const struct pel_backend *through, int nrounds)
{
    struct test_random random = {test_seed(8)};
    struct pel_backend backend = *through;
    backend.tries_cache = false;
    int baseline = count_descriptors();
    for (int round = 0; round < nrounds; round++) {
        struct pel_load_options options = {.depth_max = 16, .chunk_bytes = 5000};
        struct pel_load *load = load_open(files, &options, &backend);
        struct pel_load_item item;
        for (size_t n = test_random_below(&random, 12); n > 0; n--) {
            assert_int_equal(pel_load_next(load, &item), 1);
            assert_true(item_is_right(files, &item));
            if (n % 4)
                pel_load_release(load, &item);
        }
        if (round % 2)
            pel_load_cancel(load);
        struct pel_load_stats stats;
        pel_load_close(load, &stats);
        assert_int_equal(stats.files + stats.failed + stats.cancelled, 100);
        assert_int_equal(stats.failed + (uint64_t)stats.abandoned, 0);
    }
    assert_int_equal(count_descriptors(), baseline);
}

static void storm_on_aio(void **state)
{
    storm(*state, &pel_backend_aio, 700);
}

static void storm_on_uring(void **state)
{
    storm(*state, &pel_backend_uring, 300);
}

/* What glibc cannot stand: two requests on one descriptor (cancelling the first strands the second),
 * and closing a descriptor that a request is queued for (it would read whatever is opened next). */
static bool flying[1024];
static int nbroken;

static int watched_submit(void *state, struct pel_read *read)
{
    nbroken += read->fd < 0 || read->fd >= 1024 || flying[read->fd];
    int rc = pel_backend_aio.submit(state, read);
    flying[read->fd] = rc == 0;
    return rc;
}

static void watched_wait(void *state, struct pel_read *const *reads, int n, uint64_t timeout_ns)
{
    for (int i = 0; i < n; i++)
        nbroken += !flying[reads[i]->fd] || fcntl(reads[i]->fd, F_GETFD) < 0;
    pel_backend_aio.wait(state, reads, n, timeout_ns);
    for (int i = 0; i < n; i++)
        flying[reads[i]->fd] = !reads[i]->done;
}

static void one_request_per_open_descriptor(void **state)
{
    struct pel_backend watched = pel_backend_aio;
    watched.submit = watched_submit;
    watched.wait = watched_wait;
    storm(*state, &watched, 200);
    assert_int_equal(nbroken, 0);
}

static void cancelled_items_come_out(void **state)
{
    struct pel_load_options options = {.backend = "sim", .sim = {.latency_ns = 3000000}};
    struct pel_load *load = load_open(*state, &options, NULL);
    struct pel_load_item item;
    size_t n = 0, cancelled = 0;
    while (pel_load_next(load, &item) > 0) {
        cancelled += item.error.code == -ECANCELED;
        assert_true(item.error.code == -ECANCELED || item_is_right(*state, &item));
        if (n++ == 10)
            pel_load_cancel(load);
        pel_load_release(load, &item);
    }
    assert_int_equal(n, 100);
    assert_in_range(cancelled, 50, 89);
    pel_load_close(load, NULL);
}

static void *raise_later(void *cancel)
{
    test_pause_ms(50);
    pel_cancel_request(cancel);
    return NULL;
}

/* Raised while the caller waits, every item held back: the lane sees it by itself. */
static void flag_is_seen_while_all_wait(void **state)
{
    struct pel_cancel cancel = {0};
    struct pel_load_options options = {.backend = "sim",
                                       .cancel = &cancel,
                                       .drain_ns = SECOND / 10,
                                       .sim = {.latency_ns = 3600 * SECOND}};
    struct pel_load *load = load_open(*state, &options, NULL);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, raise_later, &cancel), 0);
    struct pel_load_item item;
    uint64_t start = pel_now_ns();
    size_t n = 0;
    for (; pel_load_next(load, &item) > 0; n++) {
        assert_int_equal(item.error.code, -ECANCELED);
        pel_load_release(load, &item);
    }
    assert_int_equal(n, 100);
    assert_true(pel_now_ns() - start < 3 * SECOND);
    assert_int_equal(pthread_join(thread, NULL), 0);
    struct pel_load_stats stats;
    pel_load_close(load, &stats);
    assert_int_equal(stats.cancelled, 100);
    assert_in_range(stats.abandoned, 1, 16);
}

static const char *fifo_path;

/* Real AIO on a FIFO that nobody writes to: a helper is caught in read() until the end. */
static int submit_on_fifo(void *state, struct pel_read *read)
{
    if (read->file == 0) {
        int fifo = open(fifo_path, O_RDWR | O_CLOEXEC);
        if (fifo < 0 || dup3(fifo, read->fd, O_CLOEXEC) < 0 || close(fifo) != 0)
            return -EBADF;
    }
    return pel_backend_aio.submit(state, read);
}

static void stuck_read_is_abandoned(void **state)
{
    struct files *files = *state;
    struct pel_backend backend = pel_backend_aio;
    backend.tries_cache = false;
    backend.submit = submit_on_fifo;
    fifo_path = test_path(files->folder, "fifo");
    assert_int_equal(mkfifo(fifo_path, 0600), 0);
    int baseline = count_descriptors();
    struct pel_load_options options = {.drain_ns = SECOND / 5};
    struct pel_load *load = load_open(files, &options, &backend);
    struct pel_load_item item;
    for (size_t i = 1; i < 100; i++) { /* the others pass */
        assert_int_equal(pel_load_next(load, &item), 1);
        assert_true(item.index != 0 && item_is_right(files, &item));
        pel_load_release(load, &item);
    }
    assert_int_equal(pel_load_try_next(load, &item), -EAGAIN);
    uint64_t start = pel_now_ns();
    struct pel_load_stats stats;
    pel_load_close(load, &stats);
    assert_in_range(pel_now_ns() - start, SECOND / 5, 3 * SECOND);
    assert_int_equal(stats.abandoned, 1);
    assert_int_equal(stats.cancelled, 1);
    assert_int_equal(count_descriptors(), baseline + 1);
    /* What comes at last lands in memory that is still there. */
    int writer = open(fifo_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(writer >= 0);
    assert_int_equal(write(writer, "late", 4), 4);
    test_pause_ms(50);
    assert_int_equal(close(writer), 0);
}

/* Late, but before closing: nothing stays behind. */
static void stuck_read_that_comes_back(void **state)
{
    struct pel_load_options options = {
        .backend = "sim", .drain_ns = SECOND / 20, .sim = {.latency_ns = SECOND / 2}};
    int baseline = count_descriptors();
    struct pel_load *load = load_open(*state, &options, NULL);
    struct pel_load_item item;
    test_pause_ms(20);
    pel_load_cancel(load);
    while (pel_load_next(load, &item) > 0) {
        assert_int_equal(item.error.code, -ECANCELED);
        pel_load_release(load, &item);
    }
    test_pause_ms(600);
    struct pel_load_stats stats;
    pel_load_close(load, &stats);
    assert_int_equal(stats.abandoned, 0);
    assert_int_equal(count_descriptors(), baseline);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* One second in which nothing can go on, blocked by I/O, by the caller's memory, and by both: less
 * than a tenth of a core. */
static void waiting_is_not_spinning(void **state)
{
    static const uint64_t latencies[] = {SECOND, 0, 3 * SECOND / 2};
    static const uint64_t budgets[] = {0, 40000, 40000};
    struct pel_cancel cancel = {0};
    for (int i = 0; i < 3; i++) {
        struct pel_load_options options = {.backend = "sim",
                                           .cancel = &cancel,
                                           .budget_bytes = budgets[i],
                                           .drain_ns = 1,
                                           .sim = {.latency_ns = latencies[i]}};
        struct pel_load *load = load_open(*state, &options, NULL);
        double before = cpu_seconds();
        test_pause_ms(1000);
        double used = cpu_seconds() - before;
        printf("CPU during a stall of 1 s: %.4f s\n", used);
        assert_true(used < 0.1);
        pel_load_close(load, NULL);
    }
}

/* 100 files of 4 ms latency at depth 16 take 25 ms of waiting, 400 ms one after the other. The bound
 * is generous: it only tells overlap from none. */
static void reads_overlap(void **state)
{
    struct pel_load_options options = {.backend = "sim", .sim = {.latency_ns = 4000000}};
    uint64_t start = pel_now_ns();
    struct pel_load_stats stats = load_all(*state, &options, NULL);
    uint64_t took = pel_now_ns() - start;
    printf("%.0f ms, depth %d, stalled %llu times for %.0f ms\n", 1e-6 * (double)took,
           stats.peak_depth, (unsigned long long)stats.stalls, 1e-6 * (double)stats.stall_ns);
    assert_int_equal(stats.peak_depth, 16);
    assert_true(took < SECOND / 4);
}

static void count_call(void *calls)
{
    __atomic_add_fetch((int *)calls, 1, __ATOMIC_RELAXED);
}

static void notify_for_each_item(void **state)
{
    int calls = 0;
    struct pel_load_options options = {.notify = count_call, .notify_ctx = &calls};
    (void)load_all(*state, &options, NULL);
    assert_int_equal(calls, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storm_on_aio),
        cmocka_unit_test(storm_on_uring),
        cmocka_unit_test(one_request_per_open_descriptor),
        cmocka_unit_test(cancelled_items_come_out),
        cmocka_unit_test(flag_is_seen_while_all_wait),
        cmocka_unit_test(stuck_read_is_abandoned),
        cmocka_unit_test(stuck_read_that_comes_back),
        cmocka_unit_test(waiting_is_not_spinning),
        cmocka_unit_test(reads_overlap),
        cmocka_unit_test(notify_for_each_item),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
