#!/usr/bin/env python3
"""Writes kernels/bulk/math/tables.h: tables and polynomials of the functions of <pelton/math.h>.

All is computed here with 80 digits and rounded to doubles: tables from their definitions, polynomials by
interpolation at Chebyshev's points, which is within a few per cent of the best (Muller, Elementary
Functions, ch. 3), bits of 2/pi by Machin's formula in whole numbers.
"""
from decimal import Decimal, getcontext

getcontext().prec = 80
ONE = Decimal(1)
LN2 = Decimal(2).ln()
LN10 = Decimal(10).ln()


def arctan_of_inverse(n, one):
    """atan(1 / n) * one, in whole numbers."""
    term = total = one // n
    k, sign = 3, -1
    while term:
        term //= n * n
        total += sign * (term // k)
        k, sign = k + 2, -sign
    return total


def pi_times(one):
    guard = 1 << 64
    return (16 * arctan_of_inverse(5, one * guard) - 4 * arctan_of_inverse(239, one * guard)) // guard


PI = Decimal(pi_times(10**78)).scaleb(-78)


def series(x, first, ratio):
    """Sum of terms first, first * ratio(1), ... until they no longer count."""
    term = total = first
    k = 1
    while abs(term) > Decimal("1e-95"):
        term *= ratio(k)
        total += term
        k += 1
    return total


def sine(x):
    return series(x, x, lambda k: -x * x / (2 * k * (2 * k + 1)))


def cosine(x):
    return series(x, ONE, lambda k: -x * x / (2 * k * (2 * k - 1)))


def arctan(x):
    if x > Decimal("0.2"):  # atan(x) = 2 atan(x / (1 + sqrt(1 + x^2)))
        return 2 * arctan(x / (1 + (1 + x * x).sqrt()))
    power, total, k = x, Decimal(0), 1
    while abs(power) > Decimal("1e-95"):
        total += power / k
        power, k = -power * x * x, k + 2
    return total


def tail(coefficient, skip):
    """The function sum of coefficient(k) x^(k - skip), k >= skip, for small x."""

    def f(x):
        total, power, k = Decimal(0), ONE, skip
        while abs(power) > Decimal("1e-75") and k < 400:
            total += coefficient(k) * power
            power, k = power * x, k + 1
        return total

    return f


def factorial(k):
    return Decimal(1) if k < 2 else k * factorial(k - 1)


def polynomial(f, lo, hi, degree):
    """Coefficients, lowest first, of the polynomial that meets f at Chebyshev's points of [lo, hi]."""
    middle, half, count = (lo + hi) / 2, (hi - lo) / 2, degree + 1
    points = [middle + half * cosine(PI * (2 * k + 1) / (2 * count)) for k in range(count)]
    newton = [f(x) for x in points]
    for order in range(1, count):
        for k in range(count - 1, order - 1, -1):
            newton[k] = (newton[k] - newton[k - 1]) / (points[k] - points[k - order])
    result = [Decimal(0)] * count
    for k in range(count - 1, -1, -1):
        shifted = [Decimal(0)] + result[:-1]
        result = [a - points[k] * b for a, b in zip(shifted, result)]
        result[0] += newton[k]
    return result


def cut(x, bits):
    """x to a multiple of 2^-bits, nearest."""
    return Decimal(int((x * 2**bits).to_integral_value())) / Decimal(2) ** bits


def leading(x, bits):
    """x cut to so many significant bits."""
    exponent = 0
    while abs(x) * Decimal(2) ** exponent < 1:
        exponent += 1
    while abs(x) * Decimal(2) ** exponent >= 2:
        exponent -= 1
    return Decimal(int(x * Decimal(2) ** (exponent + bits - 1))) / Decimal(2) ** (exponent + bits - 1)


def double(x):
    mantissa, exponent = float(x).hex().split("p")
    return "0" if x == 0 else mantissa.rstrip("0").rstrip(".") + "p" + exponent


def define(name, x):
    print(f"#define {name} {double(x)}")


def array(name, numbers):
    print(f"static const double {name}[{len(numbers)}] = {{")
    for i in range(0, len(numbers), 4):
        print("    " + " ".join(f"{double(x)}," for x in numbers[i : i + 4]))
    print("};")


def exact(x):
    return Decimal(float(x))


def pair(name, numbers, bits=None):
    highs = [cut(x, bits) if bits else exact(x) for x in numbers]
    assert all(exact(h) == h for h in highs)
    array(name + "_high", highs)
    array(name + "_low", [x - h for x, h in zip(numbers, highs)])


def exponentials():
    print("\n/* 2^(j / 16); log(2) / 16, the high part of which has 37 bits; (e^r - 1 - r) / r^2. */")
    pair("exp_table", [(LN2 * j / 16).exp() for j in range(16)])
    high = leading(LN2 / 16, 37)
    define("EXP_STEPS", 16 / LN2)
    define("EXP_STEP_HIGH", high)
    define("EXP_STEP_LOW", LN2 / 16 - high)
    define("EXP_LN2", LN2)
    reach = LN2 / 32 * Decimal("1.001")
    array("exp_polynomial", polynomial(tail(lambda k: 1 / factorial(k), 2), -reach, reach, 5))


def reciprocals(count, start):
    """For each of count intervals, between start and 2 start, of numbers of which the first 1 + log2(count) bits of
    the fraction agree, 1 / middle to 12 bits, 1 for the one with 1 in it; and the largest |f| = |z c - 1|."""
    table, reach = [], []

    def edge(i):  # equal steps in the bits of a double
        fraction = (2 * start - 1) + Decimal(i) / count
        return (1 + fraction) / 2 if fraction < 1 else fraction

    for i in range(count):
        lo, hi = edge(i), edge(i + 1)
        c = ONE if lo < 1 < hi else leading(2 / (lo + hi), 12)
        table.append(c)
        reach.append(max(abs(lo * c - 1), abs(hi * c - 1)))
    return table, reach


def logarithms(prefix, count, start, degree, bases):
    table, reaches = reciprocals(count, start)
    reach = max(reaches)
    # FastTwoSum's condition where the exponent is 0; with others the first summand is larger
    assert all(c == 1 or abs(c.ln()) >= -(1 - f).ln() for c, f in zip(table, reaches))
    print(f"\n/* For z from {start} on in steps of {count} to the power of 2:"
          f" c, about 1 / z; -log(c);\n * (log(1 + f) - f + f^2 / 2) / f^3, |f| < {float(reach):.4f}. */")
    array(prefix + "_inverse", table)
    for name, base in bases:
        logs = [-c.ln() / base for c in table]
        pair(f"{prefix}_{name}", logs, 42)
    g = tail(lambda k: (1 if k % 2 else -1) / Decimal(k), 3)
    array(prefix + "_polynomial", polynomial(g, -reach, reach, degree))


def base_constants(name, base):
    two = LN2 / base
    define(f"{name}_OF_2_HIGH", cut(two, 42))
    define(f"{name}_OF_2_LOW", two - cut(two, 42))
    high = leading(1 / base, 26)
    define(f"{name}_OF_E_HIGH", high)
    define(f"{name}_OF_E_LOW", 1 / base - high)
    define(f"{name}_OF_E", 1 / base)


def circles():
    print("\n/* pi / 2 in parts of 33 bits, and what is left; (sin(r) - r) / r^3 and (cos(r) - 1 + r^2 / 2) /\n"
          " * r^4 of r^2; 2 / pi. */")
    rest = PI / 2
    for i in range(1, 3):
        part = leading(rest, 33)
        define(f"HALF_PI_{i}", part)
        rest -= part
    define("HALF_PI_3", rest)
    define("TWO_OVER_PI", 2 / PI)
    square = (PI / 4) ** 2 * Decimal("1.0001")
    array("sin_polynomial",
          polynomial(tail(lambda k: (-1) ** k / factorial(2 * k + 1), 1), Decimal(0), square, 6))
    array("cos_polynomial",
          polynomial(tail(lambda k: (-1) ** k / factorial(2 * k), 2), Decimal(0), square, 6))
    print("\n/* Angles as a sum of two; atan(i / 16); (atan(u) - u) / u^3 of u^2, |u| < 0.0324. */")
    for name, angle in (("HALF_PI", PI / 2), ("PI", PI)):
        define(name + "_HIGH", angle)
        define(name + "_LOW", angle - exact(angle))
    pair("atan_table", [arctan(Decimal(i) / 16) for i in range(16)])
    array("atan_polynomial",
          polynomial(tail(lambda k: (-1) ** k / Decimal(2 * k + 1), 1), Decimal(0), Decimal("0.0324") ** 2, 4))
    words = 20
    bits = 64 * words
    # floor(2 / pi * 2^bits)
    quotient = (2 << (2 * bits)) // pi_times(1 << bits)
    print("\n/* 64 bits of 0, and then the first 1280 of 2 / pi. */")
    print(f"static const uint64_t two_over_pi[{words + 1}] = {{\n    0,")
    for i in range(words):
        print(f"    UINT64_C(0x{quotient >> (64 * (words - 1 - i)) & (2**64 - 1):016x}),")
    print("};")


print("/* Written by scripts/math_tables.py, which says how. A table of pairs holds each number as a sum. */")
print("#ifndef PELTON_BULK_MATH_TABLES_H\n#define PELTON_BULK_MATH_TABLES_H\n\n#include <stdint.h>\n\n/* clang-format off */")
exponentials()
for name, base in (("LOG", ONE), ("LOG2", LN2), ("LOG10", LN10)):
    base_constants(name, base)
logarithms("log", 16, Decimal("0.671875"), 8, (("e", ONE), ("2", LN2), ("10", LN10)))
logarithms("fine_log", 128, Decimal("0.685546875"), 5, (("2", LN2),))
circles()
print("\n#endif")
