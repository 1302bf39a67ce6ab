/* Hostile bytes: cut, bent and crafted files, and allocations that fail. The answer is a picture or
 * an error. What is not asserted here (reads out of bounds, leaks) the sanitizers see. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pictures.h"

static const struct pel_decode_options bounded = {.max_pixels = 64000000, .max_nbytes = 512 << 20};
static const struct pel_decode_options bounded_keep = {
    .max_pixels = 64000000, .max_nbytes = 512 << 20, .keep_truncated = true};

/* ---- allocations ----------------------------------------------------------------------------- */

/* In plain builds malloc and its kin are ours: they count what is held, and one of them can be made
 * to fail, also for the libraries, which is why they are exported. The sanitizers need them for
 * themselves. */
#define COUNTS_MEMORY (!WITH_ASAN)

#if COUNTS_MEMORY
#include <malloc.h>

void *__libc_malloc(size_t nbytes);
void *__libc_realloc(void *p, size_t nbytes);
void *__libc_calloc(size_t n, size_t nbytes);
void *__libc_memalign(size_t alignment, size_t nbytes);
void __libc_free(void *p);

static bool counting;
static long until_failure = -1; /* allocations to go; -1: never */
static size_t held, peak;
static int filler; /* what fresh memory holds */

static bool fails(void)
{
    if (!counting || until_failure < 0)
        return false;
    return until_failure-- == 0;
}

static void *took(void *p)
{
    if (counting && p) {
        held += malloc_usable_size(p);
        if (held > peak)
            peak = held;
    }
    return p;
}

static void *took_fresh(void *p, size_t nbytes)
{
    if (counting && p)
        memset(p, filler, nbytes);
    return took(p);
}

static void gives(void *p)
{
    if (counting && p) {
        size_t nbytes = malloc_usable_size(p);
        held -= nbytes < held ? nbytes : held;
    }
}

PEL_API void *malloc(size_t nbytes)
{
    return fails() ? NULL : took_fresh(__libc_malloc(nbytes), nbytes);
}

PEL_API void *calloc(size_t n, size_t nbytes)
{
    return fails() ? NULL : took(__libc_calloc(n, nbytes));
}

PEL_API void *realloc(void *p, size_t nbytes)
{
    if (fails())
        return NULL;
    gives(p);
    return took(__libc_realloc(p, nbytes));
}

PEL_API void *aligned_alloc(size_t alignment, size_t nbytes)
{
    return fails() ? NULL : took_fresh(__libc_memalign(alignment, nbytes), nbytes);
}

PEL_API int posix_memalign(void **p, size_t alignment, size_t nbytes)
{
    *p = aligned_alloc(alignment, nbytes);
    return *p ? 0 : ENOMEM;
}

PEL_API void free(void *p)
{
    gives(p);
    __libc_free(p);
}

static int decode_counted(const struct test_sample *sample, long nallowed,
                          struct pel_picture *picture, struct pel_error *err)
{
    held = peak = 0;
    until_failure = nallowed;
    counting = true;
    int status = sample->codec->decode(sample->bytes.data, sample->bytes.nbytes, &bounded_keep,
                                       picture, err);
    counting = false;
    return status;
}

static void failing_allocations_are_reported_and_leak_nothing(void **state)
{
    (void)state;
    struct test_sample samples[TEST_SAMPLES_MAX];
    size_t n = test_samples_make(samples);
    for (size_t i = 0; i < n; i++) {
        int status = -ENOMEM;
        for (long k = 0; status != 0; k++) {
            struct pel_picture picture;
            struct pel_error err = {0};
            assert_in_range(k, 0, 1000);
            status = decode_counted(&samples[i], k, &picture, &err);
            if (status != 0) {
                if (status != -ENOMEM)
                    fail_msg("%s, allocation %ld: %d, %s", samples[i].name, k, status, err.message);
                assert_int_equal(held, 0);
                assert_null(picture.image.data);
            }
            pel_picture_free(&picture);
        }
    }
    test_samples_free(samples, n);
}

