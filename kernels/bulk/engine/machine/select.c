/* Selected values to the front of their registers and back, and out of the machine. */
#include "bulk/engine/machine/state.h"

void pel_value_pack(const struct machine *machine, struct value *value, const uint64_t *mask,
                    size_t n)
{
    machine->masks->pack[pel_value_nbytes(value->type)](value->at, mask, 64 * words(n), value->reg);
    if (value->type == VALUE_STRING)
        pel_texts_end(value->reg, machine->lanes->count(64 * words(n), mask));
    value->at = value->reg;
    value->packed = true;
}

void pel_value_unpack(const struct machine *machine, struct value *value)
{
    machine->masks->unpack[pel_value_nbytes(value->type)](value->reg, machine->selected,
                                                          words(machine->n), machine->nselected);
    value->packed = false;
}

/* ---- what comes out ------------------------------------------------------------------------------ */

const uint64_t *pel_machine_selected(const struct machine *machine, size_t *nselected)
{
    *nselected = machine->nselected;
    return machine->selected;
}

static void quieten(const struct machine *machine, enum value_type type, const void *in, size_t n,
                    void *out)
{
    struct operand at = {in, 1};
    machine->numbers->quiet[type](
        &(struct call){.out = out, .in = {at, at, at}, .n = 64 * words(n)});
}

const void *pel_machine_operand(struct machine *machine, int k)
{
    struct value *value = &machine->values[k];
    if (value->packed)
        pel_value_unpack(machine, value);
    return value->at;
}

const void *pel_machine_packed(const struct machine *machine, int k)
{
    const struct value *value = &machine->values[k];
    return value->packed ? value->at : NULL;
}

const uint64_t *pel_machine_mask(struct machine *machine, int k)
{
    return pel_machine_operand(machine, k);
}

const void *pel_machine_value(struct machine *machine, int k)
{
    struct value *value = &machine->values[k];
    const void *at = pel_machine_operand(machine, k);
    if (value->type == VALUE_BOOL) {
        uint8_t *bytes = (uint8_t *)value->reg + sizeof machine->selected;
        machine->masks->to_bytes(
            &(struct call){.out = bytes, .in = {{at, 1}}, .n = 64 * words(machine->n)});
        return bytes;
    }
    if (value->computed && !value->quiet)
        quieten(machine, value->type, value->at, machine->n, value->reg);
    value->quiet = true;
    return at;
}

static void compact_bits(const struct machine *machine, const struct value *value, uint8_t *out)
{
    uint64_t packed[MASK_WORDS];
    if (value->packed || machine->nselected == machine->n)
        memcpy(packed, value->at, sizeof packed);
    else
        machine->masks->pack[0](value->at, machine->selected, PEL_BLOCK_ROWS, packed);
    machine->masks->to_bytes(
        &(struct call){.out = out, .in = {{packed, 1}}, .n = 64 * words(machine->nselected)});
}

size_t pel_machine_compact(struct machine *machine, int k, void *out)
{
    const struct value *value = &machine->values[k];
    size_t nbytes = pel_value_nbytes(value->type), n = machine->nselected;
    bool noisy = value->computed && !value->quiet;
    const void *in = value->at;
    if (value->type == VALUE_BOOL) {
        compact_bits(machine, value, out);
        return n;
    }
    if (!value->packed && n < machine->n) {
        machine->masks->pack[nbytes](in, machine->selected, 64 * words(machine->n), out);
        in = out;
    }
    if (noisy)
        quieten(machine, value->type, in, n, out);
    else if (in != out)
        memcpy(out, in, n * nbytes);
    return n;
}
