/* What every part of pelton shares: errors as values, checked sizes, cancellation, thread policy,
 * integer partition, reduction by a fixed tree, and instruction sets.
 *
 * Rules that hold for every public function of the library:
 *  - it returns 0 or a negative errno value (-EINVAL, -ENOMEM, -EOVERFLOW, -EBADMSG for bad data,
 *    -ENOTSUP for data that is valid but not handled, -ECANCELED, or what the system reported);
 *    on failure its outputs are in a defined (usually zeroed) state;
 *  - pointers must not be NULL, except where the function says so, and except these: `err` may always
 *    be NULL, and so may options, which then are as if zeroed: every zero means the usual value;
 *  - it never prints, exits, changes signal dispositions or OpenMP settings;
 *  - it gives the same bytes for any thread count, schedule and instruction set.
 *
 * Some types share their name with the function that makes one, so write `struct pel_team`, in C++ too.
 */
#ifndef PELTON_CORE_H
#define PELTON_CORE_H

#include <pelton/attributes.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

PEL_BEGIN_DECLS

#define PEL_VERSION "0.1.0"

/* ---- errors ---------------------------------------------------------------------------------- */

/* Where in the life of a file or a computation something failed. */
enum pel_stage {
    PEL_STAGE_NONE,
    PEL_STAGE_OPEN,
    PEL_STAGE_STAT,
    PEL_STAGE_READ,
    PEL_STAGE_DECODE,
    PEL_STAGE_COMPUTE,
    PEL_STAGE_ENCODE,
    PEL_STAGE_WRITE,
    PEL_STAGE_SYNC,
    PEL_STAGE_RENAME,
    PEL_STAGE_COUNT
};

/* The lower-case word for a stage ("open", "decode", ...; "" for PEL_STAGE_NONE). Never NULL. */
PEL_API const char *pel_stage_name(enum pel_stage stage);

/* A failure, as a value. Zeroed means "no failure". `message` is one line for people: what is wrong,
 * the place and the limit, without the file's name, which the caller knows. `offset` is the byte
 * position in the input, or -1 where there is none. */
struct pel_error {
    int code; /* negative errno value */
    enum pel_stage stage;
    int64_t offset;
    char message[232];
};

/* Fills *err (may be NULL) with a literal message, cut at the record's size. Returns code, so that
 * `return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "...")` reads naturally. */
PEL_API int pel_error_set(struct pel_error *err, int code, enum pel_stage stage,
                          const char *message);

/* ---- sizes ----------------------------------------------------------------------------------- */

/* *out = a * b, or -EOVERFLOW with *out = 0. Every size that comes from outside goes through here.
 */
static inline int pel_size_mul(size_t a, size_t b, size_t *out)
{
    if (__builtin_mul_overflow(a, b, out)) {
        *out = 0;
        return -EOVERFLOW;
    }
    return 0;
}

