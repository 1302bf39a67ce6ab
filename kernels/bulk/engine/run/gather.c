#include "bulk/engine/run/gather.h"

#define GATHER(type)                                                                               \
    for (uint64_t i = lo; i < hi; i++)                                                             \
    ((type *)into)[i] = ((const type *)from)[order[i]]

void pel_gather(const void *from, const uint64_t *order, uint64_t lo, uint64_t hi, size_t nbytes,
                void *into)
{
    if (nbytes == 1)
        GATHER(uint8_t);
    else if (nbytes == 4)
        GATHER(uint32_t);
    else if (nbytes == 8)
        GATHER(uint64_t);
    else
        GATHER(struct pel_string);
}
