/* tests/test_distort.c - images moved, turned and scaled: against what is known of them without arithmetic. */
#include "tests/hk_test.h"

#include "experiments/nets/distort.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE };

static uint8_t pixels[2 * PIXELS], labels[2];
static const hk_images images = { .n = 2, .rows = SIDE, .cols = SIDE, .pixels = pixels, .labels = labels };
static const uint8_t *const second = pixels + PIXELS;

static int draw_images(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2 * PIXELS; k++)
        pixels[k] = (uint8_t)(k * k * 7 % 251);
    return 0;
}

static double at(int row, int col)
{
    return row < 0 || row >= SIDE || col < 0 || col >= SIDE ? 0.0 : second[row * SIDE + col] / 255.0;
}

static void an_image_that_is_not_distorted_keeps_every_bit(void **state)
{
    (void)state;
    double values[PIXELS];
    hk_distort(&images, 1, &(hk_distortion){ .scale = 1.0 }, values);
    for (size_t k = 0; k < PIXELS; k++)
        assert_true(values[k] == second[k] / 255.0);
}

static void whole_pixels_of_a_move_leave_values_as_they_are(void **state)
{
    (void)state;
    double values[PIXELS];
    hk_distort(&images, 1, &(hk_distortion){ .right_px = 3.0, .down_px = -2.0, .scale = 1.0 }, values);
    for (int row = 0; row < SIDE; row++)
        for (int col = 0; col < SIDE; col++)
            assert_true(values[row * SIDE + col] == at(row + 2, col - 3));
}

static void between_pixels_is_the_mean_of_their_neighbours(void **state)
{
    (void)state;
    double values[PIXELS];
    hk_distort(&images, 1, &(hk_distortion){ .right_px = 0.25, .scale = 1.0 }, values);
    for (int row = 0; row < SIDE; row++)
        for (int col = 1; col < SIDE; col++)
            assert_close(values[row * SIDE + col], 0.75 * at(row, col) + 0.25 * at(row, col - 1), 1e-15);
}

static void a_quarter_turn_clockwise_puts_the_left_column_on_top(void **state)
{
    (void)state;
    double values[PIXELS];
    hk_distort(&images, 1, &(hk_distortion){ .turn_deg = 90.0, .scale = 1.0 }, values);
    for (int row = 1; row < SIDE - 1; row++) /* rounding may put the edge outside */
        for (int col = 1; col < SIDE - 1; col++)
            assert_close(values[row * SIDE + col], at(SIDE - 1 - col, row), 1e-12);
}

static void twice_the_size_shows_the_middle_and_half_a_smaller_image(void **state)
{
    (void)state;
    double large[PIXELS], small[PIXELS];
    hk_distort(&images, 1, &(hk_distortion){ .scale = 3.0 }, large);
    hk_distort(&images, 1, &(hk_distortion){ .scale = 1.0 / 3.0 }, small);
    for (int k = 0; k < 9; k++) { /* pixel 13.5 + 3 (p - 13.5) of the large image is pixel p of the image */
        int p = 10 + k % 3, q = 10 + k / 3, row = 3 * p - 27, col = 3 * q - 27;
        assert_close(large[row * SIDE + col], at(p, q), 1e-12);
        assert_close(small[p * SIDE + q], at(row, col), 1e-12);
    }
    assert_true(small[5 * SIDE + 5] == 0.0);
}

static void draws_fill_their_range_and_depend_on_image_and_epoch(void **state)
{
    (void)state;
    const hk_distortion most = { .right_px = 2.0, .down_px = 0.0, .turn_deg = 17.0, .scale = 1.25 };
    hk_distortion low = most, high = { .scale = 1.0 };
    int moved[5] = { 0 };
    for (uint64_t sample = 0; sample < 2000; sample++) {
        hk_distortion d = hk_distortion_draw(&most, 7, sample, 3), again = hk_distortion_draw(&most, 7, sample, 3);
        hk_distortion other = hk_distortion_draw(&most, 7, sample, 4);
        assert_memory_equal(&d, &again, sizeof d);
        assert_true(d.turn_deg != other.turn_deg);
        assert_true(d.right_px == floor(d.right_px) && fabs(d.right_px) <= 2.0 && d.down_px == 0.0);
        moved[(int)d.right_px + 2]++;
        low.turn_deg = fmin(low.turn_deg, d.turn_deg);
        high.turn_deg = fmax(high.turn_deg, d.turn_deg);
        low.scale = fmin(low.scale, d.scale);
        high.scale = fmax(high.scale, d.scale);
    }
    for (int k = 0; k < 5; k++)
        assert_true(moved[k] > 320 && moved[k] < 480); /* 400 expected, sd 18 */
    assert_true(low.turn_deg >= -17.0 && low.turn_deg < -16.8 && high.turn_deg <= 17.0 && high.turn_deg > 16.8);
    assert_true(low.scale >= 0.8 - 1e-12 && low.scale < 0.803 && high.scale <= 1.25 + 1e-12 && high.scale > 1.245);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_that_is_not_distorted_keeps_every_bit),
        cmocka_unit_test(whole_pixels_of_a_move_leave_values_as_they_are),
        cmocka_unit_test(between_pixels_is_the_mean_of_their_neighbours),
        cmocka_unit_test(a_quarter_turn_clockwise_puts_the_left_column_on_top),
        cmocka_unit_test(twice_the_size_shows_the_middle_and_half_a_smaller_image),
        cmocka_unit_test(draws_fill_their_range_and_depend_on_image_and_epoch),
    };
    return cmocka_run_group_tests(tests, draw_images, NULL);
}
