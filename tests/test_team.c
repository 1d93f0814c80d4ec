/* tests/test_team.c - threads that work together: everybody once a call, and what one writes the others see. */
#include "tests/hk_test.h"

#include "sim/simulation.h"
#include "sim/team.h"

enum { MOST_MEMBERS = 40 };

typedef struct tally {
    unsigned n_calls[MOST_MEMBERS]; /* plain on purpose: what makes it sound is the team's own order of things */
    uint64_t input, output[MOST_MEMBERS];
} tally;

static void work_a_little(void *user, unsigned member)
{
    tally *r = user;
    r->n_calls[member]++;
    r->output[member] = r->input * (member + 3);
}

static hk_team *team_of(unsigned n_extra)
{
    hk_team *team;
    assert_ok(hk_team_create(NULL, n_extra, &team));
    assert_int_equal(hk_team_size(team), n_extra + 1);
    return team;
}

static void every_member_works_once_a_call_and_its_results_are_seen(void **state)
{
    (void)state;
    const unsigned n_extra[] = { 0, 1, 3, 17, MOST_MEMBERS - 1 }, n_calls[] = { 10000, 10000, 10000, 300, 100 };
    for (size_t k = 0; k < N_OF(n_extra); k++) {
        tally r = { .input = 0 };
        hk_team *team = team_of(n_extra[k]);
        for (unsigned call = 1; call <= n_calls[k]; call++) {
            r.input = call * UINT64_C(2385);
            hk_team_run(team, work_a_little, &r);
            for (unsigned m = 0; m < MOST_MEMBERS; m++) {
                assert_int_equal(r.n_calls[m], m <= n_extra[k] ? call : 0);
                assert_true(m > n_extra[k] || r.output[m] == r.input * (m + 3));
            }
        }
        hk_team_destroy(team);
    }
}

static void work_longer_than_the_others(void *user, unsigned member)
{
    volatile uint64_t x = 1;
    for (unsigned k = 0; k < 20000 * (member % 3); k++) /* who is done early waits, and goes to sleep in the end */
        x = x * 3 + 1;
    work_a_little(user, member);
}

static void members_that_take_turns_to_be_last_are_waited_for(void **state)
{
    (void)state;
    tally r = { .input = 7 };
    hk_team *team = team_of(5);
    for (unsigned call = 1; call <= 500; call++) {
        hk_team_run(team, call % 2 == 0 ? work_longer_than_the_others : work_a_little, &r);
        for (unsigned m = 0; m < 6; m++)
            assert_int_equal(r.n_calls[m], call);
    }
    hk_team_destroy(team);
}

/* Members that sleep have to be woken, and just as well those that are about to fall asleep. */
static void members_work_again_after_any_pause(void **state)
{
    (void)state;
    tally r = { .input = 7 };
    hk_team *team = team_of(2);
    unsigned n_calls = 0;
    for (unsigned pause = 0; pause < 60; pause++) {
        volatile uint64_t x = 1;
        for (unsigned k = 0; k < pause * 20000; k++)
            x = x * 3 + 1;
        hk_team_run(team, work_a_little, &r);
        n_calls++;
        for (unsigned m = 0; m < 3; m++)
            assert_int_equal(r.n_calls[m], n_calls);
    }
    hk_team_destroy(team);
}

typedef struct relay {
    hk_team *team;
    unsigned n_left[4], n_ended[4];
    bool in_order;
} relay;

/* Each goes on alone after leaving, and ends that before its next call begins. */
static void work_leave_and_go_on(void *user, unsigned member)
{
    relay *r = user;
    if (r->n_left[member] != r->n_ended[member])
        r->in_order = false;
    r->n_left[member]++;
    hk_team_leave(r->team, member);
    volatile uint64_t x = 1;
    for (unsigned k = 0; k < 3000 * (member % 3); k++)
        x = x * 3 + 1;
    r->n_ended[member]++;
}

static void members_that_leave_are_not_waited_for_before_the_next_call(void **state)
{
    (void)state;
    relay r = { .team = team_of(3), .in_order = true };
    for (unsigned call = 1; call <= 3000; call++) {
        hk_team_run(r.team, work_leave_and_go_on, &r);
        for (unsigned m = 0; m < 4; m++)
            assert_int_equal(r.n_left[m], call);
        if (call % 3 != 0)
            continue;
        hk_team_wait(r.team);
        for (unsigned m = 0; m < 4; m++)
            assert_int_equal(r.n_ended[m], call);
    }
    hk_team_run(r.team, work_leave_and_go_on, &r);
    hk_team_destroy(r.team);
    for (unsigned m = 0; m < 4; m++)
        assert_int_equal(r.n_ended[m], 3001);
    assert_true(r.in_order);
}

static void a_team_that_never_worked_ends_at_once(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 200; k++)
        hk_team_destroy(team_of(k % 8));
    hk_team_destroy(NULL);
}

typedef struct outer {
    hk_team *inner;
    tally of_inner;
} outer;

static void run_a_team_of_ones_own(void *user, unsigned member)
{
    outer *o = &((outer *)user)[member];
    for (int k = 0; k < 50; k++)
        hk_team_run(o->inner, work_a_little, &o->of_inner);
}

static void teams_do_not_know_of_each_other(void **state)
{
    (void)state;
    outer all[3] = { 0 };
    for (size_t k = 0; k < N_OF(all); k++)
        all[k].inner = team_of(2);
    hk_team *team = team_of(2);
    hk_team_run(team, run_a_team_of_ones_own, all);
    hk_team_destroy(team);
    for (size_t k = 0; k < N_OF(all); k++) {
        for (unsigned m = 0; m < 3; m++)
            assert_int_equal(all[k].of_inner.n_calls[m], 50);
        hk_team_destroy(all[k].inner);
    }
}

static void a_simulation_refuses_more_threads_than_it_can_have(void **state)
{
    (void)state;
    const unsigned too_many[] = { 1024, 100000, UINT32_MAX };
    hk_ctx *ctx = hk_ctx_create();
    for (size_t k = 0; k < N_OF(too_many); k++) {
        hk_sim *sim = (hk_sim *)1;
        hk_ctx_clear(ctx);
        hk_sim_config cfg = { .resolution_ms = 0.1, .n_extra_threads = too_many[k] };
        assert_status(hk_sim_create(ctx, &cfg, &sim), HK_ERANGE);
        assert_null(sim);
        assert_non_null(strstr(hk_ctx_message(ctx), "n_extra_threads"));
        assert_non_null(strstr(hk_ctx_message(ctx), "1023"));
    }
    hk_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_works_once_a_call_and_its_results_are_seen),
        cmocka_unit_test(members_that_take_turns_to_be_last_are_waited_for),
        cmocka_unit_test(members_work_again_after_any_pause),
        cmocka_unit_test(members_that_leave_are_not_waited_for_before_the_next_call),
        cmocka_unit_test(a_team_that_never_worked_ends_at_once),
        cmocka_unit_test(teams_do_not_know_of_each_other),
        cmocka_unit_test(a_simulation_refuses_more_threads_than_it_can_have),
    };
    return cmocka_run_group_tests_name("team", tests, NULL, NULL);
}
