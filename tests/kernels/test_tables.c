/* The tables behind resize: weights that add up to exactly 1, and transfer functions. */
#include "images.h"

#include "image/transfer.h"
#include "image/weights.h"

/* ---- weights -------------------------------------------------------------------------------- */

static void check_position(const struct pel_weights *weights, size_t i, size_t nin, double centre)
{
    const struct pel_taps taps = weights->taps[i];
    const float *weight = weights->weight + i * weights->stride;
    double sum = 0;
    assert_true(taps.count >= 1 && taps.count <= weights->stride);
    assert_true((size_t)taps.first + taps.count <= nin);
    /* Multiples of 2^-50 and below 2: double adds them without rounding. */
    for (size_t t = 0; t < weights->stride; t++) {
        assert_true(t < taps.count || weight[t] == 0);
        assert_true(ldexp(weight[t], 50) == floor(ldexp(weight[t], 50)));
        sum += weight[t];
    }
    if (sum != 1)
        fail_msg("position %zu of %zu, %zu in: the weights add up to 1 + %g", i, weights->nout, nin,
                 sum - 1);
    assert_true(centre >= taps.first && centre <= (double)taps.first + taps.count);
}

static void check_weights(enum pel_filter filter, size_t nin, size_t nout, double offset,
                          double length)
{
    struct pel_weights weights;
    size_t nbytes;
    double scale = length / (double)nout;
    assert_int_equal(pel_weights_nbytes(filter, nin, nout, scale, &nbytes), 0);
    assert_int_equal(nbytes % 4, 0);
    void *memory = aligned_alloc(64, (nbytes + 63) / 64 * 64);
    assert_non_null(memory);
    pel_weights_init(&weights, filter, nin, nout, offset, scale, memory);
    assert_int_equal(weights.stride % PEL_LANES, 0);
    for (size_t i = 0; i < nout; i++) {
        check_position(&weights, i, nin, offset + ((double)i + 0.5) * scale);
        if (i > 0) {
            const struct pel_taps before = weights.taps[i - 1], now = weights.taps[i];
            assert_true(now.first >= before.first);
            assert_true(now.first + now.count >= before.first + before.count);
        }
    }
    free(memory);
}

static void test_weights_add_up_to_one(void **state)
{
    (void)state;
    struct test_random random = {test_seed(61)};
    for (enum pel_filter filter = 0; filter < PEL_FILTER_NEAREST; filter++) {
        for (int k = 0; k < 300; k++) {
            size_t nin = 1 + test_random_below(&random, 1000);
            size_t nout = 1 + test_random_below(&random, 400);
            check_weights(filter, nin, nout, 0, (double)nin);
            double offset = (double)test_random_below(&random, nin * 16) / 17;
            double length = ((double)nin - offset) / (double)(1 + test_random_below(&random, 9));
            check_weights(filter, nin, nout, offset, length);
        }
        check_weights(filter, 1, 1, 0, 1);
        check_weights(filter, 200000, 1, 0, 200000);
        check_weights(filter, 1, 200000, 0, 1);
        check_weights(filter, 3000000, 3, 0, 3000000);
    }
}

/* Whole distances leave one tap of the interpolating kernels, and it is 1. */
static void test_equal_size_has_one_tap(void **state)
{
    (void)state;
    static const enum pel_filter interpolating[] = {PEL_FILTER_BOX, PEL_FILTER_TRIANGLE,
                                                    PEL_FILTER_CATMULLROM, PEL_FILTER_LANCZOS3};
    for (size_t f = 0; f < 4; f++) {
        struct pel_weights weights;
        _Alignas(64) unsigned char memory[16384];
        pel_weights_init(&weights, interpolating[f], 50, 50, 0, 1, memory);
        for (size_t i = 0; i < 50; i++)
            for (size_t t = 0; t < weights.taps[i].count; t++)
                assert_true(weights.weight[i * weights.stride + t] ==
                            (weights.taps[i].first + t == i ? 1 : 0));
    }
}

static void test_box_between_two_pixels_takes_half_of_each(void **state)
{
    (void)state;
    struct pel_weights weights;
    _Alignas(64) unsigned char memory[4096];
    pel_weights_init(&weights, PEL_FILTER_BOX, 2, 3, 0, 2.0 / 3, memory);
    const float *middle = weights.weight + weights.stride;
    assert_int_equal(weights.taps[1].count, 2);
    assert_true(middle[0] == 0.5f && middle[1] == 0.5f);
}

/* ---- transfer functions ----------------------------------------------------------------------- */

static double srgb(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static void test_decoding_is_the_srgb_function(void **state)
{
    (void)state;
    struct pel_transfer transfer;
    for (int i = 0; i <= 100000; i++)
        assert_true(fabs(pel_srgb_decode(i / 1e5) - srgb(i / 1e5)) <= 1e-15);
    pel_transfer_init(&transfer, PEL_SPACE_LINEAR, 8);
    for (unsigned code = 0; code < 256; code++)
        assert_true(pel_transfer_decode(&transfer, code) == (float)srgb(code / 255.0));
    pel_transfer_init(&transfer, PEL_SPACE_LINEAR, 16);
    for (unsigned code = 0; code < 65536; code++) {
        double exact = srgb(code / 65535.0);
        assert_true(fabs(pel_transfer_decode(&transfer, code) - exact) <= 2e-7 * exact);
    }
}

/* On both sides of every limit between two levels. */
static void test_encoding_8_bits_gives_the_nearest_level(void **state)
{
    (void)state;
    struct pel_transfer transfer;
    pel_transfer_init(&transfer, PEL_SPACE_LINEAR, 8);
    for (unsigned code = 0; code < 255; code++) {
        float limit = (float)srgb((code + 0.5) / 255.0);
        assert_int_equal(pel_transfer_encode(&transfer, limit * 0.9999998f), code);
        assert_int_equal(pel_transfer_encode(&transfer, limit * 1.0000002f), code + 1);
    }
    static const float out[] = {-1e30f, -1, -0.0f, 0, 1, 1.0000001f, 2, 1e30f};
    for (int i = 0; i < 8; i++)
        assert_int_equal(pel_transfer_encode(&transfer, out[i]), i < 4 ? 0 : 255);
}

static void test_encoding_16_bits_is_wrong_only_next_to_a_limit(void **state)
{
    (void)state;
    struct pel_transfer transfer;
    pel_transfer_init(&transfer, PEL_SPACE_LINEAR, 16);
    for (unsigned code = 0; code < 65535; code++) {
        assert_int_equal(pel_transfer_encode(&transfer, (float)srgb((code + 0.48) / 65535.0)),
                         code);
        assert_int_equal(pel_transfer_encode(&transfer, (float)srgb((code + 0.52) / 65535.0)),
                         code + 1);
    }
    assert_int_equal(pel_transfer_encode(&transfer, -5), 0);
    assert_int_equal(pel_transfer_encode(&transfer, 5), 65535);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_add_up_to_one),
        cmocka_unit_test(test_equal_size_has_one_tap),
        cmocka_unit_test(test_box_between_two_pixels_takes_half_of_each),
        cmocka_unit_test(test_decoding_is_the_srgb_function),
        cmocka_unit_test(test_encoding_8_bits_gives_the_nearest_level),
        cmocka_unit_test(test_encoding_16_bits_is_wrong_only_next_to_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
