/* sim/team.c - see team.h. */
#include "sim/team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { LINE_BYTES = 64, TURNS_AWAKE = 4000, TURNS_BETWEEN_YIELDS = 64 };

typedef struct member {
    hk_team *team;
    pthread_t thread;
    unsigned number;
} member;

struct hk_team {
    member *members; /* [n_extra] */
    unsigned n_extra, n_started;
    void (*work)(void *user, unsigned member);
    void *user;
    bool over; /* written before `round`, read after it */
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    _Alignas(LINE_BYTES) atomic_uint round; /* raised by the caller: there is work */
    _Alignas(LINE_BYTES) atomic_uint n_done;
    _Alignas(LINE_BYTES) atomic_uint n_asleep;
};

static void pause_briefly(unsigned turn)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
    if (turn % TURNS_BETWEEN_YIELDS == TURNS_BETWEEN_YIELDS - 1)
        sched_yield(); /* where there are more threads than cores, somebody else has to get on */
}

static void wait_for_round(hk_team *team, unsigned seen)
{
    for (unsigned turn = 0; turn < TURNS_AWAKE; turn++) {
        if (atomic_load_explicit(&team->round, memory_order_acquire) != seen)
            return;
        pause_briefly(turn);
    }
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->n_asleep, 1);
    while (atomic_load(&team->round) == seen)
        pthread_cond_wait(&team->wake, &team->mutex);
    atomic_fetch_sub(&team->n_asleep, 1);
    pthread_mutex_unlock(&team->mutex);
}

static void *serve(void *user)
{
    member *self = user;
    hk_team *team = self->team;
    for (unsigned seen = 0;; seen++) {
        wait_for_round(team, seen);
        if (team->over)
            return NULL;
        team->work(team->user, self->number);
        atomic_fetch_add_explicit(&team->n_done, 1, memory_order_release);
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
    *team = (hk_team){ .members = members, .n_extra = n_extra };
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->wake, NULL);
    for (unsigned i = 0; i < n_extra; i++) {
        members[i] = (member){ .team = team, .number = i + 1 };
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
    for (unsigned turn = 0; atomic_load_explicit(&team->n_done, memory_order_acquire) != team->n_extra; turn++)
        pause_briefly(turn);
}
