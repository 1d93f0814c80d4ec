/* tests/test_options.c - parameters, seeds, suggestions, and what `hillock run` understands. */
#include "tests/hk_test.h"

#include "experiments/cores.h"
#include "experiments/flags.h"
#include "experiments/options.h"
#include "experiments/request.h"
#include "experiments/suggest.h"

#include <unistd.h>

static const char *const codes[] = { "rate", "latency", "binary", NULL };
static const hk_option options[] = {
    { .name = "neurons", .type = HK_OPTION_INTEGER, .initial = 400, .min = 1, .max = 1e6, .meaning = "how many" },
    { .name = "tau_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 10.5,
      .min = 0.1,
      .max = 1e4,
      .meaning = "slow" },
    { .name = "theta_plus", .type = HK_OPTION_NUMBER, .min = 0, .max = 10, .automatic = "0.1 * neurons / 400" },
    { .name = "code", .type = HK_OPTION_CHOICE, .text = "latency", .choices = codes, .meaning = "which" },
    { .name = "data", .type = HK_OPTION_TEXT, .text = "auto", .meaning = "images" },
    { .name = "learn", .type = HK_OPTION_FLAG, .initial = 1, .meaning = "whether" },
};
static const hk_experiment toy = {
    .name = "toy", .summary = "a toy", .options = options, .n_options = N_OF(options), .resumable = true
};
static const hk_experiment reader = { .name = "reader", .summary = "reads", .argument = "FILE" };
static const hk_experiment broad = { .name = "broad", .summary = "uses threads", .threaded = true };
static const hk_experiment *const toys[] = { &toy, &reader, &broad };
static const hk_catalogue catalogue = { .experiments = toys, .n = N_OF(toys) };

typedef struct fixture {
    hk_ctx *ctx;
    hk_values values;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = hk_ctx_create();
    assert_ok(hk_values_init(f->ctx, &toy, &f->values));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    hk_values_fini(&f->values);
    hk_ctx_destroy(f->ctx);
    free(f);
    return 0;
}

static void assert_says(const fixture *f, const char *part)
{
    if (strstr(hk_ctx_message(f->ctx), part) != NULL)
        return;
    print_error("the message is '%s', without '%s'\n", hk_ctx_message(f->ctx), part);
    fail();
}

