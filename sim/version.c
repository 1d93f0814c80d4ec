/* sim/version.c - see version.h. The Makefile gives this file alone HK_COMMIT, so that a commit rebuilds nothing else. */
#include "sim/version.h"

#ifndef HK_COMMIT
#define HK_COMMIT ""
#endif

const char *hk_version(void)
{
    return sizeof HK_COMMIT > 1 ? HK_VERSION "+" HK_COMMIT : HK_VERSION;
}
