/* Counters side by side: see core/levels.h. */

/* GROUP counters from `block` on, 2 * GROUP numbers. */
TARGET static void LEVEL(group)(uint64_t seed, uint64_t block, double *restrict out)
{
    uint32_t a[GROUP], b[GROUP], c[GROUP], d[GROUP];
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (uint32_t i = 0; i < GROUP; i++) {
        a[i] = (uint32_t)(block + i);
        b[i] = (uint32_t)((block + i) >> 32);
        c[i] = d[i] = 0;
    }
    for (int round = 0; round < PEL_PHILOX_ROUNDS; round++) {
        for (int i = 0; i < GROUP; i++) {
            uint64_t left = (uint64_t)PEL_PHILOX_M0 * a[i], right = (uint64_t)PEL_PHILOX_M1 * c[i];
            a[i] = (uint32_t)(right >> 32) ^ b[i] ^ k0;
            b[i] = (uint32_t)right;
            c[i] = (uint32_t)(left >> 32) ^ d[i] ^ k1;
            d[i] = (uint32_t)left;
        }
        k0 += PEL_PHILOX_W0;
        k1 += PEL_PHILOX_W1;
    }
    for (int i = 0; i < GROUP; i++) {
        out[2 * i] = unit((uint64_t)b[i] << 32 | a[i]);
        out[2 * i + 1] = unit((uint64_t)d[i] << 32 | c[i]);
    }
}

TARGET static void LEVEL(fill)(uint64_t seed, uint64_t first, size_t n, double *out)
{
    double numbers[2 * GROUP];
    size_t skip = first % 2, done = 0;
    for (uint64_t block = first / 2; done < n; block += GROUP, skip = 0) {
        size_t rest = n - done, take = rest < 2 * GROUP - skip ? rest : 2 * GROUP - skip;
        if (take == 2 * GROUP) {
            LEVEL(group)(seed, block, out + done);
        } else {
            LEVEL(group)(seed, block, numbers);
            memcpy(out + done, numbers + skip, take * sizeof *out);
        }
        done += take;
    }
}

static const struct levels LEVEL(table) = {LEVEL(fill)};
