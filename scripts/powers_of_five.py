#!/usr/bin/env python3
"""Writes kernels/bulk/decimal/powers.c: the first 128 bits of the powers of five that numbers need."""

# 10^-342 times 19 digits is the least that is not rounded to 0; a double's last place can be 10^-324,
# which takes 10^324 to be an integer.
LOW, HIGH = -342, 324


def leading_bits(exponent):
    """5^exponent times the power of two that gives it 128 bits: cut for exponent >= 0, else raised."""
    if exponent >= 0:
        power = 5**exponent
        shift = power.bit_length() - 128
        return power >> shift if shift > 0 else power << -shift
    power = 5**-exponent
    quotient = (1 << (127 + power.bit_length())) // power
    return quotient + 1


print("/* Written by scripts/powers_of_five.py: for each power of five its first 128 bits, cut for exponents")
print(" * from 0 on (those up to 55 are exact), and for negative ones, which never are exact, one more. */")
print('#include "bulk/decimal/decimal.h"')
print()
print("/* clang-format off */")
print("const struct power_of_five pel_powers_of_five[POWERS_HIGH - POWERS_LOW + 1] = {")
for exponent in range(LOW, HIGH + 1):
    bits = leading_bits(exponent)
    assert bits.bit_length() == 128
    print(f"    {{0x{bits >> 64:016x}, 0x{bits & (2**64 - 1):016x}}},")
print("};")
