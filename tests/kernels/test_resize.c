/* What resize promises beside its formula (for that see test_resize_accuracy.c): the same bytes for any
 * team, and what follows from the physics without any formula. */
#include "images.h"

#include <pelton/crew.h>

static const struct pel_team serial = {.nthreads = 1, .isa = PEL_ISA_COUNT - 1};

static void resize(const struct guarded *src, const struct guarded *dst, enum pel_filter filter,
                   enum pel_space space)
{
    const struct pel_resize how = {.filter = filter, .space = space};
    struct pel_image out = dst->image;
    assert_int_equal(pel_image_resize(&src->image, &out, &how, &serial, NULL), 0);
}

#define FOR_EVERY_FILTER(filter)                                                                   \
    for (enum pel_filter filter = 0; filter < PEL_FILTER_COUNT; filter++)
#define FOR_EVERY_SPACE(space)                                                                     \
    for (enum pel_space space = PEL_SPACE_LINEAR; space < PEL_SPACE_COUNT; space++)

static void test_no_options_are_the_usual_ones(void **state)
{
    (void)state;
    struct test_random random = {test_seed(29)};
    struct guarded src = guarded_make(40, 30, 3, 8), named = guarded_make(17, 11, 3, 8),
                   usual = guarded_make(17, 11, 3, 8);
    fill_random(&src.image, &random);
    resize(&src, &named, PEL_FILTER_LANCZOS3, PEL_SPACE_LINEAR);
    assert_int_equal(pel_image_resize(&src.image, &usual.image, NULL, &serial, NULL), 0);
    assert_true(same_pixels(&named.image, &usual.image));
    guarded_free(&src);
    guarded_free(&named);
    guarded_free(&usual);
}

/* ---- the same bytes ------------------------------------------------------------------------- */

static const struct {
    size_t width, height, to_width, to_height;
} shapes[] = {
    {1, 1, 1, 1},      {1, 9, 3, 20},      {37, 300, 23, 211},  {61, 90, 17, 9},
    {40, 40, 90, 200}, {8, 1000, 7, 40},   {700, 130, 65, 128}, {33, 65, 31, 64},
    {5, 2000, 5, 1},   {3000, 20, 10, 19}, {16, 16, 16, 400},
};
enum { NSHAPES = sizeof shapes / sizeof shapes[0] };

static void check_every_team(int shape, const struct pel_resize *how, int channels, int bits,
                             struct test_random *random)
{
    struct guarded src = guarded_make(shapes[shape].width, shapes[shape].height, channels, bits);
    struct guarded first = {0};
    fill_random(&src.image, random);
    FOR_EVERY_TEAM(team)
    {
        struct guarded dst =
            guarded_make(shapes[shape].to_width, shapes[shape].to_height, channels, bits);
        assert_int_equal(pel_image_resize(&src.image, &dst.image, how, &team, NULL), 0);
        if (!first.block) {
            first = dst;
            continue;
        }
        if (!same_pixels(&first.image, &dst.image))
            fail_msg("%s, shape %d, %d channels, %d bits: %d threads, %s differ from serial "
                     "baseline",
                     pel_filter_name(how->filter), shape, channels, bits, team.nthreads,
                     pel_isa_name(team.isa));
        guarded_free(&dst);
    }
    guarded_free(&first);
    guarded_free(&src);
}

static void test_same_bytes_for_every_team(void **state)
{
    (void)state;
    struct test_random random = {test_seed(51)};
    for (int shape = 0; shape < NSHAPES; shape++)
        FOR_EVERY_FILTER(filter)
    for (int channels = 1; channels <= 4; channels++) {
        const struct pel_resize how = {.filter = filter,
                                       .space = (enum pel_space)((shape + channels) % 2)};
        check_every_team(shape, &how, channels, shape % 3 ? 8 : 16, &random);
    }
}

struct crew_job {
    struct guarded src, dst[3];
    int status, nmembers;
};

