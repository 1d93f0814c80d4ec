/* experiments/datasets/strokes.h - how the ten digits are written: control points of pen strokes.
 *
 * In a box of 1 x 1, x to the right, y down. A stroke is a smooth curve through its points; a corner is a point given
 * twice. Where a digit is written in more than one way, each way is a form of its own. */
#ifndef HK_DATASETS_STROKES_H
#define HK_DATASETS_STROKES_H

#include <stddef.h>

enum { HK_STROKE_MAX_POINTS = 16, HK_FORM_MAX_STROKES = 3, HK_DIGIT_MAX_FORMS = 4 };

typedef struct hk_point {
    double x, y;
} hk_point;

typedef struct hk_stroke {
    size_t n_points;
    hk_point points[HK_STROKE_MAX_POINTS];
} hk_stroke;

typedef struct hk_form {
    size_t n_strokes;
    hk_stroke strokes[HK_FORM_MAX_STROKES];
} hk_form;

typedef struct hk_digit {
    size_t n_forms;
    hk_form forms[HK_DIGIT_MAX_FORMS];
} hk_digit;

extern const hk_digit hk_digits[10];

#endif
