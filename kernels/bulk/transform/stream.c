#include "bulk/transform/stream.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

enum { LINE_NBYTES = 64, STREAM_NBYTES = 16 << 20 };

bool pel_stream_pays(size_t nbytes)
{
    return nbytes >= STREAM_NBYTES;
}

#if defined(__x86_64__)
void pel_stream_copy(void *to, const void *from, size_t nbytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    size_t head = -(uintptr_t)out % LINE_NBYTES;
    head = head < nbytes ? head : nbytes;
    memcpy(out, in, head);
    size_t i = head;
    for (; nbytes - i >= LINE_NBYTES; i += LINE_NBYTES)
        for (size_t j = i; j < i + LINE_NBYTES; j += sizeof(__m128i))
            _mm_stream_si128((__m128i *)(void *)(out + j),
                             _mm_loadu_si128((const __m128i *)(const void *)(in + j)));
    memcpy(out + i, in + i, nbytes - i);
}

void pel_stream_end(void)
{
    _mm_sfence();
}
#else
void pel_stream_copy(void *to, const void *from, size_t nbytes)
{
    memcpy(to, from, nbytes);
}

void pel_stream_end(void)
{
}
#endif
