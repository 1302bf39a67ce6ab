#include <pelton/core.h>

#ifdef _OPENMP
#include <omp.h>

static const char *bind_name(omp_proc_bind_t bind)
{
    switch (bind) {
    case omp_proc_bind_false:
        return "false";
    case omp_proc_bind_true:
        return "true";
    case omp_proc_bind_master:
        return "primary";
    case omp_proc_bind_close:
        return "close";
    case omp_proc_bind_spread:
        return "spread";
    default:
        return "unknown";
    }
}

/* Sets the bits of one place's processors; returns how many were not set before. ids has room. */
static int add_place(int place, int *ids, size_t nids, uint64_t *mask, size_t nwords)
{
    int nprocs = omp_get_place_num_procs(place), added = 0;
    if (nprocs <= 0 || (size_t)nprocs > nids)
        return 0;
    omp_get_place_proc_ids(place, ids);
    for (int i = 0; i < nprocs; i++) {
        size_t word = (size_t)ids[i] / 64;
        uint64_t bit = UINT64_C(1) << (ids[i] % 64);
        if (word < nwords && !(mask[word] & bit)) {
            mask[word] |= bit;
            added++;
        }
    }
    return added;
}

int pel_team_places(uint64_t *mask, size_t nwords)
{
    int ids[4096], nprocs = 0; /* more processors than Linux is built for anywhere */
    for (size_t i = 0; i < nwords; i++)
        mask[i] = 0;
    if (omp_get_proc_bind() == omp_proc_bind_false)
        return 0;
    for (int place = 0; place < omp_get_num_places(); place++)
        nprocs += add_place(place, ids, sizeof ids / sizeof ids[0], mask, nwords);
    return nprocs;
}

void pel_openmp_describe(struct pel_openmp *out)
{
    omp_proc_bind_t bind = omp_get_proc_bind();
    out->version = _OPENMP;
    out->max_threads = omp_get_max_threads();
    out->num_places = bind == omp_proc_bind_false ? 0 : omp_get_num_places();
    out->dynamic = omp_get_dynamic() != 0;
    out->proc_bind = bind_name(bind);
}

#else

int pel_team_places(uint64_t *mask, size_t nwords)
{
    for (size_t i = 0; i < nwords; i++)
        mask[i] = 0;
    return 0;
}

void pel_openmp_describe(struct pel_openmp *out)
{
    *out = (struct pel_openmp){.max_threads = 1, .proc_bind = "false"};
}

#endif