static void distance_counts_a_swap_of_neighbours_once(void **state)
{
    (void)state;
    assert_int_equal(hk_edit_distance("mnist", "mnist"), 0);
    assert_int_equal(hk_edit_distance("mnits", "mnist"), 1);
    assert_int_equal(hk_edit_distance("ring", "rings"), 1);
    assert_int_equal(hk_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(hk_edit_distance("", "abc"), 3);
    assert_int_equal(hk_edit_distance("CUBA", "cuba"), 0);
    char longer[80];
    memset(longer, 'x', sizeof longer);
    longer[79] = '\0';
    assert_true(hk_edit_distance(longer, "x") == SIZE_MAX);
}

static void only_a_near_name_is_suggested(void **state)
{
    (void)state;
    hk_suggest near = { .wrong = "neuron" }, far = { .wrong = "zebra" }, begun = { .wrong = "chec" };
    hk_suggest *const all[] = { &near, &far, &begun };
    for (size_t k = 0; k < N_OF(all); k++) {
        hk_suggest_offer(all[k], "code");
        hk_suggest_offer(all[k], "neurons");
        hk_suggest_offer(all[k], "checkpoint-every");
    }
    assert_string_equal(hk_suggestion(&near), "neurons");
    assert_null(hk_suggestion(&far));
    assert_string_equal(hk_suggestion(&begun), "checkpoint-every");
}

static void defaults_come_from_the_table(void **state)
{
    fixture *f = *state;
    char *config = hk_values_config(&f->values);
    assert_string_equal(
        config, "experiment=toy\nneurons=400\ntau_ms=10.5\ntheta_plus=auto\ncode=latency\ndata=auto\nlearn=on\n");
    free(config);
    for (size_t k = 0; k < N_OF(options); k++)
        assert_false(f->values.values[k].given);
}

static void values_that_are_set_are_kept_to_the_last_digit(void **state)
{
    fixture *f = *state;
    assert_ok(hk_values_set(f->ctx, &f->values, "tau_ms", "2.3850000000000002"));
    assert_ok(hk_values_set(f->ctx, &f->values, "neurons", "1.6e3"));
    assert_ok(hk_values_set(f->ctx, &f->values, "code", "binary"));
    assert_ok(hk_values_set(f->ctx, &f->values, "learn", "No"));
    assert_ok(hk_values_set(f->ctx, &f->values, "theta_plus", "0.25"));
    assert_ok(hk_values_assign(f->ctx, &f->values, "data=a=b c"));
    char *config = hk_values_config(&f->values);
    assert_string_equal(config,
                        "experiment=toy\nneurons=1600\ntau_ms=2.3850000000000002\ntheta_plus=0.25\ncode=binary\n"
                        "data=a=b c\nlearn=off\n");
    free(config);
    assert_true(f->values.values[0].given);
    assert_ok(hk_values_set(f->ctx, &f->values, "theta_plus", "auto"));
    assert_false(f->values.values[2].given);
    assert_true(isnan(f->values.values[2].number));
}

static void values_outside_their_range_are_refused_by_name(void **state)
{
    static const char *const bad[][2] = {
        { "neurons", "0" },   { "neurons", "1000001" }, { "neurons", "3.5" }, { "neurons", "0x10" },
        { "neurons", "" },    { "tau_ms", "nan" },      { "tau_ms", "inf" },  { "tau_ms", "1e999" },
        { "tau_ms", "0.09" }, { "tau_ms", "5 ms" },     { "tau_ms", "auto" }, { "code", "Rate" },
        { "learn", "maybe" }, { "theta_plus", "-0.1" }, { "data", "a\nb" },
    };
    fixture *f = *state;
    for (size_t k = 0; k < N_OF(bad); k++) {
        assert_status(hk_values_set(f->ctx, &f->values, bad[k][0], bad[k][1]), HK_ERANGE);
        assert_says(f, bad[k][0]);
        assert_says(f, "toy");
    }
    assert_status(hk_values_set(f->ctx, &f->values, "tau_ms", "0.09"), HK_ERANGE);
    assert_says(f, "'0.09', must be 0.1 to 10000 ms");
    assert_status(hk_values_set(f->ctx, &f->values, "code", "latnecy"), HK_ERANGE);
    assert_says(f, "must be rate, latency or binary; did you mean 'latency'?");
    assert_close(f->values.values[1].number, 10.5, 0.0);
}

static void unknown_parameters_get_the_nearest_name(void **state)
{
    fixture *f = *state;
    assert_status(hk_values_set(f->ctx, &f->values, "neuron", "3"), HK_ENAME);
    assert_says(f, "did you mean 'neurons'?");
    assert_status(hk_values_set(f->ctx, &f->values, "colour", "3"), HK_ENAME);
    assert_says(f, "hillock show toy");
    assert_status(hk_values_assign(f->ctx, &f->values, "neurons"), HK_ERANGE);
    assert_status(hk_values_assign(f->ctx, &f->values, "=3"), HK_ERANGE);
}

static void seeds_are_ranges_and_lists(void **state)
{
    fixture *f = *state;
    uint64_t *seeds;
    size_t n;
    assert_ok(hk_parse_seeds(f->ctx, "1..3,10,18446744073709551615", &seeds, &n));
    assert_int_equal(n, 5);
    assert_true(seeds[0] == 1 && seeds[2] == 3 && seeds[3] == 10 && seeds[4] == UINT64_MAX);
    free(seeds);
    assert_ok(hk_parse_seeds(f->ctx, "1..10000", &seeds, &n));
    assert_int_equal(n, 10000);
    free(seeds);
}

static void seeds_that_make_no_sense_are_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "1,",
                                       ",1",
                                       "5..1",
                                       "1..",
                                       "..5",
                                       "-1",
                                       "1.5",
                                       "1,2,1",
                                       "1..3,2",
                                       "0..10000",
                                       "0..18446744073709551615",
                                       "18446744073709551616",
                                       "1 2",
                                       "1..2..3" };
    fixture *f = *state;
    for (size_t k = 0; k < N_OF(bad); k++) {
        uint64_t *seeds = (uint64_t *)f;
        size_t n = 7;
        assert_status(hk_parse_seeds(f->ctx, bad[k], &seeds, &n), HK_ERANGE);
        assert_null(seeds);
        assert_int_equal(n, 0);
    }
}

