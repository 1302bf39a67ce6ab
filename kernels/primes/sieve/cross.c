/* A prime's turn is 8 crossings whose places depend only on its residue modulo 30, so there is one loop for
 * each residue, without any state but the turn's place, and its only branch is the loop's end. Turns are
 * never cut: what a turn crosses off beyond the end is work done ahead for the next piece. */
#include "primes/sieve/cross.h"

#include "primes/sieve.h"
#include "primes/sieve/wheel.h"

void pel_turns_activate(struct pel_turn_lists *lists, uint64_t byte, size_t nbytes)
{
    for (int r = 0; r < 8; r++)
        while (lists->active[r] < lists->n[r]) {
            struct pel_turns *turns = &lists->list[r][lists->active[r]];
            uint64_t p = 30 * (uint64_t)turns->quotient + pel_wheel_residues[r],
                     first = p * (p / 30);
            if (first >= byte + nbytes)
                break;
            if (first < byte)
                first = byte / p * p;
            turns->at = (int32_t)(int64_t)(first - byte);
            lists->active[r]++;
        }
}

/* Crosses off cofactor w of the turn of p = 30 k + r that begins at `at`. */
PEL_INLINE void cross(uint8_t *at, ptrdiff_t k, const unsigned r, const unsigned w)
{
    at[(ptrdiff_t)w * k + (ptrdiff_t)((r * w - 7) / 30)] &= (uint8_t)~pel_wheel_bit(r * w);
}

PEL_INLINE void cross_list(const unsigned r, struct pel_turns *turns, size_t n, uint8_t *bytes,
                           ptrdiff_t end, ptrdiff_t shift)
{
    for (size_t j = 0; j < n; j++) {
        const ptrdiff_t k = turns[j].quotient, p = 30 * k + (ptrdiff_t)r;
        ptrdiff_t i = turns[j].at;
        for (; i < end; i += p) {
            uint8_t *at = bytes + i;
            cross(at, k, r, 1);
            cross(at, k, r, 7);
            cross(at, k, r, 11);
            cross(at, k, r, 13);
            cross(at, k, r, 17);
            cross(at, k, r, 19);
            cross(at, k, r, 23);
            cross(at, k, r, 29);
        }
        turns[j].at = (int32_t)(i - shift);
    }
}

void pel_turns_cross(struct pel_turn_lists *lists, uint8_t *bytes, size_t end, size_t shift)
{
    const ptrdiff_t e = (ptrdiff_t)end, s = (ptrdiff_t)shift;
    cross_list(7, lists->list[0], lists->active[0], bytes, e, s);
    cross_list(11, lists->list[1], lists->active[1], bytes, e, s);
    cross_list(13, lists->list[2], lists->active[2], bytes, e, s);
    cross_list(17, lists->list[3], lists->active[3], bytes, e, s);
    cross_list(19, lists->list[4], lists->active[4], bytes, e, s);
    cross_list(23, lists->list[5], lists->active[5], bytes, e, s);
    cross_list(29, lists->list[6], lists->active[6], bytes, e, s);
    cross_list(31, lists->list[7], lists->active[7], bytes, e, s);
}
