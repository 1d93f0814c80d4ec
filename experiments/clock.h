/* experiments/clock.h - wall-clock and processor time, in seconds. */
#ifndef HK_CLOCK_H
#define HK_CLOCK_H

double hk_clock_wall_s(void);        /* since some fixed moment; never set back */
double hk_clock_process_cpu_s(void); /* user and system, all threads */
double hk_clock_thread_cpu_s(void);  /* of the calling thread */
double hk_peak_rss_mb(void);         /* most memory the process ever held, in 1e6 bytes */

#endif
