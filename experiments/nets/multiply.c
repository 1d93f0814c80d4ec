/* experiments/nets/multiply.c - tiles of 8 rows and 16 columns of packed matrices; see multiply.h. */
#include "experiments/nets/multiply.h"

#include "experiments/readouts/product_kernels.h"

#include <stdbool.h>
#include <stdlib.h>

enum { ROWS = HK_TILE_ROWS, COLS = HK_TILE_F64 };

struct hk_multiplier {
    hk_ctx *ctx;
    hk_team *team;
    const hk_product_kernels *kernels;
    double *left, *right; /* panels of a [m / ROWS][k][ROWS] and of b [n / COLS][k][COLS], what is past the edge 0 */
    size_t left_room, right_room;
};

int hk_multiplier_create(hk_ctx *ctx, hk_team *team, hk_multiplier **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory to multiply matrices");
    **out = (hk_multiplier){ .ctx = ctx, .team = team, .kernels = hk_product_kernels_for(hk_cpu_best()) };
    return HK_OK;
}

void hk_multiplier_destroy(hk_multiplier *multiplier)
{
    if (multiplier == NULL)
        return;
    free(multiplier->left);
    free(multiplier->right);
    free(multiplier);
}

hk_team *hk_multiplier_team(const hk_multiplier *multiplier)
{
    return multiplier->team;
}

/* ---- sharing -------------------------------------------------------------------------------------------------------- */

typedef struct shared {
    size_t n, grain, n_members;
    void (*work)(void *user, size_t begin, size_t end);
    void *user;
} shared;

static void work_shared(void *user, unsigned member)
{
    const shared *s = user;
    for (size_t begin = member * s->grain; begin < s->n; begin += s->n_members * s->grain)
        s->work(s->user, begin, s->n - begin < s->grain ? s->n : begin + s->grain);
}

void hk_multiplier_share(hk_multiplier *multiplier, size_t n, size_t grain,
                         void (*work)(void *user, size_t begin, size_t end), void *user)
{
    shared s = { .n = n, .grain = grain, .n_members = 1, .work = work, .user = user };
    if (multiplier->team == NULL || n <= grain) {
        work_shared(&s, 0);
        return;
    }
    s.n_members = hk_team_size(multiplier->team);
    hk_team_run(multiplier->team, work_shared, &s);
}

/* ---- the product ---------------------------------------------------------------------------------------------------- */

typedef struct product {
    const hk_multiplier *multiplier;
    size_t m, n, k;
    hk_matrix a, b, c;
    bool packs_left;
} product;

static size_t panels_of(size_t n, size_t width)
{
    return (n + width - 1) / width;
}

/* Panel of `width` lines, `line` apart, of n in all. */
static void pack(double *out, const double *in, size_t n, size_t k, size_t width, size_t line, size_t along)
{
    size_t n_here = n < width ? n : width;
    for (size_t at = 0; at < k; at++) {
        for (size_t j = 0; j < n_here; j++)
            out[at * width + j] = in[at * along + j * line];
        for (size_t j = n_here; j < width; j++)
            out[at * width + j] = 0.0;
    }
}

static void pack_left(void *user, size_t begin, size_t end)
{
    const product *p = user;
    for (size_t panel = begin; panel < end; panel++)
        pack(p->multiplier->left + panel * p->k * ROWS, p->a.values + panel * ROWS * p->a.row, p->m - panel * ROWS,
             p->k, ROWS, p->a.row, p->a.col);
}

static void pack_right(void *user, size_t begin, size_t end)
{
    const product *p = user;
    for (size_t panel = begin; panel < end; panel++)
        pack(p->multiplier->right + panel * p->k * COLS, p->b.values + panel * COLS * p->b.col, p->n - panel * COLS,
             p->k, COLS, p->b.col, p->b.row);
}

static void multiply_tiles(void *user, size_t begin, size_t end)
{
    const product *p = user;
    const size_t n_left = panels_of(p->m, ROWS);
    double tile[ROWS * COLS];
    for (size_t t = begin; t < end; t++) {
        const size_t row = t % n_left * ROWS, col = t / n_left * COLS;
        const size_t n_rows = p->m - row < ROWS ? p->m - row : ROWS, n_cols = p->n - col < COLS ? p->n - col : COLS;
        const double *right = p->multiplier->right + col * p->k;
        if (p->packs_left)
            p->multiplier->kernels->tile_f64(p->multiplier->left + row * p->k, ROWS, right, p->k, tile);
        else
            p->multiplier->kernels->tile_f64(p->a.values + row, p->a.col, right, p->k, tile);
        for (size_t i = 0; i < n_rows; i++)
            for (size_t j = 0; j < n_cols; j++)
                p->c.values[(row + i) * p->c.row + (col + j) * p->c.col] = tile[i * COLS + j];
    }
}

static int make_room(hk_ctx *ctx, double **panels, size_t *room, size_t n)
{
    if (n <= *room)
        return HK_OK;
    free(*panels);
    *room = 0;
    *panels = malloc(n * sizeof **panels);
    if (*panels == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory to multiply matrices of %zu numbers", n);
    *room = n;
    return HK_OK;
}

int hk_multiply(hk_multiplier *multiplier, size_t m, size_t n, size_t k, hk_matrix a, hk_matrix b, hk_matrix c)
{
    const size_t n_left = panels_of(m, ROWS), n_right = panels_of(n, COLS);
    product p = { multiplier, m, n, k, a, b, c, .packs_left = a.row != 1 || m % ROWS != 0 };
    int rc = make_room(multiplier->ctx, &multiplier->right, &multiplier->right_room, n_right * COLS * k);
    if (rc == HK_OK && p.packs_left)
        rc = make_room(multiplier->ctx, &multiplier->left, &multiplier->left_room, n_left * ROWS * k);
    if (rc != HK_OK)
        return rc;
    if (p.packs_left)
        hk_multiplier_share(multiplier, n_left, 4, pack_left, &p);
    hk_multiplier_share(multiplier, n_right, 2, pack_right, &p);
    hk_multiplier_share(multiplier, n_left * n_right, 16, multiply_tiles, &p);
    return HK_OK;
}
