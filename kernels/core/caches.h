/* The sizes of a processor's caches, by which kernels cut their work; results do not depend on them. */
#ifndef PELTON_CORE_CACHES_H
#define PELTON_CORE_CACHES_H

#include <stddef.h>

/* Bytes that one core has for itself: 32 KiB and 512 KiB where the system does not say. */
struct pel_caches {
    size_t first, second;
};
struct pel_caches pel_caches(void);

#endif
