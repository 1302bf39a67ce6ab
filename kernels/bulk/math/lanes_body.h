/* Words that the bodies share, for one instruction set: see core/levels.h.
 *
 * The same operations on doubles are done at each level, in the same order and none fused, so that
 * the bits agree; levels differ in how a table is looked up and how a mask is tested. */

typedef double LEVEL(f64s) PEL_VECTOR(LEVEL_NBYTES);
typedef int64_t LEVEL(i64s) PEL_VECTOR(LEVEL_NBYTES);
typedef uint64_t LEVEL(u64s) PEL_VECTOR(LEVEL_NBYTES);
typedef float LEVEL(f32s) PEL_VECTOR(LEVEL_NBYTES / 2);

#define F64S LEVEL(f64s)
#define I64S LEVEL(i64s)
#define U64S LEVEL(u64s)
#define F32S LEVEL(f32s)

/* A number as the sum of two, the second at most half an ulp of the first. */
struct LEVEL(sum) {
    F64S high, low;
};
#define SUM struct LEVEL(sum)

/* `mask ? a : b`, of vectors; SPLAT makes one of a number. */
#define SELECT(mask, a, b) ((F64S)(((I64S)(a) & (I64S)(mask)) | ((I64S)(b) & ~(I64S)(mask))))
#define SPLAT(number) ((F64S){0} + (number))
#define MAGNITUDE(x) ((F64S)((U64S)(x)&UINT64_MAX >> 1))
#define SIGN(x) ((U64S)(x)&UINT64_C(1) << 63)

/* The first 26 bits; what they leave has 27, so that the products of Dekker (1971) are exact. */
#define LEADING(x) ((F64S)((U64S)(x)&UINT64_MAX << 27))

/* Is the mask true in some lane? */
TARGET PEL_INLINE bool LEVEL(any)(I64S mask)
{
#if LEVEL_NBYTES == 64
    return _mm512_movepi64_mask((__m512i)mask) != 0;
#elif LEVEL_NBYTES == 32
    return _mm256_movemask_pd((__m256d)mask) != 0;
#else
    return (mask[0] | mask[1]) != 0;
#endif
}

/* table[index mod 16] of each lane. */
TARGET PEL_INLINE F64S LEVEL(of_16)(const double *table, U64S index)
{
#if LEVEL_NBYTES ==                                                                                \
    64 /* has registers for the table, and the instruction takes four bits of the index */
    return (F64S)_mm512_permutex2var_pd(_mm512_loadu_pd(table), (__m512i)index,
                                        _mm512_loadu_pd(table + 8));
#elif LEVEL_NBYTES == 32
    return (F64S)_mm256_i64gather_pd(table, (__m256i)(index & 15), 8);
#else
    return (F64S){table[index[0] & 15], table[index[1] & 15]};
#endif
}

/* table[index] of each lane. */
TARGET PEL_INLINE F64S LEVEL(of_table)(const double *table, U64S index)
{
#if LEVEL_NBYTES == 64
    return (F64S)_mm512_i64gather_pd((__m512i)index, table, 8);
#elif LEVEL_NBYTES == 32
    return (F64S)_mm256_i64gather_pd(table, (__m256i)index, 8);
#else
    return (F64S){table[index[0]], table[index[1]]};
#endif
}

/* coefficients[0] + x (coefficients[1] + ...), n >= 4: of what is between parentheses even and odd
 * powers are added up beside each other, so that the chain of operations is half as long. */
TARGET PEL_INLINE F64S LEVEL(polynomial_of)(const F64S *coefficients, int n, F64S x)
{
    F64S square = x * x, one = coefficients[n - 1], other = coefficients[n - 2];
    for (int k = n - 3; k >= 1; k--) {
        F64S next = one * square + coefficients[k];
        one = other;
        other = next;
    }
    return (other + one * x) * x + coefficients[0];
}

/* The same of numbers. */
TARGET PEL_INLINE F64S LEVEL(polynomial)(const double *numbers, int n, F64S x)
{
    F64S coefficients[TERMS_MOST];
    for (int k = 0; k < n; k++)
        coefficients[k] = SPLAT(numbers[k]);
    return LEVEL(polynomial_of)(coefficients, n, x);
}
#define POLYNOMIAL(table, x) LEVEL(polynomial)(table, sizeof(table) / sizeof(table)[0], x)

/* a + b without error where |a| >= |b| (Dekker 1971). */
TARGET PEL_INLINE SUM LEVEL(quick_sum)(F64S a, F64S b)
{
    F64S high = a + b;
    return (SUM){high, b - (high - a)};
}

/* a b - product, product being a b rounded, without error (Dekker 1971) where no part is below
 * 2^-1022 or beyond DBL_MAX. */
TARGET PEL_INLINE F64S LEVEL(product_rest)(F64S a, F64S b, F64S product)
{
    F64S a_high = LEADING(a), b_high = LEADING(b), a_low = a - a_high, b_low = b - b_high;
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}

/* a + b without error (Knuth 1969). */
TARGET PEL_INLINE SUM LEVEL(two_sum)(F64S a, F64S b)
{
    F64S high = a + b, part = high - a;
    return (SUM){high, (a - (high - part)) + (b - part)};
}

/* a / b. What the quotient leaves of a is found without error but for the low parts. */
TARGET PEL_INLINE SUM LEVEL(divide)(SUM a, SUM b)
{
    F64S inverse = 1 / b.high, quotient = a.high * inverse, product = quotient * b.high;
    F64S error = LEVEL(product_rest)(quotient, b.high, product);
    F64S rest = ((a.high - product) - error) + (a.low - quotient * b.low);
    return (SUM){quotient, rest * inverse};
}
