/* The store as its caller sees it: contents, names, replacing, threads, groups, the lane, sweeping. When
 * the system refuses: test_store_failures.c; when the process is killed: test_store_crash.c. */
#include "store_support.h"

#include "store/temp.h"

#include <pelton/store.h>
#include <pelton/system.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- contents and names ---------------------------------------------------------------------- */

static void test_contents(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 4095, 4096, 4097, 65536, 1000003};
    char *folder = test_folder_make();
    for (int level = 0; level < NLEVELS; level++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct pel_store_result result =
                put_alone(test_path(folder, "out"), true, sizes[i], i, levels[level]);
            assert_int_equal(result.error.code, 0);
            assert_true(holds(test_path(folder, "out"), sizes[i], i));
            assert_int_equal(count_entries(folder), 1);
        }
    }
    test_folder_remove(folder);
}

static void test_mode_follows_umask(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    mode_t before = umask(027);
    struct pel_store_result result =
        put_alone(test_path(folder, "out"), true, 5, 1, PEL_DURABILITY_NONE);
    umask(before);
    struct stat status;
    assert_int_equal(result.error.code, 0);
    assert_int_equal(stat(test_path(folder, "out"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    test_folder_remove(folder);
}

static void test_names_and_folders(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a b.png",
        "\xc3\xbc\x6d/l\xc3\xa4ut \xe6\x97\xa5\xe6\x9c\xac.jpg",
        "new/folders/three/deep",
        ".hidden",
        "line\nbreak",
        "-dash",
        "twice//slashed///x",
        "dots/../here",
        "\xff\xfe",
    };
    char *folder = test_folder_make();
    for (int level = 0; level < NLEVELS; level++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const char *path = test_path(folder, names[i]);
            struct pel_store_result result = put_alone(path, true, 100, i, levels[level]);
            assert_int_equal(result.error.code, 0);
            assert_true(holds(path, 100, i));
        }
    assert_int_equal(test_count_files(folder, NULL), sizeof names / sizeof names[0]);
    test_folder_remove(folder);
}

static void test_relative_path(void **state)
{
    (void)state;
    char *folder = test_folder_make(), before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(put_alone("plain", true, 10, 1, PEL_DURABILITY_GROUP).error.code, 0);
    assert_int_equal(put_alone("sub/plain", true, 10, 2, PEL_DURABILITY_GROUP).error.code, 0);
    assert_int_equal(chdir(before), 0);
    assert_true(holds(test_path(folder, "plain"), 10, 1));
    assert_true(holds(test_path(folder, "sub/plain"), 10, 2));
    test_folder_remove(folder);
}

static void test_long_names(void **state)
{
    (void)state;
    char *folder = test_folder_make(), name[NAME_MAX + 2];
    for (size_t length = 200; length <= NAME_MAX; length++) {
        memset(name, 'x', length);
        name[length] = '\0';
        const char *path = test_path(folder, name);
        assert_int_equal(put_alone(path, true, 9, length, PEL_DURABILITY_NONE).error.code, 0);
        assert_true(holds(path, 9, length));
    }
    for (size_t i = 0; i + 3 <= NAME_MAX; i += 3)
        memcpy(name + i, "\xe6\x97\xa5", 4);
    assert_int_equal(put_alone(test_path(folder, name), true, 9, 1, PEL_DURABILITY_NONE).error.code,
                     0);
    size_t before = count_entries(folder);
    memset(name, 'x', NAME_MAX + 1);
    name[NAME_MAX + 1] = '\0';
    struct pel_store_result result =
        put_alone(test_path(folder, name), true, 9, 1, PEL_DURABILITY_NONE);
    assert_int_equal(result.error.code, -ENAMETOOLONG);
    assert_int_equal(count_entries(folder), before);
    test_folder_remove(folder);
}

/* A shortened temporary name is whole UTF-8, fits, and is still known as ours. */
static void test_temp_names(void **state)
{
    (void)state;
    char *folder = test_folder_make(), name[NAME_MAX + 1];
    for (size_t lead = 0; lead < 3; lead++) {
        memset(name, 'x', lead);
        for (size_t i = lead; i + 3 <= NAME_MAX; i += 3)
            memcpy(name + i, "\xe6\x97\xa5", 4);
        struct pel_temp temp;
        unsigned long counter = 4000000000u;
        pel_temp_init(&temp);
        assert_int_equal(pel_temp_open_folder(&temp, folder, false), 0);
        assert_int_equal(pel_temp_create(&temp, name, &counter), 0);
        assert_true(strlen(temp.name) <= NAME_MAX && strlen(temp.name) > NAME_MAX - 6);
        assert_true(pel_temp_is_name(temp.name));
        for (const char *s = temp.name; *s; s++) /* only complete sequences of that one character */
            if ((unsigned char)*s >= 0x80) {
                assert_memory_equal(s, "\xe6\x97\xa5", 3);
                s += 2;
            }
        pel_temp_discard(&temp);
        pel_temp_discard(&temp);
    }
    assert_int_equal(count_entries(folder), 0);
    test_folder_remove(folder);
}

static void test_names_that_are_no_files(void **state)
{
    (void)state;
    static const char *const names[] = {"", "a/", ".", "..", "a/..", "/"};
    struct pel_store *store = open_store(PEL_DURABILITY_NONE);
    struct outcome outcome = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(put(store, names[i], true, 10, 1, &outcome), -EINVAL);
    pel_store_close(store);
    assert_int_equal(outcome.calls, 0);
    pel_store_close(NULL);
}

static void test_bad_options(void **state)
{
    (void)state;
    struct pel_store *store = (struct pel_store *)1;
    struct pel_store_options options = {.durability = (enum pel_durability)3};
    struct pel_error err = {0};
    assert_int_equal(pel_store_open(&store, &options, &err), -EINVAL);
    assert_null(store);
    assert_true(err.message[0]);
}

/* ---- what is replaced and what is not -------------------------------------------------------- */

static void test_no_replace(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "out");
    for (int level = 0; level < NLEVELS; level++) {
        assert_int_equal(put_alone(path, false, 50, 1, levels[level]).error.code, 0);
        struct pel_store_result result = put_alone(path, false, 60, 2, levels[level]);
        assert_int_equal(result.error.code, -EEXIST);
        assert_true(holds(path, 50, 1));
        assert_int_equal(count_entries(folder), 1);
        assert_int_equal(unlink(path), 0);
    }
    test_folder_remove(folder);
}

/* Two that may not replace each other, in one commit group: both find the place free when they
 * begin, and the second loses when it is renamed. */
static void test_no_replace_in_one_group(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    const char *path = test_path(folder, "out");
    struct outcome first = {0}, second = {0};
    struct pel_store *store = open_store(PEL_DURABILITY_GROUP);
    assert_int_equal(put(store, path, false, 50, 1, &first), 0);
    assert_int_equal(put(store, path, false, 60, 2, &second), 0);
    pel_store_close(store);
    assert_int_equal(first.result.error.code, 0);
    check_failure(&second.result, -EEXIST, PEL_STAGE_RENAME);
    assert_true(holds(path, 50, 1));
    assert_int_equal(count_entries(folder), 1);
    test_folder_remove(folder);
}

static void test_rename_by_link(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    unsigned long counter = 0;
    for (int round = 0; round < 2; round++) {
        struct pel_temp temp;
        pel_temp_init(&temp);
        assert_int_equal(pel_temp_open_folder(&temp, folder, false), 0);
        assert_int_equal(pel_temp_create(&temp, "out", &counter), 0);
        assert_int_equal(pel_temp_rename_by_link(&temp, "out"), round == 0 ? 0 : -EEXIST);
        pel_temp_discard(&temp);
        assert_int_equal(count_entries(folder), 1);
        assert_true(test_file_exists(test_path(folder, "out")));
    }
    test_folder_remove(folder);
}

static void test_links_are_replaced(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    test_file_write(test_path(folder, "other"), "old", 3);
    assert_int_equal(symlink("other", test_path(folder, "symbolic")), 0);
    assert_int_equal(link(test_path(folder, "other"), test_path(folder, "hard")), 0);
    struct stat status;
    static const char *const names[] = {"symbolic", "hard"};
    for (int i = 0; i < 2; i++) {
        const char *path = test_path(folder, names[i]);
        assert_int_equal(put_alone(path, true, 20, 1, PEL_DURABILITY_NONE).error.code, 0);
        assert_int_equal(lstat(path, &status), 0);
        assert_true(S_ISREG(status.st_mode));
    }
    size_t nbytes;
    unsigned char *data = test_file_read(test_path(folder, "other"), &nbytes);
    assert_int_equal(nbytes, 3);
    assert_memory_equal(data, "old", 3);
    free(data);
    test_folder_remove(folder);
}

static void test_targets_that_stay(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    assert_int_equal(mkdir(test_path(folder, "folder"), 0777), 0);
    assert_int_equal(mkfifo(test_path(folder, "pipe"), 0666), 0);
    test_file_write(test_path(folder, "file"), "x", 1);
    struct pel_store_result result;
    result = put_alone(test_path(folder, "folder"), true, 20, 1, PEL_DURABILITY_NONE);
    check_failure(&result, -EISDIR, PEL_STAGE_OPEN);
    result = put_alone(test_path(folder, "pipe"), true, 20, 1, PEL_DURABILITY_NONE);
    check_failure(&result, -ENOTSUP, PEL_STAGE_OPEN);
    result = put_alone(test_path(folder, "file/below"), true, 20, 1, PEL_DURABILITY_NONE);
    check_failure(&result, -ENOTDIR, PEL_STAGE_OPEN);
    result = put_alone(test_path(folder, "file/far/below"), true, 20, 1, PEL_DURABILITY_NONE);
    check_failure(&result, -ENOTDIR, PEL_STAGE_OPEN);
    assert_int_equal(count_entries(folder), 3);
    test_folder_remove(folder);
}

/* ---- threads, queue, groups ------------------------------------------------------------------ */

enum { PUTTERS = 4, FILES_EACH = 60 };

struct putter {
    struct pel_store *store;
    const char *folder;
    int number;
    struct outcome outcomes[FILES_EACH];
    int refused;
};

static size_t size_of_file(int putter, int file)
{
    return (size_t)((putter * 7919 + file * 104729) % 20000);
}

static void *put_many(void *ctx)
{
    struct putter *putter = ctx;
    for (int i = 0; i < FILES_EACH; i++) {
        char path[4200];
        (void)snprintf(path, sizeof path, "%s/d%d/f%d-%d", putter->folder, i % 5, putter->number,
                       i);
        size_t nbytes = size_of_file(putter->number, i);
        struct pel_bytes bytes = make_bytes(nbytes, (uint64_t)(putter->number * 1000 + i));
        putter->refused +=
            pel_store_put(putter->store, path, true, &bytes, done, &putter->outcomes[i], NULL) != 0;
    }
    return NULL;
}

static void check_putter(const struct putter *putter)
{
    assert_int_equal(putter->refused, 0);
    for (int i = 0; i < FILES_EACH; i++) {
        assert_int_equal(putter->outcomes[i].calls, 1);
        assert_int_equal(putter->outcomes[i].result.error.code, 0);
        char path[4200];
        (void)snprintf(path, sizeof path, "%s/d%d/f%d-%d", putter->folder, i % 5, putter->number,
                       i);
        assert_true(
            holds(path, size_of_file(putter->number, i), (uint64_t)(putter->number * 1000 + i)));
    }
}

static void test_many_threads(void **state)
{
    (void)state;
    static struct putter putters[PUTTERS];
    for (int level = 0; level < NLEVELS; level++) {
        char *folder = test_folder_make();
        struct pel_store_options options = {.durability = levels[level], .queue_bytes = 50000};
        struct pel_store *store;
        assert_int_equal(pel_store_open(&store, &options, NULL), 0);
        pthread_t threads[PUTTERS];
        for (int i = 0; i < PUTTERS; i++) {
            putters[i] = (struct putter){.store = store, .folder = folder, .number = i};
            assert_int_equal(pthread_create(&threads[i], NULL, put_many, &putters[i]), 0);
        }
        for (int i = 0; i < PUTTERS; i++)
            pthread_join(threads[i], NULL);
        pel_store_close(store);
        for (int i = 0; i < PUTTERS; i++)
            check_putter(&putters[i]);
        assert_int_equal(test_count_files(folder, NULL), PUTTERS * FILES_EACH);
        test_folder_remove(folder);
    }
}

/* Holds up the lane: its done waits until the gate is opened. */
struct gate {
    pthread_mutex_t lock;
    int entered;
};

static void wait_at_gate(void *ctx, const struct pel_store_result *result)
{
    (void)result;
    struct gate *gate = ctx;
    __atomic_store_n(&gate->entered, 1, __ATOMIC_RELEASE);
    pthread_mutex_lock(&gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

struct late_put {
    struct pel_store *store;
    const char *path;
    struct outcome outcome;
    int returned;
};

static void *put_late(void *ctx)
{
    struct late_put *late = ctx;
    (void)put(late->store, late->path, true, 600, 3, &late->outcome);
    __atomic_store_n(&late->returned, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void test_full_queue_waits(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct pel_store_options options = {.queue_bytes = 1000};
    struct pel_store *store;
    assert_int_equal(pel_store_open(&store, &options, NULL), 0);
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_mutex_lock(&gate.lock);
    struct pel_bytes bytes = make_bytes(10, 1);
    assert_int_equal(
        pel_store_put(store, test_path(folder, "a"), true, &bytes, wait_at_gate, &gate, NULL), 0);
    while (!__atomic_load_n(&gate.entered, __ATOMIC_ACQUIRE))
        sched_yield();
    struct outcome large = {0};
    assert_int_equal(put(store, test_path(folder, "b"), true, 5000, 2, &large),
                     0); /* alone: goes in */
    struct late_put late = {.store = store, .path = test_path(folder, "c")};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, put_late, &late), 0);
    usleep(100000);
    assert_false(__atomic_load_n(&late.returned, __ATOMIC_ACQUIRE));
    pthread_mutex_unlock(&gate.lock);
    pthread_join(thread, NULL);
    pel_store_close(store);
    assert_int_equal(large.calls + late.outcome.calls, 2);
    assert_true(holds(late.path, 600, 3));
    test_folder_remove(folder);
}

static bool wait_for_calls(const struct outcome *outcome, int n)
{
    for (int i = 0; i < 1000 && calls(outcome) < n; i++)
        usleep(10000);
    return calls(outcome) >= n;
}

static void test_group_commits_by_itself(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct pel_store *store = open_store(PEL_DURABILITY_GROUP);
    struct outcome one = {0}, many = {0};
    uint64_t begin = pel_now_ns();
    assert_int_equal(put(store, test_path(folder, "one"), true, 10, 1, &one), 0);
    assert_true(wait_for_calls(&one, 1)); /* by time */
    assert_true(pel_now_ns() - begin >= 500000000);
    for (int i = 0; i < 64; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "f%d", i);
        assert_int_equal(put(store, test_path(folder, name), true, 10, 1, &many), 0);
    }
    assert_true(wait_for_calls(&many, 64)); /* by number */
    assert_int_equal(count_entries(folder), 65);
    pel_store_close(store);
    test_folder_remove(folder);
}

/* A member whose target turns into a folder while the group waits is the only one to fail. */
static void test_group_member_fails(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct pel_store *store = open_store(PEL_DURABILITY_GROUP);
    struct outcome outcomes[3] = {{0}};
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++)
        assert_int_equal(put(store, test_path(folder, names[i]), true, 10, 1, &outcomes[i]), 0);
    for (int i = 0; i < 1000 && count_entries(folder) < 3; i++)
        usleep(1000);
    assert_int_equal(mkdir(test_path(folder, "a"), 0777), 0);
    pel_store_close(store);
    check_failure(&outcomes[0].result, -EISDIR, PEL_STAGE_RENAME);
    assert_int_equal(outcomes[1].result.error.code, 0);
    assert_int_equal(outcomes[2].result.error.code, 0);
    assert_int_equal(count_entries(folder), 3);
    test_folder_remove(folder);
}

static void test_close_drains(void **state)
{
    (void)state;
    for (int level = 0; level < NLEVELS; level++) {
        char *folder = test_folder_make();
        struct pel_store *store = open_store(levels[level]);
        struct outcome outcome = {0};
        for (int i = 0; i < 100; i++) {
            char name[16];
            (void)snprintf(name, sizeof name, "f%d", i);
            assert_int_equal(put(store, test_path(folder, name), true, 1000, 1, &outcome), 0);
        }
        pel_store_close(store);
        assert_int_equal(outcome.calls, 100);
        assert_int_equal(count_entries(folder), 100);
        test_folder_remove(folder);
    }
}

static void test_done_may_be_null(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct pel_store *store = open_store(PEL_DURABILITY_NONE);
    struct pel_bytes bytes = make_bytes(10, 1);
    assert_int_equal(pel_store_put(store, test_path(folder, "a"), true, &bytes, NULL, NULL, NULL),
                     0);
    pel_store_close(store);
    assert_true(holds(test_path(folder, "a"), 10, 1));
    test_folder_remove(folder);
}

/* ---- the lane -------------------------------------------------------------------------------- */

/* The line of /proc/self/task/LANE/status that begins with key, in a static buffer; NULL: no lane.
 */
static const char *lane_status(const char *key)
{
    static char line[1024];
    struct test_run run = test_run_shell(
        "grep -lx pelton-store /proc/%d/task/*/comm | head -1 | xargs dirname", (int)getpid());
    char path[4200];
    (void)snprintf(path, sizeof path, "%.*s/status", (int)strcspn(run.out, "\n"), run.out);
    test_run_free(&run);
    FILE *file = fopen(path, "r");
    const char *found = NULL;
    while (file && !found && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            found = line + strlen(key);
    if (file)
        fclose(file);
    return found;
}

/* The lane of a store just closed may still be listed for a moment: waits for what is wanted. */
static bool lane_comes_to(const char *key, bool (*wanted)(const char *value, size_t cpu),
                          size_t cpu)
{
    bool seen = false;
    for (int i = 0; i < 200 && !seen; i++) {
        const char *value = lane_status(key);
        seen = value && wanted(value, cpu);
        if (!seen)
            usleep(10000);
    }
    return seen;
}

static bool blocks_signals(const char *value, size_t cpu)
{
    (void)cpu;
    static const int signals[] = {SIGINT, SIGTERM, SIGXFSZ, SIGPIPE, SIGALRM, SIGUSR1};
    uint64_t blocked = strtoull(value, NULL, 16);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (!(blocked >> (signals[i] - 1) & 1))
            return false;
    return true;
}

static bool allows_only(const char *value, size_t cpu)
{
    return strtoul(value, NULL, 10) == cpu && !strpbrk(value, ",-");
}

static void test_lane_blocks_signals(void **state)
{
    (void)state;
    struct pel_store *store = open_store(PEL_DURABILITY_NONE);
    assert_true(lane_comes_to("SigBlk:", blocks_signals, 0));
    pel_store_close(store);
}

static void test_lane_processors(void **state)
{
    (void)state;
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    size_t cpu = 0;
    while (!CPU_ISSET(cpu, &allowed))
        cpu++;
    uint64_t mask[16] = {0}, nowhere[16] = {0};
    mask[cpu / 64] = UINT64_C(1) << (cpu % 64);
    struct pel_store_options options = {.cpu_mask = mask, .cpu_mask_words = 16};
    struct pel_store *store;
    assert_int_equal(pel_store_open(&store, &options, NULL), 0);
    assert_true(lane_comes_to("Cpus_allowed_list:", allows_only, cpu));
    pel_store_close(store);
    options.cpu_mask = nowhere; /* refused by the system: runs all the same */
    assert_int_equal(pel_store_open(&store, &options, NULL), 0);
    pel_store_close(store);
}

static int use_after_fork(void *ctx)
{
    struct pel_bytes bytes = {.data = malloc(4), .nbytes = 4};
    int status = pel_store_put(ctx, "/nowhere/x", true, &bytes, NULL, NULL, NULL);
    pel_store_close(ctx);
    return status == -EOWNERDEAD && !bytes.data ? 0 : 1;
}

static void test_fork(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct pel_store *store = open_store(PEL_DURABILITY_NONE);
    assert_int_equal(in_child(use_after_fork, store), 0);
    struct outcome outcome = {0};
    assert_int_equal(put(store, test_path(folder, "a"), true, 10, 1, &outcome), 0);
    pel_store_close(store);
    assert_int_equal(outcome.result.error.code, 0);
    test_folder_remove(folder);
}

/* ---- sweeping -------------------------------------------------------------------------------- */

static void test_sweep_only_ours(void **state)
{
    (void)state;
    static const char *const ours[] = {".a.pelton.1.2", ".a.png.pelton.12345.0",
                                       ".pelton.pelton.99.1", ". .pelton.1.18446744073709551615"};
    static const char *const others[] = {
        "a",
        "a.pelton.1.2",
        ".pelton.1.2",
        ".a.pelton.x.2",
        ".a.pelton.1.x",
        ".a.pelton.1",
        ".a.pelton..1",
        ".a.pelton.1.",
        ".a.pelton.1.2~",
        ".a.pelto.1.2",
        ".apelton.1.2",
        ".1.2",
        ".a.pelton.1.2.swp",
    };
    char *folder = test_folder_make();
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        test_file_write(test_path(folder, ours[i]), "x", 1);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        test_file_write(test_path(folder, others[i]), "x", 1);
    assert_int_equal(mkdir(test_path(folder, ".folder.pelton.1.2"), 0777), 0);
    assert_int_equal(mkfifo(test_path(folder, ".pipe.pelton.1.2"), 0666), 0);
    assert_int_equal(symlink("a", test_path(folder, ".link.pelton.1.2")), 0);
    size_t all = count_entries(folder), nours = sizeof ours / sizeof ours[0];
    assert_int_equal(pel_store_sweep(folder), nours);
    assert_int_equal(count_entries(folder), all - nours);
    assert_int_equal(pel_store_sweep(folder), 0);
    assert_int_equal(pel_store_sweep(test_path(folder, "none")), -ENOENT);
    assert_int_equal(pel_store_sweep(test_path(folder, "a")), -ENOTDIR);
    test_folder_remove(folder);
}

/* A temporary file is safe from its creation to its rename, through the close of its descriptor. */
static void test_sweep_leaves_the_living(void **state)
{
    (void)state;
    char *folder = test_folder_make();
    struct pel_temp temp;
    unsigned long counter = 0;
    size_t written;
    pel_temp_init(&temp);
    assert_int_equal(pel_temp_open_folder(&temp, folder, false), 0);
    assert_int_equal(pel_temp_create(&temp, "out", &counter), 0);
    assert_int_equal(pel_store_sweep(folder), 0);
    assert_int_equal(pel_temp_write(&temp, "abc", 3, &written), 0);
    assert_int_equal(pel_temp_close_writing(&temp), 0);
    assert_int_equal(pel_store_sweep(folder), 0);
    assert_int_equal(pel_temp_rename(&temp, "out", true), 0);
    pel_temp_discard(&temp);
    assert_true(test_file_exists(test_path(folder, "out")));
    assert_int_equal(count_entries(folder), 1);
    test_folder_remove(folder);
}

/* Names of another writer that are in the way, dead or alive, are stepped over. */
static void test_temp_name_taken(void **state)
{
    (void)state;
    char *folder = test_folder_make(), name[64];
    for (int n = 0; n < 3; n++) {
        (void)snprintf(name, sizeof name, ".out.pelton.%d.%d", (int)getpid(), n);
        test_file_write(test_path(folder, name), "x", 1);
    }
    struct pel_store_result result =
        put_alone(test_path(folder, "out"), true, 10, 1, PEL_DURABILITY_NONE);
    assert_int_equal(result.error.code, 0);
    assert_int_equal(count_entries(folder), 4);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_mode_follows_umask),
        cmocka_unit_test(test_names_and_folders),
        cmocka_unit_test(test_relative_path),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_temp_names),
        cmocka_unit_test(test_names_that_are_no_files),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_no_replace),
        cmocka_unit_test(test_no_replace_in_one_group),
        cmocka_unit_test(test_rename_by_link),
        cmocka_unit_test(test_links_are_replaced),
        cmocka_unit_test(test_targets_that_stay),
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_full_queue_waits),
        cmocka_unit_test(test_group_commits_by_itself),
        cmocka_unit_test(test_group_member_fails),
        cmocka_unit_test(test_close_drains),
        cmocka_unit_test(test_done_may_be_null),
        cmocka_unit_test(test_lane_blocks_signals),
        cmocka_unit_test(test_lane_processors),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_sweep_only_ours),
        cmocka_unit_test(test_sweep_leaves_the_living),
        cmocka_unit_test(test_temp_name_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
