/* sched_getaffinity */
#define _GNU_SOURCE 1

#include "audio/device_pace.h"

#ifdef __linux__
#include <sched.h>
#include <sys/sysinfo.h>
#endif

struct device_pace device_pace_for(double load, unsigned processors)
{
    static const struct device_pace quick = {5, 0.010}, careful = {10, 0};

    return 2 * load > processors ? careful : quick;
}

struct device_pace device_pace_now(void)
{
#ifdef __linux__
    struct sysinfo info; /* getloadavg would read a file, which the sandbox refuses */
    cpu_set_t ours;

    if (sysinfo(&info) == 0 && sched_getaffinity(0, sizeof ours, &ours) == 0)
        return device_pace_for((double)info.loads[0] / (1 << SI_LOAD_SHIFT),
                               (unsigned)CPU_COUNT(&ours));
#endif
    return device_pace_for(1, 0);
}
