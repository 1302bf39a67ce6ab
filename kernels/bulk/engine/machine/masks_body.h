/* Bits from numbers and numbers by bits, for one instruction set; as ops_body.h. */

typedef double LEVEL(f64m) PEL_VECTOR(LEVEL_NBYTES);
typedef float LEVEL(f32m) PEL_VECTOR(LEVEL_NBYTES);
typedef int64_t LEVEL(i64m) PEL_VECTOR(LEVEL_NBYTES);
typedef int32_t LEVEL(i32m) PEL_VECTOR(LEVEL_NBYTES);

#define F64S LEVEL(f64m)
#define F32S LEVEL(f32m)
#define I64S LEVEL(i64m)
#define I32S LEVEL(i32m)

/* ---- comparisons --------------------------------------------------------------------------------- */

/* Bit i of LESS_f64(a, b) and the like: whether it holds in lane i. */
#if LEVEL_NBYTES == 64
#define BITS_f64(a, b, how, sign) _mm512_cmp_pd_mask((__m512d)(a), (__m512d)(b), _CMP_##how)
#define BITS_f32(a, b, how, sign) _mm512_cmp_ps_mask((__m512)(a), (__m512)(b), _CMP_##how)
#define BITS_i64(a, b, how, sign) _mm512_cmp_epi64_mask((__m512i)(a), (__m512i)(b), INT_##how)
#else
#define BITS_f64(a, b, how, sign) LEVEL(bits64)((a)sign(b))
#define BITS_f32(a, b, how, sign) LEVEL(bits32)((a)sign(b))
#define BITS_i64(a, b, how, sign) LEVEL(bits64)((a)sign(b))

/* The lanes' signs. */
TARGET static inline unsigned LEVEL(bits64)(I64S mask)
{
#if LEVEL_NBYTES == 32
    return (unsigned)_mm256_movemask_pd((__m256d)mask);
#elif defined(__x86_64__)
    return (unsigned)_mm_movemask_pd((__m128d)mask);
#else
    return (unsigned)((mask[0] & 1) | (mask[1] & 2));
#endif
}

TARGET static inline unsigned LEVEL(bits32)(I32S mask)
{
#if LEVEL_NBYTES == 32
    return (unsigned)_mm256_movemask_ps((__m256)mask);
#elif defined(__x86_64__)
    return (unsigned)_mm_movemask_ps((__m128)mask);
#else
    return (unsigned)((mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8));
#endif
}
#endif

