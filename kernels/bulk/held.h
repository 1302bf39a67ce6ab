/* Memory that is counted against a limit. */
#ifndef PELTON_BULK_HELD_H
#define PELTON_BULK_HELD_H

#include <pelton/core.h>

struct pel_held {
    size_t limit;
    size_t nbytes; /* atomic */
};

/* Counts nbytes more, or -ENOBUFS with a message that names the limit. From any thread. */
PEL_MUST_CHECK int pel_hold(struct pel_held *held, size_t nbytes, struct pel_error *err);

/* The reverse. */
void pel_unhold(struct pel_held *held, size_t nbytes);

#endif