static void crew_member(void *ctx, struct pel_crew *crew, int index)
{
    struct crew_job *job = ctx;
    const struct pel_resize how = {.filter = PEL_FILTER_LANCZOS3};
    struct pel_team team = pel_team(3);
    team.crew = crew;
    int status = pel_image_resize(&job->src.image, &job->dst[index].image, &how, &team, NULL);
    __atomic_fetch_add(&job->status, status, __ATOMIC_RELAXED);
    __atomic_fetch_add(&job->nmembers, 1, __ATOMIC_RELAXED);
}

static void test_same_bytes_in_a_crew(void **state)
{
    (void)state;
    struct test_random random = {test_seed(52)};
    struct crew_job job = {.src = guarded_make(300, 800, 3, 8)};
    struct guarded expected = guarded_make(100, 500, 3, 8);
    fill_random(&job.src.image, &random);
    resize(&job.src, &expected, PEL_FILTER_LANCZOS3, PEL_SPACE_LINEAR);
    for (int i = 0; i < 3; i++)
        job.dst[i] = guarded_make(100, 500, 3, 8);
    assert_int_equal(pel_crew_work(3, NULL, crew_member, NULL, &job), 0);
    assert_int_equal(job.status, 0);
    for (int i = 0; i < job.nmembers; i++)
        assert_true(same_pixels(&job.dst[i].image, &expected.image));
    for (int i = 0; i < 3; i++)
        guarded_free(&job.dst[i]);
    guarded_free(&expected);
    guarded_free(&job.src);
}

/* ---- constant, checker, identity ------------------------------------------------------------- */

static void check_constant(size_t w, size_t h, size_t tw, size_t th, int bits,
                           struct test_random *random)
{
    FOR_EVERY_FILTER(filter)
    FOR_EVERY_SPACE(space)
    for (int channels = 1; channels <= 4; channels++) {
        struct guarded src = guarded_make(w, h, channels, bits);
        struct guarded dst = guarded_make(tw, th, channels, bits);
        struct guarded expected = guarded_make(tw, th, channels, bits);
        unsigned color[4];
        for (int c = 0; c < 4; c++)
            color[c] = (unsigned)test_random_below(random, sample_max(&src.image)) + 1;
        fill_constant(&src.image, color);
        fill_constant(&expected.image, color);
        resize(&src, &dst, filter, space);
        if (!same_pixels(&dst.image, &expected.image))
            fail_msg("%s %s %zux%zu -> %zux%zu, %d channels, %d bits: %u becomes %u",
                     pel_filter_name(filter), pel_space_name(space), w, h, tw, th, channels, bits,
                     color[0], get(&dst.image, 0, 0, 0));
        guarded_free(&src);
        guarded_free(&dst);
        guarded_free(&expected);
    }
}

static void test_constant_stays_constant(void **state)
{
    (void)state;
    struct test_random random = {test_seed(53)};
    for (int bits = 8; bits <= 16; bits += 8) {
        check_constant(37, 41, 11, 13, bits, &random);
        check_constant(11, 13, 37, 41, bits, &random);
        check_constant(2999, 3, 7, 1, bits, &random);
        check_constant(3, 2999, 1, 7, bits, &random);
        check_constant(1, 1, 9, 9, bits, &random);
    }
}

/* Every level of a gray ramp, as an image of one pixel enlarged, or as equal size. */
static void test_equal_size_keeps_every_level(void **state)
{
    (void)state;
    static const enum pel_filter interpolating[] = {PEL_FILTER_NEAREST, PEL_FILTER_BOX,
                                                    PEL_FILTER_TRIANGLE, PEL_FILTER_CATMULLROM,
                                                    PEL_FILTER_LANCZOS3};
    for (int bits = 8; bits <= 16; bits += 8)
        for (size_t f = 0; f < 5; f++)
            FOR_EVERY_SPACE(space)
            {
                size_t side = bits == 8 ? 16 : 256;
                struct guarded src = guarded_make(side, side, 4, bits);
                struct guarded dst = guarded_make(side, side, 4, bits);
                for (size_t y = 0; y < side; y++)
                    for (size_t x = 0; x < side; x++)
                        for (int c = 0; c < 4; c++)
                            put(&src.image, x, y, c,
                                c == 3 ? sample_max(&src.image) - (unsigned)(x % 7)
                                       : (unsigned)(y * side + x));
                resize(&src, &dst, interpolating[f], space);
                assert_true(same_pixels(&src.image, &dst.image));
                guarded_free(&src);
                guarded_free(&dst);
            }
}

