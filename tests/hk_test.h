/* tests/hk_test.h - what the tests share: CMocka with its includes in order, and assertions in double precision. */
#ifndef HK_TEST_H
#define HK_TEST_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/status.h"

#define N_OF(array) (sizeof(array) / sizeof *(array))

static inline void hk_test_close(double actual, double expected, double tolerance, const char *what, const char *file,
                                 int line)
{
    if (actual == expected || fabs(actual - expected) <= tolerance) /* the first: equal infinities */
        return;
    print_error("%s = %.17g, expected %.17g +- %.3g (off by %.3g)\n", what, actual, expected, tolerance,
                actual - expected);
    _fail(file, line);
}

static inline void hk_test_status(int actual, int expected, const char *what, const char *file, int line)
{
    if (actual == expected)
        return;
    print_error("%s gave %d (%s), expected %d (%s)\n", what, actual, hk_status_text(actual), expected,
                hk_status_text(expected));
    _fail(file, line);
}

/** |actual - expected| <= tolerance, all double; NaN never passes. */
#define assert_close(actual, expected, tolerance) \
    hk_test_close((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)

#define assert_status(call, expected) hk_test_status((call), (expected), #call, __FILE__, __LINE__)
#define assert_ok(call) assert_status((call), HK_OK)

#endif
