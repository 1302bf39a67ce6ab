/* --resize and --fit: sizes against hand-worked cases, including those other tools got wrong. */
#include "support.h"

#include "image/geometry.h"

#include <math.h>

static struct placement place(const char *text, enum fit fit, size_t width, size_t height)
{
    struct geometry geometry;
    char reason[80];
    assert_true(geometry_parse(text, &geometry, reason));
    if (fit != FIT_INSIDE)
        geometry.fit = fit;
    return geometry_place(&geometry, width, height);
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fit fit;
        size_t width, height, out_width, out_height;
    } cases[] = {
        {"800x600", FIT_INSIDE, 1600, 1200, 800, 600},
        {"800x600", FIT_INSIDE, 1600, 600, 800, 300},
        {"800x600", FIT_INSIDE, 600, 1600, 225, 600},
        {"800x600", FIT_INSIDE, 100, 100, 600, 600},
        {"400x300", FIT_INSIDE, 768, 512, 400, 267},
        {"654x1200", FIT_INSIDE, 3279, 6016, 654, 1200}, /* 653 where the scale is rounded first */
        {"800x", FIT_INSIDE, 1600, 1200, 800, 600},
        {"x600", FIT_INSIDE, 1600, 1200, 800, 600},
        {"300x", FIT_INSIDE, 1920, 3, 300, 1}, /* never 0 */
        {"10x10", FIT_INSIDE, 1, 5000, 1, 10},
        {"50%", FIT_INSIDE, 101, 99, 51, 50},
        {"0.1%", FIT_INSIDE, 100, 100, 1, 1},
        {"12.5%", FIT_INSIDE, 800, 400, 100, 50},
        {"200x100!", FIT_INSIDE, 50, 50, 200, 100},
        {"200x100", FIT_FILL, 50, 50, 200, 100},
        {"200x100", FIT_COVER, 50, 50, 200, 100},
        {"200x100>", FIT_INSIDE, 150, 90, 150, 90},
        {"200x100>", FIT_INSIDE, 400, 90, 200, 45},
        {"200x100<", FIT_INSIDE, 400, 90, 400, 90},
        {"200x100<", FIT_INSIDE, 20, 10, 200, 100},
        {"200x>", FIT_INSIDE, 100, 100, 100, 100},
        {"150%>", FIT_INSIDE, 100, 100, 100, 100},
        {"50%<", FIT_INSIDE, 100, 100, 100, 100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct placement p = place(cases[i].text, cases[i].fit, cases[i].width, cases[i].height);
        if (p.canvas_width != cases[i].out_width || p.canvas_height != cases[i].out_height)
            fail_msg("%s of %zux%zu gave %zux%zu, not %zux%zu", cases[i].text, cases[i].width,
                     cases[i].height, p.canvas_width, p.canvas_height, cases[i].out_width,
                     cases[i].out_height);
        bool same = p.width == cases[i].width && p.height == cases[i].height;
        assert_int_equal(p.resample, !same);
    }
}

static void contain_pads_evenly(void **state)
{
    (void)state;
    struct placement p = place("200x100", FIT_CONTAIN, 50, 50);
    assert_int_equal(p.width, 100);
    assert_int_equal(p.height, 100);
    assert_int_equal(p.canvas_width, 200);
    assert_int_equal(p.canvas_height, 100);
    assert_int_equal(p.x, 50);
    assert_int_equal(p.y, 0);
    p = place("200x100>", FIT_CONTAIN, 50, 50); /* padded, not enlarged */
    assert_false(p.resample);
    assert_int_equal(p.canvas_width, 200);
    assert_int_equal(p.x, 75);
    assert_int_equal(p.y, 25);
}

static void cover_cuts_evenly(void **state)
{
    (void)state;
    struct placement p = place("100x100", FIT_COVER, 400, 200);
    assert_true(fabs(p.box.x - 100) < 1e-9 && fabs(p.box.width - 200) < 1e-9);
    assert_true(fabs(p.box.y) < 1e-9 && fabs(p.box.height - 200) < 1e-9);
    /* The shape of the box is that of the output, so nothing is distorted. */
    p = place("97x31", FIT_COVER, 1003, 999);
    assert_true(fabs(p.box.width / p.box.height - 97.0 / 31.0) < 1e-9);
    assert_true(p.box.y > 0 && p.box.y + p.box.height <= 999);
    p = place("800x600>", FIT_COVER, 100, 100); /* would enlarge: left alone */
    assert_false(p.resample);
    assert_int_equal(p.canvas_width, 100);
}

static void refuses_nonsense(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",   "x",    "800",  "800x600x", "0x600",   "800x0",      "-5x5",      "5,5", "%",
        "0%", "1e9%", "nan%", "800x600?", "800*600", "99999999x1", "800x600><", "x!",  "abc"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct geometry geometry;
        char reason[80] = "";
        if (geometry_parse(texts[i], &geometry, reason))
            fail_msg("'%s' was taken", texts[i]);
        assert_true(reason[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(contain_pads_evenly),
        cmocka_unit_test(cover_cuts_evenly),
        cmocka_unit_test(refuses_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
