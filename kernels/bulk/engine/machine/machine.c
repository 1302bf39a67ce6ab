/* One block after the other: instructions, filters, faults. */
#include "bulk/engine/machine/state.h"

/* ---- faults -------------------------------------------------------------------------------------- */

/* What position i of what is being computed is in the block. */
static size_t row_at(const struct machine *machine, size_t i)
{
    return machine->packed ? find_bit(machine->selected, i) : i;
}

static bool is_wanted(const struct machine *machine, size_t i)
{
    return machine->packed || (machine->selected[i / 64] >> i % 64 & 1);
}

static size_t ncomputed(const struct machine *machine)
{
    return machine->packed ? machine->nselected : machine->n;
}

/* From here on only rows before `row` matter, which may have an earlier fault. */
static void end_before(struct machine *machine, size_t row)
{
    uint64_t before[MASK_WORDS];
    first_bits(before, row);
    for (size_t w = 0; w < MASK_WORDS; w++)
        machine->selected[w] &= before[w];
    machine->nselected = machine->lanes->count(PEL_BLOCK_ROWS, machine->selected);
}

/* The values of the selected rows alone, and then the first again up to a multiple of 64. */
static void copy_selected(const struct machine *machine, struct operand *operand, size_t nbytes,
                          unsigned char *to)
{
    if (!operand->step)
        return;
    machine->masks->pack[nbytes](operand->at, machine->selected, 64 * words(machine->n), to);
    for (size_t i = machine->nselected; i < 64 * words(machine->nselected); i++)
        memcpy(to + i * nbytes, to, nbytes);
    operand->at = to;
}

/* Rows that were left out fail as others do (what is divided by 0 may be just what a filter keeps out), and
 * looking at each of a block takes ten times as long as computing it. Does it fail without them? */
static bool fails_without_others(const struct machine *machine, int k, const struct call *call)
{
    _Alignas(64) unsigned char copies[3][PEL_BLOCK_ROWS * sizeof(int64_t)];
    struct call again = *call;
    size_t nbytes = pel_value_nbytes(machine->values[machine->code[k].args[0]].type);
    if (machine->packed || machine->nselected == machine->n)
        return true;
    copy_selected(machine, &again.in[0], nbytes, copies[0]);
    copy_selected(machine, &again.in[1], nbytes, copies[1]);
    again.out = copies[2];
    again.n = 64 * words(machine->nselected);
    return machine->values[k].compute(&again);
}

static void set_fault(struct machine *machine, size_t at, int status)
{
    machine->fault = status;
    machine->fault_row = machine->chunk->index * PEL_CHUNK_ROWS + machine->lo + at;
    end_before(machine, at);
}

/* Looks for the first of the wanted numbers of call k that failed; of a column if call is NULL. */
static void find_fault(struct machine *machine, int k, const struct call *call,
                       struct pel_error *err)
{
    const struct instruction *in = &machine->code[k];
    uint64_t first = machine->chunk->index * PEL_CHUNK_ROWS + machine->lo;
    for (size_t i = 0; i < ncomputed(machine); i++) {
        if (!is_wanted(machine, i))
            continue;
        size_t at = row_at(machine, i);
        int status =
            call ? pel_fault(in->op, machine->values[in->args[0]].type, call, i, first + at, err)
                 : pel_fault_of_column(((const uint64_t *)machine->values[k].at)[i], first + at,
                                       err);
        if (status) {
            set_fault(machine, at, status);
            return;
        }
    }
}

/* ---- instructions -------------------------------------------------------------------------------- */

static void load_column(struct machine *machine, int k, struct pel_error *err)
{
    struct value *value = &machine->values[k];
    const struct pel_column *column = &machine->chunk->columns[machine->code[k].index];
    value->at = pel_column_in_place(column, machine->lo, machine->n);
    if (value->at)
        return;
    value->at = value->reg;
    bool packed = machine->packed;
    machine->packed = false; /* a column has all rows */
    if (pel_column_load(machine->masks, column, machine->lo, machine->n, value->reg))
        find_fault(machine, k, NULL, err);
    machine->packed = packed;
}

static void number_rows(const struct machine *machine, struct value *value)
{
    int64_t *out = value->reg;
    int64_t first = (int64_t)(machine->chunk->index * PEL_CHUNK_ROWS + machine->lo);
    for (int i = 0; i < PEL_BLOCK_ROWS; i++)
        out[i] = first + i;
    value->at = out;
}

/* An argument, in the form that the others have. */
static struct operand argument(const struct machine *machine, int k)
{
    struct value *value = &machine->values[k];
    if (machine->packed && !value->packed && value->step)
        pel_value_pack(machine, value, machine->selected, machine->n);
    return (struct operand){value->at, value->step};
}

/* The next block of a column that is used where it is; NULL for others. */
static const void *next_block(const struct machine *machine, int k)
{
    const struct value *value = &machine->values[k];
    return k < 0 || value->at == value->reg
               ? NULL
               : (const char *)value->at + PEL_BLOCK_ROWS * pel_value_nbytes(value->type);
}

