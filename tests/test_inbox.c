/* tests/test_inbox.c - what arrives at a population comes in the total order of hk_event_compare(), whether it waited in
 * the lane of a projection of one delay, in the queue, or came out of a window of neurons a moment before.
 *
 * A neuron model made here writes down all that it receives. Each synapse has its own number as weight, so that what is
 * written down names the projection, the slab and the place in it. What is expected is computed from the spikes and the
 * synapses alone: every spike times every delay, sorted. */
#include "tests/sim_rig.h"

#include "sim/event.h"
#include "sim/rng.h"

enum { MOST_SEEN = 1 << 17, MOST_PROJECTIONS = 12, N_EARS = 37, N_MOUTHS = 61, N_RELAYS = 23 };

/* ---- a neuron that only listens ------------------------------------------------------------------------------------ */

typedef struct sighting {
    hk_time at;
    uint32_t synapse, target;
} sighting;

static sighting seen[MOST_SEEN];
static size_t n_seen;

static void ear_prepare(const hk_neuron_view *view)
{
    (void)view;
}

static double ear_read(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)now;
    return view->columns[variable][i];
}

static void ear_write(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)now;
    view->columns[variable][i] = value;
}

static void ear_receive(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits)
{
    (void)hits;
    assert_true(slab->n > 0);
    assert_false(hk_time_before(horizon, now));
    for (uint32_t k = 0; k < slab->n; k++) {
        uint32_t target = hk_slab_target(slab, k);
        assert_true(target < view->n && n_seen < MOST_SEEN);
        view->columns[0][target] += 1.0;
        seen[n_seen++] = (sighting){ .at = now, .synapse = (uint32_t)slab->weight[k], .target = target };
    }
}

static double ear_never(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon)
{
    (void)view, (void)i, (void)now, (void)horizon;
    return INFINITY;
}

static double ear_zero(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    (void)view, (void)i, (void)now;
    return 0.0;
}

static void ear_range(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    (void)view, (void)begin, (void)end, (void)now;
}

static void ear_settle(const hk_neuron_view *view, hk_time now)
{
    (void)view, (void)now;
}

static const hk_column ear_state[] = { { .name = "heard", .unit = "", .max = 1e15, .meaning = "inputs so far" } };
static const hk_neuron_model ear = { .name = "ear",
                                     .summary = "writes down what it receives",
                                     .kind = HK_MODEL_NEURON,
                                     .weight_unit = "",
                                     .state = ear_state,
                                     .n_state = N_OF(ear_state),
                                     .n_columns = 1,
                                     .prepare = ear_prepare,
                                     .read = ear_read,
                                     .write = ear_write,
                                     .receive = ear_receive,
                                     .predict = ear_never,
                                     .excess = ear_zero,
                                     .fire = ear_zero,
                                     .hold = ear_range,
                                     .release = ear_range,
                                     .settle = ear_settle };

/* ---- the network ---------------------------------------------------------------------------------------------------- */

typedef struct net {
    rig r;
    hk_population *mouths[3], *relays, *ears; /* spike sources; lif neurons that pass spikes on at once */
    hk_projection *into_ears[MOST_PROJECTIONS];
    uint32_t first_number[MOST_PROJECTIONS]; /* of a projection's synapses */
    size_t n_into_ears;
    hk_spike *said[4]; /* by mouths[0 ... 2] and relays */
    size_t n_said[4], capacity[4];
} net;

static hk_population *speaker(const net *n, size_t which)
{
    return which < 3 ? n->mouths[which] : n->relays;
}

static int write_down(hk_sim *sim, hk_time end, void *user)
{
    net *n = user;
    (void)sim, (void)end;
    for (size_t which = 0; which < 4; which++) {
        size_t more;
        const hk_spike *spikes = hk_population_spikes(speaker(n, which), &more);
        if (n->n_said[which] + more > n->capacity[which]) {
            n->capacity[which] = 2 * (n->n_said[which] + more);
            n->said[which] = realloc(n->said[which], n->capacity[which] * sizeof(hk_spike));
            assert_non_null(n->said[which]);
        }
        if (more > 0)
            memcpy(n->said[which] + n->n_said[which], spikes, more * sizeof *spikes);
        n->n_said[which] += more;
    }
    return 0;
}

