/* Lists of system calls, for sandbox.c; each ends in NULL. Only where there is libseccomp. */
#ifndef PHONE_SANDBOX_PRIVATE_H
#define PHONE_SANDBOX_PRIVATE_H

extern const char *const sandbox_allowed[];
/* EPERM; all others ENOSYS. */
extern const char *const sandbox_refused[];

/* Calls that are allowed where an argument fits. filter: a scmp_filter_ctx. 0 or a negative errno.
 */
int sandbox_add_conditions(void *filter);

#endif
