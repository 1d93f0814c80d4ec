/* tests/test_glyphs.c - drawn digits: the same from the same seed, different otherwise, balanced, legible. */
#include "tests/hk_test.h"

#include "experiments/datasets/glyphs.h"
#include "experiments/datasets/strokes.h"

static uint64_t hash_of(const uint8_t *pixels)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < HK_GLYPH_PIXELS; i++)
        hash = (hash ^ pixels[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void an_image_is_a_function_of_seed_and_index(void **state)
{
    (void)state;
    uint8_t first[40][HK_GLYPH_PIXELS], again[HK_GLYPH_PIXELS];
    uint8_t labels[40];
    for (uint64_t i = 0; i < 40; i++)
        labels[i] = hk_glyph_draw(517, 1000 + i, first[i]);
    for (uint64_t i = 40; i-- > 0;) {
        assert_int_equal(hk_glyph_draw(517, 1000 + i, again), labels[i]);
        assert_int_equal(hk_glyph_label(517, 1000 + i), labels[i]);
        assert_memory_equal(again, first[i], sizeof again);
    }
}

/* One number for the first hundred: the same on every machine and with every compiler, or results could not be compared. */
static void the_images_of_a_seed_are_the_same_everywhere(void **state)
{
    (void)state;
    uint64_t all = 0;
    for (uint64_t i = 0; i < 100; i++) {
        uint8_t pixels[HK_GLYPH_PIXELS];
        uint8_t label = hk_glyph_draw(1, i, pixels);
        all = all * UINT64_C(0x9e3779b97f4a7c15) + (hash_of(pixels) ^ label);
    }
    assert_int_equal(all, UINT64_C(0x38514a99431f9705));
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void no_two_images_are_alike_within_and_between_seeds(void **state)
{
    (void)state;
    enum { N = 2000 };
    static uint64_t hashes[2 * N];
    for (uint64_t i = 0; i < N; i++) {
        uint8_t pixels[HK_GLYPH_PIXELS];
        hk_glyph_draw(8, i, pixels);
        hashes[2 * i] = hash_of(pixels);
        hk_glyph_draw(9, i, pixels);
        hashes[2 * i + 1] = hash_of(pixels);
    }
    qsort(hashes, N_OF(hashes), sizeof *hashes, by_size);
    for (size_t i = 1; i < N_OF(hashes); i++)
        assert_true(hashes[i] != hashes[i - 1]);
}

static void every_ten_images_hold_each_digit_once_in_changing_order(void **state)
{
    (void)state;
    int n_in_place[10] = { 0 };
    for (uint64_t ten = 0; ten < 500; ten++) {
        unsigned seen = 0;
        for (uint64_t i = 0; i < 10; i++)
            seen |= 1u << hk_glyph_label(33, 10 * ten + i);
        assert_int_equal(seen, 1023);
        n_in_place[hk_glyph_label(33, 10 * ten + 4)]++;
    }
    for (int digit = 0; digit < 10; digit++) /* 50 expected, standard deviation 6.7 */
        assert_close(n_in_place[digit], 50.0, 27.0);
}

static void ink_lies_inside_near_the_middle_and_in_mnists_amount(void **state)
{
    (void)state;
    double ink_sum = 0.0;
    for (uint64_t i = 0; i < 1000; i++) {
        uint8_t pixels[HK_GLYPH_PIXELS];
        double ink = 0.0, x_sum = 0.0, y_sum = 0.0;
        int darkest = 0;
        hk_glyph_draw(77, i, pixels);
        for (int p = 0; p < HK_GLYPH_PIXELS; p++) {
            int x = p % HK_GLYPH_SIDE, y = p / HK_GLYPH_SIDE;
            ink += pixels[p];
            x_sum += (double)pixels[p] * x;
            y_sum += (double)pixels[p] * y;
            darkest = pixels[p] > darkest ? pixels[p] : darkest;
            if (x == 0 || y == 0 || x == HK_GLYPH_SIDE - 1 || y == HK_GLYPH_SIDE - 1)
                assert_true(pixels[p] < 128); /* the pen stays on the paper */
        }
        assert_close(x_sum / ink, 13.5, 3.5);
        assert_close(y_sum / ink, 13.5, 3.5);
        assert_true(darkest > 150);
        ink_sum += ink / 255.0 / HK_GLYPH_PIXELS;
    }
    assert_close(ink_sum / 1000.0, 0.131, 0.02); /* the mean of MNIST */
}

/* A digit one can learn: the nearest of ten mean images is right most of the time, and far from always. */
static void digits_can_be_told_apart_but_not_trivially(void **state)
{
    (void)state;
    enum { N_TRAIN = 3000, N_TEST = 1000 };
    static double mean[10][HK_GLYPH_PIXELS];
    uint8_t pixels[HK_GLYPH_PIXELS];
    int n_right = 0;
    memset(mean, 0, sizeof mean);
    for (uint64_t i = 0; i < N_TRAIN; i++) {
        uint8_t label = hk_glyph_draw(5, i, pixels);
        for (int p = 0; p < HK_GLYPH_PIXELS; p++)
            mean[label][p] += pixels[p] * 10.0 / N_TRAIN;
    }
    for (uint64_t i = N_TRAIN; i < N_TRAIN + N_TEST; i++) {
        uint8_t label = hk_glyph_draw(5, i, pixels);
        double nearest = INFINITY;
        int guess = -1;
        for (int digit = 0; digit < 10; digit++) {
            double distance = 0.0;
            for (int p = 0; p < HK_GLYPH_PIXELS; p++)
                distance += (pixels[p] - mean[digit][p]) * (pixels[p] - mean[digit][p]);
            guess = distance < nearest ? digit : guess;
            nearest = fmin(distance, nearest);
        }
        n_right += guess == label;
    }
    assert_true(n_right > 700 && n_right < 950);
}

static void every_form_of_every_digit_is_complete(void **state)
{
    (void)state;
    for (int digit = 0; digit < 10; digit++) {
        assert_true(hk_digits[digit].n_forms >= 2 && hk_digits[digit].n_forms <= HK_DIGIT_MAX_FORMS);
        for (size_t f = 0; f < hk_digits[digit].n_forms; f++) {
            const hk_form *form = &hk_digits[digit].forms[f];
            assert_true(form->n_strokes >= 1 && form->n_strokes <= HK_FORM_MAX_STROKES);
            for (size_t s = 0; s < form->n_strokes; s++) {
                const hk_stroke *stroke = &form->strokes[s];
                assert_true(stroke->n_points >= 2 && stroke->n_points <= HK_STROKE_MAX_POINTS);
                for (size_t p = 0; p < HK_STROKE_MAX_POINTS; p++) { /* n_points is what the list has */
                    int is_set = stroke->points[p].x > 0.0 || stroke->points[p].y > 0.0;
                    assert_int_equal(is_set, p < stroke->n_points);
                    assert_true(stroke->points[p].x <= 1.0 && stroke->points[p].y <= 1.0);
                }
            }
            for (size_t s = form->n_strokes; s < HK_FORM_MAX_STROKES; s++)
                assert_int_equal(form->strokes[s].n_points, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_a_function_of_seed_and_index),
        cmocka_unit_test(the_images_of_a_seed_are_the_same_everywhere),
        cmocka_unit_test(no_two_images_are_alike_within_and_between_seeds),
        cmocka_unit_test(every_ten_images_hold_each_digit_once_in_changing_order),
        cmocka_unit_test(ink_lies_inside_near_the_middle_and_in_mnists_amount),
        cmocka_unit_test(digits_can_be_told_apart_but_not_trivially),
        cmocka_unit_test(every_form_of_every_digit_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
