/* The loops of rows.h for one level; rows.c includes this once a level, with
 * LEVEL(name)  the function's name for the level, and
 * TARGET       the attribute that compiles it for the level. */

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

TARGET static inline float LEVEL(dot)(const float *restrict weight, const float *restrict in,
                                      size_t ntaps)
{
    double sum = 0;
    for (size_t begin = 0; begin < ntaps; begin += 512) {
        size_t end = ntaps - begin > 512 ? begin + 512 : ntaps;
        float lane[PEL_LANES] = {0};
        for (size_t t = begin; t < end; t += PEL_LANES)
            for (size_t l = 0; l < PEL_LANES; l++)
                lane[l] += weight[t + l] * in[t + l];
        sum += (double)(((lane[0] + lane[4]) + (lane[2] + lane[6])) +
                        ((lane[1] + lane[5]) + (lane[3] + lane[7])));
    }
    return (float)sum;
}

TARGET static void LEVEL(filter_row)(const struct pel_weights *weights, const float *in,
                                     size_t in_stride, float *out, size_t out_stride, int nplanes)
{
    for (size_t i = 0; i < weights->nout; i++) {
        const struct pel_taps taps = weights->taps[i];
        const float *weight = weights->weight + i * weights->stride;
        size_t ntaps = (taps.count + PEL_LANES - 1) / PEL_LANES * PEL_LANES;
        for (size_t p = 0; p < (size_t)nplanes; p++)
            out[p * out_stride + i] = LEVEL(dot)(weight, in + p * in_stride + taps.first, ntaps);
    }
}

TARGET static void LEVEL(add_rows)(double *restrict sum, bool add, const float *const *row,
                                   const float *weight, size_t nrows, size_t lo, size_t hi)
{
    for (size_t x0 = lo; x0 < hi; x0 += PEL_BLOCK) {
        float part[PEL_BLOCK] = {0};
        for (size_t k = 0; k < nrows; k++)
            for (size_t l = 0; l < PEL_BLOCK; l++)
                part[l] += weight[k] * row[k][x0 + l];
        for (size_t l = 0; l < PEL_BLOCK; l++)
            sum[x0 + l] = (add ? sum[x0 + l] : 0) + (double)part[l];
    }
}

static const struct pel_rows LEVEL(table) = {
    .gray8 = LEVEL(gray8),
    .gray16 = LEVEL(gray16),
    .filter_row = LEVEL(filter_row),
    .add_rows = LEVEL(add_rows),
};
