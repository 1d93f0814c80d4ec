/* sim/team.c - see team.h. */
#include "sim/team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { LINE_BYTES = 64, TURNS_BETWEEN_LOOKS = 64 };
#define AWAKE_S 100e-6 /* the longest that somebody waits awake */
#define BRIEF_S 4e-6   /* the same where sleep is likely: after a wait of twice that time */

typedef struct member {
    hk_team *team;
    pthread_t thread;
    unsigned number;
    bool has_left; /* the present round */
    double awake_s;
} member;

struct hk_team {
    member *members; /* [n_extra] */
    unsigned n_extra, n_started;
    void (*work)(void *user, unsigned member);
    void *user;
    bool over; /* written before `round`, read after it */
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    _Alignas(LINE_BYTES) atomic_uint round; /* raised by the caller: there is work */
    _Alignas(LINE_BYTES) atomic_uint n_done;
    _Alignas(LINE_BYTES) atomic_uint n_asleep;
    atomic_bool caller_sleeps;
    double awake_s; /* of the caller */
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Lets a turn of waiting pass; false when it is time to sleep. Nobody yields: where more threads or programs than cores want to
 * run, a thread that yields may get its core back after many milliseconds, and one that sleeps as soon as it is woken. */
static bool stay_awake(unsigned turn, double awake_s, double *since_s)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
    if (turn % TURNS_BETWEEN_LOOKS != TURNS_BETWEEN_LOOKS - 1)
        return true;
    const double now = now_s();
    if (turn < TURNS_BETWEEN_LOOKS)
        *since_s = now;
    return now - *since_s < awake_s;
}

/* How long to wait awake next time, after a sleep. */
static double next_awake_s(double since_s)
{
    return now_s() - since_s < 2.0 * AWAKE_S ? AWAKE_S : BRIEF_S;
}

static void wait_for_round(member *self, unsigned seen)
{
    hk_team *team = self->team;
    double since_s = 0.0;
    unsigned turn = 0;
    do
        if (atomic_load_explicit(&team->round, memory_order_acquire) != seen)
            return;
    while (stay_awake(turn++, self->awake_s, &since_s));
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->n_asleep, 1);
    while (atomic_load(&team->round) == seen)
        pthread_cond_wait(&team->wake, &team->mutex);
    atomic_fetch_sub(&team->n_asleep, 1);
    pthread_mutex_unlock(&team->mutex);
    self->awake_s = next_awake_s(since_s);
}

/* Sequentially consistent like those of start_round(): either the caller sees that all are done, or the last sees that it sleeps. */
static void finish_round(hk_team *team)
{
    if (atomic_fetch_add(&team->n_done, 1) + 1 < team->n_extra || !atomic_load(&team->caller_sleeps))
        return;
    pthread_mutex_lock(&team->mutex);
    pthread_cond_signal(&team->done);
    pthread_mutex_unlock(&team->mutex);
}

static void wait_for_members(hk_team *team)
{
    double since_s = 0.0;
    unsigned turn = 0;
    do
        if (atomic_load_explicit(&team->n_done, memory_order_acquire) == team->n_extra)
            return;
    while (stay_awake(turn++, team->awake_s, &since_s));
    pthread_mutex_lock(&team->mutex);
    atomic_store(&team->caller_sleeps, true);
    while (atomic_load(&team->n_done) != team->n_extra)
        pthread_cond_wait(&team->done, &team->mutex);
    atomic_store(&team->caller_sleeps, false);
    pthread_mutex_unlock(&team->mutex);
    team->awake_s = next_awake_s(since_s);
}

static void *serve(void *user)
{
    member *self = user;
    hk_team *team = self->team;
    for (unsigned seen = 0;; seen++) {
        wait_for_round(self, seen);
        if (team->over)
            return NULL;
        self->has_left = false;
        team->work(team->user, self->number);
        if (!self->has_left)
            finish_round(team);
    }
}

/* Both counters are sequentially consistent: either a member that goes to sleep sees the new round, or the caller sees
 * that it sleeps. */
static void start_round(hk_team *team)
{
    atomic_fetch_add(&team->round, 1);
    if (atomic_load(&team->n_asleep) == 0)
        return;
    pthread_mutex_lock(&team->mutex);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
}

int hk_team_create(hk_ctx *ctx, unsigned n_extra, hk_team **out)
{
    *out = NULL;
    hk_team *team = aligned_alloc(LINE_BYTES, sizeof *team);
    member *members = calloc((size_t)n_extra + 1, sizeof *members);
    if (team == NULL || members == NULL) {
        free(team);
        free(members);
        return hk_fail(ctx, HK_ENOMEM, "threads: out of memory for %u", n_extra);
    }
    *team = (hk_team){ .members = members, .n_extra = n_extra, .awake_s = AWAKE_S };
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->wake, NULL);
    pthread_cond_init(&team->done, NULL);
    for (unsigned i = 0; i < n_extra; i++) {
        members[i] = (member){ .team = team, .number = i + 1, .awake_s = AWAKE_S };
        if (pthread_create(&members[i].thread, NULL, serve, &members[i]) != 0) {
            hk_team_destroy(team);
            return hk_fail(ctx, HK_EIO, "threads: the system refused thread %u of %u", i + 2, n_extra + 1);
        }
        team->n_started++;
    }
    *out = team;
    return HK_OK;
}

void hk_team_destroy(hk_team *team)
{
    if (team == NULL)
        return;
    team->over = true;
    start_round(team);
    for (unsigned i = 0; i < team->n_started; i++)
        pthread_join(team->members[i].thread, NULL);
    pthread_cond_destroy(&team->done);
    pthread_cond_destroy(&team->wake);
    pthread_mutex_destroy(&team->mutex);
    free(team->members);
    free(team);
}

unsigned hk_team_size(const hk_team *team)
{
    return team->n_extra + 1;
}

void hk_team_run(hk_team *team, void (*work)(void *user, unsigned member), void *user)
{
    if (team->n_extra == 0) {
        work(user, 0);
        return;
    }
    team->work = work;
    team->user = user;
    atomic_store_explicit(&team->n_done, 0, memory_order_relaxed);
    start_round(team);
    work(user, 0);
    wait_for_members(team);
}

void hk_team_leave(hk_team *team, unsigned number)
{
    if (number == 0) /* the caller's return says the same */
        return;
    team->members[number - 1].has_left = true;
    finish_round(team);
}

static void do_nothing(void *user, unsigned number)
{
    (void)user;
    (void)number;
}

void hk_team_wait(hk_team *team)
{
    hk_team_run(team, do_nothing, NULL);
}
