/* sim/draw.c - see draw.h. */
#include "sim/draw.h"

#include <math.h>

static bool bounded(const hk_draw *draw)
{
    return draw->min != 0.0 || draw->max != 0.0;
}

int hk_draw_check(hk_ctx *ctx, const char *what, const hk_draw *draw)
{
    if (draw->kind != HK_CONSTANT && draw->kind != HK_UNIFORM && draw->kind != HK_NORMAL)
        return hk_fail(ctx, HK_ERANGE, "%s: kind = %d, must be constant, uniform or normal", what, (int)draw->kind);
    if (!(fabs(draw->a) < HUGE_VAL && fabs(draw->b) < HUGE_VAL && draw->min > -HUGE_VAL && draw->max < HUGE_VAL))
        return hk_fail(ctx, HK_ERANGE, "%s: a = %g, b = %g, min = %g, max = %g, must be finite", what, draw->a, draw->b,
                       draw->min, draw->max);
    if (draw->kind == HK_UNIFORM && !(draw->a <= draw->b))
        return hk_fail(ctx, HK_ERANGE, "%s: uniform in [%g, %g), must be ascending", what, draw->a, draw->b);
    if (draw->kind != HK_NORMAL)
        return HK_OK;
    if (!(draw->b >= 0.0))
        return hk_fail(ctx, HK_ERANGE, "%s: standard deviation %g, must be >= 0", what, draw->b);
    if (!bounded(draw))
        return HK_OK;
    if (!(draw->min < draw->max))
        return hk_fail(ctx, HK_ERANGE, "%s: bounds [%g, %g], must be ascending", what, draw->min, draw->max);
    /* share of the distribution between the bounds: drawing again must end */
    double low = draw->b > 0.0 ? (draw->min - draw->a) / draw->b : (draw->min <= draw->a ? -HUGE_VAL : HUGE_VAL);
    double high = draw->b > 0.0 ? (draw->max - draw->a) / draw->b : (draw->max >= draw->a ? HUGE_VAL : -HUGE_VAL);
    double share = 0.5 * (erfc(low / sqrt(2.0)) - erfc(high / sqrt(2.0)));
    if (!(share > 1e-6))
        return hk_fail(ctx, HK_ERANGE, "%s: normal(%g, %g) is in [%g, %g] with probability %g, must be above 1e-6",
                       what, draw->a, draw->b, draw->min, draw->max, share);
    return HK_OK;
}

double hk_draw_value(const hk_draw *draw, hk_stream *stream)
{
    if (draw->kind == HK_CONSTANT)
        return draw->a;
    if (draw->kind == HK_UNIFORM)
        return draw->a + (draw->b - draw->a) * hk_stream_uniform(stream);
    for (;;) {
        double value = draw->a + draw->b * hk_stream_normal(stream);
        if (!bounded(draw) || (value >= draw->min && value <= draw->max))
            return value;
    }
}

uint64_t hk_name_id(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash;
}
