/* experiments/figures/gnuplot.h - one figure made by gnuplot at the other end of a pipe.
 *
 * gnuplot reads the script from us, writes the picture to its standard output, which is a new file beside the target,
 * and never sees a file name; the picture is renamed when gnuplot has ended well. It reads none of the user's gnuplot
 * settings. A gnuplot that is not installed is HK_EIO with a sentence that says what to install. The program must ignore
 * SIGPIPE, so that a gnuplot that ends early is a failed write. */
#ifndef HK_GNUPLOT_H
#define HK_GNUPLOT_H

#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum hk_picture_format { HK_PICTURE_SVG, HK_PICTURE_PNG, HK_PICTURE_PDF } hk_picture_format;

typedef struct hk_picture {
    const char *path; /* replaced when it exists */
    hk_picture_format format;
    const char *title; /* NULL: none */
} hk_picture;

typedef struct hk_gnuplot hk_gnuplot;

/** Is there a gnuplot on the PATH? */
bool hk_gnuplot_exists(void);

/** Starts a picture of width x height points (96 to the inch), with title and house style set. */
HK_MUST_CHECK int hk_gnuplot_open(hk_ctx *ctx, const hk_picture *picture, double width, double height,
                                  hk_gnuplot **out);
/** Sends script or data; failures show at hk_gnuplot_close(). */
void hk_gnuplot_print(hk_gnuplot *plot, const char *format, ...) HK_PRINTF(2, 3);
/** Sends a text as a quoted string that gnuplot takes literally. */
void hk_gnuplot_quote(hk_gnuplot *plot, const char *text);
/** Ends gnuplot and puts the picture in place; frees. HK_EIO with gnuplot's own first words. */
HK_MUST_CHECK int hk_gnuplot_close(hk_gnuplot *plot);

/** Colours that colour-blind readers can tell apart, as "#rrggbb"; the index wraps around. */
const char *hk_colour_line(size_t index);  /* 8, strong: curves, populations (Okabe & Ito 2008) */
const char *hk_colour_group(size_t index); /* 10, for the classes of a raster (Tol 2021, "muted") */
unsigned hk_symbol_group(size_t index);    /* gnuplot's number of a symbol to go with it: many thin curves look alike */

/** "svg", "png", "pdf"; false: none of them. */
bool hk_picture_format_find(const char *name, hk_picture_format *out);
const char *hk_picture_suffix(hk_picture_format format);

#endif
