/* experiments/nets/capsule.h - a small capsule network with routing by agreement, trained by back-propagation.
 *
 *   maps      y = max(0, k1 * image + b1)                             convolution, no padding
 *   primary   u_i = squash(k2 * y + b2), each `depth` channels of a place are one capsule i
 *   votes     o_ij = W_ij u_i                                         one matrix for each primary capsule and class
 *   routing   b_ij = 0;  repeated:  c_ij = softmax_j(b_ij),  s_j = sum_i c_ij o_ij,  v_j = squash(s_j),  b_ij += v_j . o_ij
 *   squash    s |s| / (1 + |s|^2)
 *   loss      mean over the samples of sum_j  T_j max(0, 0.9 - |v_j|)^2 + 0.5 (1 - T_j) max(0, |v_j| - 0.1)^2,  T_j 1 for the
 *             true class, else 0
 *
 * |s| stands for sqrt(s . s + 1e-18), which has a derivative everywhere. Gradients go through all rounds of the routing. Double
 * precision; same data and seed: same bits, for any number of threads and on every CPU level.
 *
 * Source: Sabour, Frosst & Hinton (2017), NIPS 30:3856-3866; smaller, and without reconstruction. */
#ifndef HK_CAPSULE_H
#define HK_CAPSULE_H

#include "experiments/nets/multiply.h"
#include "sim/results.h"

#include <stdint.h>

enum { HK_CAPSULE_ROUNDS = 8, HK_CAPSULE_CLASSES = 256 }; /* at most */

typedef struct hk_capsule_shape {
    size_t rows, cols;                 /* of the image */
    size_t kernel1, stride1, channels; /* maps */
    size_t kernel2, stride2, n_types;  /* primary capsules at a place, */
    size_t depth;                      /* numbers of each */
    size_t n_classes, class_depth;     /* capsules of the classes */
    size_t rounds;                     /* of the routing, 1 to HK_CAPSULE_ROUNDS */
} hk_capsule_shape;

/** Layers of parameters, one behind the other: k1 [kernel1^2][channels], b1, k2 [kernel2^2][channels][n_types * depth], b2,
 *  W [n_primary][depth][n_classes * class_depth]. */
enum { HK_CAPSULE_K1, HK_CAPSULE_B1, HK_CAPSULE_K2, HK_CAPSULE_B2, HK_CAPSULE_VOTES, HK_CAPSULE_PARTS };

typedef struct hk_capsule {
    hk_capsule_shape shape;
    size_t rows1, cols1, rows2, cols2;   /* places of maps and primary capsules */
    size_t n_primary, n_vector;          /* capsules; n_classes * class_depth */
    size_t offset[HK_CAPSULE_PARTS + 1]; /* into params; the last is n_params */
    double *params;
} hk_capsule;

/** All parameters 0. HK_ERANGE: a size of 0, a kernel larger than what it is moved over, too many rounds; HK_ENOMEM. */
HK_MUST_CHECK int hk_capsule_create(hk_ctx *ctx, const hk_capsule_shape *shape, hk_capsule *out);
void hk_capsule_fini(hk_capsule *net);

/** Kernels normal with standard deviation sqrt(2 / inputs), W with `votes_sd`; biases 0. */
void hk_capsule_draw(hk_capsule *net, double votes_sd, uint64_t seed);

/** What a network computes for some samples at once; the first index is the sample. */
typedef struct hk_capsule_pass {
    size_t n_samples;           /* at most */
    double *values;             /* [pixels], filled by the caller */
    double *patches1, *maps;    /* [places1][kernel1^2], [places1][channels] */
    double *patches2, *primary; /* [places2][kernel2^2 channels], [n_primary][depth] before squash */
    double *capsules;           /* [n_primary][depth] u */
    double *votes;              /* [n_primary][n_vector] o */
    double *logits;             /* [n_primary][n_classes] b of the round being computed */
    double *couplings;          /* [rounds][n_primary][n_classes] c */
    double *sums, *vectors;     /* [rounds][n_vector] s, v */
    double *by_vector, *by_vote, *by_capsule, *by_patch2, *by_map; /* gradients of the loss */
} hk_capsule_pass;

HK_MUST_CHECK int hk_capsule_pass_init(hk_ctx *ctx, const hk_capsule *net, size_t n_samples, hk_capsule_pass *out);
void hk_capsule_pass_fini(hk_capsule_pass *pass);

/** From values of the first n samples to `vectors`. */
HK_MUST_CHECK int hk_capsule_run(const hk_capsule *net, hk_multiplier *multiplier, hk_capsule_pass *pass, size_t n);
/** After hk_capsule_run(): the loss, and its gradient by the parameters. */
HK_MUST_CHECK int hk_capsule_gradient(const hk_capsule *net, hk_multiplier *multiplier, hk_capsule_pass *pass, size_t n,
                                      const uint8_t *labels, double *loss, double *gradient);

/** v of the last round, [n_classes][class_depth], of a sample. */
const double *hk_capsule_vectors(const hk_capsule *net, const hk_capsule_pass *pass, size_t sample);
/** The class of the longest vector, the lowest of equals. */
size_t hk_capsule_decide(const hk_capsule *net, const hk_capsule_pass *pass, size_t sample);

/** To the group "net" of a results file, and back from the file of that path: the same bits. HK_EIO, HK_EFORMAT, HK_ENAME name the
 *  file; on failure there is nothing to free. */
HK_MUST_CHECK int hk_capsule_save(const hk_capsule *net, hk_results *file);
HK_MUST_CHECK int hk_capsule_load(hk_ctx *ctx, const char *path, hk_capsule *out);

#endif