#define COMPARE(name, type, V, how, sign)                                                          \
    TARGET static bool LEVEL(name##_##type)(const struct call *call)                               \
    {                                                                                              \
        const unsigned char *x = call->in[0].at, *y = call->in[1].at;                              \
        size_t dx = call->in[0].step * sizeof(V), dy = call->in[1].step * sizeof(V);               \
        COMPARE_ALL(type, V, how, sign)                                                            \
        return false;                                                                              \
    }
#if LEVEL_NBYTES == 64
/* A byte or two of bits a vector. */
#define COMPARE_ALL(type, V, how, sign)                                                            \
    BITS_TYPE_##type *out = call->out;                                                             \
    const size_t nvectors = call->n / (8 * sizeof *out);                                           \
    for (size_t i = 0; i < nvectors; i++, x += dx, y += dy)                                        \
        out[i] = BITS_##type(*(const V *)x, *(const V *)y, how, sign);
#define BITS_TYPE_f64 __mmask8
#define BITS_TYPE_i64 __mmask8
#define BITS_TYPE_f32 __mmask16
#else
#define COMPARE_ALL(type, V, how, sign)                                                            \
    const unsigned lanes = sizeof(V) / sizeof((V){0}[0]);                                          \
    uint64_t *out = call->out;                                                                     \
    for (size_t w = 0; w < call->n / 64; w++) {                                                    \
        uint64_t word = 0;                                                                         \
        for (unsigned j = 0; j < 64; j += lanes, x += dx, y += dy)                                 \
            word |= (uint64_t)BITS_##type(*(const V *)x, *(const V *)y, how, sign) << j;           \
        out[w] = word;                                                                             \
    }
#endif
#define COMPARISONS(type, V)                                                                       \
    COMPARE(eq, type, V, EQ_OQ, ==)                                                                \
    COMPARE(ne, type, V, NEQ_UQ, !=)                                                               \
    COMPARE(lt, type, V, LT_OQ, <)                                                                 \
    COMPARE(le, type, V, LE_OQ, <=)

COMPARISONS(i64, I64S)
COMPARISONS(f32, F32S)
COMPARISONS(f64, F64S)

/* ---- bits ---------------------------------------------------------------------------------------- */

#define LOGIC(name, result)                                                                        \
    TARGET static bool LEVEL(name##_bool)(const struct call *call)                                 \
    {                                                                                              \
        const uint64_t *x = call->in[0].at, *y = call->in[1].at, *z = call->in[2].at;              \
        uint64_t *out = call->out;                                                                 \
        for (size_t w = 0; w < call->n / 64; w++) {                                                \
            const uint64_t a = x[w], b = y[w], c = z[w];                                           \
            out[w] = (result);                                                                     \
            (void)b;                                                                               \
            (void)c;                                                                               \
        }                                                                                          \
        return false;                                                                              \
    }
LOGIC(and, a &b)
LOGIC(or, a | b)
LOGIC(not, ~a)
LOGIC(eq, ~(a ^ b))
LOGIC(ne, a ^ b)
LOGIC(lt, ~a &b)
LOGIC(le, ~a | b)
LOGIC(where, (a & b) | (~a & c))

/* Byte by byte, and eight at a time where bytes stand in their order: the sum of a byte and 0x7f has the top
 * bit if the byte is not 0; a product moves the top bits of eight, or copies eight bits to each of eight bytes
 * (bit products never meet). */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
TARGET static bool LEVEL(from_bytes)(const struct call *call)
{
    const unsigned char *in = call->in[0].at;
    uint64_t *out = call->out;
    for (size_t w = 0; w < call->n / 64; w++, in += 64) {
        uint64_t word = 0;
#if LEVEL_NBYTES == 64
        const __m512i bytes = _mm512_loadu_si512(in);
        word = _mm512_test_epi8_mask(bytes, bytes);
#else
        for (unsigned j = 0; j < 8; j++) {
            uint64_t bytes;
            memcpy(&bytes, in + 8 * j, sizeof bytes);
            bytes = (((bytes & LOW7) + LOW7) | bytes) & ~LOW7;
            word |= (bytes >> 7) * UINT64_C(0x0102040810204080) >> 56 << 8 * j;
        }
#endif
        out[w] = word;
    }
    return false;
}

TARGET static bool LEVEL(to_bytes)(const struct call *call)
{
    const unsigned char *bits = call->in[0].at;
    unsigned char *out = call->out;
    for (size_t i = 0; i < call->n / 8; i++) {
        uint64_t bytes = bits[i] * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
        bytes = (bytes + LOW7) >> 7 & UINT64_C(0x0101010101010101);
        memcpy(out + 8 * i, &bytes, sizeof bytes);
    }
    return false;
}
#else
TARGET static bool LEVEL(from_bytes)(const struct call *call)
{
    const unsigned char *in = call->in[0].at;
    uint64_t *out = call->out;
    memset(out, 0, call->n / 8);
    for (size_t i = 0; i < call->n; i++)
        out[i / 64] |= (uint64_t)(in[i] != 0) << i % 64;
    return false;
}

TARGET static bool LEVEL(to_bytes)(const struct call *call)
{
    const uint64_t *words = call->in[0].at;
    uint8_t *out = call->out;
    for (size_t i = 0; i < call->n; i++)
        out[i] = words[i / 64] >> i % 64 & 1;
    return false;
}
#endif

/* ---- where --------------------------------------------------------------------------------------- */

/* Lane j of a vector is chosen by bit j, which a vector of single bits finds. */
#define WHERE(type, V, M, ...)                                                                     \
    TARGET static bool LEVEL(where_##type)(const struct call *call)                                \
    {                                                                                              \
        const uint64_t *words = call->in[0].at;                                                    \
        const unsigned char *y = call->in[1].at, *z = call->in[2].at;                              \
        unsigned char *out = call->out;                                                            \
        size_t dy = call->in[1].step * sizeof(V), dz = call->in[2].step * sizeof(V);               \
        const unsigned lanes = sizeof(V) / sizeof((V){0}[0]);                                      \
        const M one = {__VA_ARGS__};                                                               \
        for (size_t i = 0; i < call->n; i += lanes, y += dy, z += dz, out += sizeof(V)) {          \
            const M bits = (M){0} + (TYPE_##type)(words[i / 64] >> i % 64);                        \
            const M mask = (bits & one) != 0;                                                      \
            *(V *)out = (V)((*(const M *)y & mask) | (*(const M *)z & ~mask));                     \
        }                                                                                          \
        return false;                                                                              \
    }
#define TYPE_i64 int64_t
#define TYPE_f64 int64_t
#define TYPE_f32 int32_t
#if LEVEL_NBYTES == 64
WHERE(i64, I64S, I64S, 1, 2, 4, 8, 16, 32, 64, 128)
WHERE(f32, F32S, I32S, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
#elif LEVEL_NBYTES == 32
WHERE(i64, I64S, I64S, 1, 2, 4, 8)
WHERE(f32, F32S, I32S, 1, 2, 4, 8, 16, 32, 64, 128)
#else
WHERE(i64, I64S, I64S, 1, 2)
WHERE(f32, F32S, I32S, 1, 2, 4, 8)
#endif

/* ---- the selected ones ---------------------------------------------------------------------------- */

/* A run of 64 at once where all are wanted, else one by one: what is moved down never passes what is still to
 * be read. */
#define PACK(nbytes, type, some)                                                                   \
    TARGET static void LEVEL(pack##nbytes)(const void *in, const uint64_t *words, size_t n,        \
                                           void *out)                                              \
    {                                                                                              \
        const type *from = in;                                                                     \
        type *to = out;                                                                            \
        for (size_t w = 0; w < n / 64; w++, from += 64) {                                          \
            uint64_t bits = words[w];                                                              \
            if (bits == UINT64_MAX) {                                                              \
                memmove(to, from, 64 * sizeof *to);                                                \
                to += 64;                                                                          \
                continue;                                                                          \
            }                                                                                      \
            some for (; bits; bits &= bits - 1) *to++ = from[__builtin_ctzll(bits)];               \
        }                                                                                          \
    }

/* From some on, vectors are faster, stored whole: what is overwritten behind has been read. In memory vpcompressq
 * is slow on some processors; in registers it waits on Zen 4 for what it overwrites, which is therefore its
 * operand. */
#define SOME(lanes, move)                                                                          \
    if (__builtin_popcountll(bits) > 12) {                                                         \
        for (size_t i = 0; i < 64; i += lanes, bits >>= (lanes) % 64) {                            \
            const unsigned some = (unsigned)(bits & ((UINT64_C(1) << (lanes)) - 1));               \
            move(from + i, some, to);                                                              \
            to += __builtin_popcount(some);                                                        \
        }                                                                                          \
        continue;                                                                                  \
    }
#if LEVEL_NBYTES == 64
TARGET PEL_INLINE void LEVEL(compress4)(const int32_t *from, unsigned bits, int32_t *to)
{
    __m512i values = _mm512_loadu_si512(from);
    _mm512_storeu_si512(to, _mm512_mask_compress_epi32(values, (__mmask16)bits, values));
}

TARGET PEL_INLINE void LEVEL(compress8)(const int64_t *from, unsigned bits, int64_t *to)
{
    __m512i values = _mm512_loadu_si512(from);
    _mm512_storeu_si512(to, _mm512_mask_compress_epi64(values, (__mmask8)bits, values));
}

TARGET PEL_INLINE void LEVEL(expand8)(const int64_t *from, unsigned bits, int64_t *to)
{
    __m512i values = _mm512_loadu_si512(from);
    _mm512_storeu_si512(to, _mm512_mask_expand_epi64(values, (__mmask8)bits, values));
}
PACK(4, int32_t, SOME(16, LEVEL(compress4)))
PACK(8, int64_t, SOME(8, LEVEL(compress8)))
#elif LEVEL_NBYTES == 32
TARGET PEL_INLINE void LEVEL(move8)(const int64_t *from, const int32_t order[8], int64_t *to)
{
    __m256i values = _mm256_loadu_si256((const void *)from);
    values = _mm256_permutevar8x32_epi32(values, _mm256_loadu_si256((const void *)order));
    _mm256_storeu_si256((void *)to, values);
}

TARGET PEL_INLINE void LEVEL(compress8)(const int64_t *from, unsigned bits, int64_t *to)
{
    LEVEL(move8)(from, pel_fours.pack[bits], to);
}

TARGET PEL_INLINE void LEVEL(expand8)(const int64_t *from, unsigned bits, int64_t *to)
{
    LEVEL(move8)(from, pel_fours.unpack[bits], to);
}
PACK(4, int32_t, )
PACK(8, int64_t, SOME(4, LEVEL(compress8)))
#else
PACK(4, int32_t, )
PACK(8, int64_t, )
#endif
PACK(1, int8_t, )
PACK(2, int16_t, )
PACK(16, struct pel_string, )

/* Bits of a word to the front, and from there back to the places of those that are set in `mask`. */
#if LEVEL_NBYTES > 16
#define GATHER_BITS(bits, mask) _pext_u64(bits, mask)
#define SCATTER_BITS(bits, mask) _pdep_u64(bits, mask)
#else
static uint64_t LEVEL(gather_bits)(uint64_t bits, uint64_t mask)
{
    uint64_t out = 0;
    for (unsigned i = 0; mask; mask &= mask - 1, i++)
        out |= (bits >> __builtin_ctzll(mask) & 1) << i;
    return out;
}

static uint64_t LEVEL(scatter_bits)(uint64_t bits, uint64_t mask)
{
    uint64_t out = 0;
    for (; mask; mask &= mask - 1, bits >>= 1)
        out |= bits & 1 ? mask & -mask : 0;
    return out;
}
#define GATHER_BITS(bits, mask) LEVEL(gather_bits)(bits, mask)
#define SCATTER_BITS(bits, mask) LEVEL(scatter_bits)(bits, mask)
#endif

/* Bools, which have all words of a block. */
TARGET static void LEVEL(pack0)(const void *in, const uint64_t *words, size_t n, void *out)
{
    const uint64_t *from = in;
    uint64_t packed[MASK_WORDS + 1] = {0};
    size_t at = 0;
    for (size_t w = 0; w < n / 64; w++) {
        uint64_t bits = GATHER_BITS(from[w], words[w]);
        packed[at / 64] |= bits << at % 64;
        packed[at / 64 + 1] = at % 64 ? bits >> (64 - at % 64) : 0;
        at += (size_t)__builtin_popcountll(words[w]);
    }
    memcpy(out, packed, MASK_WORDS * sizeof *packed);
}

TARGET static void LEVEL(unpack0)(void *values, const uint64_t *words, size_t nwords, size_t n)
{
    uint64_t *out = values, packed[MASK_WORDS + 1] = {0};
    size_t at = 0;
    memcpy(packed, values, (n + 63) / 64 * sizeof *packed);
    for (size_t w = 0; w < nwords; w++) {
        uint64_t bits = packed[at / 64] >> at % 64;
        bits |= at % 64 ? packed[at / 64 + 1] << (64 - at % 64) : 0;
        out[w] = SCATTER_BITS(bits, words[w]);
        at += (size_t)__builtin_popcountll(words[w]);
    }
}

/* From the last to the first, so that none is overwritten that is still to be moved. */
#define UNPACK(nbytes, type)                                                                       \
    TARGET static void LEVEL(unpack##nbytes)(void *values, const uint64_t *words, size_t nwords,   \
                                             size_t n)                                             \
    {                                                                                              \
        type *at = values;                                                                         \
        for (size_t w = nwords; w-- > 0;)                                                          \
            for (uint64_t bits = words[w]; bits;) {                                                \
                size_t top = 63 - (size_t)__builtin_clzll(bits);                                   \
                bits &= ~(UINT64_C(1) << top);                                                     \
                at[64 * w + top] = at[--n];                                                        \
            }                                                                                      \
    }
#if LEVEL_NBYTES > 16
TARGET static void LEVEL(unpack8)(void *values, const uint64_t *words, size_t nwords, size_t n)
{
    enum { PER = LEVEL_NBYTES / 8 };
    int64_t *at = values;
    for (size_t i = 64 * nwords; i > 0;) {
        i -= PER;
        unsigned bits = words[i / 64] >> i % 64 & ((1u << PER) - 1);
        n -= (size_t)__builtin_popcount(bits);
        LEVEL(expand8)(at + n, bits, at + i);
    }
}
#else
UNPACK(8, int64_t)
#endif
UNPACK(4, int32_t)
UNPACK(16, struct pel_string)

#define COMPARED(name)                                                                             \
    {                                                                                              \
        [VALUE_BOOL] = LEVEL(name##_bool), [VALUE_I64] = LEVEL(name##_i64),                        \
        [VALUE_F32] = LEVEL(name##_f32), [VALUE_F64] = LEVEL(name##_f64)                           \
    }
static const struct mask_ops LEVEL(table) = {
    .of =
        {
            [OP_EQ] = COMPARED(eq),
            [OP_NE] = COMPARED(ne),
            [OP_LT] = COMPARED(lt),
            [OP_LE] = COMPARED(le),
            [OP_AND] = {[VALUE_BOOL] = LEVEL(and_bool)},
            [OP_OR] = {[VALUE_BOOL] = LEVEL(or_bool)},
            [OP_NOT] = {[VALUE_BOOL] = LEVEL(not_bool)},
            /* NaN alone differs from itself: a call's unused operands are its first. */
            [OP_ISNAN] = {[VALUE_F32] = LEVEL(ne_f32), [VALUE_F64] = LEVEL(ne_f64)},
            [OP_WHERE] = {[VALUE_BOOL] = LEVEL(where_bool),
                          [VALUE_I64] = LEVEL(where_i64),
                          [VALUE_F32] = LEVEL(where_f32),
                          [VALUE_F64] = LEVEL(where_i64)},
        },
    .from_bytes = LEVEL(from_bytes),
    .to_bytes = LEVEL(to_bytes),
    .pack = {[0] = LEVEL(pack0),
             [1] = LEVEL(pack1),
             [2] = LEVEL(pack2),
             [4] = LEVEL(pack4),
             [8] = LEVEL(pack8),
             [16] = LEVEL(pack16)},
    .unpack =
        {[0] = LEVEL(unpack0), [4] = LEVEL(unpack4), [8] = LEVEL(unpack8), [16] = LEVEL(unpack16)},
};

#undef F64S
#undef F32S
#undef I64S
#undef I32S
#undef BITS_f64
#undef BITS_f32
#undef BITS_i64
#undef COMPARE
#undef COMPARE_ALL
#undef BITS_TYPE_f64
#undef BITS_TYPE_i64
#undef BITS_TYPE_f32
#undef COMPARISONS
#undef LOGIC
#undef WHERE
#undef TYPE_i64
#undef TYPE_f64
#undef TYPE_f32
#undef PACK
#undef SOME
#undef GATHER_BITS
#undef SCATTER_BITS
#undef UNPACK
#undef COMPARED
