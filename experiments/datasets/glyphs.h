/* experiments/datasets/glyphs.h - handwritten-looking digits that Hillock draws itself, as many as are wanted.
 *
 * Each is a few pen strokes through control points of one of the ways a digit is written. The points are shaken, the
 * whole is slanted, turned, stretched and drawn with a pen of some thickness and pressure, fitted into 20 x 20 pixels and
 * moved so that its centre of mass lies near the middle of 28 x 28, as in MNIST. Image `index` is a function of (seed,
 * index) alone, the same on every machine: only additions, multiplications, divisions and square roots are used.
 * Of every ten images from a multiple of ten on, each digit is one, in drawn order. */
#ifndef HK_DATASETS_GLYPHS_H
#define HK_DATASETS_GLYPHS_H

#include <stdint.h>

enum { HK_GLYPH_SIDE = 28, HK_GLYPH_PIXELS = HK_GLYPH_SIDE * HK_GLYPH_SIDE };

/** Draws image `index` of the endless row named by `seed`: 0 paper, 255 ink. Returns the digit. */
uint8_t hk_glyph_draw(uint64_t seed, uint64_t index, uint8_t pixels[HK_GLYPH_PIXELS]);

/** The digit alone. */
uint8_t hk_glyph_label(uint64_t seed, uint64_t index);

#endif
