/* Crossing off the multiples of primes that hit a stretch of memory often: in whole turns of the wheel. */
#ifndef PELTON_PRIMES_SIEVE_CROSS_H
#define PELTON_PRIMES_SIEVE_CROSS_H

#include <stddef.h>
#include <stdint.h>

/* The multiples p (30 c + 1), p (30 c + 7), ... p (30 c + 29) are turn c of p. Turns are p bytes apart; the
 * turn that begins at byte p c ends before byte p (c + 1). */
struct pel_turns {
    uint32_t quotient; /* p / 30, of p = 30 quotient + residue, residue as in pel_wheel_residues */
    int32_t at;        /* where the next turn begins, from the segment's begin */
};

/* Sieving primes by their residues; ascending in each list. */
struct pel_turn_lists {
    struct pel_turns *list[8];
    size_t n[8];
    size_t active[8]; /* so many have a square that has been reached */
};

/* Lets the primes take part whose first turn (that of p * p, or the one that reaches into byte `byte`)
 * begins before byte + nbytes; `byte` is where the segment begins. */
void pel_turns_activate(struct pel_turn_lists *lists, uint64_t byte, size_t nbytes);

/* Takes all turns that begin before `end` in a segment that begins at `bytes`; the last ones reach up to
 * the largest prime's number of bytes beyond `end`, and at a chunk's begin as far back before `bytes`.
 * Then moves the segment's begin by `shift`. */
void pel_turns_cross(struct pel_turn_lists *lists, uint8_t *bytes, size_t end, size_t shift);

#endif
