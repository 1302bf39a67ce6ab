#include "core/caches.h"

#include <unistd.h>

/* What the system says, if it is believable. */
static size_t believe(long nbytes, size_t least, size_t most, size_t otherwise)
{
    return nbytes < (long)least || nbytes > (long)most ? otherwise : (size_t)nbytes;
}

struct pel_caches pel_caches(void)
{
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE)
    long first = sysconf(_SC_LEVEL1_DCACHE_SIZE), second = sysconf(_SC_LEVEL2_CACHE_SIZE);
#else
    long first = 0, second = 0;
#endif
    return (struct pel_caches){.first = believe(first, 8 << 10, 1 << 20, 32 << 10),
                               .second = believe(second, 128 << 10, 64 << 20, 512 << 10)};
}
