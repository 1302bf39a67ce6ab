/* Results that no cache can hold: written past the caches they do not have to be read first, which
 * makes a third less traffic of what is read and written once. */
#ifndef PELTON_BULK_STREAM_H
#define PELTON_BULK_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

enum { STREAM_LINE_NBYTES = 64 };

/* A line to an aligned place past the caches. Other threads see it after stream_end. */
static inline void stream_line(void *to, const void *line)
{
#if defined(__x86_64__)
    for (size_t i = 0; i < STREAM_LINE_NBYTES / sizeof(__m128i); i++)
        _mm_stream_si128((__m128i *)to + i, _mm_loadu_si128((const __m128i *)line + i));
#else
    memcpy(to, line, STREAM_LINE_NBYTES);
#endif
}

static inline void stream_end(void)
{
#if defined(__x86_64__)
    _mm_sfence();
#endif
}

/* memcpy of which whole lines go past the caches. */
void pel_stream_copy(void *to, const void *from, size_t nbytes);

/* Whether nbytes of results are so many that they should. */
bool pel_stream_pays(size_t nbytes);

#endif
