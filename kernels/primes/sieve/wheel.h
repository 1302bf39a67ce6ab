/* The wheel of 30 in numbers and bits: which byte and bit of a bitmap (see primes/sieve.h) a number has. */
#ifndef PELTON_PRIMES_SIEVE_WHEEL_H
#define PELTON_PRIMES_SIEVE_WHEEL_H

#include <stdint.h>

/* The numbers below 30 that are coprime to it, as cofactors of a prime. */
static const uint8_t pel_wheel_coprime[8] = {1, 7, 11, 13, 17, 19, 23, 29};

/* The bit of a number that is coprime to 30. */
static inline uint8_t pel_wheel_bit(uint64_t n)
{
    static const uint8_t bit_of[30] = {
        [7] = 1, [11] = 2, [13] = 4, [17] = 8, [19] = 16, [23] = 32, [29] = 64, [1] = 128};
    return bit_of[n % 30];
}

#endif
