#include <pelton/bulk.h>

const char *pel_precision_name(enum pel_precision precision)
{
    static const char *const names[] = {"tree", "fast", "dd", "exact"};
    _Static_assert(sizeof names / sizeof names[0] == PEL_PRECISION_COUNT, "each has a name");
    return names[precision];
}
