/* Loops that the compiler makes vectors of, for one instruction set. A NaN that is computed is the
 * positive quiet one, whatever the processor made. */

#define QUIET(y, nan) ((y) == (y) ? (y) : (nan))

#define SCALE_ADD(type, ctype, nan)                                                                \
    TARGET static void LEVEL(scale_add_##type)(void *ctx, const void *x, void *y, size_t n)        \
    {                                                                                              \
        const struct pel_line *line = ctx;                                                         \
        const ctype *in = x, a = (ctype)line->a, b = (ctype)line->b;                               \
        ctype *out = y;                                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            ctype r = a * in[i] + b;                                                               \
            out[i] = QUIET(r, nan);                                                                \
        }                                                                                          \
    }
SCALE_ADD(f32, float, NAN)
SCALE_ADD(f64, double, (double)NAN)

#define NORMALISE(type, ctype)                                                                     \
    TARGET static void LEVEL(normalise_##type)(void *ctx, const void *x, void *y, size_t n)        \
    {                                                                                              \
        const struct pel_line *line = ctx;                                                         \
        const ctype *in = x;                                                                       \
        const double a = line->a, b = line->b;                                                     \
        ctype *out = y;                                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            double r = ((double)in[i] - a) / b;                                                    \
            out[i] = (ctype)QUIET(r, (double)NAN);                                                 \
        }                                                                                          \
    }
NORMALISE(f32, float)
NORMALISE(f64, double)

#define CLIP(type, ctype)                                                                          \
    TARGET static void LEVEL(clip_##type)(void *ctx, const void *x, void *y, size_t n)             \
    {                                                                                              \
        const struct pel_limits *limits = ctx;                                                     \
        const ctype *in = x, lo = *(const ctype *)limits->lo, hi = *(const ctype *)limits->hi;     \
        ctype *out = y;                                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            ctype low = in[i] < lo ? lo : in[i];                                                   \
            out[i] = low > hi ? hi : low;                                                          \
        }                                                                                          \
    }
CLIP(i32, int32_t)
CLIP(i64, int64_t)
CLIP(u32, uint32_t)
CLIP(u64, uint64_t)
CLIP(f32, float)
CLIP(f64, double)

static const struct pel_transforms LEVEL(table) = {
    .scale_add_f32 = LEVEL(scale_add_f32),
    .scale_add_f64 = LEVEL(scale_add_f64),
    .clip =
        {
            [PEL_I32] = LEVEL(clip_i32),
            [PEL_I64] = LEVEL(clip_i64),
            [PEL_U32] = LEVEL(clip_u32),
            [PEL_U64] = LEVEL(clip_u64),
            [PEL_F32] = LEVEL(clip_f32),
            [PEL_F64] = LEVEL(clip_f64),
        },
    .normalise_f32 = LEVEL(normalise_f32),
    .normalise_f64 = LEVEL(normalise_f64),
};

#undef QUIET
#undef SCALE_ADD
#undef NORMALISE
#undef CLIP
