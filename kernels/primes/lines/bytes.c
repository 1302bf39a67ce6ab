/* From lines to the wheel's bytes: a transposition of bits, and then a gap for each multiple of 7. */
#include "primes/lines/lines.h"

#if defined(__x86_64__)

#include "primes/lines/vector.h"

#include <string.h>

/* Rows v and v + apart exchange what is above `mask`, of w bits, and below. */
PEL_AVX512_INLINE void exchange(__m512i rows[8], int apart, long long mask)
{
    const __m512i m = _mm512_set1_epi64(mask);
    const unsigned w = 8 * (unsigned)apart;
    PEL_UNROLL(8)
    for (int v = 0; v < 8; v++)
        if (!(v & apart)) {
            __m512i x = rows[v], y = rows[v + apart];
            rows[v] = _mm512_ternarylogic_epi64(m, x, _mm512_slli_epi64(y, w), 0xca);
            rows[v + apart] = _mm512_ternarylogic_epi64(m, _mm512_srli_epi64(x, w), y, 0xca);
        }
}

/* The same between words of a row that are w apart, w = 4, 2 or 1: the one below keeps the bits of `mask`,
 * the one above the others, and what they get from each other is rotated into place. */
PEL_AVX512_INLINE void exchange_words(__m512i rows[8], const int w, long long mask)
{
    long long keep[8], rotate[8];
    for (int j = 0; j < 8; j++) {
        keep[j] = j & w ? ~mask : mask;
        rotate[j] = j & w ? 64 - w : w;
    }
    const __m512i kept = _mm512_loadu_si512(keep), by = _mm512_loadu_si512(rotate);
    PEL_UNROLL(8)
    for (int v = 0; v < 8; v++) {
        __m512i other = w == 4   ? _mm512_shuffle_i64x2(rows[v], rows[v], 0x4e)
                        : w == 2 ? _mm512_permutex_epi64(rows[v], 0x4e)
                                 : _mm512_shuffle_epi32(rows[v], 0x4e);
        rows[v] = _mm512_ternarylogic_epi64(kept, rows[v], _mm512_rolv_epi64(other, by), 0xca);
    }
}

/* 64 x 64 bits; row v holds words 8 v to 8 v + 7. */
PEL_AVX512_INLINE void transpose_bits(__m512i rows[8])
{
    exchange(rows, 4, 0x00000000ffffffff);
    exchange(rows, 2, 0x0000ffff0000ffff);
    exchange(rows, 1, 0x00ff00ff00ff00ff);
    exchange_words(rows, 4, 0x0f0f0f0f0f0f0f0f);
    exchange_words(rows, 2, 0x3333333333333333);
    exchange_words(rows, 1, 0x5555555555555555);
}

/* 8 x 8 words. */
PEL_AVX512_INLINE void transpose_words(__m512i rows[8])
{
    __m512i t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
    }
    for (int h = 0; h < 8; h += 4)
        for (int e = 0; e < 2; e++) {
            u[h + e] = _mm512_shuffle_i64x2(t[h + e], t[h + 2 + e], 0x88);
            u[h + 2 + e] = _mm512_shuffle_i64x2(t[h + e], t[h + 2 + e], 0xdd);
        }
    for (int e = 0; e < 4; e++) { /* u[e] holds words e and e + 4 of rows 0 to 3, u[e + 4] of the others */
        rows[e] = _mm512_shuffle_i64x2(u[e], u[4 + e], 0x88);
        rows[4 + e] = _mm512_shuffle_i64x2(u[e], u[4 + e], 0xdd);
    }
}

/* Of 8 lines at a time words k = 0 to 7, so that 64 lines (16 of them are nought) make a square. */
PEL_AVX512_INLINE void gather_words(const struct pel_lines *sieve, size_t byte, __m512i squares[8][8])
{
    for (size_t g = 0; g < PEL_LINES / 8; g++) {
        __m512i rows[8];
        PEL_UNROLL(8)
        for (size_t k = 0; k < 8; k++)
            rows[k] = _mm512_load_si512(sieve->kept + sieve->stride * (8 * g + k) + byte);
        transpose_words(rows);
        PEL_UNROLL(8)
        for (size_t k = 0; k < 8; k++)
            squares[k][g] = rows[k];
    }
}

/* The 48 bits of an i among the 56 of 7 bytes. */
static uint64_t spread_mask(void)
{
    uint64_t mask = 0;
    for (int i = 0; i < PEL_LINES; i++)
        for (unsigned b = 0; b < 56; b++)
            if (30 * (b / 8) + pel_wheel_residues[b % 8] == pel_lines_residues[i])
                mask |= UINT64_C(1) << b;
    return mask;
}

PEL_AVX512 void pel_lines_to_bytes(const struct pel_lines *sieve, size_t from, size_t nunits, uint8_t *out)
{
    const uint64_t spread = spread_mask();
    for (size_t unit = 0; unit < nunits; unit++) {
        __m512i squares[8][8];
        gather_words(sieve, (from + unit * PEL_LINES_UNIT) / 8, squares);
        for (size_t k = 0; k < 8; k++) {
            uint64_t words[64];
            __m512i *square = squares[k];
            square[6] = square[7] = _mm512_setzero_si512();
            transpose_bits(square);
            memcpy(words, square, sizeof words);
            for (size_t j = 0; j < 64; j++, out += 7) {
                uint64_t seven = _pdep_u64(words[j], spread);
                memcpy(out, &seven, sizeof seven);
            }
        }
    }
}

#endif
