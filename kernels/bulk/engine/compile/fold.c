#include "bulk/engine/compile/graph.h"
#include "bulk/engine/machine/machine.h"

/* Constants are computed by the machine that computes all else, over a block of one row: the bits are the same
 * because the code is. */

static union scalar take(struct machine *machine, enum value_type type, int value)
{
    const void *at = pel_machine_value(machine, value);
    switch (type) {
    case VALUE_BOOL:
        return (union scalar){.b = *(const unsigned char *)at != 0};
    case VALUE_I64:
        return (union scalar){.i = *(const int64_t *)at};
    case VALUE_F32:
        return (union scalar){.f32 = *(const float *)at};
    case VALUE_F64:
        return (union scalar){.f64 = *(const double *)at};
    default:
        return (union scalar){.s = *(const struct pel_string *)at};
    }
}

int pel_fold(const struct instruction *code, int ncode, union scalar *out)
{
    int result = ncode - 1;
    struct segment segment = {.kind = SEGMENT_ROWS,
                              .input = -1,
                              .code = (struct instruction *)code,
                              .ncode = ncode,
                              .values = &result,
                              .nvalues = 1,
                              .limit = UINT64_MAX,
                              .while_value = -1};
    const struct pel_chunk chunk = {.nrows = 1};
    struct machine *machine;
    uint64_t row;
    int status = pel_machine_open(&machine, &segment, NULL, PEL_ISA_BASELINE, NULL);
    if (!status)
        status = pel_machine_run(machine, &chunk, 0, 1, &row, NULL);
    if (!status)
        *out = take(machine, code[result].type, result);
    pel_machine_close(machine);
    return status;
}
