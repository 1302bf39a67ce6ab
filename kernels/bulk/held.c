#include "bulk/held.h"

#include "bulk/message.h"

int pel_hold(struct pel_held *held, size_t nbytes, struct pel_error *err)
{
    size_t before = __atomic_fetch_add(&held->nbytes, nbytes, __ATOMIC_RELAXED);
    if (nbytes <= held->limit && before <= held->limit - nbytes)
        return 0;
    pel_unhold(held, nbytes);
    return pel_message_number(err, -ENOBUFS, "the query needs more memory than its limit of ",
                              held->limit, " bytes");
}

void pel_unhold(struct pel_held *held, size_t nbytes)
{
    __atomic_fetch_sub(&held->nbytes, nbytes, __ATOMIC_RELAXED);
}