static void numbers_print_with_the_fewest_digits_that_read_back(void **state)
{
    (void)state;
    static const double values[] = {
        0.1, 1.0 / 3.0, 2.385, 5e-324, 1.7976931348623157e308, -0.0, 123456789012345678.0
    };
    char text[40];
    for (size_t k = 0; k < N_OF(values); k++) {
        hk_print_number(values[k], text, sizeof text);
        assert_close(strtod(text, NULL), values[k], 0.0);
    }
    hk_print_number(0.1, text, sizeof text);
    assert_string_equal(text, "0.1");
    hk_print_bound(-1e12, text, sizeof text);
    assert_string_equal(text, "-1e12");
    hk_print_bound(2.5e9, text, sizeof text);
    assert_string_equal(text, "2.5e9");
    hk_print_bound(1e6, text, sizeof text);
    assert_string_equal(text, "1000000");
    hk_print_bound(123456789.0, text, sizeof text);
    assert_string_equal(text, "123456789");
}

/* ---- command lines ----------------------------------------------------------------------------------------------- */

enum { MOST_ARGUMENTS = 32 };

/* Reads a command line given as one text, words between blanks. */
static int read_line(fixture *f, const char *line, hk_request *request)
{
    static char words[512];
    char *arguments[MOST_ARGUMENTS];
    int n = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL && n < MOST_ARGUMENTS; word = strtok(NULL, " "))
        arguments[n++] = word;
    return hk_request_read(f->ctx, &catalogue, n, arguments, request);
}

static void a_bare_name_runs_with_defaults(void **state)
{
    fixture *f = *state;
    hk_request r;
    assert_ok(read_line(f, "toy", &r));
    assert_ptr_equal(r.experiment, &toy);
    assert_int_equal(r.n_seeds, 1);
    assert_true(r.seeds[0] == HK_SEED_DEFAULT);
    assert_false(r.is_series);
    assert_int_equal(r.jobs, 1);
    assert_int_equal(r.threads, 1);
    assert_null(r.out);
    assert_string_equal(r.command, "hillock run toy");
    hk_request_fini(&r);
}

static void threads_are_by_default_the_cores_that_each_trial_gets(void **state)
{
    unsigned cores = hk_cores() < 256 ? hk_cores() : 256;
    unsigned half = hk_cores() / 2 < 1 ? 1 : hk_cores() / 2 < 256 ? hk_cores() / 2 : 256;
    const struct {
        const char *line;
        unsigned threads;
    } cases[] = { { "broad", cores },
                  { "broad --threads 5", 5 },
                  { "broad --seeds 1..3", cores },
                  { "broad --seeds 1..3 --jobs 2", half },
                  { "broad --seeds 1..2 --jobs 200", half },
                  { "broad --jobs 200", cores },
                  { "broad --seeds 1..9999 --jobs 256", hk_cores() < 512 ? 1 : hk_cores() / 256 },
                  { "broad --seeds 1..3 --jobs 2 --threads 7", 7 },
                  { "toy --seeds 1..3", 1 } };
    fixture *f = *state;
    assert_true(cores >= 1);
    for (size_t k = 0; k < N_OF(cases); k++) {
        hk_request r;
        assert_ok(read_line(f, cases[k].line, &r));
        assert_int_equal(r.threads, cases[k].threads);
        hk_request_fini(&r);
    }
}

static void flags_may_stand_anywhere_and_in_both_forms(void **state)
{
    fixture *f = *state;
    hk_request r;
    assert_ok(read_line(f,
                        "--seed 7 toy --code=binary --set tau_ms=3.25 -q --set neurons=9 --data /some/where "
                        "--json - --threads 1 --checkpoint c.h5 --checkpoint-every 0.5 -o x.h5",
                        &r));
    assert_true(r.seeds[0] == 7);
    assert_close(r.values.values[0].number, 9.0, 0.0);
    assert_close(r.values.values[1].number, 3.25, 0.0);
    assert_close(r.values.values[3].number, 2.0, 0.0);
    assert_string_equal(r.values.values[4].text, "/some/where");
    assert_string_equal(r.json, "-");
    assert_string_equal(r.out, "x.h5");
    assert_string_equal(r.checkpoint, "c.h5");
    assert_close(r.checkpoint_every_s, 0.5, 0.0);
    assert_true(r.quiet);
    hk_request_fini(&r);
}

static void a_series_has_files_of_its_own_for_each_seed(void **state)
{
    static const char *const paths[][2] = { { "results/toy.h5", "results/toy-seed3.h5" },
                                            { "a.b/toy", "a.b/toy-seed3" },
                                            { ".hidden", ".hidden-seed3" } };
    fixture *f = *state;
    hk_request r;
    assert_ok(read_line(f, "toy --seeds 3,4 --jobs 2", &r));
    assert_true(r.is_series);
    for (size_t k = 0; k < N_OF(paths); k++) {
        char *own = hk_request_path(&r, paths[k][0], 3);
        assert_string_equal(own, paths[k][1]);
        free(own);
    }
    hk_request_fini(&r);
}

