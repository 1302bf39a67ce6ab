/* Mostly a crew of plain threads, so that the same tests run without OpenMP. */
#include "support.h"

#include "core/loop.h"

#include <pelton/crew.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMBERS = 4 };

struct shared {
    struct pel_crew *crew;
    struct pel_cancel cancel;
    int njobs, next_job; /* jobs to hand out; next_job is atomic */
    size_t ntasks;       /* tasks of each job's loop */
    long done;           /* tasks done in all; atomic */
    int cancelled;       /* loops that ended so; atomic */
    bool helped[MEMBERS];
    long cancel_after; /* tasks done before somebody cancels; 0: never */
};

struct member {
    struct shared *shared;
    int number;
    pthread_t thread;
};

static __thread int this_member;

static void make_crew(struct shared *shared)
{
    assert_int_equal(pel_crew_create(&shared->crew, MEMBERS), 0);
}

static void run_members(struct shared *shared, void *(*life)(void *))
{
    struct member members[MEMBERS];
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = (struct member){.shared = shared, .number = i};
        assert_int_equal(pthread_create(&members[i].thread, NULL, life, &members[i]), 0);
    }
    for (int i = 0; i < MEMBERS; i++)
        pthread_join(members[i].thread, NULL);
    pel_crew_destroy(shared->crew);
}

static struct pel_team crew_team(struct shared *shared)
{
    return (struct pel_team){.nthreads = MEMBERS, .crew = shared->crew, .cancel = &shared->cancel};
}

static void count_task(void *ctx, size_t index)
{
    (void)index;
    struct shared *shared = ctx;
    long done = __atomic_add_fetch(&shared->done, 1, __ATOMIC_RELAXED);
    if (shared->cancel_after && done == shared->cancel_after)
        pel_cancel_request(&shared->cancel);
}

/* Jobs are numbers from a counter: 1 with a job, -1 when there are none left. */
static int next_job(void *ctx)
{
    struct shared *shared = ctx;
    return __atomic_fetch_add(&shared->next_job, 1, __ATOMIC_RELAXED) < shared->njobs ? 1 : -1;
}

static void *work_through_jobs(void *ctx)
{
    struct member *member = ctx;
    struct shared *shared = member->shared;
    struct pel_team team = crew_team(shared);
    this_member = member->number;
    while (pel_crew_wait(shared->crew, next_job, shared) > 0)
        if (pel_team_run(&team, shared->ntasks, count_task, shared) == -ECANCELED)
            __atomic_fetch_add(&shared->cancelled, 1, __ATOMIC_RELAXED);
    pel_crew_leave(shared->crew);
    return NULL;
}

static void test_many_loops_at_once(void **state)
{
    (void)state;
    for (size_t ntasks = 0; ntasks <= 40; ntasks += 8) {
        struct shared shared = {.njobs = 500, .ntasks = ntasks};
        make_crew(&shared);
        run_members(&shared, work_through_jobs);
        assert_int_equal(shared.done, 500 * (long)ntasks);
    }
}

static void test_cancelled_loops_end(void **state)
{
    (void)state;
    struct shared shared = {.njobs = 50, .ntasks = 100, .cancel_after = 1000};
    make_crew(&shared);
    run_members(&shared, work_through_jobs);
    assert_in_range(shared.done, 1000, 1000 + MEMBERS);
    assert_in_range(shared.cancelled, 35, 50);
}

/* ---- one busy member ------------------------------------------------------------------------ */

/* Each task waits until all members have come: without help the loop would never end (the bound lets
 * the test fail instead). */
static void meet_task(void *ctx, size_t index)
{
    (void)index;
    struct shared *shared = ctx;
    struct timespec nap = {0, 1000000};
    __atomic_store_n(&shared->helped[this_member], true, __ATOMIC_RELAXED);
    for (int ms = 0; ms < 20000; ms++) {
        int present = 0;
        for (int i = 0; i < MEMBERS; i++)
            present += __atomic_load_n(&shared->helped[i], __ATOMIC_RELAXED);
        if (present == MEMBERS)
            break;
        nanosleep(&nap, NULL);
    }
    __atomic_fetch_add(&shared->done, 1, __ATOMIC_RELAXED);
}

static void *member_zero_has_the_loop(void *ctx)
{
    struct member *member = ctx;
    struct shared *shared = member->shared;
    struct pel_team team = crew_team(shared);
    this_member = member->number;
    if (member->number == 0 && pel_team_run(&team, MEMBERS, meet_task, shared))
        abort();
    pel_crew_leave(shared->crew);
    return NULL;
}

