/* Makes a machine: which register each value has, and what computes it. */
#include "bulk/engine/machine/state.h"

#include <limits.h>
#include <stdlib.h>

static bool is_constant(const struct instruction *in)
{
    return in->op == OP_CONST || in->op == OP_SCALAR;
}

/* A NaN comes from these as it was in the column. */
static bool may_make_nan(const struct instruction *in)
{
    return (in->type == VALUE_F32 || in->type == VALUE_F64) && in->args[0] >= 0;
}

static void set_last_uses(struct machine *machine, const struct segment *segment)
{
    for (int k = 0; k < machine->ncode; k++)
        for (int i = 0; i < 3; i++)
            if (machine->code[k].args[i] >= 0)
                machine->values[machine->code[k].args[i]].last_use = k;
    for (int i = 0; i < segment->nvalues; i++)
        machine->values[segment->values[i]].last_use = INT_MAX;
    for (int i = 0; i < segment->norder; i++)
        machine->values[segment->order[i].value].last_use = INT_MAX;
    for (int i = 0; i < segment->naggregates; i++)
        if (segment->aggregates[i].value >= 0)
            machine->values[segment->aggregates[i].value].last_use = INT_MAX;
    if (segment->while_value >= 0)
        machine->values[segment->while_value].last_use = INT_MAX;
}

/* Rough, in additions a row. */
static int cost(const struct instruction *in)
{
    static const uint8_t costs[OP_COUNT] = {
        [OP_NEG] = 1,    [OP_ADD] = 1,  [OP_SUB] = 1,   [OP_MUL] = 1,     [OP_DIV] = 3,
        [OP_ABS] = 1,    [OP_MIN] = 1,  [OP_MAX] = 1,   [OP_SQRT] = 5,    [OP_FLOOR_DIV] = 20,
        [OP_MOD] = 20,   [OP_POW] = 80, [OP_EXP] = 20,  [OP_LOG] = 20,    [OP_LOG2] = 20,
        [OP_LOG10] = 20, [OP_SIN] = 40, [OP_COS] = 40,  [OP_TAN] = 60,    [OP_ATAN2] = 80,
        [OP_FLOOR] = 1,  [OP_CEIL] = 1, [OP_ROUND] = 1, [OP_CONVERT] = 1,
    };
    if (in->args[0] < 0 || in->op == OP_CUMSUM)
        return 0; /* of fewer rows a running sum takes as long */
    return in->type == VALUE_STRING ? 20 : costs[in->op] ? costs[in->op] : 1;
}

/* What packing a value that comes out changes: in rows it is to be packed anyway; sums take it either way; others,
 * running sums too, want it at the places of its rows. */
static void set_ends(const struct segment *segment, int *ends)
{
    for (int i = 0; i < segment->nvalues; i++)
        ends[segment->values[i]] = segment->kind == SEGMENT_SUMS ? 1 : -1;
    for (int i = 0; i < segment->norder; i++)
        ends[segment->order[i].value] = -1;
    for (int i = 0; segment->kind == SEGMENT_AGGREGATES && i < segment->naggregates; i++) {
        const struct aggregate *aggregate = &segment->aggregates[i];
        if (aggregate->value >= 0 && aggregate->kind != PEL_AGGREGATE_SUM &&
            aggregate->kind != PEL_AGGREGATE_MEAN)
            ends[aggregate->value] = 1;
    }
    for (int k = 0; k < segment->ncode; k++)
        if (segment->code[k].op == OP_CUMSUM)
            ends[segment->code[k].args[0]] = 1;
}

/* What the instructions from each on cost, and how many values are moved if a filter has it that they are computed
 * packed: those that they take from before or from columns, and the ends. `used` is zeroed. */
static void set_costs(struct machine *machine, const int *ends, bool *used)
{
    int moves = 0;
    for (int k = machine->ncode; k-- > 0;) {
        const struct instruction *in = &machine->code[k];
        bool is_computed = in->args[0] >= 0 && in->op != OP_CUMSUM;
        machine->dear[k] = machine->dear[k + 1] + cost(in);
        if (is_computed)
            moves += used[k] ? -1 : ends[k];
        for (int i = 0; i < 3 && is_computed && in->args[i] >= 0; i++) {
            int from = in->args[i];
            if (!used[from] && !is_constant(&machine->code[from]))
                moves += 1 + ends[from];
            used[from] = true;
        }
        machine->moves[k] = moves;
    }
}

/* For each column an instruction of its own that takes long, during which its next block is fetched. */
static void look_ahead(struct machine *machine)
{
    for (int column = 0; column < machine->ncode; column++) {
        int best = -1;
        for (int k = 0; k < machine->ncode && machine->code[column].op == OP_COLUMN; k++)
            if (machine->values[k].ahead < 0 &&
                cost(&machine->code[k]) > (best < 0 ? 0 : cost(&machine->code[best])))
                best = k;
        if (best >= 0)
            machine->values[best].ahead = column;
    }
}

/* ---- registers ----------------------------------------------------------------------------------- */

/* Registers whose values are not needed any more, by the size of a value: 4, 8, 16 bytes. */
struct spare {
    void **regs[3];
    int n[3];
};

static int size_class(enum value_type type)
{
    return type == VALUE_F32 ? 0 : type == VALUE_STRING ? 2 : 1;
}

/* Arguments that have been used for the last time leave their registers to others. */
static void spare_arguments(const struct machine *machine, int k, struct spare *spare)
{
    const int *args = machine->code[k].args;
    for (int i = 0; i < 3 && args[i] >= 0; i++) {
        struct value *value = &machine->values[args[i]];
        if (value->last_use != k || value->type == VALUE_BOOL || value->step == 0)
            continue;
        bool again = (i > 0 && args[i] == args[0]) || (i > 1 && args[i] == args[1]);
        int class = size_class(value->type);
        if (!again)
            spare->regs[class][spare->n[class]++] = value->reg;
    }
}