static void listen_to(net *n, hk_projection_config cfg, uint32_t *number)
{
    uint64_t n_weights;
    cfg.post = n->ears;
    hk_projection **into = &n->into_ears[n->n_into_ears];
    assert_true(n->n_into_ears < MOST_PROJECTIONS);
    rig_ok(&n->r, hk_projection_create(n->r.sim, &cfg, into));
    float *w = hk_projection_weights(*into, &n_weights);
    n->first_number[n->n_into_ears++] = *number;
    assert_true(*number + n_weights < 1u << 24); /* floats count exactly up to there */
    for (uint64_t k = 0; k < n_weights; k++)
        w[k] = (float)(*number)++;
}

/* Spikes at random times and, one in three, at multiples of half a step, given in no order and in several portions. */
static void give(net *n, hk_population *mouth, uint64_t seed, double from_ms, double to_ms, size_t n_spikes)
{
    static double times_ms[4096];
    static uint32_t ids[4096];
    hk_stream draw = hk_stream_open(seed, HK_PURPOSE_TEST, 3, 0);
    assert_true(n_spikes <= N_OF(ids));
    for (size_t k = 0; k < n_spikes; k++) {
        double at = from_ms + (to_ms - from_ms) * hk_stream_uniform(&draw);
        times_ms[k] = hk_stream_below(&draw, 3) == 0 ? ceil(at * 20.0) / 20.0 : at;
        ids[k] = (uint32_t)hk_stream_below(&draw, N_MOUTHS);
    }
    rig_ok(&n->r, hk_spike_source_add(mouth, n_spikes / 3, times_ms, ids));
    rig_ok(&n->r, hk_spike_source_add(mouth, n_spikes - n_spikes / 3, times_ms + n_spikes / 3, ids + n_spikes / 3));
}

static hk_draw between(double low_ms, double high_ms)
{
    return (hk_draw){ .kind = HK_UNIFORM, .a = low_ms, .b = high_ms };
}

static void build(net *n, uint64_t seed, bool lanes_only)
{
    static const char *const names[] = { "mouths0", "mouths1", "mouths2" };
    uint32_t number = 1;
    *n = (net){ .r = rig_open_as(0.1, seed, NULL) };
    for (size_t k = 0; k < 3; k++)
        n->mouths[k] = rig_neurons(&n->r, names[k], "spike_source", k == 2 ? N_EARS : N_MOUTHS);
    n->relays = rig_neurons(&n->r, "relays", "lif", N_RELAYS);
    rig_set(&n->r, n->relays, "t_ref_ms", 0.3);
    rig_ok(&n->r, hk_population_create(n->r.sim, "ears", &ear, N_EARS, &n->ears));
    hk_projection *ignored;
    rig_ok(&n->r, hk_projection_create(n->r.sim,
                                       &(hk_projection_config){ .pre = n->mouths[0],
                                                                .post = n->relays,
                                                                .connect = HK_FIXED_PROBABILITY,
                                                                .probability = 0.04,
                                                                .weight = hk_constant(900.0),
                                                                .delay_ms = hk_constant(0.7) },
                                       &ignored));
    hk_draw w = hk_constant(1.0);
    const hk_projection_config lanes[] = {
        { .name = "dense", .pre = n->mouths[0], .connect = HK_ALL_TO_ALL, .weight = w, .delay_ms = hk_constant(1.3) },
        { .name = "lane",
          .pre = n->mouths[1],
          .connect = HK_FIXED_PROBABILITY,
          .probability = 0.2,
          .weight = w,
          .delay_ms = hk_constant(0.1) },
        { .name = "diagonal",
          .pre = n->mouths[2],
          .connect = HK_ONE_TO_ONE,
          .weight = w,
          .delay_ms = hk_constant(0.5) },
        { .name = "late lane",
          .pre = n->mouths[0],
          .connect = HK_FIXED_PROBABILITY,
          .probability = 0.3,
          .weight = w,
          .delay_ms = hk_constant(6.2) },
        { .name = "relayed",
          .pre = n->relays,
          .connect = HK_FIXED_INDEGREE,
          .n = 5,
          .weight = w,
          .delay_ms = hk_constant(0.6) },
    };
    const hk_projection_config queued[] = {
        { .name = "many",
          .pre = n->mouths[1],
          .connect = HK_FIXED_PROBABILITY,
          .probability = 0.3,
          .weight = w,
          .delay_ms = between(0.1, 9.0) },
        { .name = "some",
          .pre = n->mouths[0],
          .connect = HK_FIXED_INDEGREE,
          .n = 9,
          .pairs = HK_PAIRS_MULTAPSES,
          .weight = w,
          .delay_ms = between(0.1, 1.0) },
        { .name = "relayed late",
          .pre = n->relays,
          .connect = HK_FIXED_PROBABILITY,
          .probability = 0.5,
          .weight = w,
          .delay_ms = between(0.6, 12.0) },
    };
    for (size_t k = 0; k < N_OF(lanes); k++) {
        listen_to(n, lanes[k], &number);
        if (!lanes_only && k < N_OF(queued))
            listen_to(n, queued[k], &number);
    }
    hk_sim_on_window(n->r.sim, write_down, n);
    n_seen = 0;
}

