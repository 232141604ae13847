/* ui/service.h - what a service manager such as systemd and a daemon tell each other:
 * sd_listen_fds(3) and sd_notify(3), which are an environment and a datagram.
 *
 * Where there is no service manager all of it does nothing. */
#ifndef UI_SERVICE_H
#define UI_SERVICE_H

/* A socket that listens and was handed to us: LISTEN_FDS, where LISTEN_PID means this process. All
 * of them become close-on-exec and the first one is given out, the others being nothing we know.
 * The variables are taken out of the environment, so programs that we start do not take them for
 * theirs; the second time there is none. The descriptor, or -1. */
int service_take_socket(void);

/* Sends lines such as "READY=1" to NOTIFY_SOCKET. It never waits, and nothing depends on it. */
void service_tell(const char *lines);

#endif