static void test_checker_averages_light(void **state)
{
    (void)state;
    struct guarded src = guarded_make(64, 64, 1, 8), dst = guarded_make(16, 16, 1, 8);
    for (size_t y = 0; y < 64; y++)
        for (size_t x = 0; x < 64; x++)
            put(&src.image, x, y, 0, (x + y) % 2 ? 255 : 0);
    FOR_EVERY_FILTER(filter)
    {
        if (filter == PEL_FILTER_NEAREST)
            continue;
        resize(&src, &dst, filter, PEL_SPACE_LINEAR);
        for (size_t i = 4; i < 12; i++)
            assert_int_equal(get(&dst.image, i, 15 - i, 0), 188);
        resize(&src, &dst, filter, PEL_SPACE_GAMMA);
        for (size_t i = 4; i < 12; i++)
            assert_in_range(get(&dst.image, i, 15 - i, 0), 127, 128);
    }
    guarded_free(&src);
    guarded_free(&dst);
}

/* ---- impulse, ramp --------------------------------------------------------------------------- */

/* What one pixel has above its surroundings is spread, not lost: times the area ratio. */
static void check_energy(size_t from, size_t to, enum pel_filter filter)
{
    struct guarded src = guarded_make(from, from, 1, 16), dst = guarded_make(to, to, 1, 16);
    const unsigned base[4] = {20000};
    double energy = 0, area = (double)to * (double)to / ((double)from * (double)from);
    fill_constant(&src.image, base);
    put(&src.image, from / 2, from / 2, 0, 60000);
    resize(&src, &dst, filter, PEL_SPACE_GAMMA);
    for (size_t y = 0; y < to; y++)
        for (size_t x = 0; x < to; x++)
            energy += get(&dst.image, x, y, 0) - 20000.0;
    if (fabs(energy / (40000 * area) - 1) > 0.03)
        fail_msg("%s %zu -> %zu: energy %g times what went in", pel_filter_name(filter), from, to,
                 energy / (40000 * area));
    guarded_free(&src);
    guarded_free(&dst);
}

static void test_impulse_keeps_its_energy(void **state)
{
    (void)state;
    FOR_EVERY_FILTER(filter)
    {
        if (filter == PEL_FILTER_NEAREST)
            continue;
        check_energy(33, 99, filter);
        check_energy(90, 30, filter);
        check_energy(96, 48, filter);
    }
}

/* A ramp shrunk by a whole number is the ramp at the new centres: a shift by 1/64 pixel would show. */
static void test_ramp_stays_centred(void **state)
{
    (void)state;
    enum { SCALE = 4, STEP = 256 };
    struct guarded src = guarded_make(200, 3, 1, 16), dst = guarded_make(200 / SCALE, 3, 1, 16);
    struct guarded up = guarded_make(200, 12, 1, 16), down = guarded_make(200, 3, 1, 16);
    for (size_t y = 0; y < 3; y++)
        for (size_t x = 0; x < 200; x++)
            put(&src.image, x, y, 0, (unsigned)(x * STEP + STEP / 2));
    FOR_EVERY_FILTER(filter)
    {
        if (filter == PEL_FILTER_NEAREST)
            continue;
        resize(&src, &dst, filter, PEL_SPACE_GAMMA);
        for (size_t i = 4; i < 46; i++)
            assert_in_range(get(&dst.image, i, 1, 0), (i * SCALE + SCALE / 2) * STEP - 1,
                            (i * SCALE + SCALE / 2) * STEP + 1);
        resize(&src, &up, filter, PEL_SPACE_GAMMA);
        resize(&up, &down, filter, PEL_SPACE_GAMMA);
        for (size_t x = 8; x < 192; x++)
            assert_in_range(get(&down.image, x, 1, 0), x * STEP + STEP / 2 - 2,
                            x * STEP + STEP / 2 + 2);
    }
    guarded_free(&src);
    guarded_free(&dst);
    guarded_free(&up);
    guarded_free(&down);
}