static void failing_allocations_of_encoders_leak_nothing(void **state)
{
    (void)state;
    struct pel_encode_options options = {0};
    struct pel_picture picture = {.orientation = 1};
    test_image_make(&picture.image, 300, 200, 3, 8, 1);
    for (const struct pel_codec *const *codec = pel_codecs(); *codec; codec++) {
        int status = (*codec)->encode ? -ENOMEM : 0;
        for (long k = 0; status != 0; k++) {
            struct pel_bytes bytes;
            assert_in_range(k, 0, 1000);
            held = 0;
            until_failure = k;
            counting = true;
            status = (*codec)->encode(&picture, &options, &bytes, NULL);
            counting = false;
            if (status != 0) {
                assert_int_equal(status, -ENOMEM);
                assert_int_equal(held, 0);
                assert_null(bytes.data);
            }
            pel_bytes_free(&bytes);
        }
    }
    pel_picture_free(&picture);
}

static void check_work_nbytes(const char *name, const struct pel_codec *codec,
                              struct pel_bytes bytes)
{
    struct test_sample sample = {name, codec, bytes};
    struct pel_picture_info info;
    struct pel_picture picture;
    assert_int_equal(codec->info(bytes.data, bytes.nbytes, &bounded, &info, NULL), 0);
    assert_int_equal(decode_counted(&sample, -1, &picture, NULL), 0);
    if (peak > info.image_nbytes + info.work_nbytes)
        fail_msg("%s: %zu bytes at peak, %zu + %zu promised", name, peak, info.image_nbytes,
                 info.work_nbytes);
    /* Honest also in the other direction: at most twice what it takes, beside a fixed part. */
    if (info.image_nbytes + info.work_nbytes > 2 * peak + (600 << 10))
        fail_msg("%s: only %zu bytes at peak, %zu + %zu promised", name, peak, info.image_nbytes,
                 info.work_nbytes);
    pel_picture_free(&picture);
    free(bytes.data);
}

static void work_nbytes_bounds_what_decoding_takes(void **state)
{
    (void)state;
    const struct pel_codec *png = pel_codec_for_name("png"), *jpeg = pel_codec_for_name("jpeg");
    const struct pel_codec *bmp = pel_codec_for_name("bmp"), *gif = pel_codec_for_name("gif");
    const struct pel_codec *tga = pel_codec_for_name("tga");
    check_work_nbytes("png 16", png,
                      test_png_write(&(struct test_png){3000, 200, 6, 16, false, false}, 1));
    check_work_nbytes("png interlaced", png,
                      test_png_write(&(struct test_png){3000, 200, 6, 16, true, false}, 1));
    check_work_nbytes("png palette", png,
                      test_png_write(&(struct test_png){5000, 100, 3, 1, false, true}, 1));
    for (int kind = 0; kind < 8; kind++) {
        struct test_jpeg how = {.width = 2001,
                                .height = 301,
                                .components = kind < 6 ? 3 : 4,
                                .progressive = kind & 1,
                                .no_subsampling = kind & 2,
                                .arithmetic = kind == 5,
                                .ycck = kind == 7};
        check_work_nbytes("jpeg", jpeg, test_jpeg_write(&how, 1));
    }
    check_work_nbytes(
        "bmp", bmp,
        test_bmp_write(&(struct test_bmp){.width = 900, .height = 300, .bpp = 8}, 1, NULL));
    check_work_nbytes("gif", gif, test_gif_write(&(struct test_gif){.width = 900, .height = 300}));
    check_work_nbytes(
        "tga", tga,
        test_tga_write(&(struct test_tga){.width = 900, .height = 300, .type = 10, .bpp = 32}, 1,
                       NULL));
}

static void mutate(unsigned char *data, size_t nbytes, struct test_random *random);

