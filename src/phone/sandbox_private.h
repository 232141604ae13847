/* Lists of system calls, for sandbox_filter.c, which makes of them what sandbox.c sets; each ends
 * in NULL. Only where there is libseccomp. */
#ifndef PHONE_SANDBOX_PRIVATE_H
#define PHONE_SANDBOX_PRIVATE_H

/* Stands in the filter for the number of the process that will be filtered. None is so high, nor
 * is it anything else that a filter has. */
#define SANDBOX_OWN_PROCESS 0x7e1ef0e5u
/* Likewise for 0, its job, which a screen may stop; it stays where nobody may. */
#define SANDBOX_OWN_JOB 0x7e1ef0e6u
/* For the two families of the internet, which only a phone may speak with; they stay for others. */
#define SANDBOX_INET 0x7e1ef0e7u
#define SANDBOX_INET6 0x7e1ef0e8u

extern const char *const sandbox_allowed[];
/* EPERM; all others ENOSYS. */
extern const char *const sandbox_refused[];

/* Calls that are allowed where an argument fits. filter: a scmp_filter_ctx. 0 or a negative
 * errno. */
int sandbox_add_conditions(void *filter);

#endif
