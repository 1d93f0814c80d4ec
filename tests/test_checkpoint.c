/* tests/test_checkpoint.c - interrupted and resumed equals uninterrupted, bit for bit; and what must not be loaded is refused. Damage
 * to the bytes of a file is tested in test_archive.c; here the file is sound and its contents are forged. */
#include "tests/mixed_net.h"

#include "sim/archive_index.h"

#include <fcntl.h>
#include <unistd.h>

static char folder[64], file_path[96], forged_path[96];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/hk-checkpoint-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file_path, sizeof file_path, "%s/saved", folder);
    snprintf(forged_path, sizeof forged_path, "%s/forged", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(file_path);
    (void)unlink(forged_path);
    return rmdir(folder);
}

/* --- bit for bit ---------------------------------------------------------------------------------------------------- */

static uint64_t uninterrupted(const mixed_config *cfg)
{
    mixed_net net = mixed_build(cfg);
    rig_run(&net.r, mixed_ms);
    uint64_t fingerprint = mixed_fingerprint(&net);
    mixed_close(&net);
    return fingerprint;
}

static void resumed_at_random_times_every_model_goes_on_to_the_last_bit(void **state)
{
    (void)state;
    size_t n_models;
    const hk_neuron_model *const *models = hk_neuron_models(&n_models);
    hk_stream draw = hk_stream_open(7, HK_PURPOSE_TEST, 5, 0);
    for (size_t m = 0; m < n_models; m++) {
        mixed_config forms[MIXED_FORMS];
        size_t n = mixed_forms(models[m], forms);
        for (size_t k = 0; k < n; k++) {
            uint64_t expected = uninterrupted(&forms[k]);
            for (int round = 0; round < 2; round++) {
                mixed_config form = forms[k];
                form.n_extra_threads = (unsigned)round;
                mixed_net net = mixed_build(&form);
                double now = 0.0;
                for (int piece = 0; piece < 3; piece++) { /* saved, thrown away and built anew three times */
                    double ms = 0.1 * (double)(1 + hk_stream_below(&draw, 180));
                    rig_run(&net.r, ms);
                    now += ms;
                    uint64_t before = mixed_fingerprint(&net);
                    rig_ok(&net.r, hk_sim_save(net.r.sim, file_path));
                    assert_true(mixed_fingerprint(&net) == before); /* saving changes nothing */
                    mixed_close(&net);
                    form.n_extra_threads = (unsigned)(piece + 2 * round) % 4; /* another number of threads goes on */
                    net = mixed_build(&form);
                    rig_ok(&net.r, hk_sim_load(net.r.sim, file_path));
                    assert_close(hk_sim_now_ms(net.r.sim), now, 1e-9);
                    assert_true(mixed_fingerprint(&net) == before);
                }
                rig_run(&net.r, mixed_ms - now);
                if (mixed_fingerprint(&net) != expected) {
                    print_error("%s, form %zu: resumed at %g ms it goes on otherwise\n", models[m]->name, k, now);
                    fail();
                }
                mixed_close(&net);
            }
        }
    }
}

static void wire_cells(rig *r, const char *name, double weight)
{
    hk_projection *projection;
    hk_population *cells = hk_sim_population(r->sim, 0);
    rig_ok(r, hk_projection_create(r->sim,
                                   &(hk_projection_config){ .name = name,
                                                            .pre = cells,
                                                            .post = cells,
                                                            .connect = HK_FIXED_INDEGREE,
                                                            .n = 20,
                                                            .pairs = HK_PAIRS_MULTAPSES,
                                                            .weight = hk_constant(weight),
                                                            .delay_ms = { HK_UNIFORM, 1.5, 7.0, 0, 0 } },
                                   &projection));
}

static rig open_cells(hk_integrator integrator, unsigned n_extra_threads)
{
    rig r = rig_open_with((hk_sim_config){
        .resolution_ms = 0.1, .seed = 5, .integrator = integrator, .n_extra_threads = n_extra_threads });
    rig_ok(&r, hk_population_drive(rig_neurons(&r, "cells", "lif", 200), 9000.0, 0.25));
    wire_cells(&r, "first", 0.5);
    return r;
}

