/* experiments/cores.c - see cores.h. */
#include "experiments/cores.h"

#include <uv.h>

unsigned hk_cores(void)
{
    return uv_available_parallelism();
}