static void command_lines_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        const char *line;
        int status;
        const char *says;
    } bad[] = {
        { "", HK_ERANGE, "run what?" },
        { "tox", HK_ENAME, "did you mean 'toy'?" },
        { "elephant", HK_ENAME, "hillock list" },
        { "toy extra", HK_ERANGE, "'extra'" },
        { "toy a b", HK_ERANGE, "one argument too many" },
        { "reader", HK_ERANGE, "needs its FILE" },
        { "toy --sed 7", HK_ENAME, "did you mean '--seed'?" },
        { "toy -z", HK_ENAME, "'-z'" },
        { "toy --seed", HK_ERANGE, "--seed needs a value" },
        { "toy --seed --quiet", HK_ERANGE, "--seed needs a value" },
        { "toy --quiet=yes", HK_ERANGE, "takes no value" },
        { "toy --seed -1", HK_ERANGE, "'-1'" },
        { "toy --seed 18446744073709551616", HK_ERANGE, "18446744073709551615" },
        { "toy --seed 1 --seeds 1..2", HK_ERANGE, "exclude each other" },
        { "toy --threads 2", HK_ERANGE, "must be 1" },
        { "toy --threads 0", HK_ERANGE, "1 to 256" },
        { "toy --jobs 0", HK_ERANGE, "1 to 256" },
        { "toy --jobs 257", HK_ERANGE, "1 to 256" },
        { "toy --checkpoint-every 0", HK_ERANGE, "above 0" },
        { "toy --checkpoint-every nan", HK_ERANGE, "above 0" },
        { "toy --resume c.h5 --seeds 1..2", HK_ERANGE, "one trial" },
        { "toy --out a.h5 --checkpoint a.h5", HK_ERANGE, "same file" },
        { "toy --set neurons=0", HK_ERANGE, "1 to 1000000" },
        { "toy --out=", HK_ERANGE, "empty" },
        { "reader x --resume c.h5", HK_ERANGE, "no checkpoints" },
        { "reader x --code rate", HK_ENAME, "no parameter 'code'" },
        { "nowhere/file.yaml", HK_EIO, "nowhere/file.yaml" },
    };
    fixture *f = *state;
    for (size_t k = 0; k < N_OF(bad); k++) {
        hk_request r;
        assert_status(read_line(f, bad[k].line, &r), bad[k].status);
        assert_says(f, bad[k].says);
        hk_request_fini(&r);
    }
}