/* `saved`: thrown away behind the second piece and built anew, both projections at once. */
static uint64_t with_a_later_projection(hk_integrator integrator, bool saved)
{
    rig r = open_cells(integrator, 0);
    rig_run(&r, 20.3);
    wire_cells(&r, "later", -1.0);
    rig_run(&r, 3.1); /* spikes from before it was made are still on their way */
    if (saved) {
        rig_ok(&r, hk_sim_save(r.sim, file_path));
        rig_close(&r);
        r = open_cells(integrator, 2);
        wire_cells(&r, "later", -1.0);
        rig_ok(&r, hk_sim_load(r.sim, file_path));
    }
    rig_run(&r, 30.0);
    hk_sim_stats stats = hk_sim_get_stats(r.sim);
    assert_true(stats.spikes > 200);
    rig_close(&r);
    return stats.spike_hash ^ stats.synaptic_events;
}

static void a_projection_made_in_the_middle_of_the_run_is_found_again(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_EXACT_DENSE; form++)
        assert_true(with_a_later_projection((hk_integrator)form, true) ==
                    with_a_later_projection((hk_integrator)form, false));
}

static mixed_config rich(void)
{
    return (mixed_config){
        .model = hk_neuron_model_find("lif_exp"), .seed = 12, .per_neuron = true, .driven = true, .plastic = true
    };
}

static void a_simulation_goes_on_after_being_saved(void **state)
{
    (void)state;
    mixed_config cfg = rich();
    uint64_t expected = uninterrupted(&cfg);
    mixed_net net = mixed_build(&cfg);
    for (int k = 0; k < 12; k++) {
        rig_run(&net.r, mixed_ms / 12.0);
        rig_ok(&net.r, hk_sim_save(net.r.sim, file_path));
    }
    assert_true(mixed_fingerprint(&net) == expected);
    mixed_close(&net);
}

static void loading_into_a_simulation_that_has_run_replaces_all_of_it(void **state)
{
    (void)state;
    mixed_config cfg = rich();
    uint64_t expected = uninterrupted(&cfg);
    mixed_net net = mixed_build(&cfg);
    rig_run(&net.r, 17.3);
    rig_ok(&net.r, hk_sim_save(net.r.sim, file_path));
    rig_run(&net.r, 30.0); /* and back */
    rig_set(&net.r, net.a, "v_th_mv", -50.0);
    rig_ok(&net.r, hk_sim_load(net.r.sim, file_path));
    rig_run(&net.r, mixed_ms - 17.3);
    assert_true(mixed_fingerprint(&net) == expected);
    mixed_close(&net);
}

static void parameters_of_the_file_replace_those_it_was_built_with(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        mixed_config cfg = {
            .model = hk_neuron_model_find(k == 0 ? "lif" : "lif_exp"), .seed = 13, .driven = true, .per_neuron = true
        };
        mixed_config plain = { .model = cfg.model, .seed = 13 };
        uint64_t expected = uninterrupted(&cfg);
        mixed_net net = mixed_build(&cfg);
        rig_run(&net.r, 17.3);
        rig_ok(&net.r, hk_sim_save(net.r.sim, file_path));
        mixed_close(&net);
        net = mixed_build(&plain);
        rig_ok(&net.r, hk_sim_load(net.r.sim, file_path));
        rig_run(&net.r, mixed_ms - 17.3);
        assert_true(mixed_fingerprint(&net) == expected);
        mixed_close(&net);
    }
}

static void weights_changed_by_hand_are_kept(void **state)
{
    (void)state;
    mixed_config cfg = { .model = hk_neuron_model_find("lif"), .seed = 3 };
    uint64_t fingerprints[2];
    for (int resumed = 0; resumed < 2; resumed++) {
        mixed_net net = mixed_build(&cfg);
        rig_run(&net.r, 10.0);
        uint64_t n;
        float *w = hk_projection_weights(net.all[1], &n);
        for (uint64_t k = 0; k < n; k++)
            w[k] *= 1.5f;
        if (resumed) {
            rig_ok(&net.r, hk_sim_save(net.r.sim, file_path));
            mixed_close(&net);
            net = mixed_build(&cfg);
            rig_ok(&net.r, hk_sim_load(net.r.sim, file_path));
        }
        rig_run(&net.r, 40.0);
        fingerprints[resumed] = mixed_fingerprint(&net);
        mixed_close(&net);
    }
    assert_true(fingerprints[0] == fingerprints[1]);
}

