#include "primes/sieve/large.h"

#include "primes/sieve.h"
#include "primes/sieve/wheel.h"

#include <stdlib.h>
#include <string.h>

enum {
    COPRIME_210 = 48,
    BLOCK_NBYTES = 8192, /* aligned to its size: an address in it tells when it is full */
    BLOCK_ENTRIES = BLOCK_NBYTES / 8 - 1,
    SLAB_BLOCKS = 128, /* taken from the heap at a time */
    OFFSET_BITS = 23
};

/* A place of the wheel: residue of the prime modulo 30, and of the cofactor modulo 210. */
struct spoke {
    uint8_t kept;  /* mask: all bits but the multiple's */
    uint8_t gap;   /* to the next cofactor */
    uint8_t carry; /* the next multiple is gap * quotient + carry bytes on */
    uint8_t unused;
    uint32_t next; /* spoke << 23 */
};

struct block {
    struct block *next;
    uint64_t entry[BLOCK_ENTRIES]; /* offset in the segment, spoke << 23, quotient << 32 */
};

struct slab {
    struct slab *next;
    struct block *blocks;
};

struct pel_large {
    struct spoke spokes[8 * COPRIME_210];
    uint8_t to_coprime[210]; /* from a residue to the next that is coprime to 210 */
    uint8_t index_of[210];
    unsigned log_segment;
    size_t now, last, nlists; /* segments of the chunk; lists is a ring, but for its last */
    size_t nwaiting, nblocks; /* primes in the lists, at most; blocks in the slabs */
    struct block *free;
    struct slab *slabs;
    uint64_t
        *end[]; /* of each list: where the next entry goes; at a block's end or NULL: nowhere */
};

static void lay_out_wheel(struct pel_large *large)
{
    uint8_t residue[COPRIME_210 + 1];
    int n = 0;
    for (int m = 1; m < 210; m++)
        if (m % 2 && m % 3 && m % 5 && m % 7)
            residue[n++] = (uint8_t)m;
    residue[n] = 211;
    for (int m = 0, i = 0; m < 210; m++) {
        i += m > residue[i];
        large->to_coprime[m] = (uint8_t)(residue[i] - m);
        large->index_of[m] = (uint8_t)(i % COPRIME_210);
    }
    for (int r = 0; r < 8; r++)
        for (int i = 0; i < COPRIME_210; i++) {
            int multiple = pel_wheel_residues[r] * residue[i], gap = residue[i + 1] - residue[i];
            large->spokes[r * COPRIME_210 + i] = (struct spoke){
                .kept = (uint8_t)~pel_wheel_bit((uint64_t)multiple),
                .gap = (uint8_t)gap,
                .carry = (uint8_t)(((multiple - 7) % 30 + pel_wheel_residues[r] * gap) / 30),
                .next = (uint32_t)(r * COPRIME_210 + (i + 1) % COPRIME_210) << OFFSET_BITS,
            };
        }
}

struct pel_large *pel_large_open(unsigned log_segment, uint64_t max_prime)
{
    /* A gap of the wheel is 10 at most. */
    size_t farthest = (size_t)((max_prime / 30 + 1) * 10 >> log_segment) + 2, nlists = 1;
    while (nlists < farthest)
        nlists *= 2;
    struct pel_large *large = calloc(1, sizeof *large + nlists * sizeof large->end[0]);
    if (!large)
        return NULL;
    large->log_segment = log_segment;
    large->nlists = nlists;
    lay_out_wheel(large);
    return large;
}

void pel_large_close(struct pel_large *large)
{
    if (!large)
        return;
    while (large->slabs) {
        struct slab *slab = large->slabs;
        large->slabs = slab->next;
        free(slab->blocks);
        free(slab);
    }
    free(large);
}

static int add_slab(struct pel_large *large)
{
    struct slab *slab = malloc(sizeof *slab);
    struct block *blocks = aligned_alloc(BLOCK_NBYTES, SLAB_BLOCKS * sizeof *blocks);
    if (!slab || !blocks) {
        free(slab);
        free(blocks);
        return -ENOMEM;
    }
    *slab = (struct slab){large->slabs, blocks};
    large->slabs = slab;
    large->nblocks += SLAB_BLOCKS;
    for (size_t i = SLAB_BLOCKS; i-- > 0;) {
        blocks[i].next = large->free;
        large->free = &blocks[i];
    }
    return 0;
}

/* So many blocks that no list can lack one: the full ones, one for each list that is begun, and the one
 * that is being emptied. */
