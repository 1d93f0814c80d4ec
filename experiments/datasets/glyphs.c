/* experiments/datasets/glyphs.c - see glyphs.h. A hand is drawn, the pen moved along its curves, ink laid where it was. */
#include "experiments/datasets/glyphs.h"

#include "experiments/datasets/strokes.h"
#include "sim/rng.h"

#include <math.h>

enum {
    PIECES = 4, /* straight pieces between two control points */
    MAX_DOTS = HK_FORM_MAX_STROKES * HK_STROKE_MAX_POINTS * PIECES,
};

/* The streams of a seed: digits are dealt by tens, each image has its own hand. */
enum { SUB_DEAL, SUB_HAND };

/* How one image is written; lengths in units of the box of the control points. */
typedef struct hand {
    double shake;          /* standard deviation of a control point */
    double xx, xy, yx, yy; /* stretch, slant and turn: x' = xx x + xy y */
    double size;           /* longer side, pixels */
    double off_x, off_y;   /* of the centre of mass from the middle, pixels */
    double radius;         /* of the pen, pixels */
    double taper;          /* how much thinner the pen ends than it began, as a part of the radius */
    double edge;           /* pixels over which ink fades into paper */
    double ink;            /* darkest value */
} hand;

/* A straight move of the pen. */
typedef struct dot {
    double x, y, radius;
    int joined; /* to the one before */
} dot;

static double between(hk_stream *stream, double low, double high)
{
    return low + (high - low) * hk_stream_uniform(stream);
}

/* A turn by the angle whose half has tangent `half`, without a sine whose last bit is the library's own. */
static void turn(hand *of, double half)
{
    double cosine = (1.0 - half * half) / (1.0 + half * half), sine = 2.0 * half / (1.0 + half * half);
    double xx = of->xx, xy = of->xy;
    of->xx = cosine * xx - sine * of->yx;
    of->xy = cosine * xy - sine * of->yy;
    of->yx = sine * xx + cosine * of->yx;
    of->yy = sine * xy + cosine * of->yy;
}

static hand draw_hand(hk_stream *stream)
{
    hand of = { .shake = between(stream, 0.025, 0.07), .yx = 0.0 };
    double slant = 0.12 + 0.22 * hk_stream_normal(stream);
    of.xx = between(stream, 0.60, 1.0); /* most hands write narrower than high */
    of.xy = -slant;
    of.yy = 1.0;
    turn(&of, 0.07 * hk_stream_normal(stream));
    of.size = between(stream, 17.5, 20.0);
    of.off_x = 0.5 * hk_stream_normal(stream);
    of.off_y = 0.5 * hk_stream_normal(stream);
    of.radius = between(stream, 0.9, 2.0);
    of.taper = between(stream, -0.25, 0.45);
    of.edge = between(stream, 0.8, 1.5);
    of.ink = between(stream, 225.0, 255.0);
    return of;
}

/* Catmull & Rom's cubic through b and c with neighbours a and d, at s in (0, 1]. */
static double along(double a, double b, double c, double d, double s)
{
    double linear = c - a, square = 2.0 * a - 5.0 * b + 4.0 * c - d, cube = 3.0 * (b - c) + d - a;
    return b + 0.5 * s * (linear + s * (square + s * cube));
}

static size_t add_stroke(const hk_stroke *stroke, const hand *of, hk_stream *stream, dot *dots)
{
    hk_point at[HK_STROKE_MAX_POINTS];
    size_t n = 0, last = stroke->n_points - 1;
    for (size_t i = 0; i <= last; i++) {
        const hk_point *p = &stroke->points[i];
        if (i > 0 && p->x == p[-1].x && p->y == p[-1].y) { /* a corner is shaken as one */
            at[i] = at[i - 1];
            continue;
        }
        double x = p->x + of->shake * hk_stream_normal(stream), y = p->y + of->shake * hk_stream_normal(stream);
        at[i] = (hk_point){ of->xx * x + of->xy * y, of->yx * x + of->yy * y };
    }
    dots[n++] = (dot){ .x = at[0].x, .y = at[0].y, .radius = of->radius };
    for (size_t i = 0; i < last; i++) {
        const hk_point *b = &at[i], *c = &at[i + 1];
        const hk_point *a = i > 0 ? b - 1 : b, *d = i + 1 < last ? c + 1 : c;
        if (b->x == c->x && b->y == c->y)
            continue;
        for (int piece = 1; piece <= PIECES; piece++) {
            double s = (double)piece / PIECES, way = ((double)i + s) / (double)last;
            dots[n++] = (dot){ .x = along(a->x, b->x, c->x, d->x, s),
                               .y = along(a->y, b->y, c->y, d->y, s),
                               .radius = of->radius * (1.0 - of->taper * way),
                               .joined = 1 };
        }
    }
    return n;
}

/* `shift`, or what is nearest to it and keeps the pen from `low` to `high`, and its thickness, on the paper. */
static double kept_inside(double shift, double low, double high, double radius)
{
    shift = fmax(shift, radius - low);
    return fmin(shift, (double)(HK_GLYPH_SIDE - 1) - radius - high);
}

