#include "bulk/engine/program.h"

int pel_plan_explain(const struct pel_plan *plan, struct pel_bytes *text)
{
    (void)plan;
    *text = (struct pel_bytes){0};
    return -ENOTSUP;
}