static void test_members_that_left_help(void **state)
{
    (void)state;
    struct shared shared = {0};
    make_crew(&shared);
    run_members(&shared, member_zero_has_the_loop);
    assert_int_equal(shared.done, MEMBERS);
    for (int i = 0; i < MEMBERS; i++)
        assert_true(shared.helped[i]);
}

static int never_before_done(void *ctx)
{
    struct shared *shared = ctx;
    return __atomic_load_n(&shared->done, __ATOMIC_ACQUIRE) == MEMBERS ? -1 : 0;
}

static void *waiting_members_help(void *ctx)
{
    struct member *member = ctx;
    struct shared *shared = member->shared;
    struct pel_team team = crew_team(shared);
    this_member = member->number;
    if (member->number == 0) {
        if (pel_team_run(&team, MEMBERS, meet_task, shared))
            abort();
        pel_crew_wake(shared->crew);
    }
    pel_crew_wait(shared->crew, never_before_done, shared);
    pel_crew_leave(shared->crew);
    return NULL;
}

static void test_members_that_wait_help(void **state)
{
    (void)state;
    struct shared shared = {0};
    make_crew(&shared);
    run_members(&shared, waiting_members_help);
    assert_int_equal(shared.done, MEMBERS);
}

/* ---- waking --------------------------------------------------------------------------------- */

struct feed {
    struct pel_crew *crew;
    int available; /* atomic */
    int total, taken;
};

static int take_one(void *ctx)
{
    struct feed *feed = ctx;
    int available = __atomic_load_n(&feed->available, __ATOMIC_ACQUIRE);
    while (available > 0)
        if (__atomic_compare_exchange_n(&feed->available, &available, available - 1, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            /* Who takes the last item tells the others to look once more. */
            if (__atomic_add_fetch(&feed->taken, 1, __ATOMIC_ACQ_REL) == feed->total)
                pel_crew_wake(feed->crew);
            return 1;
        }
    return __atomic_load_n(&feed->taken, __ATOMIC_ACQUIRE) == feed->total ? -1 : 0;
}

static void *eat(void *ctx)
{
    struct feed *feed = ctx;
    while (pel_crew_wait(feed->crew, take_one, feed) > 0)
        ;
    pel_crew_leave(feed->crew);
    return NULL;
}

/* 20000 items, each announced once: a lost wake would leave everybody asleep. */
static void test_no_wake_is_lost(void **state)
{
    (void)state;
    struct feed feed = {.total = 20000};
    pthread_t threads[MEMBERS];
    assert_int_equal(pel_crew_create(&feed.crew, MEMBERS), 0);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, eat, &feed), 0);
    for (int i = 0; i < feed.total; i++) {
        __atomic_fetch_add(&feed.available, 1, __ATOMIC_ACQ_REL);
        pel_crew_wake(feed.crew);
        if (i % 16 == 0)
            (void)sched_yield();
    }
    for (int i = 0; i < MEMBERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(feed.taken, feed.total);
    pel_crew_destroy(feed.crew);
}

/* The wake comes after ready() has looked and before the member sleeps, every time. */
static int wake_too_early(void *ctx)
{
    struct feed *feed = ctx;
    if (feed->available > 0)
        return 1;
    feed->available = 1;
    pel_crew_wake(feed->crew);
    return 0;
}

static void test_wake_before_sleep_is_seen(void **state)
{
    (void)state;
    struct feed feed = {0};
    assert_int_equal(pel_crew_create(&feed.crew, 1), 0);
    assert_int_equal(pel_crew_wait(feed.crew, wake_too_early, &feed), 1);
    pel_crew_leave(feed.crew);
    pel_crew_destroy(feed.crew);
}

/* ---- nested, alone, wrong ------------------------------------------------------------------- */

static void inner_task(void *ctx, size_t index)
{
    (void)index;
    __atomic_fetch_add(&((struct shared *)ctx)->done, 1, __ATOMIC_RELAXED);
}

static void outer_task(void *ctx, size_t index)
{
    (void)index;
    struct shared *shared = ctx;
    struct pel_team team = crew_team(shared);
    if (pel_team_run(&team, 5, inner_task, shared))
        abort();
}

