#include "bulk/stream.h"

#include <stdint.h>

enum { STREAM_NBYTES = 16 << 20 };

bool pel_stream_pays(size_t nbytes)
{
    return nbytes >= STREAM_NBYTES;
}

void pel_stream_copy(void *to, const void *from, size_t nbytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    size_t head = -(uintptr_t)out % STREAM_LINE_NBYTES;
    size_t i = head < nbytes ? head : nbytes;
    memcpy(out, in, i);
    for (; nbytes - i >= STREAM_LINE_NBYTES; i += STREAM_LINE_NBYTES)
        stream_line(out + i, in + i);
    memcpy(out + i, in + i, nbytes - i);
}
