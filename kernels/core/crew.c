#include <pelton/crew.h>

#include "core/loop.h"

#include <pthread.h>
#include <stdlib.h>

#ifdef _OPENMP
#include <omp.h>
#endif

struct pel_crew {
    pthread_mutex_t lock;
    pthread_cond_t changed;  /* a loop was posted, a wake came, or everybody has left */
    pthread_cond_t finished; /* the last helper has gone out of some loop */
    struct pel_loop *loops;  /* the posted ones, latest first; they live on their owners' stacks */
    unsigned wakes;          /* how many; written under the lock, read anywhere */
    int nmembers, nleft;
};

int pel_crew_create(struct pel_crew **out, int nmembers)
{
    *out = NULL;
    if (nmembers < 1)
        return -EINVAL;
    struct pel_crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return -ENOMEM;
    crew->nmembers = nmembers;
    /* With default attributes these three only store constants on Linux: they cannot fail. */
    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_cond_init(&crew->changed, NULL);
    (void)pthread_cond_init(&crew->finished, NULL);
    *out = crew;
    return 0;
}

void pel_crew_destroy(struct pel_crew *crew)
{
    if (!crew)
        return;
    pthread_cond_destroy(&crew->finished);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}

/* The posted loop with tasks left that has the fewest helpers, or NULL. Called with the lock held.
 */
static struct pel_loop *neediest(const struct pel_crew *crew)
{
    struct pel_loop *best = NULL;
    for (struct pel_loop *loop = crew->loops; loop; loop = loop->link)
        if (pel_loop_has_tasks(loop) && (!best || loop->nhelpers < best->nhelpers))
            best = loop;
    return best;
}

static unsigned wakes(const struct pel_crew *crew)
{
    return __atomic_load_n(&crew->wakes, __ATOMIC_ACQUIRE);
}

/* Works on a loop until it has no task left, or until a wake after number `seen`: then the helper
 * may have a job of its own. Called with the lock held, which is given up meanwhile. The loop is
 * its owner's again from the moment the helper has signed off. */
static void help(struct pel_crew *crew, struct pel_loop *loop, unsigned seen)
{
    loop->nhelpers++;
    pthread_mutex_unlock(&crew->lock);
    while (wakes(crew) == seen && pel_loop_step(loop))
        ;
    pthread_mutex_lock(&crew->lock);
    if (--loop->nhelpers == 0)
        pthread_cond_broadcast(&crew->finished);
}

static void unlink_loop(struct pel_crew *crew, const struct pel_loop *loop)
{
    struct pel_loop **place = &crew->loops;
    while (*place != loop)
        place = &(*place)->link;
    *place = loop->link;
}

void pel_crew_run(struct pel_crew *crew, struct pel_loop *loop)
{
    pthread_mutex_lock(&crew->lock);
    loop->link = crew->loops;
    crew->loops = loop;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);

    while (pel_loop_step(loop))
        ;

    pthread_mutex_lock(&crew->lock);
    unlink_loop(crew, loop);
    while (loop->nhelpers > 0)
        pthread_cond_wait(&crew->finished, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

int pel_crew_wait(struct pel_crew *crew, int (*ready)(void *ctx), void *ctx)
{
    for (;;) {
        /* Noted before ready() looks, so that a wake from then on is seen below. */
        unsigned seen = wakes(crew);
        int answer = ready(ctx);
        if (answer)
            return answer;
        struct pel_loop *loop = NULL;
        pthread_mutex_lock(&crew->lock);
        while (crew->wakes == seen && !(loop = neediest(crew)))
            pthread_cond_wait(&crew->changed, &crew->lock);
        if (loop)
            help(crew, loop, seen);
        pthread_mutex_unlock(&crew->lock);
    }
}

void pel_crew_wake(struct pel_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    __atomic_store_n(&crew->wakes, crew->wakes + 1, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

void pel_crew_leave(struct pel_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    if (++crew->nleft == crew->nmembers)
        pthread_cond_broadcast(&crew->changed);
    while (crew->nleft < crew->nmembers) {
        struct pel_loop *loop = neediest(crew);
        if (loop)
            help(crew, loop, wakes(crew));
        else
            pthread_cond_wait(&crew->changed, &crew->lock);
    }
    pthread_mutex_unlock(&crew->lock);
}

/* What the threads of the region share while they become a crew. */
struct muster {
    void (*begin)(void *ctx, struct pel_crew *crew, int nmembers);
    void (*member)(void *ctx, struct pel_crew *crew, int index);
    void (*end)(void *ctx);
    void *ctx;
    struct pel_crew *crew;
    int status;
};

static void begin_crew(struct muster *muster, int nmembers)
{
    muster->status = pel_crew_create(&muster->crew, nmembers);
    if (!muster->status && muster->begin)
        muster->begin(muster->ctx, muster->crew, nmembers);
}

static void join_crew(struct muster *muster, int index)
{
    if (muster->status)
        return;
    muster->member(muster->ctx, muster->crew, index);
    pel_crew_leave(muster->crew);
}

static int end_crew(struct muster *muster)
{
    if (!muster->status && muster->end)
        muster->end(muster->ctx);
    pel_crew_destroy(muster->crew);
    return muster->status;
}

int pel_crew_size(const struct pel_crew *crew)
{
    return crew->nmembers;
}

int pel_crew_work(int nthreads, void (*begin)(void *ctx, struct pel_crew *crew, int nmembers),
                  void (*member)(void *ctx, struct pel_crew *crew, int index),
                  void (*end)(void *ctx), void *ctx)
{
    if (nthreads < 0)
        return -EINVAL;
    struct muster muster = {.begin = begin, .member = member, .end = end, .ctx = ctx};
    int size = pel_team(nthreads).nthreads;
#ifdef _OPENMP
    if (size > 1 && !omp_in_parallel()) {
#pragma omp parallel num_threads(size) default(none) shared(muster)
        {
#pragma omp single
            begin_crew(&muster, omp_get_num_threads());
            join_crew(&muster, omp_get_thread_num());
        }
        return end_crew(&muster);
    }
#endif
    (void)size;
    begin_crew(&muster, 1);
    join_crew(&muster, 0);
    return end_crew(&muster);
}