static void the_command_is_kept_so_that_a_shell_reads_it_back(void **state)
{
    fixture *f = *state;
    hk_request r;
    char *arguments[] = { "toy", "--data", "a b'c", "--set", "neurons=3" };
    assert_ok(hk_request_read(f->ctx, &catalogue, N_OF(arguments), arguments, &r));
    assert_string_equal(r.command, "hillock run toy --data 'a b'\\''c' --set neurons=3");
    hk_request_fini(&r);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/hillock-test-options-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int read_file(fixture *f, const char *text, const char *flags, hk_request *request)
{
    char path[128], line[256];
    snprintf(path, sizeof path, "%s/run.yaml", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    snprintf(line, sizeof line, "%s %s", path, flags);
    int rc = read_line(f, line, request);
    remove(path);
    return rc;
}

static void a_file_says_what_flags_say(void **state)
{
    fixture *f = *state;
    hk_request r;
    assert_ok(
        read_file(f,
                  "# a comment\nexperiment: toy\nseeds: [1, 3, 9]\njobs: 2\ncode: rate\nquiet: true\n"
                  "set:\n  neurons: 1600\n  tau_ms: 2.385\n  learn: false\njson: out.json\ncheckpoint_every: 60\n",
                  "", &r));
    assert_ptr_equal(r.experiment, &toy);
    assert_int_equal(r.n_seeds, 3);
    assert_true(r.is_series && r.seeds[2] == 9);
    assert_int_equal(r.jobs, 2);
    assert_close(r.values.values[0].number, 1600.0, 0.0);
    assert_close(r.values.values[1].number, 2.385, 0.0);
    assert_close(r.values.values[3].number, 0.0, 0.0);
    assert_close(r.values.values[5].number, 0.0, 0.0);
    assert_close(r.checkpoint_every_s, 60.0, 0.0);
    assert_string_equal(r.json, "out.json");
    assert_true(r.quiet);
    hk_request_fini(&r);
}

static void the_command_line_has_the_last_word_over_a_file(void **state)
{
    fixture *f = *state;
    hk_request r;
    assert_ok(read_file(f, "experiment: toy\nseeds: 1..4\nset: {neurons: 1600, tau_ms: 3}\n",
                        "--seed 8 --set neurons=5", &r));
    assert_false(r.is_series);
    assert_int_equal(r.n_seeds, 1);
    assert_true(r.seeds[0] == 8);
    assert_close(r.values.values[0].number, 5.0, 0.0);
    assert_close(r.values.values[1].number, 3.0, 0.0);
    hk_request_fini(&r);
}

static void errors_in_a_file_have_line_and_column(void **state)
{
    static const struct {
        const char *text, *says;
        int status;
    } bad[] = {
        { "experiment: toy\nsedd: 3\n", "run.yaml:2:7: unknown key 'sedd'; did you mean 'seed'?", HK_EFORMAT },
        { "experiment: toy\nelephants: 3\n", "allowed are experiment, file, set", HK_EFORMAT },
        { "experiment: tox\n", "run.yaml:1:13: no experiment 'tox'; did you mean 'toy'?", HK_ENAME },
        { "seed: 3\n", "the key 'experiment' is missing", HK_EFORMAT },
        { "neurons: []\n", "hillock run network FILE", HK_EFORMAT },
        { "experiment: toy\nset:\n  neurons: 0\n", "run.yaml:3:12: toy: neurons = '0', must be whole, 1 to 1000000",
          HK_ERANGE },
        { "experiment: toy\nset: {neuron: 3}\n",
          "run.yaml:2:15: toy has no parameter 'neuron'; did you mean 'neurons'?", HK_ENAME },
        { "experiment: toy\nset: 3\n", "run.yaml:2:6: set must be a map", HK_EFORMAT },
        { "experiment: toy\nset: {neurons: [1]}\n", "must be a text", HK_EFORMAT },
        { "experiment: toy\nthreads: 0\n", "run.yaml:2:10: --threads = '0', must be a whole number from 1 to 256",
          HK_ERANGE },
        { "experiment: toy\nseed: 1\nseeds: 1..3\n", "run.yaml:3:8: 'seed' and 'seeds' exclude", HK_EFORMAT },
        { "experiment: toy\nseed:\n", "has no value", HK_EFORMAT },
        { "experiment: toy\nfile: x\n", "toy takes no file", HK_EFORMAT },
        { "experiment: toy\nseed: 1\nseed: 2\n", "run.yaml:3:7: the key 'seed' stands there twice", HK_EFORMAT },
        { "- toy\n", "must be a map", HK_EFORMAT },
        { "", "nothing in it", HK_EFORMAT },
    };
    fixture *f = *state;
    for (size_t k = 0; k < N_OF(bad); k++) {
        hk_request r;
        assert_status(read_file(f, bad[k].text, "", &r), bad[k].status);
        assert_says(f, bad[k].says);
        hk_request_fini(&r);
    }
}

#define WITH_VALUES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_a_swap_of_neighbours_once),
        cmocka_unit_test(only_a_near_name_is_suggested),
        cmocka_unit_test(numbers_print_with_the_fewest_digits_that_read_back),
        WITH_VALUES(defaults_come_from_the_table),
        WITH_VALUES(values_that_are_set_are_kept_to_the_last_digit),
        WITH_VALUES(values_outside_their_range_are_refused_by_name),
        WITH_VALUES(unknown_parameters_get_the_nearest_name),
        WITH_VALUES(seeds_are_ranges_and_lists),
        WITH_VALUES(seeds_that_make_no_sense_are_refused),
        WITH_VALUES(a_bare_name_runs_with_defaults),
        WITH_VALUES(threads_are_by_default_the_cores_that_each_trial_gets),
        WITH_VALUES(flags_may_stand_anywhere_and_in_both_forms),
        WITH_VALUES(a_series_has_files_of_its_own_for_each_seed),
        WITH_VALUES(command_lines_that_make_no_sense_are_refused),
        WITH_VALUES(the_command_is_kept_so_that_a_shell_reads_it_back),
        WITH_VALUES(a_file_says_what_flags_say),
        WITH_VALUES(the_command_line_has_the_last_word_over_a_file),
        WITH_VALUES(errors_in_a_file_have_line_and_column),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
