/* sim/team.h - threads that work on one simulation together.
 *
 * Between two calls of hk_team_run() only the caller's thread works, and members that have left. Members wait for the next
 * call awake for some microseconds, because windows of simulated time follow each other that fast, and asleep after that. */
#ifndef HK_TEAM_H
#define HK_TEAM_H

#include "sim/status.h"

typedef struct hk_team hk_team;

/** Starts `n_extra` threads besides the caller's; 0 is fine. HK_ENOMEM, HK_EIO when the system refuses a thread. */
HK_MUST_CHECK int hk_team_create(hk_ctx *ctx, unsigned n_extra, hk_team **out);
void hk_team_destroy(hk_team *team);

/** Members, the caller included. */
unsigned hk_team_size(const hk_team *team);

/** Calls work(user, member) once on every member, 0 being the caller, and returns when all are done. What was written
 *  before is seen by all, and what they write is seen by the caller. */
void hk_team_run(hk_team *team, void (*work)(void *user, unsigned member), void *user);

/** Called by a member within its work, at most once: the caller need not wait for the rest of it. The member's next work
 *  still begins after that. */
void hk_team_leave(hk_team *team, unsigned member);
/** Returns when all members are done, those that have left too. */
void hk_team_wait(hk_team *team);

#endif
