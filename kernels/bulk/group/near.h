/* Groups of a chunk by a single int key whose values lie near each other: found by the key itself, without a
 * hash. */
#ifndef PELTON_BULK_GROUP_NEAR_H
#define PELTON_BULK_GROUP_NEAR_H

#include "bulk/group/table.h"

struct near {
    enum { NEAR_UNDECIDED, NEAR_YES, NEAR_NO } state; /* of the chunk's keys so far */
    uint64_t base;
    uint16_t
        *groups; /* of key base + i: its number + 1, or 0; NULL: keys are not of one int column */
};

/* False without memory. */
bool pel_near_open(struct near *near, const struct shape *shape);
void pel_near_close(struct near *near);

/* Are all keys of the chunk up to these n near? The first time they are not, the table's groups are put
 * where pel_table_find looks for them. */
bool pel_near_holds(struct near *near, struct table *table, const uint64_t *words, size_t n);

/* pel_table_find for such rows, whose hashes are not used. limit <= 65535. */
size_t pel_near_find(struct near *near, struct table *table, const struct key_rows *rows,
                     uint32_t limit, uint32_t *groups);

/* Before the table is cleared: the chunk is over. */
void pel_near_clear(struct near *near, const struct table *table);

#endif