/* ---- symmetry -------------------------------------------------------------------------------- */

/* resize(orient(src)) and orient(resize(src)): other orders of the same sums. */
static void check_commutes(size_t w, size_t h, size_t tw, size_t th, int orientation,
                           enum pel_filter filter, struct test_random *random)
{
    bool swap = pel_orientation_swaps(orientation);
    struct guarded src = guarded_make(w, h, 4, 8), small = guarded_make(tw, th, 4, 8);
    struct guarded turned = guarded_make(swap ? h : w, swap ? w : h, 4, 8);
    struct guarded a = guarded_make(swap ? th : tw, swap ? tw : th, 4, 8);
    struct guarded b = guarded_make(swap ? th : tw, swap ? tw : th, 4, 8);
    fill_random(&src.image, random);
    for (size_t y = 0; y < h; y++) /* opaque enough that colours are well conditioned */
        for (size_t x = 0; x < w; x++)
            put(&src.image, x, y, 3, 200 + get(&src.image, x, y, 3) % 56);
    assert_int_equal(pel_image_orient(&src.image, &turned.image, orientation, &serial, NULL), 0);
    resize(&turned, &a, filter, PEL_SPACE_LINEAR);
    resize(&src, &small, filter, PEL_SPACE_LINEAR);
    assert_int_equal(pel_image_orient(&small.image, &b.image, orientation, &serial, NULL), 0);
    if (largest_difference(&a.image, &b.image) > 1)
        fail_msg("%s %zux%zu -> %zux%zu, orientation %d: %u levels", pel_filter_name(filter), w, h,
                 tw, th, orientation, largest_difference(&a.image, &b.image));
    guarded_free(&src);
    guarded_free(&small);
    guarded_free(&turned);
    guarded_free(&a);
    guarded_free(&b);
}

static void test_orientation_commutes(void **state)
{
    (void)state;
    struct test_random random = {test_seed(54)};
    FOR_EVERY_FILTER(filter)
    for (int orientation = 2; orientation <= 8; orientation++) {
        if (filter == PEL_FILTER_NEAREST)
            continue; /* its ties go to one side */
        check_commutes(60, 45, 40, 30, orientation, filter, &random);
        check_commutes(40, 30, 61, 47, orientation, filter, &random);
        check_commutes(97, 31, 20, 30, orientation, filter, &random);
    }
}

static void test_nearest_takes_the_pixel_at_the_centre(void **state)
{
    (void)state;
    struct guarded src = guarded_make(4, 4, 1, 8), half = guarded_make(2, 2, 1, 8),
                   twice = guarded_make(8, 8, 1, 8);
    for (unsigned i = 0; i < 16; i++)
        put(&src.image, i % 4, i / 4, 0, i);
    resize(&src, &half, PEL_FILTER_NEAREST, PEL_SPACE_LINEAR);
    const unsigned right_and_down[] = {5, 7, 13, 15};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(get(&half.image, i % 2, i / 2, 0), right_and_down[i]);
    resize(&src, &twice, PEL_FILTER_NEAREST, PEL_SPACE_LINEAR);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(get(&twice.image, i % 8, i / 8, 0), i / 16 * 4 + i % 8 / 2);
    guarded_free(&src);
    guarded_free(&half);
    guarded_free(&twice);
}

/* ---- alpha ----------------------------------------------------------------------------------- */

