/* tests/test_mnist_resume.c - runs of mnist that are interrupted and resumed, and those that are refused. */
#include "tests/mnist_program.h"

#include "experiments/commands.h"

/* ---- running it ------------------------------------------------------------------------------------------------------ */

/* Ends with `code` and a sentence that has `part`. */
static void refused(const char *line, int code, const char *part)
{
    assert_int_equal(finish(start(line)), code);
    char *err = read_text("err");
    if (strstr(err, part) == NULL)
        print_error("'%s'\nis without '%s'\n", err, part);
    assert_non_null(strstr(err, part));
    free(err);
}

/* ---- reading what it wrote --------------------------------------------------------------------------------------------- */

/* Every array of one file is in the other, with the same bits. */
static void assert_same_arrays(const char *name_a, const char *name_b)
{
    hk_results *a = results_of(name_a), *b = results_of(name_b);
    size_t n_a, n_b;
    const hk_results_entry *entries = hk_results_entries(a, &n_a);
    (void)hk_results_entries(b, &n_b);
    assert_int_equal(n_a, n_b);
    assert_true(n_a >= 10);
    for (size_t k = 0; k < n_a; k++) {
        const hk_results_entry *other = hk_results_find(b, entries[k].name);
        assert_non_null(other);
        assert_int_equal(entries[k].type, other->type);
        assert_int_equal(entries[k].n, other->n);
        size_t size = hk_type_size(entries[k].type) * entries[k].n;
        void *x = malloc(size + 1), *y = malloc(size + 1);
        assert_true(x != NULL && y != NULL);
        assert_ok(hk_results_get(a, entries[k].name, entries[k].type, x, entries[k].n));
        assert_ok(hk_results_get(b, entries[k].name, entries[k].type, y, entries[k].n));
        if (memcmp(x, y, size) != 0)
            print_error("%s differs\n", entries[k].name);
        assert_memory_equal(x, y, size);
        free(x);
        free(y);
    }
    assert_ok(hk_results_close(a));
    assert_ok(hk_results_close(b));
}

/* ---- interrupted and resumed ------------------------------------------------------------------------------------------------ */

static ino_t identity(const char *name)
{
    struct stat about;
    return stat(scratch_path(name), &about) == 0 ? about.st_ino : 0;
}

/* Lets a run go on until it has saved itself (a new file stands there), interrupts it and waits; its exit code. */
static int interrupted(const char *line, const char *checkpoint)
{
    ino_t before = identity(checkpoint);
    pid_t child = start(line);
    siginfo_t about;
    for (;;) {
        memset(&about, 0, sizeof about);
        if (waitid(P_PID, (id_t)child, &about, WEXITED | WNOHANG | WNOWAIT) == 0 && about.si_pid == child)
            break;
        if (identity(checkpoint) != before) {
            kill(child, SIGINT);
            break;
        }
        sleep_ms(1.0);
    }
    return finish(child);
}

static void assert_same_summary(const char *name_a, const char *name_b)
{
    static const char *const exact[] = { "test_accuracy_label",
                                         "test_accuracy_vote",
                                         "test_undecided",
                                         "spikes_per_image",
                                         "synaptic_events_per_image",
                                         "input_spikes_per_image",
                                         "test_spikes_per_image",
                                         "neurons_named",
                                         "train_images",
                                         "spikes",
                                         "events",
                                         "energy_proxy_events" };
    hk_document *a = summary(name_a), *b = summary(name_b);
    for (size_t k = 0; k < N_OF(exact); k++)
        assert_string_equal(text_of(a, exact[k]), text_of(b, exact[k]));
    assert_string_equal(text_of(a, "spike_hash"), text_of(b, "spike_hash"));
    hk_document_destroy(a);
    hk_document_destroy(b);
}

/* Interrupted in all phases, after ever longer pieces, and put together again: every number and every bit is the same. */
static void a_run_in_many_pieces_equals_one_in_a_piece(void **state)
{
    static const char *const kinds[] = {
        "--code rate --set train=200", "--code latency --set train=500 --set record=all",
        "--code phase --set rule=novelty --set order=shuffled --set lr_end=0.1 --set train=300"
    };
    static const char phases[3][24] = { "resumed: training", "resumed: naming", "resumed: testing" };
    (void)state;
    for (size_t k = 0; k < N_OF(kinds); k++) {
        char line[500];
        unsigned in_phase[3] = { 0 };
        remove(scratch_path("saved.h5"));
        snprintf(line, sizeof line,
                 "%s --set test=100 --set label=200 --seed 5 --out whole.h5 --json whole.json --quiet", kinds[k]);
        run(line);
        int code = 130;
        double every_s = 0.002;
        for (int piece = 0; code == 130 && piece < 300; piece++, every_s *= 1.07) {
            snprintf(line, sizeof line,
                     "%s --set test=100 --set label=200 --seed 5 --out cut.h5 --json cut.json --checkpoint saved.h5 "
                     "--checkpoint-every %g%s",
                     kinds[k], every_s, piece == 0 ? "" : " --resume saved.h5");
            code = interrupted(line, "saved.h5");
            char *out = read_text("out");
            for (size_t phase = 0; phase < 3; phase++)
                in_phase[phase] += strstr(out, phases[phase]) != NULL;
            free(out);
        }
        if (code != 0) {
            char *err = read_text("err");
            print_error("%s", err);
            free(err);
        }
        assert_int_equal(code, 0);
        assert_true(in_phase[0] > 1);
        assert_true(in_phase[0] + in_phase[1] + in_phase[2] > 3);
        assert_same_summary("whole.json", "cut.json");
        assert_same_arrays("whole.h5", "cut.h5");
    }
}

