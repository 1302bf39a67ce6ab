#include "bulk/engine/program.h"

enum value_type pel_value_type(enum pel_type type)
{
    switch (type) {
    case PEL_BOOL:
        return VALUE_BOOL;
    case PEL_F16:
    case PEL_F32:
        return VALUE_F32;
    case PEL_F64:
        return VALUE_F64;
    case PEL_STRING:
        return VALUE_STRING;
    default:
        return VALUE_I64;
    }
}