/* No pixel comes from memory that was never written: a bent file decodes to the same with any
 * filler. */
static void pixels_do_not_depend_on_what_memory_held(void **state)
{
    (void)state;
    struct test_sample samples[TEST_SAMPLES_MAX];
    size_t n = test_samples_make(samples), ncompared = 0;
    struct test_random random = {test_seed(99)};
    for (size_t i = 0; i < 300 * n; i++) {
        struct test_sample bent = samples[i % n];
        struct pel_picture pictures[2];
        int status[2];
        bent.bytes.data = malloc(bent.bytes.nbytes);
        assert_non_null(bent.bytes.data);
        memcpy(bent.bytes.data, samples[i % n].bytes.data, bent.bytes.nbytes);
        mutate(bent.bytes.data, bent.bytes.nbytes, &random);
        if (i % 3 == 0)
            bent.bytes.nbytes -= test_random_below(&random, bent.bytes.nbytes);
        for (int k = 0; k < 2; k++) {
            filler = k ? 0xa5 : 0x11;
            status[k] = decode_counted(&bent, -1, &pictures[k], NULL);
        }
        assert_int_equal(status[0], status[1]);
        if (status[0] == 0 && !test_images_equal(&pictures[0].image, &pictures[1].image))
            fail_msg("%s: pixels differ", bent.name);
        ncompared += status[0] == 0;
        pel_picture_free(&pictures[0]);
        pel_picture_free(&pictures[1]);
        free(bent.bytes.data);
    }
    filler = 0;
    assert_true(ncompared > 10 * n);
    test_samples_free(samples, n);
}
#endif

/* ---- cut and bent files ---------------------------------------------------------------------- */

/* Exactly nbytes on the heap, so that reading beyond them shows under the sanitizers. */
static unsigned char *tight_copy(const unsigned char *data, size_t nbytes)
{
    unsigned char *copy = malloc(nbytes ? nbytes : 1);
    assert_non_null(copy);
    memcpy(copy, data, nbytes);
    return copy;
}

/* Checks what must hold for any bytes; the status. */
static int try_decode(const struct pel_codec *codec, const unsigned char *data, size_t nbytes,
                      const struct pel_decode_options *options, struct pel_picture *picture)
{
    struct pel_error err = {0};
    struct pel_picture_info info;
    int known = codec->info(data, nbytes, options, &info, NULL);
    int status = codec->decode(data, nbytes, options, picture, &err);
    if (status == 0) {
        assert_int_equal(known, 0);
        assert_int_equal(picture->image.width, info.width);
        assert_int_equal(picture->image.height, info.height);
        assert_int_equal(picture->image.channels, info.channels);
        assert_in_range(picture->orientation, 1, 8);
        unsigned sum = 0; /* undefined pixels would show under a memory checker */
        for (size_t y = 0; y < info.height; y++)
            sum += picture->image.data[y * picture->image.stride_bytes];
        assert_true(sum < UINT32_MAX);
        if (picture->flags & (PEL_PICTURE_TRUNCATED | PEL_PICTURE_WARNING))
            assert_true(picture->warning[0] != 0);
    } else {
        assert_true(status < 0);
        assert_int_equal(err.code, status);
        assert_int_equal(err.stage, PEL_STAGE_DECODE);
        assert_true(err.message[0] != 0);
        assert_null(picture->image.data);
        assert_null(picture->icc.data);
    }
    return status;
}

/* A cut file is refused, and with keep_truncated refused or flagged. What may be missing without
 * loss: an end marker, or what follows the last pixel. */
