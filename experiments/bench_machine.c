/* experiments/bench_machine.c - see bench_machine.h. */
#include "experiments/bench_machine.h"

#include "sim/cpu.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void read_cpu_name(char *out, size_t size)
{
    snprintf(out, size, "unknown CPU");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "model name", 10) != 0 || strchr(line, ':') == NULL)
            continue;
        const char *name = strchr(line, ':') + 1;
        name += strspn(name, " \t");
        snprintf(out, size, "%.*s", (int)strcspn(name, "\n"), name);
        break;
    }
    if (file != NULL)
        fclose(file);
}

static double read_load(void)
{
    double load = NAN;
    FILE *file = fopen("/proc/loadavg", "r");
    if (file == NULL || fscanf(file, "%lf", &load) != 1)
        load = NAN;
    if (file != NULL)
        fclose(file);
    return load;
}

hk_machine hk_machine_look(void)
{
    hk_machine machine = { .n_cores = sysconf(_SC_NPROCESSORS_ONLN),
                           .memory_gb = 1e-9 * (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE),
                           .load = read_load(),
                           .compiler = COMPILER,
                           .kernels = hk_cpu_name(hk_cpu_best()) };
    read_cpu_name(machine.cpu, sizeof machine.cpu);
    return machine;
}

void hk_machine_print(const hk_machine *machine, FILE *stream)
{
    fprintf(stream, "%s, %ld cores, %.1f GB; %s kernels, built with %s; load at start %.2f\n", machine->cpu,
            machine->n_cores, machine->memory_gb, machine->kernels, machine->compiler, machine->load);
}

void hk_machine_summarise(const hk_machine *machine, hk_summary *summary)
{
    hk_summary_text(summary, "cpu", machine->cpu);
    hk_summary_integer(summary, "cores", machine->n_cores);
    hk_summary_number(summary, "memory_gb", machine->memory_gb);
    hk_summary_number(summary, "load_at_start", machine->load);
    hk_summary_text(summary, "compiler", machine->compiler);
    hk_summary_text(summary, "kernels", machine->kernels);
}