static void resuming_needs_a_checkpoint_of_the_same_run(void **state)
{
    static const char same[] =
        "--code latency --set train=3000 --set test=20 --set label=50 --out none --checkpoint kept.h5 "
        "--checkpoint-every 0.001";
    char line[400];
    (void)state;
    assert_int_equal(interrupted(same, "kept.h5"), 130);
    char *err = read_text("err");
    assert_non_null(strstr(err, "interrupted, saving"));
    free(err);
    snprintf(line, sizeof line, "%s --set lr=0.2 --resume kept.h5", same);
    refused(line, 1, "config");
    snprintf(line, sizeof line, "%s --seed 2 --resume kept.h5", same);
    refused(line, 1, "seed");
    refused("--resume nowhere.h5 --set train=20 --set test=10 --out none", 1, "nowhere.h5");
    write_file(scratch_path("text.h5"), "no checkpoint\n", 14);
    refused("--resume text.h5 --set train=20 --set test=10 --out none", 1, "text.h5");
}

static void what_cannot_be_run_is_refused_by_name_and_value(void **state)
{
    static const char *const lines[][2] = {
        { "--set lr=0.1 --set lr_end=0.2", "lr_end = 0.2" },
        { "--set theta_plus_mv=1 --set theta_plus_end_mv=1.5", "theta_plus_end_mv = 1.5" },
        { "--set window_ms=0.25", "window_ms = 0.25, must be a whole number of steps of 0.1 ms" },
        { "--data mnist", "make data" },
        { "--code phase --set window_ms=15.9", "phase: window_ms = 15.9, must hold a period" },
        { "--code burst --set window_ms=9.9", "burst: window_ms = 9.9, must hold the longest burst" },
        { "--code temporal --set burst=33", "temporal: n_spikes = 33, must be in [1, 32]" },
        { "--set rule=novelty", "code = rate has no settings for rule = novelty; code=phase has" },
        { "--code phase --set rule=novelty --set ink=90", "ink is for rule=homeostasis, but rule = novelty" },
        { "--code phase --set rule=novelty --set weight_sum=50", "weight_sum is for rule=homeostasis" },
        { "--code phase --set match=0.6", "match is for rule=novelty, but rule = homeostasis" },
        { "--code temporal --set clock_spikes=300", "clock_spikes = 300, 0.1 ms apart at the end, must fit" },
    };
    static const char *const usage[][2] = {
        { "--code morse",
          "code = 'morse', must be rate, regular, latency, latency_log, rank, phase, burst, temporal, " },
        { "--data letters", "data = 'letters', must be auto, mnist, fashion or glyphs" },
        { "--set neurons=1", "neurons = '1', must be" },
        { "--set label=9", "label = '9'" },
        { "--set lr=1.5", "lr = '1.5'" },
        { "--set rule=chance", "rule = 'chance', must be homeostasis or novelty" },
        { "--code phase --set rule=novelty --set match=1.2", "match = '1.2'" },
    };
    (void)state;
    assert_int_equal(setenv("HILLOCK_DATA", "/nowhere", 1), 0);
    assert_int_equal(setenv("HOME", "/nowhere", 1), 0);
    for (size_t k = 0; k < N_OF(lines); k++) {
        char line[300];
        snprintf(line, sizeof line, "--set train=20 --set test=10 --set label=10 --out none %s", lines[k][0]);
        refused(line, 1, lines[k][1]);
    }
    for (size_t k = 0; k < N_OF(usage); k++)
        refused(usage[k][0], 2, usage[k][1]);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--as-hillock") == 0) {
        hk_catalogue catalogue = hk_experiments();
        argv[1] = argv[0];
        return hk_main(&catalogue, argc - 1, argv + 1);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_in_many_pieces_equals_one_in_a_piece),
        cmocka_unit_test(resuming_needs_a_checkpoint_of_the_same_run),
        cmocka_unit_test(what_cannot_be_run_is_refused_by_name_and_value),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
