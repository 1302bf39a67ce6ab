#include "bulk/group/grouping.h"
#include "bulk/message.h"

#include <pelton/sort.h>

#include <stdlib.h>
#include <string.h>

/* Groups of the result that are written at a time. */
enum { OUT_BLOCK = PEL_BLOCK_ROWS, OUT_TASK = 16 * OUT_BLOCK };

/* A group, and by which row it came. */
struct found {
    uint64_t row;
    uint32_t partition, group;
};

struct finish {
    struct grouping *grouping;
    struct found *found, *other; /* in order of rows; scratch */
    size_t ngroups;
    struct pel_table *out;
    bool has_large; /* atomic: groups of too many values to be sorted */
    int status;     /* atomic: of any task */
    struct pel_error err;
};

int pel_grouping_full(const struct grouping *grouping, struct pel_error *err)
{
    size_t ngroups = __atomic_load_n(&grouping->ngroups, __ATOMIC_RELAXED);
    return pel_message_numbers(err, -ENOBUFS, "groups need more than the limit of ",
                               grouping->limit_nbytes, " bytes; there are ", ngroups, " so far");
}

static void report(struct finish *finish, int status, const struct pel_error *err)
{
    int none = 0;
    if (status && __atomic_compare_exchange_n(&finish->status, &none, status, false,
                                              __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        finish->err = *err;
}

/* Brings together the values that are held in a partition. */
static int arrange(struct grouping *grouping, struct partition *partition, struct pel_error *err)
{
    for (size_t h = 0; partition->held && h < grouping->shape.nheld; h++) {
        struct held *held = &partition->held[h];
        size_t before = held->nbytes, nbytes = pel_held_arranging(held, partition->table.ngroups);
        if (__atomic_add_fetch(&grouping->nbytes, nbytes, __ATOMIC_RELAXED) >
            grouping->limit_nbytes)
            return pel_grouping_full(grouping, err);
        if (pel_held_arrange(held, partition->table.ngroups))
            return pel_grouping_no_memory(err);
        __atomic_sub_fetch(&grouping->nbytes, before, __ATOMIC_RELAXED);
    }
    return 0;
}

static void merge_task(void *ctx, size_t index)
{
    struct finish *finish = ctx;
    struct pel_error err = {0};
    struct grouping *grouping = finish->grouping;
    struct partition *partition = &grouping->partitions[index];
    int status = pel_grouping_merge(grouping, grouping->waiting, index, &err);
    pel_partition_end(partition);
    report(finish, status ? status : arrange(grouping, partition, &err), &err);
}

/* ---- order ------------------------------------------------------------------------------------------- */

/* Stable by `bits` bits of the row from bit `shift` on. */
static void sort_by_digit(const struct found *in, struct found *out, size_t n, int shift, int bits)
{
    size_t next[1 << 11] = {0};
    uint64_t mask = (UINT64_C(1) << bits) - 1;
    for (size_t i = 0; i < n; i++)
        next[in[i].row >> shift & mask]++;
    size_t sum = 0;
    for (size_t digit = 0; digit <= mask; digit++) {
        size_t count = next[digit];
        next[digit] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        out[next[in[i].row >> shift & mask]++] = in[i];
}

static void sort_by_row(struct finish *finish)
{
    uint64_t last = 0;
    for (size_t i = 0; i < finish->ngroups; i++)
        last |= finish->found[i].row;
    for (int shift = 0; shift < 64 && last >> shift; shift += 11) {
        sort_by_digit(finish->found, finish->other, finish->ngroups, shift, 11);
        struct found *sorted = finish->other;
        finish->other = finish->found;
        finish->found = sorted;
    }
}

static int find_order(struct finish *finish, struct pel_error *err)
{
    const struct partition *partitions = finish->grouping->partitions;
    for (size_t p = 0; p < NPARTITIONS; p++)
        finish->ngroups += partitions[p].table.ngroups;
    finish->found = malloc((finish->ngroups + 1) * sizeof *finish->found);
    finish->other = malloc((finish->ngroups + 1) * sizeof *finish->other);
    if (!finish->found || !finish->other)
        return pel_grouping_no_memory(err);
    size_t n = 0;
    for (uint32_t p = 0; p < NPARTITIONS; p++)
        for (uint32_t g = 0; g < partitions[p].table.ngroups; g++)
            finish->found[n++] = (struct found){partitions[p].table.rows[g], p, g};
    sort_by_row(finish);
    return 0;
}

/* ---- columns ----------------------------------------------------------------------------------------- */

static enum pel_type result_type(const struct shape *shape, size_t aggregate)
{
    const struct grouping_aggregate *what = &shape->aggregates[aggregate];
    return pel_grouping_type(what->kind,
                             what->value < 0 ? PEL_I64 : shape->value_types[what->value]);
}

static int make_columns(struct finish *finish, const char *const *names, struct pel_error *err)
{
    const struct shape *shape = &finish->grouping->shape;
    struct pel_table *out = finish->out;
    out->ncolumns = shape->nkeys + shape->naggregates;
    out->nrows = finish->ngroups;
    out->memory = pel_arena_open();
    if (!out->memory)
        return pel_grouping_no_memory(err);
    out->fields = pel_arena_take(out->memory, out->ncolumns * sizeof *out->fields);
    out->columns = pel_arena_take(out->memory, out->ncolumns * sizeof *out->columns);
    for (size_t c = 0; out->fields && out->columns && c < out->ncolumns; c++) {
        enum pel_type type =
            c < shape->nkeys ? shape->key_types[c] : result_type(shape, c - shape->nkeys);
        size_t nbytes = pel_type_nbytes(type), length = strlen(names[c]) + 1;
        char *name = pel_arena_take(out->memory, length);
        void *data = pel_arena_take_unset(out->memory, finish->ngroups * nbytes + PEL_CACHE_LINE);
        if (!name || !data)
            return pel_grouping_no_memory(err);
        out->fields[c] = (struct pel_field){memcpy(name, names[c], length), type};
        out->columns[c] = (struct pel_column){type, false, (ptrdiff_t)nbytes, data};
    }
    return out->fields && out->columns ? 0 : pel_grouping_no_memory(err);
}

static char *cell(const struct pel_table *out, size_t column, size_t row)
{
    return (char *)out->columns[column].data + (ptrdiff_t)row * out->columns[column].stride;
}

static void write_keys(const struct finish *finish, size_t k, size_t lo, size_t n)
{
    const struct grouping *grouping = finish->grouping;
    enum pel_type type = grouping->shape.key_types[k];
    size_t nbytes = pel_type_nbytes(type);
    char *out = cell(finish->out, k, lo);
    for (size_t i = 0; i < n; i++) {
        const struct found *found = &finish->found[lo + i];
        uint64_t word = grouping->partitions[found->partition].table.keys[k][found->group];
        pel_key_value(type, word, out + i * nbytes);
    }
}

static void find_states(const struct finish *finish, int kept, size_t lo, size_t n,
                        const void **states)
{
    if (kept < 0)
        return;
    size_t nbytes = finish->grouping->shape.kept[kept].accumulator->nbytes;
    for (size_t i = 0; i < n; i++) {
        const struct found *found = &finish->found[lo + i];
        states[i] =
            finish->grouping->partitions[found->partition].totals[kept] + found->group * nbytes;
    }
}

static const struct held *held_of(const struct finish *finish, size_t a, const struct found *found)
{
    const struct grouping *grouping = finish->grouping;
    return &grouping->partitions[found->partition].held[grouping->shape.held_of[a]];
}

/* Of groups with many values it is left to write_large. */
static void write_quantiles(struct finish *finish, size_t a, size_t lo, size_t n)
{
    const struct shape *shape = &finish->grouping->shape;
    double *out = (double *)(void *)cell(finish->out, shape->nkeys + a, lo);
    for (size_t i = 0; i < n; i++) {
        const struct found *found = &finish->found[lo + i];
        const struct held *held = held_of(finish, a, found);
        if (pel_held_is_sorted(pel_held_count(held, found->group)))
            out[i] = pel_held_quantile(held, found->group, shape->aggregates[a].q);
        else
            __atomic_store_n(&finish->has_large, true, __ATOMIC_RELAXED);
    }
}

/* The quantiles of groups with many values, by the whole team. */
static int write_large(struct finish *finish, size_t a, const struct pel_team *team,
                       struct pel_error *err)
{
    const struct shape *shape = &finish->grouping->shape;
    double *out = (double *)(void *)cell(finish->out, shape->nkeys + a, 0);
    int status = 0;
    for (size_t i = 0; i < finish->ngroups && !status; i++) {
        const struct found *found = &finish->found[i];
        const struct held *held = held_of(finish, a, found);
        size_t n = pel_held_count(held, found->group);
        if (!pel_held_is_sorted(n))
            status = pel_quantiles(PEL_F64, held->values + held->starts[found->group], n,
                                   &shape->aggregates[a].q, 1, &out[i], team, err);
    }
    return status;
}

static void write_aggregate(struct finish *finish, size_t a, size_t lo, size_t n)
{
    const struct shape *shape = &finish->grouping->shape;
    if (shape->held_of[a] >= 0) {
        write_quantiles(finish, a, lo, n);
        return;
    }
    const void *main[OUT_BLOCK], *count[OUT_BLOCK];
    find_states(finish, shape->main[a], lo, n, main);
    find_states(finish, shape->count[a], lo, n, count);
    const struct grouping_aggregate *what = &shape->aggregates[a];
    enum pel_type type = what->value < 0 ? PEL_I64 : shape->value_types[what->value];
    if (!pel_accumulators_result(what->kind, type, main, count, n,
                                 cell(finish->out, shape->nkeys + a, lo))) {
        struct pel_error err = {0};
        report(finish,
               pel_error_set(&err, -ERANGE, PEL_STAGE_COMPUTE,
                             "the sum of a group's ints does not fit into int64"),
               &err);
    }
}

static void write_task(void *ctx, size_t index)
{
    struct finish *finish = ctx;
    size_t hi = (index + 1) * OUT_TASK < finish->ngroups ? (index + 1) * OUT_TASK : finish->ngroups;
    for (size_t lo = index * OUT_TASK; lo < hi; lo += OUT_BLOCK) {
        size_t n = hi - lo < OUT_BLOCK ? hi - lo : OUT_BLOCK;
        for (size_t k = 0; k < finish->grouping->shape.nkeys; k++)
            write_keys(finish, k, lo, n);
        for (size_t a = 0; a < finish->grouping->shape.naggregates; a++)
            write_aggregate(finish, a, lo, n);
    }
}

/* The texts of a column of strings move into the table. */
static int own_texts(struct finish *finish, size_t column, struct pel_error *err)
{
    struct pel_string *strings = (struct pel_string *)(void *)cell(finish->out, column, 0);
    size_t nbytes = 0;
    for (size_t i = 0; i < finish->ngroups; i++)
        nbytes += strings[i].nbytes;
    char *text = pel_arena_take_unset(finish->out->memory, nbytes + 1);
    if (!text)
        return pel_grouping_no_memory(err);
    for (size_t i = 0; i < finish->ngroups; i++) {
        if (!strings[i].nbytes)
            continue;
        strings[i].text = memcpy(text, strings[i].text, strings[i].nbytes);
        text += strings[i].nbytes;
    }
    return 0;
}

static int write_columns(struct finish *finish, const struct pel_team *team, struct pel_error *err)
{
    size_t ntasks = (finish->ngroups + OUT_TASK - 1) / OUT_TASK;
    int status = pel_team_run(team, ntasks, write_task, finish);
    if (!status && finish->status) {
        status = finish->status;
        if (err)
            *err = finish->err;
    }
    for (size_t a = 0; !status && finish->has_large && a < finish->grouping->shape.naggregates; a++)
        if (finish->grouping->shape.held_of[a] >= 0)
            status = write_large(finish, a, team, err);
    for (size_t k = 0; !status && k < finish->grouping->shape.nkeys; k++)
        if (finish->grouping->shape.key_types[k] == PEL_STRING)
            status = own_texts(finish, k, err);
    return status;
}

static int merge_rest(struct finish *finish, const struct pel_team *team, struct pel_error *err)
{
    int status = pel_team_run(team, NPARTITIONS, merge_task, finish);
    if (!status && finish->status) {
        status = finish->status;
        if (err)
            *err = finish->err;
    }
    return status;
}

int pel_grouping_finish(struct grouping *grouping, const struct pel_team *team,
                        const char *const *names, struct pel_table *out, struct pel_error *err)
{
    *out = (struct pel_table){0};
    struct finish finish = {.grouping = grouping, .out = out};
    int status = merge_rest(&finish, team, err);
    if (!status)
        status = find_order(&finish, err);
    if (!status)
        status = make_columns(&finish, names, err);
    if (!status)
        status = write_columns(&finish, team, err);
    if (status == -ECANCELED)
        pel_error_set(err, status, PEL_STAGE_COMPUTE, "cancelled");
    if (status)
        pel_table_free(out);
    free(finish.found);
    free(finish.other);
    return status;
}
