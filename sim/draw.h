/* sim/draw.h - random values of an hk_draw. */
#ifndef HK_DRAW_H
#define HK_DRAW_H

#include "sim/projection.h"
#include "sim/rng.h"

/** HK_OK, or HK_ERANGE naming `what` and the field: not finite, b < 0, min > max, or a normal distribution of which the
 *  bounds leave less than about a millionth. */
HK_MUST_CHECK int hk_draw_check(hk_ctx *ctx, const char *what, const hk_draw *draw);

/** One value; a constant uses no random numbers. */
double hk_draw_value(const hk_draw *draw, hk_stream *stream);

/** Stream id of a named thing (FNV-1a over the name): parameters and projections are drawn by name, so that adding
 *  another one changes none. */
uint64_t hk_name_id(const char *name);

#endif
