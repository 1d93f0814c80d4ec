/* tests/test_choice.c - which images are learnt from and which are tested on. */
#include "tests/trial.h"

#include "experiments/choice.h"

#define FOUR "--data", "glyphs", "--seed", "5", "--out", "none"

static void the_test_images_are_tested_on_unless_choices_are_made(void **state)
{
    (void)state;
    trial t;
    hk_choice choice;
    trial_open(&t, ARGUMENTS("capsule-som", FOUR, "--set", "train=31", "--set", "test=17"));
    assert_ok(hk_choice_load(t.run, &choice));
    assert_true(choice.train.n == 31 && choice.train.pixels == choice.data.train.pixels);
    assert_true(choice.test.n == 17 && choice.test.pixels == choice.data.test.pixels);
    hk_choice_fini(&choice);
    trial_close(&t);
}

static void for_choices_the_last_sixth_of_the_training_images_is_kept_apart(void **state)
{
    (void)state;
    static const char *const wanted[2][2] = { { "train=0", "test=0" }, { "train=60000", "test=23" } };
    for (size_t k = 0; k < 2; k++) {
        trial t;
        hk_choice choice;
        trial_open(&t, ARGUMENTS("capsule-som", FOUR, "--set", "split=validation", "--set", wanted[k][0], "--set",
                                 wanted[k][1]));
        assert_ok(hk_choice_load(t.run, &choice));
        assert_true(choice.data.train.n == 60000 && choice.train.n == 50000);
        assert_true(choice.test.n == (k == 0 ? 10000 : 23));
        assert_true(choice.train.pixels == choice.data.train.pixels && choice.train.labels == choice.data.train.labels);
        assert_true(choice.test.pixels == choice.train.pixels + 50000u * 784u);
        assert_true(choice.test.labels == choice.train.labels + 50000);
        hk_choice_fini(&choice);
        trial_close(&t);
    }
}

static void more_images_than_there_are_are_refused(void **state)
{
    (void)state;
    trial t;
    hk_choice choice;
    trial_open(&t, ARGUMENTS("capsule-som", "--data", "mnist", "--out", "none", "--set", "train=70000"));
    int rc = hk_choice_load(t.run, &choice);
    if (rc == HK_ENAME) /* no MNIST here */
        skip();
    assert_int_equal(rc, HK_ERANGE);
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_images_are_tested_on_unless_choices_are_made),
        cmocka_unit_test(for_choices_the_last_sixth_of_the_training_images_is_kept_apart),
        cmocka_unit_test(more_images_than_there_are_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
