/* ui/exit.h - the exit status of tphone, which tells scripts how a call ended, or why an account
 * could not be registered. */
#ifndef UI_EXIT_H
#define UI_EXIT_H

enum exit_status {
    EXIT_OK = 0,            /* answered and ended normally; registered; what was asked was done */
    EXIT_OTHER = 1,         /* everything that has no number of its own */
    EXIT_USAGE = 2,         /* command line or configuration */
    EXIT_BUSY = 3,          /* 486, 600 */
    EXIT_DECLINED = 4,      /* 603, 607, 608 */
    EXIT_NO_ANSWER = 5,     /* 408, 480, 487, or nothing was heard */
    EXIT_NOT_FOUND = 6,     /* 404, 410, 484, 604, no such host */
    EXIT_NOT_ALLOWED = 7,   /* 401, 403, 407 */
    EXIT_UNREACHABLE = 8,   /* 502 to 504, or the message could not be delivered */
    EXIT_SOUND = 9,         /* sound device or file */
    EXIT_INTERRUPTED = 130, /* by a signal, before the answer */
};

#endif
