#include "bulk/engine/run/sample.h"

#include <pelton/sort.h>

#include <stdlib.h>
#include <string.h>

/* 512 KiB: large beside what the last, unfinished one of each worker wastes. */
enum { PIECE_VALUES = 65536 };

struct sample_piece {
    struct sample_piece *next;
    size_t n;
    double values[PIECE_VALUES + PEL_BLOCK_ROWS]; /* compaction may write a block beyond its end */
};

static int add_piece(struct pel_sample *sample, struct pel_held *held, struct pel_error *err)
{
    struct sample_piece *piece;
    int status = pel_hold(held, sizeof *piece, err);
    if (status)
        return status;
    piece = malloc(sizeof *piece);
    if (!piece) {
        pel_unhold(held, sizeof *piece);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a quantile's values");
    }
    piece->n = 0;
    piece->next = sample->pieces;
    sample->pieces = piece;
    return 0;
}

/* The n values of a type in `narrow` as doubles; a bool is 0 or 1. */
static void widen(const void *narrow, enum value_type type, size_t n, double *out)
{
    if (type == VALUE_I64)
        for (size_t i = 0; i < n; i++)
            out[i] = (double)((const int64_t *)narrow)[i];
    else if (type == VALUE_F32)
        for (size_t i = 0; i < n; i++)
            out[i] = ((const float *)narrow)[i];
    else
        for (size_t i = 0; i < n; i++)
            out[i] = ((const uint8_t *)narrow)[i];
}

int pel_sample_add(struct pel_sample *sample, const struct fold_input *in, struct pel_held *held,
                   struct pel_error *err)
{
    if (!sample->pieces || sample->pieces->n > PIECE_VALUES - in->block->nselected) {
        int status = add_piece(sample, held, err);
        if (status)
            return status;
    }
    struct sample_piece *piece = sample->pieces;
    double *end = piece->values + piece->n;
    size_t n = in->block->nselected;
    if (in->type == VALUE_F64) {
        pel_machine_compact(in->block->machine, in->value, end);
    } else {
        pel_machine_compact(in->block->machine, in->value, in->scratch);
        widen(in->scratch, in->type, n, end);
    }
    piece->n += n;
    sample->n += n;
    return 0;
}

void pel_sample_join(struct pel_sample *into, struct pel_sample *from)
{
    struct sample_piece **end = &from->pieces;
    while (*end)
        end = &(*end)->next;
    *end = into->pieces;
    into->pieces = from->pieces;
    into->n += from->n;
    *from = (struct pel_sample){0};
}

int pel_sample_quantile(const struct pel_sample *sample, double q, const struct pel_team *team,
                        struct pel_held *held, double *out, struct pel_error *err)
{
    size_t nbytes = sample->n * sizeof(double), at = 0;
    int status = pel_hold(held, nbytes, err);
    if (status)
        return status;
    double *values = malloc(nbytes ? nbytes : 1);
    if (values) {
        for (const struct sample_piece *piece = sample->pieces; piece; piece = piece->next) {
            memcpy(values + at, piece->values, piece->n * sizeof *values);
            at += piece->n;
        }
        status = pel_quantiles(PEL_F64, values, sample->n, &q, 1, out, team, err);
    } else {
        status =
            pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a quantile's values");
    }
    free(values);
    pel_unhold(held, nbytes);
    return status;
}

void pel_sample_free(struct pel_sample *sample, struct pel_held *held)
{
    while (sample->pieces) {
        struct sample_piece *piece = sample->pieces;
        sample->pieces = piece->next;
        free(piece);
        pel_unhold(held, sizeof *piece);
    }
    sample->n = 0;
}