static void test_transparent_colour_does_not_bleed(void **state)
{
    (void)state;
    struct test_random random = {test_seed(55)};
    for (int bits = 8; bits <= 16; bits += 8)
        for (int channels = 2; channels <= 4; channels += 2)
            FOR_EVERY_FILTER(filter)
            {
                if (filter == PEL_FILTER_NEAREST)
                    continue;
                struct guarded a = guarded_make(50, 40, channels, bits);
                struct guarded b = guarded_make(50, 40, channels, bits);
                struct guarded ra = guarded_make(21, 19, channels, bits);
                struct guarded rb = guarded_make(21, 19, channels, bits);
                fill_random(&a.image, &random);
                fill_random(&b.image, &random);
                for (size_t y = 0; y < 40; y++)
                    for (size_t x = 0; x < 50; x++) {
                        bool hole = (x / 9 + y / 7) % 2;
                        if (hole)
                            put(&a.image, x, y, channels - 1, 0);
                        for (int c = 0; c < channels; c++)
                            if (!hole || c == channels - 1)
                                put(&b.image, x, y, c, get(&a.image, x, y, c));
                    }
                assert_false(same_pixels(&a.image, &b.image));
                resize(&a, &ra, filter, PEL_SPACE_LINEAR);
                resize(&b, &rb, filter, PEL_SPACE_LINEAR);
                assert_true(same_pixels(&ra.image, &rb.image));
                for (size_t y = 0; y < 19; y++)
                    for (size_t x = 0; x < 21; x++)
                        if (get(&ra.image, x, y, channels - 1) == 0)
                            assert_int_equal(get(&ra.image, x, y, 0), 0);
                guarded_free(&a);
                guarded_free(&b);
                guarded_free(&ra);
                guarded_free(&rb);
            }
}

/* Only where nothing is clamped: the filters without negative lobes. In 16 bits, where what is left
 * is the rounding of alpha in between; 257 of these levels are one of 8 bits. */
static void test_compositing_commutes(void **state)
{
    (void)state;
    static const enum pel_filter positive[] = {PEL_FILTER_BOX, PEL_FILTER_TRIANGLE};
    const uint16_t background[3] = {50000, 1000, 30000};
    struct test_random random = {test_seed(56)};
    for (int f = 0; f < 2; f++)
        FOR_EVERY_SPACE(space)
        {
            struct guarded src = guarded_make(70, 50, 4, 16), small = guarded_make(31, 23, 4, 16);
            struct guarded flat = guarded_make(70, 50, 3, 16), a = guarded_make(31, 23, 3, 16),
                           b = guarded_make(31, 23, 3, 16);
            fill_random(&src.image, &random);
            resize(&src, &small, positive[f], space);
            assert_int_equal(
                pel_image_flatten(&small.image, &a.image, background, space, &serial, NULL), 0);
            assert_int_equal(
                pel_image_flatten(&src.image, &flat.image, background, space, &serial, NULL), 0);
            resize(&flat, &b, positive[f], space);
            assert_in_range(largest_difference(&a.image, &b.image), 0,
                            space == PEL_SPACE_GAMMA ? 2 : 16);
            guarded_free(&src);
            guarded_free(&small);
            guarded_free(&flat);
            guarded_free(&a);
            guarded_free(&b);
        }
}

/* ---- boxes ----------------------------------------------------------------------------------- */

static void test_aligned_box_is_the_crop(void **state)
{
    (void)state;
    struct test_random random = {test_seed(57)};
    struct guarded src = guarded_make(40, 32, 3, 8), a = guarded_make(6, 4, 3, 8),
                   b = guarded_make(6, 4, 3, 8);
    struct pel_resize how = {.filter = PEL_FILTER_BOX, .box = {8, 6, 24, 16}};
    FOR_EVERY_SPACE(space)
    {
        fill_random(&src.image, &random);
        how.space = space;
        assert_int_equal(pel_image_resize(&src.image, &a.image, &how, &serial, NULL), 0);
        struct guarded crop = {.image = pel_image_view(&src.image, 8, 6, 24, 16)};
        resize(&crop, &b, PEL_FILTER_BOX, space);
        assert_true(same_pixels(&a.image, &b.image));
    }
    guarded_free(&src);
    guarded_free(&a);
    guarded_free(&b);
}