/* --- another simulation ----------------------------------------------------------------------------------------------- */

/* A small simulation in which one thing can be different. */
typedef enum change {
    AS_IT_WAS,
    SEED,
    RESOLUTION,
    MODEL,
    SIZE,
    NAME,
    MORE_POPULATIONS,
    FEWER_POPULATIONS,
    WEIGHT,
    DELAY,
    PROBABILITY,
    MORE_PROJECTIONS,
    FEWER_PROJECTIONS,
    DIAGONAL_WEIGHT,
    MORE_RULES,
    FEWER_RULES,
    OTHER_RULE,
    PRE_OF_PROJECTION,
    N_CHANGES
} change;

static rig small_sim(change what)
{
    rig r = rig_open_as(what == RESOLUTION ? 0.05 : 0.1, what == SEED ? 2 : 1, NULL);
    hk_population *in = rig_neurons(&r, "in", "poisson", 5);
    hk_population *cells = rig_neurons(&r, what == NAME ? "others" : "cells", what == MODEL ? "lif_exp" : "lif",
                                       what == SIZE ? 6 : 5);
    hk_projection *p;
    hk_rule *rule;
    rig_set(&r, in, "rate_hz", 300.0);
    if (what != FEWER_POPULATIONS)
        rig_neurons(&r, "third", "lif", 5);
    if (what == MORE_POPULATIONS)
        rig_neurons(&r, "fourth", "lif", 2);
    rig_ok(&r, hk_projection_create(r.sim,
                                    &(hk_projection_config){ .name = "one",
                                                             .pre = in,
                                                             .post = cells,
                                                             .connect = HK_FIXED_PROBABILITY,
                                                             .probability = what == PROBABILITY ? 0.6 : 0.5,
                                                             .plastic = true,
                                                             .weight = hk_constant(what == WEIGHT ? 5.5 : 5.0),
                                                             .delay_ms = hk_constant(what == DELAY ? 0.2 : 0.3) },
                                    &p));
    rig_ok(&r, hk_projection_create(r.sim,
                                    &(hk_projection_config){ .name = "two",
                                                             .pre = what == PRE_OF_PROJECTION ? cells : in,
                                                             .post = cells,
                                                             .pairs = HK_PAIRS_AUTAPSES,
                                                             .connect = HK_ALL_TO_ALL,
                                                             .weight = hk_constant(0.9),
                                                             .delay_ms = hk_constant(0.3) },
                                    &p));
    if (what != FEWER_RULES)
        rig_ok(&r,
               hk_rule_attach(p, hk_rule_type_find(what == OTHER_RULE ? "stdp_trace" : "stdp"), 0, NULL, NULL, &rule));
    if (what == MORE_RULES)
        rig_ok(&r, hk_rule_attach(p, hk_rule_type_find("normalise"), 0, NULL, NULL, &rule));
    if (what != FEWER_PROJECTIONS)
        rig_ok(&r,
               hk_projection_create(r.sim,
                                    &(hk_projection_config){ .name = "three",
                                                             .pre = in,
                                                             .post = cells,
                                                             .connect = what == SIZE ? HK_ALL_TO_ALL : HK_ONE_TO_ONE,
                                                             .weight = hk_constant(what == DIAGONAL_WEIGHT ? 2.5 : 2.0),
                                                             .delay_ms = hk_constant(0.3) },
                                    &p));
    if (what == MORE_PROJECTIONS)
        rig_ok(&r, hk_projection_create(r.sim,
                                        &(hk_projection_config){ .name = "four",
                                                                 .pre = in,
                                                                 .post = cells,
                                                                 .connect = HK_ALL_TO_ALL,
                                                                 .weight = hk_constant(2.0),
                                                                 .delay_ms = hk_constant(0.3) },
                                        &p));
    return r;
}

