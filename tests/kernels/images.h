/* What the tests of the image kernels share: random images with guarded surroundings, comparison. */
#ifndef PELTON_TEST_IMAGES_H
#define PELTON_TEST_IMAGES_H

#include "support.h"

#include <pelton/image.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int test_threads[] = {1, 2, 3, 7};
enum { TEST_NTHREADS = 4 };

/* An image inside a block of its own, with odd padding after each row and guard bytes all round.
 * 16-bit rows stay 2-byte aligned. */
struct guarded {
    struct pel_image image;
    unsigned char *block;
    size_t nbytes;
};

enum { GUARD = 0xa5, GUARD_NBYTES = 34 };

static inline struct guarded guarded_make(size_t width, size_t height, int channels, int bits)
{
    struct guarded guarded = {
        .image = {.width = width, .height = height, .channels = channels, .bits = bits}};
    size_t sample_nbytes = (size_t)bits / 8;
    guarded.image.stride_bytes = pel_image_row_nbytes(&guarded.image) + 5 * sample_nbytes;
    guarded.nbytes = 2 * GUARD_NBYTES + height * guarded.image.stride_bytes;
    guarded.block = malloc(guarded.nbytes);
    assert_non_null(guarded.block);
    memset(guarded.block, GUARD, guarded.nbytes);
    guarded.image.data = guarded.block + GUARD_NBYTES;
    return guarded;
}

/* Frees it; fails the test where a byte outside the pixels has changed. */
static inline void guarded_free(struct guarded *guarded)
{
    const struct pel_image *image = &guarded->image;
    size_t row_nbytes = pel_image_row_nbytes(image);
    for (size_t i = 0; i < guarded->nbytes; i++) {
        bool inside = i >= GUARD_NBYTES && i < guarded->nbytes - GUARD_NBYTES &&
                      (i - GUARD_NBYTES) % image->stride_bytes < row_nbytes;
        if (!inside)
            assert_int_equal(guarded->block[i], GUARD);
    }
    free(guarded->block);
}

static inline unsigned get(const struct pel_image *image, size_t x, size_t y, int c)
{
    const unsigned char *row = image->data + y * image->stride_bytes;
    size_t i = x * (size_t)image->channels + (size_t)c;
    return image->bits == 8 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

static inline void put(const struct pel_image *image, size_t x, size_t y, int c, unsigned sample)
{
    unsigned char *row = image->data + y * image->stride_bytes;
    size_t i = x * (size_t)image->channels + (size_t)c;
    if (image->bits == 8)
        row[i] = (unsigned char)sample;
    else
        ((uint16_t *)(void *)row)[i] = (uint16_t)sample;
}

static inline unsigned sample_max(const struct pel_image *image)
{
    return image->bits == 8 ? 255 : 65535;
}

/* Noise, of which a third is at the ends of the range, where filters overshoot most. */
static inline void fill_random(const struct pel_image *image, struct test_random *random)
{
    for (size_t y = 0; y < image->height; y++)
        for (size_t x = 0; x < image->width; x++)
            for (int c = 0; c < image->channels; c++) {
                unsigned sample = (unsigned)test_random_below(random, sample_max(image) + 1);
                size_t kind = test_random_below(random, 6);
                put(image, x, y, c, kind == 0 ? 0 : kind == 1 ? sample_max(image) : sample);
            }
}

static inline void fill_constant(const struct pel_image *image, const unsigned samples[4])
{
    for (size_t y = 0; y < image->height; y++)
        for (size_t x = 0; x < image->width; x++)
            for (int c = 0; c < image->channels; c++)
                put(image, x, y, c, samples[c]);
}

static inline bool same_pixels(const struct pel_image *a, const struct pel_image *b)
{
    if (a->width != b->width || a->height != b->height || a->channels != b->channels ||
        a->bits != b->bits)
        return false;
    for (size_t y = 0; y < a->height; y++)
        if (memcmp(a->data + y * a->stride_bytes, b->data + y * b->stride_bytes,
                   pel_image_row_nbytes(a)) != 0)
            return false;
    return true;
}

static inline unsigned largest_difference(const struct pel_image *a, const struct pel_image *b)
{
    unsigned largest = 0;
    for (size_t y = 0; y < a->height; y++)
        for (size_t x = 0; x < a->width; x++)
            for (int c = 0; c < a->channels; c++) {
                unsigned p = get(a, x, y, c), q = get(b, x, y, c), d = p > q ? p - q : q - p;
                largest = d > largest ? d : largest;
            }
    return largest;
}

static inline double *doubles(const struct pel_image *image)
{
    double *out = calloc(image->width * image->height * (size_t)image->channels, sizeof *out);
    assert_non_null(out);
    return out;
}

/* Largest difference to the reference's unrounded samples: 0.5 is perfect rounding. Colours count
 * times alpha. */
static inline double difference_to(const struct pel_image *image, const double *reference)
{
    double largest = 0;
    bool alpha = pel_image_has_alpha(image);
    for (size_t y = 0; y < image->height; y++)
        for (size_t x = 0; x < image->width; x++)
            for (int c = 0; c < image->channels; c++, reference++) {
                double d = fabs(get(image, x, y, c) - *reference);
                if (alpha && c < image->channels - 1)
                    d *= get(image, x, y, image->channels - 1) / (double)sample_max(image);
                largest = fmax(largest, d);
            }
    return largest;
}

/* Runs body with `team` at every thread count and instruction set. */
#define FOR_EVERY_TEAM(team)                                                                       \
    for (int isa_ = 0; isa_ <= (int)pel_isa_best(); isa_++)                                        \
        for (int n_ = 0; n_ < TEST_NTHREADS; n_++)                                                 \
            for (struct pel_team team = {.nthreads = test_threads[n_], .isa = (enum pel_isa)isa_}, \
                                 *once_ = &team;                                                   \
                 once_; once_ = NULL)

#endif
