/* The loops of loops.h for one level (see core/levels.h). */

typedef uint8_t LEVEL(lane) PEL_VECTOR(LEVEL_NBYTES);

/* Eight registers at a time, so that a pattern's offset is dealt with once in 8 loads. */
TARGET static void LEVEL(stamp)(uint8_t *to, const uint8_t *from, size_t nbytes,
                                const struct pel_pattern *patterns, size_t npatterns,
                                uint32_t *offset)
{
    for (size_t at = 0; at < nbytes; at += 8 * LEVEL_NBYTES) {
        LEVEL(lane) a, b, c, d, e, f, g, h;
        if (from) {
            const LEVEL(lane) *in = (const void *)(from + at);
            a = in[0], b = in[1], c = in[2], d = in[3], e = in[4], f = in[5], g = in[6], h = in[7];
        } else {
            a = b = c = d = e = f = g = h = ~(LEVEL(lane)){0};
        }
        for (size_t t = 0; t < npatterns; t++) {
            uint32_t here = offset[t], next = here + 8 * LEVEL_NBYTES;
            const LEVEL(lane) *in = (const void *)(patterns[t].bytes + here);
            a &= in[0], b &= in[1], c &= in[2], d &= in[3];
            e &= in[4], f &= in[5], g &= in[6], h &= in[7];
            offset[t] = next >= patterns[t].period ? next - patterns[t].period : next;
        }
        LEVEL(lane) *out = (void *)(to + at);
        out[0] = a, out[1] = b, out[2] = c, out[3] = d, out[4] = e, out[5] = f, out[6] = g,
        out[7] = h;
    }
}

/* Quotients in double precision: below 2^64 / 2^18 they are off by one at most, and the remainders, which
 * are exact, tell. Two loops, because the first has no branches and runs in vectors. */
TARGET static size_t LEVEL(first_multiples)(const uint32_t *primes, size_t n, uint64_t base,
                                            uint64_t limit, struct pel_first *out)
{
    uint64_t distance[PEL_FIRST_BATCH], cofactor[PEL_FIRST_BATCH];
    const double behind = (double)(base + 6);
    for (size_t j = 0; j < n; j++) {
        int64_t p = primes[j], q = (int64_t)(behind / (double)p);
        int64_t rest = (int64_t)(base + 6 - (uint64_t)q * (uint64_t)p);
        q += rest < 0 ? 0 : rest >= p ? 2 : 1; /* the multiple after base + 6 */
        q = q < p ? p : q;
        distance[j] = (uint64_t)q * (uint64_t)p - base;
        int64_t mod = q - 210 * (int64_t)((double)q * (1.0 / 210));
        cofactor[j] = (uint64_t)(mod < 0 ? mod + 210 : mod >= 210 ? mod - 210 : mod);
    }
    size_t kept = 0;
    for (size_t j = 0; j < n; j++) {
        out[kept] = (struct pel_first){primes[j], (uint8_t)cofactor[j], distance[j]};
        kept += distance[j] <= limit;
    }
    return kept;
}

static const struct pel_sieve_loops LEVEL(table) = {
    .stamp = LEVEL(stamp),
    .first_multiples = LEVEL(first_multiples),
};