/* A bool's bits have room for its bytes behind them, and a register of their own. */
static bool assign_register(struct machine *machine, int k, struct spare *spare)
{
    struct value *value = &machine->values[k];
    size_t nbytes = PEL_BLOCK_ROWS * pel_value_nbytes(value->type);
    int class = size_class(value->type);
    if (value->type == VALUE_BOOL)
        nbytes = sizeof machine->selected + PEL_BLOCK_ROWS;
    else if (spare->n[class])
        value->reg = spare->regs[class][--spare->n[class]];
    if (!value->reg)
        value->reg = pel_arena_take(machine->arena, nbytes);
    return value->reg;
}

/* When an instruction has failed its arguments are looked at again. */
static bool may_fail(const struct instruction *in)
{
    return in->type == VALUE_I64 && in->args[0] >= 0;
}

static bool assign_registers(struct machine *machine, struct spare *spare)
{
    for (int k = 0; k < machine->ncode; k++) {
        const struct instruction *in = &machine->code[k];
        bool late = may_fail(in);
        if (!late)
            spare_arguments(machine, k, spare);
        if (!is_constant(in) && in->op != OP_FILTER && !assign_register(machine, k, spare))
            return false;
        if (late)
            spare_arguments(machine, k, spare);
    }
    return true;
}

/* ---- constants ----------------------------------------------------------------------------------- */

/* Over and over: 64 bytes for operands, a whole register for who asks for the value. */
static bool spread(struct machine *machine, int k, const void *constant)
{
    struct value *value = &machine->values[k];
    size_t nbytes = pel_value_nbytes(value->type);
    size_t total = value->last_use == INT_MAX ? PEL_BLOCK_ROWS * nbytes : 64;
    if (value->type == VALUE_BOOL)
        total = sizeof machine->selected + PEL_BLOCK_ROWS;
    unsigned char *reg = pel_arena_take(machine->arena, total);
    if (!reg)
        return false;
    if (value->type == VALUE_BOOL)
        memset(reg, *(const bool *)constant ? 0xff : 0, sizeof machine->selected);
    else
        for (size_t i = 0; i < total; i += nbytes)
            memcpy(reg + i, constant, nbytes);
    value->reg = reg;
    value->step = 0;
    return true;
}

static bool spread_constants(struct machine *machine, const struct pel_table *results)
{
    for (int k = 0; k < machine->ncode; k++) {
        const struct instruction *in = &machine->code[k];
        if (in->op == OP_CONST && !spread(machine, k, &in->constant))
            return false;
        if (in->op == OP_SCALAR &&
            !spread(machine, k, results[in->segment].columns[in->index].data))
            return false;
    }
    return true;
}

/* ---- machines ------------------------------------------------------------------------------------ */

static bool build(struct machine *machine, const struct segment *segment,
                  const struct pel_table *results)
{
    size_t n = (size_t)machine->ncode;
    machine->values = pel_arena_take(machine->arena, n * sizeof *machine->values);
    machine->dear = pel_arena_take(machine->arena, (n + 1) * sizeof *machine->dear);
    machine->moves = pel_arena_take(machine->arena, (n + 1) * sizeof *machine->moves);
    int *ends = pel_arena_take(machine->arena, n * sizeof *ends);
    bool *used = pel_arena_take(machine->arena, n * sizeof *used);
    machine->sieved = pel_arena_take(machine->arena, n * sizeof *machine->sieved);
    struct spare spare = {.n = {0}};
    machine->nrunning = segment->nrunning;
    machine->running =
        pel_arena_take(machine->arena, ((size_t)machine->nrunning + 1) * sizeof *machine->running);
    bool enough = machine->values && machine->dear && machine->moves && ends && used &&
                  machine->sieved && machine->running;
    for (int class = 0; class < 3; class ++) {
        spare.regs[class] = pel_arena_take(machine->arena, n * sizeof(void *));
        enough = enough && spare.regs[class];
    }
    if (!enough)
        return false;
    for (int k = 0; k < machine->ncode; k++)
        machine->values[k] = (struct value){
            .step = 1,
            .type = machine->code[k].type,
            .compute = pel_block_function(machine->isa, machine->code, k),
            .computed = may_make_nan(&machine->code[k]),
            .ahead = -1,
        };
    set_ends(segment, ends);
    set_costs(machine, ends, used);
    set_last_uses(machine, segment);
    look_ahead(machine);
    return spread_constants(machine, results) && assign_registers(machine, &spare);
}

int pel_machine_open(struct machine **out, const struct segment *segment,
                     const struct pel_table *results, enum pel_isa isa, struct pel_error *err)
{
    struct machine *machine = calloc(1, sizeof *machine);
    *out = machine;
    if (machine) {
        machine->code = segment->code;
        machine->ncode = segment->ncode;
        machine->isa = isa;
        machine->numbers = pel_number_ops_for(isa);
        machine->masks = pel_mask_ops_for(isa);
        machine->lanes = pel_lanes_for(isa);
        machine->sums = pel_running_for(isa);
        machine->arena = pel_arena_open();
        if (machine->arena && build(machine, segment, results))
            return 0;
    }
    pel_machine_close(machine);
    *out = NULL;
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a query's registers");
}

void pel_machine_close(struct machine *machine)
{
    if (!machine)
        return;
    for (int k = 0; k < machine->ncode && machine->sieved; k++)
        pel_isprime_free(&machine->sieved[k]);
    pel_arena_close(machine->arena);
    free(machine);
}