static void *nest(void *ctx)
{
    struct member *member = ctx;
    struct pel_team team = crew_team(member->shared);
    for (int i = 0; i < 50; i++)
        if (pel_team_run(&team, 7, outer_task, member->shared))
            abort();
    pel_crew_leave(member->shared->crew);
    return NULL;
}

static void test_loops_inside_loops(void **state)
{
    (void)state;
    struct shared shared = {0};
    make_crew(&shared);
    run_members(&shared, nest);
    assert_int_equal(shared.done, MEMBERS * 50 * 7 * 5);
}

static void test_crew_of_one(void **state)
{
    (void)state;
    struct shared shared = {.njobs = 3, .ntasks = 10};
    assert_int_equal(pel_crew_create(&shared.crew, 1), 0);
    struct member member = {.shared = &shared};
    work_through_jobs(&member);
    assert_int_equal(shared.done, 30);
    pel_crew_destroy(shared.crew);
}

static void test_crew_of_nobody(void **state)
{
    (void)state;
    struct pel_crew *crew = (struct pel_crew *)&state;
    assert_int_equal(pel_crew_create(&crew, 0), -EINVAL);
    assert_null(crew);
    pel_crew_destroy(NULL);
}

/* ---- a crew from one call ------------------------------------------------------------------- */

struct roll {
    int begun, ended, nmembers, sum, index_sum;
    struct pel_crew *crew;
};

static void note_begin(void *ctx, struct pel_crew *crew, int nmembers)
{
    struct roll *roll = ctx;
    roll->begun++;
    roll->nmembers = nmembers;
    roll->crew = crew;
    pel_crew_wake(crew);
    assert_int_equal(pel_crew_size(crew), nmembers);
}

/* All members have returned, and the crew is still there to be woken. */
static void note_end(void *ctx)
{
    struct roll *roll = ctx;
    roll->ended += roll->index_sum == roll->nmembers * (roll->nmembers + 1) / 2;
    pel_crew_wake(roll->crew);
}

static void add_index(void *ctx, size_t index)
{
    __atomic_fetch_add(&((struct roll *)ctx)->sum, (int)index, __ATOMIC_RELAXED);
}

static void note_member(void *ctx, struct pel_crew *crew, int index)
{
    struct roll *roll = ctx;
    struct pel_team team = {.nthreads = 3, .crew = crew};
    __atomic_fetch_add(&roll->index_sum, index + 1, __ATOMIC_RELAXED);
    if (pel_team_run(&team, 10, add_index, roll))
        abort();
}

static void test_crew_from_one_call(void **state)
{
    (void)state;
    for (int nthreads = 0; nthreads <= 7; nthreads++) {
        struct roll roll = {0};
        assert_int_equal(pel_crew_work(nthreads, note_begin, note_member, note_end, &roll), 0);
        assert_int_equal(roll.begun, 1);
        assert_int_equal(roll.ended, 1);
        assert_in_range(roll.nmembers, 1, pel_team(nthreads).nthreads); /* OMP_THREAD_LIMIT */
        assert_int_equal(roll.index_sum, roll.nmembers * (roll.nmembers + 1) / 2);
        assert_int_equal(roll.sum, roll.nmembers * 45);
    }
    assert_int_equal(pel_crew_work(-1, note_begin, note_member, note_end, NULL), -EINVAL);
}

static void work_inside(void *ctx, size_t index)
{
    struct roll *roll = (struct roll *)ctx + index;
    if (pel_crew_work(3, note_begin, note_member, note_end, roll))
        abort();
}

static void test_inside_a_region_the_crew_is_one(void **state)
{
    (void)state;
    struct roll rolls[5] = {0};
    struct pel_team team = pel_team(2);
    assert_int_equal(pel_team_run(&team, 5, work_inside, rolls), 0);
    for (int i = 0; i < 5 && team.nthreads > 1; i++)
        assert_int_equal(rolls[i].nmembers, 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(rolls[i].sum, rolls[i].nmembers * 45);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_loops_at_once),
        cmocka_unit_test(test_cancelled_loops_end),
        cmocka_unit_test(test_members_that_left_help),
        cmocka_unit_test(test_members_that_wait_help),
        cmocka_unit_test(test_no_wake_is_lost),
        cmocka_unit_test(test_wake_before_sleep_is_seen),
        cmocka_unit_test(test_loops_inside_loops),
        cmocka_unit_test(test_crew_of_one),
        cmocka_unit_test(test_crew_of_nobody),
        cmocka_unit_test(test_crew_from_one_call),
        cmocka_unit_test(test_inside_a_region_the_crew_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