/* *out = a + b, or -EOVERFLOW with *out = 0. */
static inline int pel_size_add(size_t a, size_t b, size_t *out)
{
    if (__builtin_add_overflow(a, b, out)) {
        *out = 0;
        return -EOVERFLOW;
    }
    return 0;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Bytes that their owner frees with pel_bytes_free. */
struct pel_bytes {
    unsigned char *data; /* malloc'ed; NULL when nbytes is 0 */
    size_t nbytes;
};
PEL_API void pel_bytes_free(struct pel_bytes *bytes);

/* ---- cancellation ---------------------------------------------------------------------------- */

/* A flag that one party raises and any number look at. Raising it is async-signal-safe, so a signal
 * handler may do it. Zero-initialise. */
struct pel_cancel {
    int requested;
};

static inline void pel_cancel_request(struct pel_cancel *cancel)
{
    __atomic_store_n(&cancel->requested, 1, __ATOMIC_RELEASE);
}

/* NULL is a flag that is never raised. */
static inline bool pel_cancel_requested(const struct pel_cancel *cancel)
{
    return cancel && __atomic_load_n(&cancel->requested, __ATOMIC_ACQUIRE);
}

/* ---- progress -------------------------------------------------------------------------------- */

/* How far a long computation has come, for whoever wants to show it: `done` of `total`, in units of the
 * computation's own, which are proportional to its time as well as it knows. Zero-initialise. */
struct pel_progress {
    uint64_t done, total; /* total 0: not known yet */
};

/* NULL is progress that nobody looks at. */
static inline void pel_progress_begin(struct pel_progress *progress, uint64_t total)
{
    if (!progress)
        return;
    __atomic_store_n(&progress->done, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&progress->total, total, __ATOMIC_RELAXED);
}

static inline void pel_progress_add(struct pel_progress *progress, uint64_t done)
{
    if (progress)
        __atomic_fetch_add(&progress->done, done, __ATOMIC_RELAXED);
}

/* ---- instruction sets ------------------------------------------------------------------------ */

/* Levels in rising order; each includes those below. To add one: a value here, a name and a test in
 * core/isa.c, blocks in core/levels.h and primes/decode.c. The tests take the levels from here. */
enum pel_isa {
    PEL_ISA_BASELINE, /* what the compiler was told to assume (x86-64: SSE2) */
    PEL_ISA_AVX2,     /* AVX2, FMA, BMI (x86-64-v3) */
    PEL_ISA_AVX512,   /* AVX-512 F, BW, CD, DQ, VL (x86-64-v4) */
    PEL_ISA_COUNT
};

/* The highest level that this processor and its operating system can run. */
PEL_API enum pel_isa pel_isa_best(void);

/* "baseline", "avx2", "avx512". Never NULL. */
PEL_API const char *pel_isa_name(enum pel_isa isa);

/* ---- thread policy --------------------------------------------------------------------------- */

struct pel_crew; /* see <pelton/crew.h> */

/* How a kernel is to be run; passed by value or pointer to every parallel function.
 * Make it with pel_team(); change a field where needed. */
struct pel_team {
    int nthreads;                    /* >= 1; 1 is truly serial: no region is opened */
    enum pel_isa isa;                /* at most this level, at most pel_isa_best() */
    const struct pel_cancel *cancel; /* may be NULL */
    struct pel_crew *crew;           /* NULL: loops open a parallel region of their own */
    struct pel_progress *progress;   /* may be NULL; long computations tell how far they are */
};

/* A team of nthreads at the best instruction set. nthreads 0 is the OpenMP default (what
 * OMP_NUM_THREADS, affinity and the runtime say); without OpenMP every team has one thread. */
PEL_API struct pel_team pel_team(int nthreads);

/* Calls task(ctx, i) once for each i in [0, ntasks), spread over the team, and returns when all have
 * returned. The order and the thread of a task are not fixed: a task writes only what is its own.
 * With team->crew, idle members of the crew help; otherwise a parallel region is opened, except
 * inside somebody else's region, where the calling thread does all the tasks itself.
 * Returns 0, or -ECANCELED when team->cancel was raised before every task had been started: the
 * tasks that were not started are skipped, those that were are complete. */
PEL_API PEL_MUST_CHECK int pel_team_run(const struct pel_team *team, size_t ntasks,
                                        void (*task)(void *ctx, size_t index), void *ctx);

/* The number of tasks to cut nitems into, so that each has at least `grain` items and each thread of
 * the team gets a few tasks for balance; at least 1, and 1 for a team of one. */
PEL_API size_t pel_team_tasks(const struct pel_team *team, size_t nitems, size_t grain);

/* The half-open range [lo, hi) of task `index` when nitems are cut into ntasks as evenly as possible,
 * the first (nitems mod ntasks) ranges being one longer:
 *
 *     pel_partition(10, 4, i):  [0,3) [3,6) [6,8) [8,10)
 *
 * Any size_t nitems; ntasks >= 1; index < ntasks. */
struct pel_range {
    size_t lo, hi;
};
PEL_API struct pel_range pel_partition(size_t nitems, size_t ntasks, size_t index);

/* Union of the places OpenMP was given, as a bit mask (bit i of word i/64 = processor i), for threads
 * that are not OpenMP's own. Returns the number of processors in it; 0 when OpenMP binds nothing, and
 * then the mask is empty. nwords is the length of mask. */
PEL_API int pel_team_places(uint64_t *mask, size_t nwords);

/* What OpenMP says of itself and was told by its environment. */
struct pel_openmp {
    int version;     /* the _OPENMP date macro, 0 without OpenMP */
    int max_threads; /* default team size */
    int num_places;  /* 0: not bound */
    bool dynamic;    /* may the runtime give fewer threads than asked for */
    const char *proc_bind;
};
PEL_API void pel_openmp_describe(struct pel_openmp *out);

/* ---- reduction by a fixed tree ---------------------------------------------------------------- */

/* A reduction whose result depends on nitems and leaf_items only, never on threads: the items are cut
 * into leaves of leaf_items, each leaf is reduced serially, and the leaves' partial results are
 * combined pairwise, neighbours first:
 *
 *     5 leaves:  ((0 1) (2 3)) 4
 *
 * leaf(ctx, lo, hi, partial) writes the partial result of items [lo, hi);
 * combine(into, from) folds the right neighbour `from` into `into`. */
struct pel_reduction {
    size_t partial_nbytes;
    void (*leaf)(void *ctx, size_t lo, size_t hi, void *partial);
    void (*combine)(void *into, const void *from);
};

/* Number of leaves: ceil(nitems / leaf_items). leaf_items >= 1. */
PEL_API size_t pel_reduce_leaves(size_t nitems, size_t leaf_items);

/* Runs the reduction. `partials` is the caller's scratch of pel_reduce_leaves() * partial_nbytes
 * bytes, suitably aligned for the partial type; the result is left at its start. nitems 0 leaves it
 * untouched. Returns 0, -EINVAL (leaf_items 0) or -ECANCELED (partials then hold nothing of use).
 * Cost: one leaf call per leaf in parallel, then (leaves - 1) combines in the calling thread. */
PEL_API PEL_MUST_CHECK int pel_reduce(const struct pel_team *team, size_t nitems, size_t leaf_items,
                                      const struct pel_reduction *reduction, void *ctx,
                                      void *partials);

/* ---- effective processors ---------------------------------------------------------------------- */

/* What limits the processors a process may use; <pelton/system.h> fills it from the machine. */
struct pel_cpus {
    int online;         /* processors the system has switched on */
    int affinity;       /* of those, how many this process may run on */
    int64_t quota_us;   /* cgroup CPU time per period; -1: no quota */
    int64_t period_us;  /* length of that period */
    int effective;      /* pel_cpus_effective() of the above */
};

/* max(1, min(online, affinity, ceil(quota_us / period_us))): how many threads can make progress at
 * the same time. Terms that are unknown (<= 0) do not count. */
PEL_API int pel_cpus_effective(const struct pel_cpus *cpus);

PEL_END_DECLS
#endif
