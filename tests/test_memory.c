/* tests/test_memory.c - arrays that grow. */
#include "tests/hk_test.h"

#include "sim/memory.h"

#include <stdlib.h>

static void an_array_keeps_what_it_held_while_it_grows(void **state)
{
    (void)state;
    uint32_t *array = NULL;
    size_t capacity = 0;
    for (uint32_t k = 0; k < 1000; k++) {
        array = hk_memory_grow(array, &capacity, k + 1, sizeof *array);
        assert_non_null(array);
        assert_true(capacity > k);
        array[k] = 7 * k + 3;
    }
    for (uint32_t k = 0; k < 1000; k++)
        assert_int_equal(array[k], 7 * k + 3);
    size_t before = capacity;
    assert_ptr_equal(hk_memory_grow(array, &capacity, 17, sizeof *array), array); /* it never shrinks */
    assert_true(capacity == before);
    free(array);
}

static void to_ask_for_nothing_is_no_failure(void **state)
{
    (void)state;
    size_t capacity = 0;
    double *array = hk_memory_grow(NULL, &capacity, 0, sizeof *array);
    assert_non_null(array);
    assert_ptr_equal(hk_memory_grow(array, &capacity, 0, sizeof *array), array);
    free(array);
}

static void what_no_memory_could_hold_is_refused_and_the_array_stays(void **state)
{
    (void)state;
    size_t capacity = 0;
    double *array = hk_memory_grow(NULL, &capacity, 3, sizeof *array);
    assert_non_null(array);
    array[2] = 2.385;
    size_t before = capacity;
    assert_null(hk_memory_grow(array, &capacity, SIZE_MAX / 2, sizeof *array));
    assert_null(hk_memory_grow(array, &capacity, SIZE_MAX, sizeof *array));
    assert_true(capacity == before);
    assert_close(array[2], 2.385, 0.0);
    free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_keeps_what_it_held_while_it_grows),
        cmocka_unit_test(to_ask_for_nothing_is_no_failure),
        cmocka_unit_test(what_no_memory_could_hold_is_refused_and_the_array_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
