/* experiments/main.c - the program `hillock`. All it does is in program.c, which tests can link. */
#include "experiments/commands.h"

int main(int argc, char **argv)
{
    hk_catalogue catalogue = hk_experiments();
    return hk_main(&catalogue, argc, argv);
}
