/* Results that no cache can hold: written past the caches they do not have to be read first, which
 * makes a third less traffic of what is read and written once. */
#ifndef PELTON_BULK_STREAM_H
#define PELTON_BULK_STREAM_H

#include <stdbool.h>
#include <stddef.h>

/* Whether nbytes of results are that many. */
bool pel_stream_pays(size_t nbytes);

/* memcpy past the caches. Other threads see it after pel_stream_end. */
void pel_stream_copy(void *to, const void *from, size_t nbytes);
void pel_stream_end(void);

#endif