/* Scales the longer side to the hand's size and puts the centre of mass of the line near the middle of the image. */
static void place(dot *dots, size_t n, const hand *of)
{
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    double mass = 0.0, mass_x = 0.0, mass_y = 0.0;
    for (size_t i = 0; i < n; i++) {
        low_x = fmin(low_x, dots[i].x);
        high_x = fmax(high_x, dots[i].x);
        low_y = fmin(low_y, dots[i].y);
        high_y = fmax(high_y, dots[i].y);
        if (!dots[i].joined)
            continue;
        double dx = dots[i].x - dots[i - 1].x, dy = dots[i].y - dots[i - 1].y;
        double length = sqrt(dx * dx + dy * dy) * (dots[i].radius + dots[i - 1].radius);
        mass += length;
        mass_x += length * 0.5 * (dots[i].x + dots[i - 1].x);
        mass_y += length * 0.5 * (dots[i].y + dots[i - 1].y);
    }
    double scale = (of->size - 2.0 * of->radius) / fmax(high_x - low_x, high_y - low_y);
    double middle = 0.5 * (HK_GLYPH_SIDE - 1), thickest = of->radius * fmax(1.0, 1.0 - of->taper);
    double shift_x = kept_inside(middle + of->off_x - scale * mass_x / mass, scale * low_x, scale * high_x, thickest);
    double shift_y = kept_inside(middle + of->off_y - scale * mass_y / mass, scale * low_y, scale * high_y, thickest);
    for (size_t i = 0; i < n; i++) {
        dots[i].x = shift_x + scale * dots[i].x;
        dots[i].y = shift_y + scale * dots[i].y;
    }
}

static int clipped(double position)
{
    return position < 0.0 ? 0 : position > HK_GLYPH_SIDE - 1 ? HK_GLYPH_SIDE - 1 : (int)position;
}

/* Raises `cover` to how far each pixel near the move a-b lies inside the pen's edge, in pixels. */
static void press(const dot *a, const dot *b, double edge, double cover[HK_GLYPH_PIXELS])
{
    double reach = fmax(a->radius, b->radius) + edge;
    double dx = b->x - a->x, dy = b->y - a->y, square = dx * dx + dy * dy;
    double per_square = square > 0.0 ? 1.0 / square : 0.0;
    int x0 = clipped(fmin(a->x, b->x) - reach), x1 = clipped(fmax(a->x, b->x) + reach + 1.0);
    int y0 = clipped(fmin(a->y, b->y) - reach), y1 = clipped(fmax(a->y, b->y) + reach + 1.0);
    for (int y = y0; y <= y1; y++) {
        for (int x = x0; x <= x1; x++) {
            double px = (double)x - a->x, py = (double)y - a->y;
            double part = (px * dx + py * dy) * per_square;
            part = part < 0.0 ? 0.0 : part > 1.0 ? 1.0 : part;
            double ex = px - part * dx, ey = py - part * dy;
            double away = ex * ex + ey * ey;
            if (away >= reach * reach)
                continue;
            double inside = a->radius + part * (b->radius - a->radius) - sqrt(away);
            if (inside > cover[y * HK_GLYPH_SIDE + x])
                cover[y * HK_GLYPH_SIDE + x] = inside;
        }
    }
}

uint8_t hk_glyph_label(uint64_t seed, uint64_t index)
{
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_GLYPH, index / 10, SUB_DEAL);
    uint8_t digits[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    for (uint64_t left = 10; left > 1; left--) {
        uint64_t pick = hk_stream_below(&stream, left);
        uint8_t kept = digits[left - 1];
        digits[left - 1] = digits[pick];
        digits[pick] = kept;
    }
    return digits[index % 10];
}

uint8_t hk_glyph_draw(uint64_t seed, uint64_t index, uint8_t pixels[HK_GLYPH_PIXELS])
{
    dot dots[MAX_DOTS];
    double cover[HK_GLYPH_PIXELS];
    size_t n = 0;
    uint8_t label = hk_glyph_label(seed, index);
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_GLYPH, index, SUB_HAND);
    const hk_digit *digit = &hk_digits[label];
    const hk_form *form = &digit->forms[hk_stream_below(&stream, digit->n_forms)];
    hand of = draw_hand(&stream);
    for (size_t i = 0; i < form->n_strokes; i++)
        n += add_stroke(&form->strokes[i], &of, &stream, dots + n);
    place(dots, n, &of);
    for (size_t i = 0; i < HK_GLYPH_PIXELS; i++)
        cover[i] = -of.edge;
    for (size_t i = 1; i < n; i++)
        if (dots[i].joined)
            press(&dots[i - 1], &dots[i], of.edge, cover);
    for (size_t i = 0; i < HK_GLYPH_PIXELS; i++) {
        double dark = 0.5 + 0.5 * cover[i] / of.edge;
        dark = dark < 0.0 ? 0.0 : dark > 1.0 ? 1.0 : dark;
        pixels[i] = (uint8_t)(of.ink * dark + 0.5);
    }
    return label;
}