/* What a loop over fewer numbers has not fetched. Afterwards, since its loads would wait for so much at once. */
static void fetch_rest(const struct machine *machine, int k, const struct call *call)
{
    size_t nbytes = pel_value_nbytes(machine->values[k].type);
    const unsigned char *ahead = call->ahead;
    for (size_t i = call->n * nbytes; i < machine->n * nbytes; i += PEL_CACHE_LINE)
        fetch(ahead + i);
}

static void compute(struct machine *machine, int k, struct pel_error *err)
{
    const struct instruction *in = &machine->code[k];
    struct value *value = &machine->values[k];
    struct call call = {.out = value->reg,
                        .n = 64 * words(ncomputed(machine)),
                        .ahead = next_block(machine, value->ahead)};
    for (int i = 0; i < 3; i++)
        call.in[i] = argument(machine, in->args[in->args[i] < 0 ? 0 : i]);
    value->at = value->reg;
    value->packed = machine->packed;
    if (in->op == OP_ISPRIME) {
        uint64_t rows[MASK_WORDS];
        first_bits(rows, machine->nselected);
        size_t later = (machine->chunk->nrows - machine->lo - 1) / PEL_BLOCK_ROWS;
        pel_isprime(&machine->sieved[k], &call.in[0], machine->packed ? rows : machine->selected,
                    call.n, later, machine->isa, value->reg);
    } else if (value->compute(&call) && fails_without_others(machine, k, &call)) {
        find_fault(machine, k, &call, err);
    }
    if (machine->packed && call.ahead)
        fetch_rest(machine, k, &call);
}

static void sum_up(struct machine *machine, int k, struct pel_error *err)
{
    size_t bad = pel_value_sum_up(machine, k);
    uint64_t row = machine->chunk->index * PEL_CHUNK_ROWS + machine->lo + bad;
    if (bad < machine->n)
        set_fault(machine, bad, pel_fault_of_running(row, err));
}

/* Packs what was packed before. */
static void narrow(struct machine *machine, int k, const uint64_t *mask, size_t n)
{
    for (int i = 0; i < k; i++)
        if (machine->values[i].packed && machine->values[i].last_use > k)
            pel_value_pack(machine, &machine->values[i], mask, n);
}

/* Does it save more than it takes to compute the selected ones alone, from instruction k on? Moving a value to the
 * front or back, and its late fetching from memory, take as long as MOVE_COST additions. */
static bool pays_to_pack(const struct machine *machine, int k)
{
    enum { MOVE_COST = 3 };
    int64_t n = (int64_t)machine->n, nout = n - (int64_t)machine->nselected;
    return nout > 0 && nout * machine->dear[k] > n * MOVE_COST * machine->moves[k];
}

static void filter(struct machine *machine, int k)
{
    uint64_t kept[MASK_WORDS];
    const uint64_t *mask = argument(machine, machine->code[k].args[0]).at;
    memcpy(kept, mask, sizeof kept);
    if (machine->packed) {
        uint64_t all[MASK_WORDS];
        first_bits(all, machine->nselected);
        for (size_t w = 0; w < MASK_WORDS; w++)
            kept[w] &= all[w];
        narrow(machine, k, kept, machine->nselected);
        machine->masks->unpack[0](kept, machine->selected, MASK_WORDS, machine->nselected);
    }
    for (size_t w = 0; w < MASK_WORDS; w++)
        machine->selected[w] &= kept[w];
    machine->nselected = machine->lanes->count(PEL_BLOCK_ROWS, machine->selected);
    machine->packed = machine->packed || pays_to_pack(machine, k + 1);
}

static void execute(struct machine *machine, int k, struct pel_error *err)
{
    switch (machine->code[k].op) {
    case OP_COLUMN:
        load_column(machine, k, err);
        break;
    case OP_ROW:
        number_rows(machine, &machine->values[k]);
        break;
    case OP_CONST:
    case OP_SCALAR:
        break;
    case OP_FILTER:
        filter(machine, k);
        break;
    case OP_CUMSUM:
        sum_up(machine, k, err);
        break;
    default:
        compute(machine, k, err);
    }
}

int pel_machine_run(struct machine *machine, const struct pel_chunk *chunk, size_t lo, size_t n,
                    uint64_t *row, struct pel_error *err)
{
    machine->chunk = chunk;
    machine->lo = lo;
    machine->n = machine->nselected = n;
    machine->packed = false;
    machine->fault = 0;
    first_bits(machine->selected, n);
    pel_running_advance(machine);
    for (int k = 0; k < machine->ncode; k++) {
        machine->values[k].at = machine->values[k].reg;
        machine->values[k].packed = machine->values[k].quiet = false;
    }
    for (int k = 0; k < machine->ncode && machine->nselected; k++)
        execute(machine, k, err);
    *row = machine->fault ? machine->fault_row : 0;
    return machine->fault;
}
