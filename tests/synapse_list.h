/* tests/synapse_list.h - the synapses of one projection as a list. */
#ifndef HK_SYNAPSE_LIST_H
#define HK_SYNAPSE_LIST_H

#include "tests/sim_rig.h"

typedef struct synapses {
    uint64_t n;
    uint32_t *pre, *post;
    double *weight, *delay_ms;
} synapses;

static inline synapses list_of(const hk_projection *p)
{
    synapses s = { .n = hk_projection_n_synapses(p) };
    s.pre = calloc(s.n + 1, sizeof *s.pre);
    s.post = calloc(s.n + 1, sizeof *s.post);
    s.weight = calloc(s.n + 1, sizeof *s.weight);
    s.delay_ms = calloc(s.n + 1, sizeof *s.delay_ms);
    assert_true(s.pre != NULL && s.post != NULL && s.weight != NULL && s.delay_ms != NULL);
    assert_true(hk_projection_list(p, s.n + 1, s.pre, s.post, s.weight, s.delay_ms) == s.n);
    return s;
}

static inline void free_list(synapses *s)
{
    free(s->pre);
    free(s->post);
    free(s->weight);
    free(s->delay_ms);
}

typedef struct pair {
    rig r;
    hk_population *pre, *post;
} pair;

/* n_post 0: one population, connected within. */
static inline pair make_pair(uint32_t n_pre, uint32_t n_post, uint64_t seed)
{
    pair p = { .r = rig_open_as(0.1, seed, NULL) };
    p.pre = rig_neurons(&p.r, "pre", "lif", n_pre);
    p.post = n_post == 0 ? p.pre : rig_neurons(&p.r, "post", "lif", n_post);
    return p;
}

static inline hk_projection *connect(pair *p, hk_projection_config cfg)
{
    hk_projection *projection;
    cfg.pre = p->pre;
    cfg.post = p->post;
    if (cfg.delay_ms.a == 0.0 && cfg.delay_ms.b == 0.0)
        cfg.delay_ms = hk_constant(1.5);
    rig_ok(&p->r, hk_projection_create(p->r.sim, &cfg, &projection));
    return projection;
}

#endif
