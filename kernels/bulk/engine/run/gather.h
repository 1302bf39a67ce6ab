/* Values of a column by the numbers of their rows. */
#ifndef PELTON_BULK_ENGINE_GATHER_H
#define PELTON_BULK_ENGINE_GATHER_H

#include <pelton/table.h>

/* into[i] = from[order[i]], values of nbytes, for i from lo to hi - 1. */
void pel_gather(const void *from, const uint64_t *order, uint64_t lo, uint64_t hi, size_t nbytes,
                void *into);

#endif
