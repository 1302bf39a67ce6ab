TARGET static void LEVEL(pairs_segment)(const struct pel_gourdon *g,
                                        const struct pel_segment *segment, struct pel_descent *at,
                                        struct pel_pairs_part *part)
{
    uint64_t below = part->nprimes;
    size_t w = 0;
    for (;;) {
        while (!at->bits)
            at->bits = at->words[--at->word].bits;
        unsigned bit = 63 - (unsigned)__builtin_clzll(at->bits);
        uint64_t p = 240 * (uint64_t)at->word + 30 * (bit / 8) + pel_wheel_residues[bit % 8];
        if (p <= g->y)
            break;
        uint64_t t = g->x / p - 7 - segment->base;
        if (t >= 30 * (uint64_t)segment->nbytes)
            break;
        below += LEVEL(count_words)(segment->bytes, w, (size_t)(t / 240));
        w = (size_t)(t / 240);
        uint64_t word = pel_bitmap_word(segment->bytes, 8 * w) << pel_word_shift[t % 240];
        part->inside += below + (uint64_t)__builtin_popcountll(word);
        part->nleaves++;
        at->bits ^= UINT64_C(1) << bit;
    }
    part->nprimes = below + LEVEL(count_words)(segment->bytes, w, (segment->nbytes + 7) / 8);
}