static void test_bad_boxes_and_words(void **state)
{
    (void)state;
    struct guarded src = guarded_make(10, 8, 1, 8), dst = guarded_make(5, 4, 1, 8);
    static const struct pel_box bad[] = {
        {0, 0, 10.1, 8}, {0, 0, 10, 8.1}, {-0.1, 0, 5, 5}, {0, -1, 5, 5},       {9, 0, 2, 1},
        {0, 0, 0, 5},    {0, 0, 5, 0},    {0, 0, -3, 3},   {1, 1, 0, 0},        {NAN, 0, 1, 1},
        {0, 0, NAN, 1},  {0, NAN, 1, 1},  {0, 0, 1, NAN},  {0, 0, INFINITY, 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pel_error err = {0};
        struct pel_resize how = {.filter = PEL_FILTER_BOX, .box = bad[i]};
        assert_int_equal(pel_image_resize(&src.image, &dst.image, &how, &serial, &err), -EINVAL);
        assert_non_null(strstr(err.message, "box"));
    }
    struct pel_resize how = {.filter = PEL_FILTER_COUNT};
    assert_int_equal(pel_image_resize(&src.image, &dst.image, &how, &serial, NULL), -EINVAL);
    how = (struct pel_resize){.space = PEL_SPACE_COUNT};
    assert_int_equal(pel_image_resize(&src.image, &dst.image, &how, &serial, NULL), -EINVAL);
    FOR_EVERY_FILTER(filter)
    assert_true(pel_filter_name(filter)[0] != 0);
    assert_string_equal(pel_filter_name(PEL_FILTER_CATMULLROM), "catmullrom");
    assert_string_equal(pel_space_name(PEL_SPACE_GAMMA), "gamma");
    assert_non_null(pel_filter_name(PEL_FILTER_COUNT));
    assert_non_null(pel_space_name(PEL_SPACE_COUNT));
    guarded_free(&src);
    guarded_free(&dst);
}

/* ---- extremes -------------------------------------------------------------------------------- */

/* The longest side there is, to one pixel and back: half the pixels are 0, half 65535. A sum of 2^24
 * floats one after the other would be far off. */
static void test_longest_side(void **state)
{
    (void)state;
    size_t n = PEL_IMAGE_MAX_SIDE;
    static const enum pel_filter filters[] = {PEL_FILTER_BOX, PEL_FILTER_LANCZOS3};
    struct guarded wide = guarded_make(n, 1, 1, 16), one = guarded_make(1, 1, 1, 16);
    struct guarded tall = {.image = {wide.image.data, 1, n, 2, 1, 16}};
    for (size_t x = 0; x < n; x++)
        put(&wide.image, x, 0, 0, x % 2 ? 65535 : 0);
    for (int f = 0; f < 2; f++) {
        resize(&wide, &one, filters[f], PEL_SPACE_GAMMA);
        assert_in_range(get(&one.image, 0, 0, 0), 32767, 32768);
        resize(&tall, &one, filters[f], PEL_SPACE_GAMMA);
        assert_in_range(get(&one.image, 0, 0, 0), 32767, 32768);
    }
    guarded_free(&wide);

    n = 1 << 20;
    wide = guarded_make(n, 1, 1, 16);
    tall.image = (struct pel_image){wide.image.data, 1, n, 2, 1, 16};
    put(&one.image, 0, 0, 0, 12345);
    for (int turn = 0; turn < 2; turn++) {
        resize(&one, turn ? &tall : &wide, PEL_FILTER_LANCZOS3, PEL_SPACE_LINEAR);
        for (size_t x = 0; x < n; x += 4099)
            assert_int_equal(get(&wide.image, x, 0, 0), 12345);
        assert_int_equal(get(&wide.image, n - 1, 0, 0), 12345);
    }
    guarded_free(&wide);
    guarded_free(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_options_are_the_usual_ones),
        cmocka_unit_test(test_same_bytes_for_every_team),
        cmocka_unit_test(test_same_bytes_in_a_crew),
        cmocka_unit_test(test_constant_stays_constant),
        cmocka_unit_test(test_equal_size_keeps_every_level),
        cmocka_unit_test(test_checker_averages_light),
        cmocka_unit_test(test_impulse_keeps_its_energy),
        cmocka_unit_test(test_ramp_stays_centred),
        cmocka_unit_test(test_orientation_commutes),
        cmocka_unit_test(test_nearest_takes_the_pixel_at_the_centre),
        cmocka_unit_test(test_transparent_colour_does_not_bleed),
        cmocka_unit_test(test_compositing_commutes),
        cmocka_unit_test(test_aligned_box_is_the_crop),
        cmocka_unit_test(test_bad_boxes_and_words),
        cmocka_unit_test(test_longest_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
