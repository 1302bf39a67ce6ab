#include "primes/tally.h"

#include "primes/bitmap.h"

#define EACH_BYTE(b) ((b)*UINT64_C(0x0101010101010101))

/* The sum of the bytes of a few words; nwords up to 8. */
static inline uint64_t bytes_total(const void *bytes, size_t nwords)
{
    const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t words[8], total = 0;
    memcpy(words, bytes, 8 * nwords);
    for (size_t i = 0; i < nwords; i++)
        total += (words[i] & even) + ((words[i] >> 8) & even);
    return (total * UINT64_C(0x0001000100010001)) >> 48;
}

struct pel_tally_residues pel_tally_residues(uint32_t modulus)
{
    struct pel_tally_residues residues = {.modulus = modulus};
    for (uint32_t i = 0; i < 64; i++)
        residues.offset[i] = (uint32_t)pel_bitmap_number(i) % modulus;
    return residues;
}

#define LEVELS_BODY "primes/tally_body.h"
#include "core/levels.h"

const struct pel_tally *pel_tally_for(enum pel_isa isa)
{
    static const struct pel_tally *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}