static int reserve(struct pel_large *large, size_t nprimes)
{
    large->nwaiting += nprimes;
    while (large->nblocks < large->nwaiting / BLOCK_ENTRIES + large->nlists + 2)
        if (add_slab(large))
            return -ENOMEM;
    return 0;
}

void pel_large_begin(struct pel_large *large, uint64_t nbytes)
{
    large->now = 0;
    large->last = (size_t)((nbytes - 1) >> large->log_segment);
    large->nwaiting = 0;
    memset(large->end, 0, large->nlists * sizeof large->end[0]);
    large->free = NULL;
    for (struct slab *slab = large->slabs; slab; slab = slab->next)
        for (size_t i = SLAB_BLOCKS; i-- > 0;) {
            slab->blocks[i].next = large->free;
            large->free = &slab->blocks[i];
        }
}

static inline bool full(const uint64_t *end)
{
    return ((uintptr_t)end & (BLOCK_NBYTES - 1)) == 0;
}

/* The block that `end` is behind an entry of; NULL for NULL. */
static inline struct block *block_of(uint64_t *end)
{
    return end ? (struct block *)(((uintptr_t)end - 1) & ~(uintptr_t)(BLOCK_NBYTES - 1)) : NULL;
}

static void begin_block(struct pel_large *large, uint64_t **end)
{
    struct block *block = large->free;
    large->free = block->next;
    block->next = block_of(*end);
    *end = block->entry;
}

static inline void push(struct pel_large *large, uint64_t **end, uint64_t entry)
{
    if (full(*end))
        begin_block(large, end);
    *(*end)++ = entry;
}

static inline uint64_t entry_of(uint32_t offset, size_t spoke, uint32_t quotient)
{
    return (uint64_t)quotient << 32 | (uint64_t)spoke << OFFSET_BITS | offset;
}

int pel_large_add(struct pel_large *large, uint64_t byte, const struct pel_first *first, size_t n)
{
    static const uint8_t index_of[30] = {
        [7] = 0, [11] = 1, [13] = 2, [17] = 3, [19] = 4, [23] = 5, [29] = 6, [1] = 7};
    const uint32_t mask = ((uint32_t)1 << large->log_segment) - 1;
    if (reserve(large, n))
        return -ENOMEM;
    for (size_t j = 0; j < n; j++) {
        uint32_t p = first[j].prime;
        size_t m = first[j].cofactor;
        uint64_t distance = first[j].distance + (uint64_t)p * large->to_coprime[m];
        uint64_t offset = byte + (distance - 7) / 30;
        if (offset >> large->log_segment > large->last)
            continue;
        size_t spoke = (size_t)index_of[p % 30] * COPRIME_210 + large->index_of[m];
        push(large, &large->end[(offset >> large->log_segment) & (large->nlists - 1)],
             entry_of((uint32_t)offset & mask, spoke, (p - 7) / 30));
    }
    return 0;
}

static void cross_block(struct pel_large *large, uint8_t *bytes, const uint64_t *entry,
                        const uint64_t *end)
{
    const unsigned log_segment = large->log_segment;
    const uint32_t mask = ((uint32_t)1 << log_segment) - 1;
    const size_t now = large->now, left = large->last - now, ring = large->nlists - 1;
    for (; entry < end; entry++) {
        const uint32_t place = (uint32_t)*entry, quotient = (uint32_t)(*entry >> 32);
        const struct spoke *spoke = &large->spokes[place >> OFFSET_BITS];
        uint32_t offset = place & ((1u << OFFSET_BITS) - 1);
        uint32_t next = offset + quotient * spoke->gap + spoke->carry;
        uint64_t moved = (uint64_t)quotient << 32 | spoke->next | (next & mask);
        bytes[offset] &= spoke->kept;
        if (next >> log_segment <= left)
            push(large, &large->end[(now + (next >> log_segment)) & ring], moved);
    }
}

/* The list is emptied again and again, because a prime of less than 15 segments may come back to it. */
void pel_large_cross(struct pel_large *large, uint8_t *bytes)
{
    uint64_t **list = &large->end[large->now & (large->nlists - 1)];
    while (*list) {
        const uint64_t *end = *list;
        struct block *block = block_of(*list);
        *list = NULL;
        while (block) {
            struct block *next = block->next;
            cross_block(large, bytes, block->entry, end);
            block->next = large->free;
            large->free = block;
            block = next;
            end = block ? block->entry + BLOCK_ENTRIES : NULL;
        }
    }
    large->now++;
}