static void check_cut(const struct test_sample *sample, size_t nbytes,
                      const struct pel_picture *whole, size_t *nkept)
{
    unsigned char *copy = tight_copy(sample->bytes.data, nbytes);
    struct pel_picture strict, kept;
    int status = try_decode(sample->codec, copy, nbytes, &bounded, &strict);
    int status_kept = try_decode(sample->codec, copy, nbytes, &bounded_keep, &kept);
    if (status == 0) {
        assert_true(test_images_equal(&strict.image, &whole->image));
        if (!(whole->flags & PEL_PICTURE_ANIMATED)) /* of those, the first frame is all we want */
            assert_in_range(sample->bytes.nbytes - nbytes, 1, 3);
        assert_int_equal(status_kept, 0);
    }
    if (status_kept == 0 && status != 0) {
        assert_true(kept.flags & PEL_PICTURE_TRUNCATED);
        ++*nkept;
    }
    pel_picture_free(&strict);
    pel_picture_free(&kept);
    free(copy);
}

static void cut_files_are_refused_or_flagged(void **state)
{
    (void)state;
    struct test_sample samples[TEST_SAMPLES_MAX];
    size_t n = test_samples_make(samples);
    for (size_t i = 0; i < n; i++) {
        const struct pel_bytes *bytes = &samples[i].bytes;
        struct pel_picture whole;
        size_t nkept = 0;
        assert_int_equal(try_decode(samples[i].codec, bytes->data, bytes->nbytes, &bounded, &whole),
                         0);
        for (size_t nbytes = 0; nbytes < bytes->nbytes; nbytes++)
            check_cut(&samples[i], nbytes, &whole, &nkept);
        if (nkept == 0 && whole.image.height > 16)
            fail_msg("%s: nothing was ever kept", samples[i].name);
        pel_picture_free(&whole);
    }
    test_samples_free(samples, n);
}

static void mutate(unsigned char *data, size_t nbytes, struct test_random *random)
{
    size_t nchanges = 1 + test_random_below(random, 4);
    for (size_t i = 0; i < nchanges; i++) {
        /* Half of the changes near the start, where the structure is. */
        size_t span = test_random_below(random, 2) && nbytes > 64 ? 64 : nbytes;
        size_t at = test_random_below(random, span);
        switch (test_random_below(random, 4)) {
        case 0:
            data[at] ^= (unsigned char)(1u << test_random_below(random, 8));
            break;
        case 1:
            data[at] = (unsigned char)test_random_next(random);
            break;
        case 2:
            data[at] = test_random_below(random, 2) ? 0xff : 0;
            break;
        default:
            data[at] = data[test_random_below(random, nbytes)];
        }
    }
}

static void bent_files_give_a_picture_or_an_error(void **state)
{
    (void)state;
    enum { ROUNDS = 2000 };
    struct test_sample samples[TEST_SAMPLES_MAX];
    size_t n = test_samples_make(samples), nok = 0, nrefused = 0;
    struct test_random random = {test_seed(20261122)};
    struct pel_decode_options options = {.max_pixels = 1000000, .max_nbytes = 64 << 20};
    for (size_t i = 0; i < n; i++) {
        for (int round = 0; round < ROUNDS; round++) {
            const struct pel_bytes *bytes = &samples[i].bytes;
            unsigned char *copy = tight_copy(bytes->data, bytes->nbytes);
            struct pel_picture picture;
            mutate(copy, bytes->nbytes, &random);
            options.keep_truncated = round & 1;
            options.luma_only = round & 2;
            alarm(20);
            int status = try_decode(samples[i].codec, copy, bytes->nbytes, &options, &picture);
            alarm(0);
            *(status == 0 ? &nok : &nrefused) += 1;
            pel_picture_free(&picture);
            free(copy);
        }
    }
    printf("%zu decoded, %zu refused\n", nok, nrefused);
    assert_true(nok > n * ROUNDS / 20);
    assert_true(nrefused > n * ROUNDS / 20);
    test_samples_free(samples, n);
}

