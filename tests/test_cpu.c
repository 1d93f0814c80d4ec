/* tests/test_cpu.c - the CPU levels and the version. */
#include "sim/cpu.h"
#include "sim/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_level_up_to_the_best_is_found_by_its_name(void **state)
{
    (void)state;
    for (int i = 0; i <= (int)hk_cpu_best(); i++) {
        hk_cpu level = (hk_cpu)((i + 1) % HK_N_CPU);
        assert_int_equal(hk_cpu_parse(NULL, hk_cpu_name((hk_cpu)i), &level), HK_OK);
        assert_int_equal(level, i);
    }
}

static void no_name_means_the_best(void **state)
{
    (void)state;
    hk_cpu level = (hk_cpu)77;
    assert_int_equal(hk_cpu_parse(NULL, NULL, &level), HK_OK);
    assert_int_equal(level, hk_cpu_best());
}

static void an_unknown_name_is_refused_and_the_level_left_alone(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", "AVX2", "avx", "avx5122", " plain" };
    hk_ctx *ctx = hk_ctx_create();
    assert_non_null(ctx);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        hk_cpu level = (hk_cpu)77;
        assert_int_equal(hk_cpu_parse(ctx, wrong[i], &level), HK_ENAME);
        assert_int_equal(level, 77);
        assert_non_null(strstr(hk_ctx_message(ctx), "plain, avx2 or avx512"));
    }
    hk_ctx_destroy(ctx);
}

static void a_level_that_the_machine_lacks_is_refused(void **state)
{
    (void)state;
    hk_ctx *ctx = hk_ctx_create();
    assert_non_null(ctx);
    for (int i = (int)hk_cpu_best() + 1; i < HK_N_CPU; i++) { /* nothing to refuse on a machine that has them all */
        hk_cpu level = HK_CPU_PLAIN;
        assert_int_equal(hk_cpu_parse(ctx, hk_cpu_name((hk_cpu)i), &level), HK_ERANGE);
        assert_non_null(strstr(hk_ctx_message(ctx), hk_cpu_name(hk_cpu_best())));
    }
    hk_ctx_destroy(ctx);
}

static void a_number_that_is_no_level_has_no_name(void **state)
{
    (void)state;
    assert_string_equal(hk_cpu_name((hk_cpu)HK_N_CPU), "unknown");
}

static void the_version_of_the_library_begins_with_that_of_the_headers(void **state)
{
    (void)state;
    size_t length = strlen(HK_VERSION);
    assert_memory_equal(hk_version(), HK_VERSION, length);
    assert_true(hk_version()[length] == '\0' || hk_version()[length] == '+');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_up_to_the_best_is_found_by_its_name),
        cmocka_unit_test(no_name_means_the_best),
        cmocka_unit_test(an_unknown_name_is_refused_and_the_level_left_alone),
        cmocka_unit_test(a_level_that_the_machine_lacks_is_refused),
        cmocka_unit_test(a_number_that_is_no_level_has_no_name),
        cmocka_unit_test(the_version_of_the_library_begins_with_that_of_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
