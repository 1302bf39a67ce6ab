/* Groups of a chunk by a single int key whose values lie near each other: found by the key itself, without a
 * hash. */
#ifndef PELTON_BULK_GROUP_NEAR_H
#define PELTON_BULK_GROUP_NEAR_H

#include "bulk/group/table.h"

/* 64 KiB of groups: what of them is used stays in the first-level cache where it matters, with few keys. With
 * twice as many a chunk would have a row or two of each, which cost less as rows than as groups. */
enum { NEAR_RANGE = 32768 };

struct near {
    enum { NEAR_UNDECIDED, NEAR_YES, NEAR_NO } state; /* of the chunk's keys so far */
    uint64_t base;
    uint16_t
        *groups; /* of key base + i: its number + 1, or 0; NULL: keys are not of one int column */
};

/* False without memory. */
bool pel_near_open(struct near *near, const struct shape *shape);
void pel_near_close(struct near *near);

/* Are the keys of the chunk near, as far as is known? Its first n rows decide. */
bool pel_near_holds(struct near *near, const uint64_t *words, size_t n);

/* Finds or makes the groups of such rows, whose hashes are not used, up to the first that is not near: returns
 * its number, or n; then the chunk's are no longer near, and the table's groups are put where pel_table_find
 * looks for them. The table has room for NEAR_RANGE. Where sums is not NULL, also adds values[i] to
 * sums[groups[i]] for each: in one pass keys and values come from memory together, in two a loop would wait
 * for each. */
size_t pel_near_find(struct near *near, struct table *table, const struct key_rows *rows,
                     uint32_t *groups, double *sums, const double *values);

/* Before the table is cleared: the chunk is over. */
void pel_near_clear(struct near *near, const struct table *table);

#endif
