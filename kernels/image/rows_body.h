/* The loops of rows.h for one level (see core/levels.h). */

TARGET static void LEVEL(gray8)(const uint8_t *restrict in, size_t width, int channels,
                                const uint32_t coefficient[3], uint8_t *restrict out)
{
    const uint32_t r = coefficient[0], g = coefficient[1], b = coefficient[2];
    if (channels == 3) {
        for (size_t x = 0; x < width; x++)
            out[x] =
                (uint8_t)((r * in[3 * x] + g * in[3 * x + 1] + b * in[3 * x + 2] + 32768u) >> 16);
        return;
    }
    for (size_t x = 0; x < width; x++) {
        out[2 * x] =
            (uint8_t)((r * in[4 * x] + g * in[4 * x + 1] + b * in[4 * x + 2] + 32768u) >> 16);
        out[2 * x + 1] = in[4 * x + 3];
    }
}

TARGET static void LEVEL(gray16)(const uint16_t *restrict in, size_t width, int channels,
                                 const uint32_t coefficient[3], uint16_t *restrict out)
{
    const uint32_t r = coefficient[0], g = coefficient[1], b = coefficient[2];
    if (channels == 3) {
        for (size_t x = 0; x < width; x++)
            out[x] =
                (uint16_t)((r * in[3 * x] + g * in[3 * x + 1] + b * in[3 * x + 2] + 32768u) >> 16);
        return;
    }
    for (size_t x = 0; x < width; x++) {
        out[2 * x] =
            (uint16_t)((r * in[4 * x] + g * in[4 * x + 1] + b * in[4 * x + 2] + 32768u) >> 16);
        out[2 * x + 1] = in[4 * x + 3];
    }
}

/* Sum of a multiple of PEL_LANES taps; the lanes are folded in halves. */
TARGET static inline float LEVEL(dot)(const float *restrict weight, const float *restrict in,
                                      size_t ntaps)
{
    float lane[PEL_LANES] = {0}, half[PEL_LANES / 2], quarter[PEL_LANES / 4];
    for (size_t t = 0; t < ntaps; t += PEL_LANES)
        for (size_t l = 0; l < PEL_LANES; l++)
            lane[l] += weight[t + l] * in[t + l];
    for (size_t l = 0; l < PEL_LANES / 2; l++)
        half[l] = lane[l] + lane[l + PEL_LANES / 2];
    for (size_t l = 0; l < PEL_LANES / 4; l++)
        quarter[l] = half[l] + half[l + PEL_LANES / 4];
    return quarter[0] + quarter[1];
}

/* The same where there may be many taps: in double from one stretch of 512 to the next, so that the
 * rounding does not pile up. */
TARGET static float LEVEL(long_dot)(const float *weight, const float *in, size_t ntaps)
{
    double sum = 0;
    for (size_t t = 0; t < ntaps; t += 512)
        sum += (double)LEVEL(dot)(weight + t, in + t, ntaps - t < 512 ? ntaps - t : 512);
    return (float)sum;
}

TARGET static void LEVEL(filter_row)(const struct pel_weights *weights, const float *in,
                                     size_t in_stride, float *out, size_t out_stride, int nplanes)
{
    for (size_t i = 0; i < weights->nout; i++) {
        const struct pel_taps taps = weights->taps[i];
        const float *weight = weights->weight + i * weights->stride;
        size_t ntaps = (taps.count + PEL_LANES - 1) / PEL_LANES * PEL_LANES;
        for (size_t p = 0; p < (size_t)nplanes; p++) {
            const float *from = in + p * in_stride + taps.first;
            out[p * out_stride + i] = ntaps <= 512 ? LEVEL(dot)(weight, from, ntaps)
                                                   : LEVEL(long_dot)(weight, from, ntaps);
        }
    }
}

/* Inlined with a constant number of rows, so that the sum of a column stays in a register. */
TARGET static inline void LEVEL(add_few)(double *restrict sum, bool add, const float *const *row,
                                         const float *weight, size_t nrows, size_t lo, size_t hi)
{
    float w[PEL_GROUP];
    const float *r[PEL_GROUP];
    for (size_t k = 0; k < nrows; k++) {
        w[k] = weight[k];
        r[k] = row[k];
    }
    for (size_t x = lo; x < hi; x++) {
        float part = w[0] * r[0][x];
        for (size_t k = 1; k < nrows; k++)
            part += w[k] * r[k][x];
        sum[x] = add ? sum[x] + (double)part : (double)part;
    }
}

TARGET static void LEVEL(add_rows)(double *sum, bool add, const float *const *row,
                                   const float *weight, size_t nrows, size_t lo, size_t hi)
{
    switch (nrows) {
    case 1:
        LEVEL(add_few)(sum, add, row, weight, 1, lo, hi);
        break;
    case 2:
        LEVEL(add_few)(sum, add, row, weight, 2, lo, hi);
        break;
    case 3:
        LEVEL(add_few)(sum, add, row, weight, 3, lo, hi);
        break;
    case 4:
        LEVEL(add_few)(sum, add, row, weight, 4, lo, hi);
        break;
    case 5:
        LEVEL(add_few)(sum, add, row, weight, 5, lo, hi);
        break;
    case 6:
        LEVEL(add_few)(sum, add, row, weight, 6, lo, hi);
        break;
    case 7:
        LEVEL(add_few)(sum, add, row, weight, 7, lo, hi);
        break;
    case 8:
        LEVEL(add_few)(sum, add, row, weight, 8, lo, hi);
        break;
    }
}

static const struct pel_rows LEVEL(table) = {
    .gray8 = LEVEL(gray8),
    .gray16 = LEVEL(gray16),
    .filter_row = LEVEL(filter_row),
    .add_rows = LEVEL(add_rows),
};
