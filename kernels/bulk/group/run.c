#include "bulk/group/run.h"

#include <stdlib.h>
#include <string.h>

void pel_run_free(struct run *run)
{
    if (run)
        pel_arena_close(run->texts);
    free(run);
}

void pel_run_empty(struct run *run)
{
    pel_arena_close(run->texts);
    run->texts = NULL;
}

/* The next nbytes of a piece of memory that is being shared out; counts only while *at is NULL. */
static void *share(unsigned char *memory, size_t *used, size_t nbytes)
{
    void *piece = memory ? memory + *used : NULL;
    *used += (nbytes + 15) / 16 * 16;
    return piece;
}

/* Lays the section of n items out in memory, or, for NULL, says how much it takes. */
static void lay_out(struct section *section, const struct shape *shape, size_t n, bool is_groups,
                    unsigned char *memory, size_t *used)
{
    size_t ndata = is_groups ? shape->nkept : shape->nvalues;
    section->hashes = share(memory, used, n * sizeof *section->hashes);
    section->places = share(memory, used, n * sizeof *section->places);
    section->keys = share(memory, used, shape->nkeys * sizeof *section->keys);
    section->data = share(memory, used, ndata * sizeof *section->data);
    for (size_t k = 0; k < shape->nkeys; k++) {
        uint64_t *words = share(memory, used, n * sizeof *words);
        if (memory)
            section->keys[k] = words;
    }
    for (size_t d = 0; d < ndata; d++) {
        size_t nbytes =
            is_groups ? shape->kept[d].accumulator->nbytes : pel_type_nbytes(shape->value_types[d]);
        unsigned char *data = share(memory, used, n * nbytes);
        if (memory)
            section->data[d] = data;
    }
}

static struct run *open_run(const struct shape *shape, size_t ngroups, size_t nrows,
                            struct run *spare)
{
    size_t used = 0;
    struct run layout;
    share(NULL, &used, sizeof layout);
    lay_out(&layout.groups, shape, ngroups, true, NULL, &used);
    lay_out(&layout.rows, shape, nrows, false, NULL, &used);
    if (spare && (spare->capacity < used || spare->capacity / 2 > used)) {
        pel_run_free(spare);
        spare = NULL;
    }
    size_t capacity = spare ? spare->capacity : used + used / 8; /* room for the next one, too */
    unsigned char *memory = spare ? (unsigned char *)spare : malloc(capacity);
    if (!memory)
        return NULL;
    struct run *run = (struct run *)memory;
    *run = (struct run){.nbytes = capacity, .capacity = capacity};
    used = 0;
    share(memory, &used, sizeof *run);
    lay_out(&run->groups, shape, ngroups, true, memory, &used);
    lay_out(&run->rows, shape, nrows, false, memory, &used);
    return run;
}

/* order[start[p]...]: the items of partition p as they come. */
static void sort_by_partition(const uint32_t *hashes, size_t n, uint32_t *start, uint16_t *order)
{
    uint32_t next[NPARTITIONS] = {0};
    for (size_t i = 0; i < n; i++)
        next[partition_of(hashes[i])]++;
    uint32_t sum = 0;
    for (size_t p = 0; p < NPARTITIONS; p++) {
        start[p] = sum;
        sum += next[p];
        next[p] = start[p];
    }
    start[NPARTITIONS] = sum;
    for (size_t i = 0; i < n; i++)
        order[next[partition_of(hashes[i])]++] = (uint16_t)i;
}

PEL_INLINE void gather_of(void *out, const void *in, size_t nbytes, const uint16_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        memcpy((char *)out + i * nbytes, (const char *)in + order[i] * nbytes, nbytes);
}

/* The sizes of types and states. */
static void gather(void *out, const void *in, size_t nbytes, const uint16_t *order, size_t n)
{
    switch (nbytes) {
    case 1:
        gather_of(out, in, 1, order, n);
        break;
    case 2:
        gather_of(out, in, 2, order, n);
        break;
    case 4:
        gather_of(out, in, 4, order, n);
        break;
    case 8:
        gather_of(out, in, 8, order, n);
        break;
    default:
        gather_of(out, in, nbytes, order, n);
    }
}

static void put_groups(struct builder *builder, struct section *out)
{
    const struct shape *shape = builder->shape;
    const struct table *table = &builder->table;
    size_t n = table->ngroups;
    sort_by_partition(table->hashes, n, out->start, builder->order);
    gather(out->hashes, table->hashes, sizeof *out->hashes, builder->order, n);
    for (size_t i = 0; i < n; i++)
        out->places[i] = (uint16_t)table->rows[builder->order[i]];
    for (size_t k = 0; k < shape->nkeys; k++)
        gather(out->keys[k], table->keys[k], sizeof *out->keys[k], builder->order, n);
    for (size_t s = 0; s < shape->nkept; s++)
        gather(out->data[s], table->states[s], shape->kept[s].accumulator->nbytes, builder->order,
               n);
}

static void put_rows(struct builder *builder, struct section *out)
{
    const struct shape *shape = builder->shape;
    size_t n = builder->nrows;
    sort_by_partition(builder->hashes, n, out->start, builder->order);
    if (n == 0) /* and perhaps no room for rows yet */
        return;
    gather(out->hashes, builder->hashes, sizeof *out->hashes, builder->order, n);
    gather(out->places, builder->places, sizeof *out->places, builder->order, n);
    for (size_t k = 0; k < shape->nkeys; k++)
        gather(out->keys[k], builder->keys[k], sizeof *out->keys[k], builder->order, n);
    for (size_t v = 0; v < shape->nvalues; v++)
        gather(out->data[v], builder->values[v], pel_type_nbytes(shape->value_types[v]),
               builder->order, n);
}

struct run *pel_builder_end(struct builder *builder, uint64_t chunk, struct run *spare)
{
    struct run *run = open_run(builder->shape, builder->table.ngroups, builder->nrows, spare);
    if (!run)
        return NULL;
    put_groups(builder, &run->groups);
    put_rows(builder, &run->rows);
    run->chunk = chunk;
    run->texts = builder->texts;
    run->nbytes += builder->text_nbytes + builder->table.text_nbytes;
    pel_near_clear(&builder->near, &builder->table);
    pel_table_clear(&builder->table);
    builder->limit = builder->overflowed ? PROBED_GROUPS : MOST_GROUPS;
    builder->overflowed = builder->shape->nheld > 0;
    builder->nrows = 0;
    builder->texts = NULL;
    builder->text_nbytes = 0;
    return run;
}
