/* The scans, once for each instruction set: core/levels.h. Bit i of a mask is byte i of 64. */

/* Which of the 64 bytes are this one. */
#if LEVEL_NBYTES == 64
TARGET static inline uint64_t LEVEL(equal)(const char *bytes, char byte)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(bytes), _mm512_set1_epi8(byte));
}
#elif LEVEL_NBYTES == 32
TARGET static inline uint64_t LEVEL(equal)(const char *bytes, char byte)
{
    const __m256i wanted = _mm256_set1_epi8(byte);
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32));
    const uint32_t low_mask = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    const uint32_t high_mask = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return (uint64_t)high_mask << 32 | low_mask;
}
#elif defined(__x86_64__)
TARGET static inline uint64_t LEVEL(equal)(const char *bytes, char byte)
{
    const __m128i wanted = _mm_set1_epi8(byte);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++) {
        const __m128i part = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part, wanted)) << 16 * i;
    }
    return mask;
}
#else
TARGET static inline uint64_t LEVEL(equal)(const char *bytes, char byte)
{
    return equal_words(bytes, byte);
}
#endif

/* Adds the positions of bits, counted from `at`. */
#if LEVEL_NBYTES == 64
TARGET static inline void LEVEL(add_ends)(struct csv_fields *fields, uint64_t bits, size_t at)
{
    const __m512i steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i places = _mm512_add_epi32(_mm512_set1_epi32((int)at), steps);
    uint32_t *end = fields->ends + fields->nends;
    for (int i = 0; i < 4; i++, bits >>= 16) {
        const __mmask16 part = (__mmask16)bits;
        _mm512_storeu_si512(end, _mm512_maskz_compress_epi32(part, places));
        end += __builtin_popcount(part);
        places = _mm512_add_epi32(places, _mm512_set1_epi32(16));
    }
    fields->nends = (size_t)(end - fields->ends);
}
#else
TARGET static inline void LEVEL(add_ends)(struct csv_fields *fields, uint64_t bits, size_t at)
{
    for (; bits; bits &= bits - 1)
        fields->ends[fields->nends++] = (uint32_t)(at + (size_t)__builtin_ctzll(bits));
}
#endif

/* 64 bytes; `nbytes` of them (fewer at the end of the text) are in the piece, the others have
 * been zeroed. Returns how many belong to the records that were wanted. */
TARGET static inline size_t LEVEL(cut_block)(const char *bytes, size_t nbytes, struct csv_cut *cut)
{
    const uint64_t newlines = LEVEL(equal)(bytes, '\n'), quotes = LEVEL(equal)(bytes, '"');
    uint64_t inside = cut->inside;
    if (quotes)
        inside ^= parity(quotes);
    const uint64_t ends = newlines & ~inside;
    const size_t nends = (size_t)__builtin_popcountll(ends);
    if (nends >= cut->nwanted) {
        nbytes = (size_t)nth_bit(ends, cut->nwanted) + 1;
        *cut = (struct csv_cut){.nlines = cut->nlines +
                                          (size_t)__builtin_popcountll(newlines << (64 - nbytes))};
        return nbytes;
    }
    cut->nwanted -= nends;
    cut->nlines += (size_t)__builtin_popcountll(newlines);
    cut->inside = (uint64_t)0 - (inside >> 63);
    cut->since = ends ? nbytes - 64 + (size_t)__builtin_clzll(ends) : cut->since + nbytes;
    return nbytes;
}

/* nwanted is at least 1. */
TARGET static size_t LEVEL(cut)(const char *text, size_t nbytes, struct csv_cut *cut)
{
    size_t at = 0;
    for (; at + 64 <= nbytes && cut->nwanted > 0;)
        at += LEVEL(cut_block)(text + at, 64, cut);
    if (at < nbytes && cut->nwanted > 0) {
        char last[64] = {0};
        memcpy(last, text + at, nbytes - at);
        at += LEVEL(cut_block)(last, nbytes - at, cut);
    }
    return at;
}

/* A block in which there are quotes, or whose beginning is in quotes or behind some: returns
 * which bytes are in quotes. `valid` are the bytes of the text. */
TARGET static uint64_t LEVEL(quoted)(const char *bytes, uint64_t separators, uint64_t newlines,
                                     uint64_t quotes, uint64_t valid, struct csv_fields *fields)
{
    const uint64_t inside = fields->inside ^ parity(quotes); /* with the quote that opens */
    const uint64_t opening = quotes & inside, closing = quotes & ~inside;
    const uint64_t before = (separators & ~inside) | closing;
    const uint64_t behind = closing << 1 | fields->closed;
    const uint64_t returns = behind & LEVEL(equal)(bytes, '\r');
    const uint64_t behind_returns = returns << 1 | fields->returned;
    uint64_t wrong = opening & ~(before << 1 | fields->may_open);
    wrong |= behind & valid & ~(separators | opening | returns);
    wrong |= behind_returns & valid & ~newlines;
    fields->misplaced |= wrong != 0;
    fields->inside = (uint64_t)0 - (inside >> 63);
    fields->may_open = before >> 63;
    fields->closed = closing >> 63;
    fields->returned = returns >> 63;
    return inside;
}

TARGET static inline void LEVEL(fields_block)(const char *bytes, size_t at, uint64_t valid,
                                              struct csv_fields *fields)
{
    const uint64_t quotes = LEVEL(equal)(bytes, '"');
    uint64_t newlines = LEVEL(equal)(bytes, '\n');
    uint64_t separators = LEVEL(equal)(bytes, fields->delimiter) | newlines;
    if (quotes | fields->inside | fields->closed | fields->returned) {
        const uint64_t inside = LEVEL(quoted)(bytes, separators, newlines, quotes, valid, fields);
        separators &= ~inside;
        newlines &= ~inside;
    } else {
        fields->may_open = separators >> 63;
    }
    fields->nlines += (size_t)__builtin_popcountll(newlines);
    LEVEL(add_ends)(fields, separators, at);
}

TARGET static size_t LEVEL(fields)(const char *text, size_t nbytes, size_t at,
                                   struct csv_fields *fields)
{
    struct csv_fields local = *fields;
    for (; at + 64 <= nbytes && local.nends < local.room; at += 64)
        LEVEL(fields_block)(text + at, at, UINT64_MAX, &local);
    if (at < nbytes && local.nends < local.room) {
        char last[64] = {0};
        memcpy(last, text + at, nbytes - at);
        LEVEL(fields_block)(last, at, UINT64_MAX >> (64 - (nbytes - at)), &local);
        at = nbytes;
    }
    *fields = local;
    return at;
}

static const struct csv_scan LEVEL(table) = {LEVEL(cut), LEVEL(fields)};
