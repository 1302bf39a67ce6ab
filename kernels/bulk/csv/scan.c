#include "bulk/csv/scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Bit i: whether an odd number of bits up to i, with it, is set. */
static inline uint64_t parity(uint64_t bits)
{
    for (int shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/* The place of the n-th bit that is set, from 1. */
static inline int nth_bit(uint64_t bits, size_t n)
{
    for (; n > 1; n--)
        bits &= bits - 1;
    return __builtin_ctzll(bits);
}

#if !defined(__x86_64__)
/* Which of 64 bytes are this one, eight at a time. */
static inline uint64_t equal_words(const char *bytes, char byte)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low7 = 0x7f * ones;
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t word;
        memcpy(&word, bytes + 8 * i, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        word ^= (unsigned char)byte * ones;
        const uint64_t zeros =
            ~(((word & low7) + low7) | word | low7) >> 7; /* 1 in bytes that are 0 */
        mask |= (zeros * UINT64_C(0x0102040810204080) >> 56) << 8 * i;
    }
    return mask;
}
#endif

#define LEVELS_BODY "bulk/csv/scan_body.h"
#include "core/levels.h"

const struct csv_scan *pel_csv_scan_for(enum pel_isa isa)
{
    static const struct csv_scan *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}
