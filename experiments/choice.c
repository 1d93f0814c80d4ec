/* experiments/choice.c - see choice.h. */
#include "experiments/choice.h"

#include "experiments/class_warning.h"
#include "experiments/through_code.h"

const char *const hk_choice_splits[] = { "test", "validation", NULL };

static size_t at_most(int64_t wanted, size_t n)
{
    return wanted > 0 && (size_t)wanted < n ? (size_t)wanted : n;
}

int hk_choice_load(hk_run *run, hk_choice *out)
{
    const int64_t n_train = hk_run_integer(run, "train"), n_test = hk_run_integer(run, "test");
    const bool validates = hk_run_choice(run, "split") == 1;
    hk_dataset_request request = { .name = hk_run_text(run, "data"),
                                   .n_train = n_train == 0 || validates ? HK_DATASET_ALL : (size_t)n_train,
                                   .n_test = validates     ? 1
                                             : n_test == 0 ? HK_DATASET_ALL
                                                           : (size_t)n_test,
                                   .glyph_seed = hk_run_seed(run) };
    int rc = hk_dataset_load(hk_run_ctx(run), &request, &out->data);
    if (rc != HK_OK)
        return rc;
    const hk_images *all = &out->data.train;
    const size_t n_kept = validates ? all->n / 6 : 0, n_learnt = all->n - n_kept;
    out->train = hk_images_part(all, 0, at_most(n_train, n_learnt));
    out->test = validates ? hk_images_part(all, n_learnt, at_most(n_test, n_kept)) : out->data.test;
    hk_run_report(run, "data: %s", out->data.report);
    if (validates)
        hk_run_report(run, "validation: tested on %zu of the last %zu training images, which are not learnt from",
                      out->test.n, n_kept);
    hk_warn_of_classes(run, &out->train, "to learn from");
    return HK_OK;
}

int hk_choice_load_through_code(hk_run *run, hk_choice *out)
{
    int rc = hk_choice_load(run, out);
    if (rc != HK_OK)
        return rc;
    const size_t n_pixels = (size_t)out->train.rows * out->train.cols;
    const bool validates = hk_run_choice(run, "split") == 1; /* tested on are further ones of the training images */
    const hk_through_part parts[] = {
        { .images = out->train, .first = 0 },
        { .images = out->test,
          .first = validates ? (uint64_t)(out->test.pixels - out->train.pixels) / n_pixels : HK_THROUGH_TEST },
    };
    rc = hk_through_code(run, parts, 2);
    if (rc != HK_OK)
        hk_choice_fini(out);
    return rc;
}

void hk_choice_fini(hk_choice *choice)
{
    hk_dataset_fini(&choice->data);
}