static void demolish(net *n)
{
    for (size_t k = 0; k < 4; k++)
        free(n->said[k]);
    rig_close(&n->r);
}

/* ---- what must arrive ------------------------------------------------------------------------------------------------ */

static uint32_t index_in_sim(const net *n, const hk_projection *projection)
{
    uint32_t k = 0;
    while (hk_sim_projection(n->r.sim, k) != projection)
        k++;
    return k;
}

static int by_order(const void *a, const void *b)
{
    return hk_event_compare(a, b);
}

/* Every spike through every delay that arrives before `end`, in order; `stamp` says which of into_ears. */
static hk_event *expected_events(const net *n, hk_time end, size_t *n_events)
{
    size_t capacity = 1 << 16, count = 0;
    hk_event *events = malloc(capacity * sizeof *events);
    assert_non_null(events);
    for (uint32_t p = 0; p < n->n_into_ears; p++) {
        const hk_projection *projection = n->into_ears[p];
        size_t which = 0;
        while (speaker(n, which) != hk_projection_pre(projection))
            which++;
        for (size_t s = 0; s < n->n_said[which]; s++)
            for (uint32_t slot = 0; slot < hk_projection_n_slots(projection); slot++) {
                const hk_spike *spike = &n->said[which][s];
                hk_event event = { .step = spike->time.step + hk_projection_delay_steps(projection, slot),
                                   .offset = spike->time.offset,
                                   .kind = HK_EVENT_ARRIVAL,
                                   .slot = (uint16_t)slot,
                                   .group = index_in_sim(n, projection),
                                   .source = spike->neuron,
                                   .stamp = p };
                if (event.step > end.step || hk_projection_slab(projection, spike->neuron, slot).n == 0)
                    continue;
                assert_true(count < capacity);
                events[count++] = event;
            }
    }
    qsort(events, count, sizeof *events, by_order);
    *n_events = count;
    return events;
}

static void assert_heard_in_order(const net *n)
{
    size_t n_events, at = 0;
    hk_event *events = expected_events(n, hk_sim_now(n->r.sim), &n_events);
    for (size_t k = 0; k < n_events; k++) {
        const hk_projection *projection = n->into_ears[events[k].stamp];
        hk_slab slab = hk_projection_slab(projection, events[k].source, events[k].slot);
        uint64_t begin = hk_projection_slab_begin(projection, events[k].source, events[k].slot);
        for (uint32_t i = 0; i < slab.n; i++, at++) {
            assert_true(at < n_seen);
            assert_true(hk_time_equal(seen[at].at, hk_event_time(&events[k])));
            assert_int_equal(seen[at].synapse, n->first_number[events[k].stamp] + begin + i);
            assert_int_equal(seen[at].target, hk_slab_target(&slab, i));
        }
    }
    assert_int_equal(at, n_seen);
    free(events);
}