static void noise_behind_a_signature_is_survived(void **state)
{
    (void)state;
    struct test_random random = {test_seed(4711)};
    static const char *const heads[] = {"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "BM",
                                        "P6 8 8 255\n",      "GIF89a",       ""};
    struct pel_decode_options options = {.max_pixels = 1000000, .keep_truncated = true};
    for (size_t i = 0; i < 3000; i++) {
        const char *head = heads[i % 6];
        unsigned char data[200];
        size_t nbytes = 20 + test_random_below(&random, 180);
        for (size_t k = 0; k < nbytes; k++)
            data[k] = (unsigned char)(test_random_next(&random) & test_random_next(&random));
        memcpy(data, head, strlen(head));
        unsigned char *copy = tight_copy(data, nbytes);
        struct pel_picture picture;
        for (const struct pel_codec *const *codec = pel_codecs(); *codec; codec++) {
            (void)try_decode(*codec, copy, nbytes, &options, &picture);
            pel_picture_free(&picture);
        }
        free(copy);
    }
}

/* ---- corpora --------------------------------------------------------------------------------- */

struct tally {
    size_t nfiles, nok, nkept, nrefused;
    double slowest;
    char slowest_name[256];
};

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void try_file(struct tally *tally, const char *name, const unsigned char *data,
                     size_t nbytes, const struct pel_codec *codec)
{
    struct pel_picture picture;
    double start = now();
    alarm(60); /* a hang ends the program */
    int status = try_decode(codec, data, nbytes, &bounded, &picture);
    pel_picture_free(&picture);
    int status_kept = try_decode(codec, data, nbytes, &bounded_keep, &picture);
    pel_picture_free(&picture);
    alarm(0);
    double seconds = now() - start;
    tally->nok += status == 0;
    tally->nkept += status != 0 && status_kept == 0;
    tally->nrefused += status_kept != 0;
    if (seconds > tally->slowest) {
        tally->slowest = seconds;
        (void)snprintf(tally->slowest_name, sizeof tally->slowest_name, "%s", name);
    }
}

/* Decodes every file of a corpus with the format it is meant for, whatever its first bytes say. */
static void survive_corpus(const char *corpus, const char *format)
{
    const char *folder = test_corpus(corpus);
    if (!folder)
        skip();
    struct tally tally = {0};
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        size_t nbytes;
        unsigned char *data = test_file_read(test_path(folder, entry->d_name), &nbytes);
        unsigned char *copy = tight_copy(data, nbytes);
        try_file(&tally, entry->d_name, copy, nbytes, pel_codec_for_name(format));
        tally.nfiles++;
        free(copy);
        free(data);
    }
    closedir(dir);
    printf("%s: %zu files: %zu decoded, %zu kept though cut, %zu refused; slowest %.3f s: %s\n",
           corpus, tally.nfiles, tally.nok, tally.nkept, tally.nrefused, tally.slowest,
           tally.slowest_name);
    assert_true(tally.nfiles > 100);
    assert_int_equal(tally.nok + tally.nkept + tally.nrefused, tally.nfiles);
}

static void fuzzed_png_files_are_survived(void **state)
{
    (void)state;
    survive_corpus("fuzz-png", "png");
}

static void fuzzed_jpeg_files_are_survived(void **state)
{
    (void)state;
    survive_corpus("fuzz-jpeg", "jpeg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if COUNTS_MEMORY
        cmocka_unit_test(failing_allocations_are_reported_and_leak_nothing),
        cmocka_unit_test(failing_allocations_of_encoders_leak_nothing),
        cmocka_unit_test(work_nbytes_bounds_what_decoding_takes),
        cmocka_unit_test(pixels_do_not_depend_on_what_memory_held),
#endif
        cmocka_unit_test(cut_files_are_refused_or_flagged),
        cmocka_unit_test(bent_files_give_a_picture_or_an_error),
        cmocka_unit_test(noise_behind_a_signature_is_survived),
        cmocka_unit_test(fuzzed_png_files_are_survived),
        cmocka_unit_test(fuzzed_jpeg_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
