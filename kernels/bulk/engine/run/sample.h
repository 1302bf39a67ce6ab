/* All values of a column, held until their quantile is known. */
#ifndef PELTON_BULK_ENGINE_SAMPLE_H
#define PELTON_BULK_ENGINE_SAMPLE_H

#include "bulk/engine/run/partial.h"
#include "bulk/held.h"

/* In no order. Zeroed: none. */
struct pel_sample {
    struct sample_piece *pieces; /* the first is being filled */
    size_t n;
};

/* Adds the selected values of a block, as doubles. -ENOBUFS, -ENOMEM. */
PEL_MUST_CHECK int pel_sample_add(struct pel_sample *sample, const struct fold_input *input,
                                  struct pel_held *held, struct pel_error *err);

/* Moves all of `from` into *into. */
void pel_sample_join(struct pel_sample *into, struct pel_sample *from);

/* *out = the quantile, by pel_quantiles. */
PEL_MUST_CHECK int pel_sample_quantile(const struct pel_sample *sample, double q,
                                       const struct pel_team *team, struct pel_held *held,
                                       double *out, struct pel_error *err);

void pel_sample_free(struct pel_sample *sample, struct pel_held *held);

#endif
