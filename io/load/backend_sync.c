/* Plain reads in the lane: the reference for the others, and what is left when all else is denied.
 */
#include "backend.h"

#include <stdio.h>

static bool sync_describe(char *detail, size_t nbytes)
{
    (void)snprintf(detail, nbytes, "plain reads, one at a time");
    return true;
}

static int sync_begin(void **state, const struct pel_load_options *options, char *why,
                      size_t nbytes)
{
    (void)options, (void)why, (void)nbytes;
    *state = NULL;
    return 0;
}

static void sync_end(void *state)
{
    (void)state;
}

static int sync_submit(void *state, struct pel_read *read)
{
    pel_read_perform(state, read);
    return 0;
}

/* Never has to wait: each read was done when it was submitted. */
static void sync_wait(void *state, struct pel_read *const *reads, int n, uint64_t timeout_ns)
{
    (void)state, (void)reads, (void)n, (void)timeout_ns;
}

static void sync_cancel(void *state, struct pel_read *read)
{
    (void)state, (void)read;
}

const struct pel_backend pel_backend_sync = {
    .name = "sync",
    .describe = sync_describe,
    .begin = sync_begin,
    .end = sync_end,
    .submit = sync_submit,
    .wait = sync_wait,
    .cancel = sync_cancel,
    .perform = pel_read_perform,
};