static void a_simulation_built_otherwise_is_refused_with_a_sentence(void **state)
{
    (void)state;
    rig r = small_sim(AS_IT_WAS);
    rig_run(&r, 20.0);
    rig_ok(&r, hk_sim_save(r.sim, file_path));
    rig_close(&r);
    r = small_sim(AS_IT_WAS);
    rig_ok(&r, hk_sim_load(r.sim, file_path));
    rig_close(&r);
    for (int what = AS_IT_WAS + 1; what < N_CHANGES; what++) {
        r = small_sim((change)what);
        hk_ctx_clear(r.ctx);
        int rc = hk_sim_load(r.sim, file_path);
        if (rc != HK_EFORMAT || hk_ctx_message(r.ctx)[0] == '\0')
            print_error("change %d: gave %d '%s'\n", what, rc, hk_ctx_message(r.ctx));
        assert_status(rc, HK_EFORMAT);
        assert_true(strlen(hk_ctx_message(r.ctx)) > 20);
        rig_close(&r);
    }
}

static void what_is_no_checkpoint_is_refused(void **state)
{
    (void)state;
    rig r = small_sim(AS_IT_WAS);
    rig_gives(&r, hk_sim_load(r.sim, "/nonexistent/checkpoint"), HK_EIO);
    rig_gives(&r, hk_sim_save(r.sim, "/nonexistent/checkpoint"), HK_EIO);
    FILE *file = fopen(file_path, "w");
    assert_non_null(file);
    fprintf(file, "spikes: 12\n");
    fclose(file);
    rig_gives(&r, hk_sim_load(r.sim, file_path), HK_EFORMAT);
    file = fopen(file_path, "w");
    fclose(file);
    rig_gives(&r, hk_sim_load(r.sim, file_path), HK_EFORMAT);
    rig_close(&r);
}

/* --- forged contents -------------------------------------------------------------------------------------------------- */

typedef struct contents {
    hk_archive_index index;
    unsigned char *bytes;
    size_t size; /* of what stands before the table */
} contents;

static contents read_contents(const char *path)
{
    contents c = { 0 };
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_ok(hk_archive_index_read(NULL, path, fd, &c.index));
    for (size_t k = 0; k < c.index.n; k++) {
        const hk_archive_entry *e = &c.index.entries[k];
        size_t end = (size_t)(e->address + hk_archive_entry_bytes(e));
        if (e->kind != HK_ENTRY_GROUP && end > c.size)
            c.size = end;
    }
    c.bytes = malloc(c.size + 1);
    assert_non_null(c.bytes);
    assert_ok(hk_archive_read_bytes(NULL, path, fd, 0, c.bytes, c.size));
    close(fd);
    return c;
}

