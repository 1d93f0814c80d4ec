/* experiments/request.h - what the user asked `hillock run` for: from the command line, from a YAML file, or from
 * both, where the command line has the last word. */
#ifndef HK_REQUEST_H
#define HK_REQUEST_H

#include "experiments/catalogue.h"
#include "experiments/flags.h"
#include "experiments/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HK_SEED_DEFAULT 1

typedef struct hk_request {
    const hk_experiment *experiment;
    hk_values values;
    char *argument;  /* of the experiment; NULL */
    uint64_t *seeds; /* [n_seeds] */
    size_t n_seeds;
    bool is_series;                         /* --seeds: trials with mean and deviation, even when there is only one */
    unsigned jobs, threads;                 /* threads of each trial */
    char *out, *json, *checkpoint, *resume; /* NULL: not given; "none" is NULL with out_is_none */
    bool out_is_none, checkpoint_is_none;
    double checkpoint_every_s;
    bool quiet;
    char *command; /* as it was typed: "hillock run mnist --seed 7" */
} hk_request;

/** The flags of `hillock run`; the keys of a YAML file are the same with '_' for '-'. */
const hk_flag *hk_run_flags(size_t *n);

/** Reads the arguments behind `hillock run`. `out` is to be freed with hk_request_fini() also after a failure. HK_ENAME,
 *  HK_ERANGE: bad usage; HK_EIO, HK_EFORMAT: of the YAML file; HK_ENOMEM. */
HK_MUST_CHECK int hk_request_read(hk_ctx *ctx, const hk_catalogue *catalogue, int n, char *const *arguments,
                                  hk_request *out);
void hk_request_fini(hk_request *request);

/** Fills a request from a file in which `experiment:` names one of the catalogue. */
HK_MUST_CHECK int hk_request_read_file(hk_ctx *ctx, const hk_catalogue *catalogue, const char *path,
                                       hk_request *request);

/** Applies flag `index` of the table. */
HK_MUST_CHECK int hk_request_apply(hk_ctx *ctx, hk_request *request, long index, const char *value);

/** A path of one trial: `path` itself, or in a series with "-seed7" before its last dot. To be freed; NULL when memory is
 *  out. */
char *hk_request_path(const hk_request *request, const char *path, uint64_t seed);

/** "no experiment 'mnits'; did you mean 'mnist'?" as HK_ENAME. */
int hk_unknown_experiment(hk_ctx *ctx, const hk_catalogue *catalogue, const char *name);

#endif
