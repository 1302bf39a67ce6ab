#include "primes/decode.h"

#include "primes/bitmap.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Numbers of a word (8 bytes of a bitmap), and what bit i of it is beyond the word's base. */
enum { WORD_NUMBERS = 240 };
#define BYTE_OFFSETS(n)                                                                            \
    (n) + 7, (n) + 11, (n) + 13, (n) + 17, (n) + 19, (n) + 23, (n) + 29, (n) + 31
_Alignas(64) static const uint32_t bit_offset[64] = {
    BYTE_OFFSETS(0),   BYTE_OFFSETS(30),  BYTE_OFFSETS(60),  BYTE_OFFSETS(90),
    BYTE_OFFSETS(120), BYTE_OFFSETS(150), BYTE_OFFSETS(180), BYTE_OFFSETS(210),
};

/* The next word; behind the end of the bitmap there are no primes. */
static inline uint64_t load_word(const uint8_t *bytes, size_t nbytes)
{
    uint8_t last[8] = {0};
    if (nbytes >= 8)
        return pel_bitmap_word(bytes, 0);
    memcpy(last, bytes, nbytes);
    return pel_bitmap_word(last, 0);
}

/* Inlined into a function for each level, for the sake of its bit instructions. Sums may pass 2^64 only
 * where there is no prime. */
static inline size_t decode_words(const uint8_t *bytes, size_t nbytes, uint64_t base,
                                  uint64_t *primes, size_t room, size_t *consumed)
{
    size_t n = 0, k = 0;
    for (; k < nbytes; k += 8, base += WORD_NUMBERS) {
        uint64_t word = load_word(bytes + k, nbytes - k);
        if (room - n < 64 && (size_t)__builtin_popcountll(word) > room - n)
            break;
        for (; word; word &= word - 1)
            primes[n++] = base + bit_offset[__builtin_ctzll(word)];
    }
    *consumed = k < nbytes ? k : nbytes;
    return n;
}

static size_t decode_baseline(const uint8_t *bytes, size_t nbytes, uint64_t base, uint64_t *primes,
                              size_t room, size_t *consumed)
{
    return decode_words(bytes, nbytes, base, primes, room, consumed);
}

#if defined(__x86_64__)

PEL_TARGET_AVX2
static size_t decode_avx2(const uint8_t *bytes, size_t nbytes, uint64_t base, uint64_t *primes,
                          size_t room, size_t *consumed)
{
    return decode_words(bytes, nbytes, base, primes, room, consumed);
}

/* 16 bits at a time choose from their 16 offsets. Up to 10^18 few of them are more than 8 primes, and what
 * is stored beyond the primes the next store overwrites; a word stores at most 64 places. */
PEL_TARGET_AVX512
static size_t decode_avx512(const uint8_t *bytes, size_t nbytes, uint64_t base, uint64_t *primes,
                            size_t room, size_t *consumed)
{
    size_t n = 0, k = 0, rest;
    for (; k + 8 <= nbytes && room - n >= 64; k += 8) {
        uint64_t word = pel_bitmap_word(bytes, k);
        __m512i bases = _mm512_set1_epi64((long long)(base + 30 * (uint64_t)k));
        for (int i = 0; i < 64; i += 16) {
            __mmask16 bits = (__mmask16)(word >> i);
            __m512i chosen = _mm512_maskz_compress_epi32(bits, _mm512_load_si512(bit_offset + i));
            __m512i low = _mm512_cvtepu32_epi64(_mm512_castsi512_si256(chosen));
            _mm512_storeu_si512(primes + n, _mm512_add_epi64(bases, low));
            size_t found = (size_t)__builtin_popcount(bits);
            if (found > 8) {
                __m512i high = _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(chosen, 1));
                _mm512_storeu_si512(primes + n + 8, _mm512_add_epi64(bases, high));
            }
            n += found;
        }
    }
    n += decode_words(bytes + k, nbytes - k, base + 30 * (uint64_t)k, primes + n, room - n, &rest);
    *consumed = k + rest;
    return n;
}

#endif

pel_decode_fn *pel_decode_for(enum pel_isa isa)
{
    static pel_decode_fn *const table[PEL_ISA_COUNT] = {
        [PEL_ISA_BASELINE] = decode_baseline,
#if defined(__x86_64__)
        [PEL_ISA_AVX2] = decode_avx2,
        [PEL_ISA_AVX512] = decode_avx512,
#endif
    };
    enum pel_isa best = pel_isa_best();
    return table[isa < best ? isa : best];
}