/* ---- tests ------------------------------------------------------------------------------------------------------------ */

static void lanes_and_queue_are_merged_into_one_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        net n;
        build(&n, seed, false);
        for (size_t k = 0; k < 3; k++)
            give(&n, n.mouths[k], 10 * seed + k, 0.0, 40.0, k == 2 ? 0 : 700);
        for (uint32_t k = 0; k < 300; k++) /* and in order, into the diagonal */
            rig_give(&n.r, n.mouths[2], k % N_EARS, 0.1 + 0.1305 * k);
        rig_run(&n.r, 60.0);
        assert_true(n.n_said[3] > 100); /* the relays are heard too */
        assert_true(n_seen > 20000);
        assert_heard_in_order(&n);
        demolish(&n);
    }
}

static void lanes_alone_are_merged_too(void **state)
{
    (void)state;
    net n;
    build(&n, 2385, true);
    give(&n, n.mouths[0], 1, 0.0, 20.0, 300);
    give(&n, n.mouths[1], 2, 0.0, 20.0, 300);
    rig_run(&n.r, 30.0);
    assert_heard_in_order(&n);
    assert_true(n_seen > 10000);
    demolish(&n);
}

static void a_run_in_pieces_with_spikes_given_between_hears_the_same_order(void **state)
{
    static const double pieces_ms[] = { 0.1, 0.3, 7.7, 0.1, 12.4, 3.0, 20.0 };
    (void)state;
    net n;
    build(&n, 77, false);
    double now_ms = 0.0;
    for (size_t k = 0; k < N_OF(pieces_ms); k++) {
        give(&n, n.mouths[k % 2], 100 + k, now_ms, now_ms + 15.0, 250); /* some later than the next ones given */
        rig_run(&n.r, pieces_ms[k]);
        now_ms = hk_sim_now_ms(n.r.sim);
        assert_heard_in_order(&n); /* all that was due, nothing early */
    }
    rig_run(&n.r, 40.0);
    assert_heard_in_order(&n);
    demolish(&n);
}

/* Everything at one instant: only group, source and slot are left to decide. */
static void at_one_instant_projection_source_and_delay_decide(void **state)
{
    (void)state;
    net n;
    build(&n, 5, false);
    for (uint32_t k = 0; k < N_MOUTHS; k++)
        for (size_t m = 0; m < 2; m++)
            for (uint32_t burst = 0; burst < 12; burst++) /* delays of whole steps meet again and again */
                rig_give(&n.r, n.mouths[m], (k * 17 + burst) % N_MOUTHS, 2.0385 + 0.1 * burst);
    rig_run(&n.r, 30.0);
    assert_heard_in_order(&n);
    assert_true(n_seen > 50000);
    demolish(&n);
}

static void settling_empties_the_lanes_and_the_queue(void **state)
{
    (void)state;
    net n;
    build(&n, 6, false);
    give(&n, n.mouths[0], 4, 0.0, 5.0, 200);
    give(&n, n.mouths[1], 5, 0.0, 5.0, 200);
    rig_run(&n.r, 5.0);
    size_t heard = n_seen;
    rig_ok(&n.r, hk_sim_settle(n.r.sim));
    rig_run(&n.r, 30.0);
    assert_int_equal(n_seen, heard);
    memset(n.n_said, 0, sizeof n.n_said);
    n_seen = 0;
    give(&n, n.mouths[1], 7, hk_sim_now_ms(n.r.sim), hk_sim_now_ms(n.r.sim) + 5.0, 200);
    rig_run(&n.r, 30.0);
    assert_true(n_seen > 0);
    assert_heard_in_order(&n);
    demolish(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_and_queue_are_merged_into_one_order),
        cmocka_unit_test(lanes_alone_are_merged_too),
        cmocka_unit_test(a_run_in_pieces_with_spikes_given_between_hears_the_same_order),
        cmocka_unit_test(at_one_instant_projection_source_and_delay_decide),
        cmocka_unit_test(settling_empties_the_lanes_and_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
