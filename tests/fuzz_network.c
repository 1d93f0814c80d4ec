/* tests/fuzz_network.c - any bytes as a network in YAML and in JSON, and as a table of spikes: an error, or something
 * that can be built. */
#include "experiments/network_build.h"
#include "experiments/spike_list.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml (0.7.12) keeps a list of its own, about 1 KiB, after some broken inputs. Our own leaks still count. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "fuzz.yaml", "fuzz.json" };
    hk_ctx *ctx = hk_ctx_create();
    for (size_t k = 0; k < 2; k++) {
        hk_network_file file;
        hk_network network = { .sim = NULL };
        if (hk_network_file_parse(ctx, names[k], (const char *)data, size, &file) == HK_OK) {
            int rc = hk_network_build(ctx, &file, 1, 1, &network);
            if (rc != HK_OK && rc != HK_ENOMEM)
                abort(); /* what the reader takes is sound */
            if (rc == HK_OK && hk_sim_run(network.sim, 0.0) != HK_OK)
                abort();
        }
        hk_network_fini(&network);
        hk_network_file_fini(&file);
    }
    hk_spike_list list = { .n = 0 };
    (void)!hk_spike_list_parse(ctx, "fuzz.csv", (const char *)data, size, &list);
    hk_spike_list_fini(&list);
    hk_ctx_destroy(ctx);
    return 0;
}
