/* tests/test_class_warning.c - classes that no image has are named before a run begins. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

/* Runs an experiment and returns what it wrote on stderr, to be freed. */
static char *said_by(const char *const *arguments)
{
    trial t;
    size_t n;
    const int before = dup(STDERR_FILENO);
    assert_true(before >= 0);
    assert_non_null(freopen(scratch_path("said"), "w", stderr));
    run_it(&t, arguments, HK_OK);
    trial_close(&t);
    fflush(stderr);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    char *said = (char *)file_bytes(scratch_path("said"), &n);
    said[n] = '\0';
    return said;
}

static void runs_say_which_classes_have_no_image(void **state)
{
    (void)state;
    char *said = said_by(ARGUMENTS("spiking-som", "--data", "glyphs", "--out", "none", "--set", "train=20", "--set",
                                   "label=3", "--set", "test=2", "--set", "rows=2", "--set", "cols=2"));
    assert_non_null(strstr(said, "none of the 3 images to name units by is of class "));
    assert_non_null(strstr(said, ", so no image of such a class will be decided right\n"));
    free(said);
    said = said_by(ARGUMENTS("local", "--data", "glyphs", "--out", "none", "--set", "train=9", "--set", "test=2",
                             "--set", "hidden=5", "--set", "passes=1"));
    assert_non_null(strstr(said, "none of the 9 images to learn from is of class "));
    free(said);
    said = said_by(ARGUMENTS("local", "--data", "glyphs", "--out", "none", "--set", "train=200", "--set", "test=2",
                             "--set", "hidden=5", "--set", "passes=1"));
    assert_string_equal(said, "");
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_say_which_classes_have_no_image),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