static uint32_t crc_of(const unsigned char *bytes, size_t n)
{
    uint32_t crc = 0xffffffffu;
    for (size_t k = 0; k < n; k++) {
        crc ^= bytes[k];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static void write_forged(const contents *c)
{
    unsigned char *table;
    size_t size;
    assert_ok(hk_archive_index_encode(&c->index, c->size, &table, &size));
    FILE *file = fopen(forged_path, "w");
    assert_non_null(file);
    assert_true(fwrite(c->bytes, 1, c->size, file) == c->size && fwrite(table, 1, size, file) == size);
    assert_int_equal(fclose(file), 0);
    free(table);
}

/* Whatever it says, a file must be refused, or loaded so that the simulation runs, or that it says why it does not. */
static void try_forged(unsigned *n_refused, unsigned *n_loaded)
{
    mixed_config cfg = rich();
    mixed_net net = mixed_build(&cfg);
    hk_ctx_clear(net.r.ctx);
    int rc = hk_sim_load(net.r.sim, forged_path);
    if (rc == HK_OK) {
        ++*n_loaded;
        rc = hk_sim_run(net.r.sim, 3.0);
    } else {
        ++*n_refused;
    }
    if (rc != HK_OK)
        assert_true(strlen(hk_ctx_message(net.r.ctx)) > 10);
    mixed_close(&net);
}

static void save_rich(void)
{
    mixed_config cfg = rich();
    mixed_net net = mixed_build(&cfg);
    rig_run(&net.r, 23.7);
    rig_ok(&net.r, hk_sim_save(net.r.sim, file_path));
    mixed_close(&net);
}

static void forged_numbers_are_refused_or_harmless(void **state)
{
    (void)state;
    save_rich();
    contents c = read_contents(file_path);
    assert_true(c.index.n > 100);
    unsigned n_refused = 0, n_loaded = 0;
    hk_stream draw = hk_stream_open(9, HK_PURPOSE_TEST, 6, 0);
    for (size_t k = 0; k < c.index.n; k++) {
        hk_archive_entry *e = &c.index.entries[k];
        size_t bytes = e->kind == HK_ENTRY_GROUP ? 0 : (size_t)hk_archive_entry_bytes(e);
        if (bytes == 0)
            continue;
        unsigned char *at = c.bytes + e->address, *kept = malloc(bytes);
        assert_non_null(kept);
        memcpy(kept, at, bytes);
        uint32_t crc = e->crc;
        for (int how = 0; how < 4; how++) {
            memcpy(at, kept, bytes);
            if (how < 2)
                memset(at, how == 0 ? 0xff : 0x7f, bytes); /* NaN, -1, the largest; huge */
            else if (how == 2)
                memset(at, 0, bytes);
            else
                at[hk_stream_below(&draw, bytes)] ^= (unsigned char)(1u << hk_stream_below(&draw, 8));
            e->crc = crc_of(at, bytes);
            write_forged(&c);
            try_forged(&n_refused, &n_loaded);
        }
        memcpy(at, kept, bytes);
        e->crc = crc;
        free(kept);
    }
    print_message("forged numbers: %u refused, %u loaded and run\n", n_refused, n_loaded);
    assert_true(n_refused > 50 && n_loaded > 10);
    write_forged(&c); /* and the forger's tools themselves are sound */
    unsigned before = n_loaded;
    try_forged(&n_refused, &n_loaded);
    assert_true(n_loaded == before + 1);
    hk_archive_index_fini(&c.index);
    free(c.bytes);
}

static void missing_and_shortened_parts_are_refused(void **state)
{
    (void)state;
    save_rich();
    contents c = read_contents(file_path);
    unsigned n_refused = 0, n_loaded = 0, n_tried = 0;
    for (size_t k = 0; k < c.index.n; k++) {
        hk_archive_entry *e = &c.index.entries[k];
        char *path = e->path;
        e->path = strdup("nothing/like/it");
        write_forged(&c);
        try_forged(&n_refused, &n_loaded);
        n_tried++;
        free(e->path);
        e->path = path;
        if (e->kind == HK_ENTRY_GROUP || e->n < 2)
            continue;
        uint64_t n = e->n;
        uint32_t crc = e->crc;
        e->n = n - 1;
        e->crc = crc_of(c.bytes + e->address, (size_t)hk_archive_entry_bytes(e));
        write_forged(&c);
        try_forged(&n_refused, &n_loaded);
        n_tried++;
        e->n = n;
        e->crc = crc;
    }
    print_message("missing or shortened parts: %u of %u refused\n", n_refused, n_tried);
    assert_int_equal(n_refused, n_tried);
    hk_archive_index_fini(&c.index);
    free(c.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_at_random_times_every_model_goes_on_to_the_last_bit),
        cmocka_unit_test(a_projection_made_in_the_middle_of_the_run_is_found_again),
        cmocka_unit_test(a_simulation_goes_on_after_being_saved),
        cmocka_unit_test(loading_into_a_simulation_that_has_run_replaces_all_of_it),
        cmocka_unit_test(parameters_of_the_file_replace_those_it_was_built_with),
        cmocka_unit_test(weights_changed_by_hand_are_kept),
        cmocka_unit_test(a_simulation_built_otherwise_is_refused_with_a_sentence),
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
        cmocka_unit_test(forged_numbers_are_refused_or_harmless),
        cmocka_unit_test(missing_and_shortened_parts_are_refused),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, make_folder, remove_folder);
}
