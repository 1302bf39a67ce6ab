/* The functions of tally.h for one level (see core/levels.h).
 *
 * A bitmap is taken a row, LEVEL_NBYTES, at a time. What is counted is added up in the bytes of a row, for
 * as many rows as keep every byte below 256, and then in one number. */

typedef uint64_t LEVEL(row) PEL_VECTOR(LEVEL_NBYTES);

TARGET static uint64_t LEVEL(count)(const uint8_t *bytes, size_t nbytes)
{
    const LEVEL(row) *rows = (const LEVEL(row) *)(const void *)bytes;
    size_t nrows = (nbytes + LEVEL_NBYTES - 1) / LEVEL_NBYTES;
    uint64_t total = 0;
    for (size_t at = 0; at < nrows;) {
        LEVEL(row) counts = {0};
        for (size_t end = nrows - at < 31 ? nrows : at + 31; at < end;
             at++) { /* 31 times 8 is 248 */
            LEVEL(row) x = rows[at];
            x -= (x >> 1) & EACH_BYTE(0x55);
            x = (x & EACH_BYTE(0x33)) + ((x >> 2) & EACH_BYTE(0x33));
            counts += (x + (x >> 4)) & EACH_BYTE(0x0f);
        }
        total += bytes_total(&counts, LEVEL_NBYTES / 8);
    }
    return total;
}

/* A prime is 30 LEVEL_NBYTES times its row's number, 30 times its byte's place in the row, and its residue beyond
 * the base. The last two are the same for a column of bits: those are counted for up to 255 rows. The
 * rows' part uses no multiplication: adding up the running count after each row adds each prime once
 * for its own row and once for every row behind it. */
TARGET static uint64_t LEVEL(sum)(const uint8_t *bytes, size_t nbytes, uint64_t *count)
{
    const LEVEL(row) *rows = (const LEVEL(row) *)(const void *)bytes;
    size_t nrows = (nbytes + LEVEL_NBYTES - 1) / LEVEL_NBYTES;
    uint64_t total = 0, found = 0, from_end = 0; /* from_end: sum of (nrows - row) */
    LEVEL(row) running = {0}, sums = {0};
    for (size_t at = 0; at < nrows;) {
        LEVEL(row) column[8] = {{0}};
        for (size_t end = nrows - at < 255 ? nrows : at + 255; at < end; at++) {
            LEVEL(row) x = rows[at], counts = {0};
            for (int b = 0; b < 8; b++) {
                LEVEL(row) bit = (x >> b) & EACH_BYTE(1);
                column[b] += bit;
                counts += bit;
            }
            counts += counts >> 32;
            counts += counts >> 16;
            running += (counts + (counts >> 8)) & UINT64_C(0xff);
            sums += running;
        }
        for (int b = 0; b < 8; b++) {
            uint8_t places[LEVEL_NBYTES];
            memcpy(places, &column[b], LEVEL_NBYTES);
            for (uint32_t i = 0; i < LEVEL_NBYTES; i++)
                total += places[i] * (30 * i + pel_wheel_residues[b]);
        }
    }
    for (int i = 0; i < LEVEL_NBYTES / 8; i++) {
        found += running[i];
        from_end += sums[i];
    }
    *count = found;
    return total + 30 * LEVEL_NBYTES * (nrows * found - from_end);
}

/* Both bits of the pairs (11, 13), (17, 19), (29, 31), marked at the first: 1, 3 and 6. */
TARGET static uint64_t LEVEL(twins)(const uint8_t *bytes, size_t nbytes)
{
    const LEVEL(row) *rows = (const LEVEL(row) *)(const void *)bytes;
    size_t nrows = (nbytes + LEVEL_NBYTES - 1) / LEVEL_NBYTES;
    uint64_t total = 0;
    for (size_t at = 0; at < nrows;) {
        LEVEL(row) counts = {0};
        for (size_t end = nrows - at < 85 ? nrows : at + 85; at < end;
             at++) { /* 85 times 3 is 255 */
            LEVEL(row) x = rows[at], pairs = x & (x >> 1);
            counts += ((pairs >> 1) & EACH_BYTE(1)) + ((pairs >> 3) & EACH_BYTE(1)) +
                      ((pairs >> 6) & EACH_BYTE(1));
        }
        total += bytes_total(&counts, LEVEL_NBYTES / 8);
    }
    return total;
}

/* Neighbouring bits of a byte, marked at the first: triplets begin at bits 0 to 3, quadruplets at 1,
 * quintuplets at 0 and 1, sextuplets at 0. */
TARGET static void LEVEL(tuplets)(const uint8_t *bytes, size_t nbytes,
                                  uint64_t tuplets[PEL_PRIMES_TUPLET_MAX + 1])
{
    const LEVEL(row) *rows = (const LEVEL(row) *)(const void *)bytes;
    size_t nrows = (nbytes + LEVEL_NBYTES - 1) / LEVEL_NBYTES;
    for (size_t at = 0; at < nrows;) {
        LEVEL(row) two = {0}, three = {0}, four = {0}, five = {0}, six = {0};
        for (size_t end = nrows - at < 63 ? nrows : at + 63; at < end;
             at++) { /* 63 times 4 is 252 */
            LEVEL(row) x = rows[at], run = x & (x >> 1);
            two += ((run >> 1) & EACH_BYTE(1)) + ((run >> 3) & EACH_BYTE(1)) +
                   ((run >> 6) & EACH_BYTE(1));
            run &= x >> 2;
            LEVEL(row) pairs = (run & EACH_BYTE(5)) + ((run >> 1) & EACH_BYTE(5));
            three += (pairs & EACH_BYTE(3)) + ((pairs >> 2) & EACH_BYTE(3));
            run &= x >> 3;
            four += (run >> 1) & EACH_BYTE(1);
            run &= x >> 4;
            five += (run & EACH_BYTE(1)) + ((run >> 1) & EACH_BYTE(1));
            run &= x >> 5;
            six += run & EACH_BYTE(1);
        }
        tuplets[2] += bytes_total(&two, LEVEL_NBYTES / 8);
        tuplets[3] += bytes_total(&three, LEVEL_NBYTES / 8);
        tuplets[4] += bytes_total(&four, LEVEL_NBYTES / 8);
        tuplets[5] += bytes_total(&five, LEVEL_NBYTES / 8);
        tuplets[6] += bytes_total(&six, LEVEL_NBYTES / 8);
    }
}

/* Neither base nor remainder needs a division: 8 bytes on, the base is 240 more. */
TARGET static void LEVEL(residues)(const uint8_t *bytes, size_t nbytes, uint64_t base,
                                   const struct pel_tally_residues *residues, uint64_t *counts)
{
    uint32_t modulus = residues->modulus, step = 240 % modulus, first = (uint32_t)(base % modulus);
    for (size_t k = 0; k < nbytes; k += 8) {
        for (uint64_t word = pel_bitmap_word(bytes, k); word; word &= word - 1)
            counts[first + residues->offset[__builtin_ctzll(word)]]++;
        first += step;
        first -= first >= modulus ? modulus : 0;
    }
}

static const struct pel_tally LEVEL(table) = {
    .count = LEVEL(count),
    .sum = LEVEL(sum),
    .twins = LEVEL(twins),
    .tuplets = LEVEL(tuplets),
    .residues = LEVEL(residues),
};
