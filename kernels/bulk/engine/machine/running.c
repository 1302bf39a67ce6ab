/* Running sums: what carries on from block to block, and what blocks add up to. */
#include "bulk/engine/machine/state.h"

/* The values of all rows, with 0 for those that are left out; where they are, or in `out`. */
static const void *addends(struct machine *machine, int k, void *out)
{
    _Alignas(64) static const int64_t zeros[8]; /* or doubles */
    const struct value *value = &machine->values[k];
    const void *x = pel_machine_operand(machine, k);
    if (machine->nselected == machine->n && value->step)
        return x;
    machine->masks->of[OP_WHERE][value->type](
        &(struct call){.out = out,
                       .in = {{machine->selected, 1}, {x, value->step}, {zeros, 0}},
                       .n = 64 * words(machine->n)});
    return out;
}

/* Returns where the first sum is that is no int64, or n. out may be x. */
static size_t sum_ints(const int64_t *x, size_t n, uint64_t *sum, int64_t *out)
{
    int64_t last = (int64_t)*sum;
    size_t bad = n;
    for (size_t i = 0; i < n; i++) {
        if (__builtin_add_overflow(last, x[i], &last) && bad == n)
            bad = i;
        out[i] = last;
    }
    *sum = (uint64_t)last;
    return bad;
}

size_t pel_value_sum_up(struct machine *machine, int k)
{
    const struct instruction *in = &machine->code[k];
    struct value *value = &machine->values[k];
    struct running *running = &machine->running[in->index];
    const void *x = addends(machine, in->args[0], value->reg);
    value->at = value->reg;
    if (value->type == VALUE_I64)
        return sum_ints(x, machine->n, &running->before.whole, value->reg);
    running->group =
        machine->sums->sums(x, machine->n, running->before.real, running->group, value->reg);
    return machine->n;
}

void pel_running_advance(struct machine *machine)
{
    for (int i = 0; i < machine->nrunning && machine->lo % PEL_RUNNING_ROWS == 0; i++) {
        machine->running[i].before.real += machine->running[i].group;
        machine->running[i].group = 0;
    }
}

void pel_machine_begin_sums(struct machine *machine, const struct running_sum *before)
{
    for (int i = 0; i < machine->nrunning; i++)
        machine->running[i] = (struct running){.before = before[i]};
}

void pel_machine_add_up(struct machine *machine, int k, struct running_sum *into)
{
    _Alignas(64) int64_t block[PEL_BLOCK_ROWS];
    const void *x = addends(machine, k, block);
    if (machine->values[k].type == VALUE_F64)
        into->real = pel_running_total(x, machine->n, into->real);
    else
        for (size_t i = 0; i < machine->n; i++)
            into->whole += (uint64_t)((const int64_t *)x)[i];
}
