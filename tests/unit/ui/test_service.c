/* What systemd hands to a service, and what it wants to hear. */
#include "ui/service.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/rows.h"

static const struct row {
    const char *name, *pid, *fds; /* pid NULL: ours */
    bool is_handed;
} rows[] = {
    {"one socket for this process", NULL, "1", true},
    {"several", NULL, "2", true},
    {"those of another process", "1", "1", false},
    {"none", NULL, "0", false},
    {"no number", NULL, "one", false},
    {"below zero", NULL, "-1", false},
    {"more than any service has", NULL, "4000000000", false},
    {"no number of a process", "", "1", false},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    char pid[16];
    int lent = fcntl(3, F_DUPFD_CLOEXEC, 10); /* by make, perhaps; it gets it back */
    int null = open("/dev/null", O_RDONLY);

    dup2(null, 3);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", row->pid ? row->pid : pid, 1);
    setenv("LISTEN_FDS", row->fds, 1);
    assert_int_equal(service_take_socket(), row->is_handed ? 3 : -1);
    assert_int_equal((fcntl(3, F_GETFD) & FD_CLOEXEC) != 0, row->is_handed);
    assert_null(getenv("LISTEN_PID"));
    assert_null(getenv("LISTEN_FDS"));
    assert_int_equal(service_take_socket(), -1);
    close(null);
    close(3);
    if (lent >= 0) {
        dup2(lent, 3);
        close(lent);
    }
}

/* A socket like that of systemd, at the name of NOTIFY_SOCKET. */
static int open_manager(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    memcpy(at.sun_path, name, strlen(name));
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    else
        n = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void check_told(const char *name)
{
    int fd = open_manager(name);
    char got[64] = "";

    service_tell("READY=1\nSTATUS=up");
    assert_int_equal(recv(fd, got, sizeof got, 0), 17);
    assert_memory_equal(got, "READY=1\nSTATUS=up", 17);
    close(fd);
}

static void an_abstract_name_is_told(void **state)
{
    char name[64];

    (void)state;
    snprintf(name, sizeof name, "@tphone-test-service-%d", (int)getpid());
    check_told(name);
}

static void a_path_is_told(void **state)
{
    char name[64];

    (void)state;
    snprintf(name, sizeof name, "/tmp/tphone-test-service-%d", (int)getpid());
    check_told(name);
    unlink(name);
}

static void a_manager_that_is_not_there_does_no_harm(void **state)
{
    static const char *const names[] = {
        "", "@", "/", "relative", "vsock:2:1234", "/nowhere/at/all"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        service_tell("READY=1");
    }
    unsetenv("NOTIFY_SOCKET");
    service_tell("READY=1");
}

static void a_manager_that_does_not_read_is_not_waited_for(void **state)
{
    char name[64];
    int fd;

    (void)state;
    snprintf(name, sizeof name, "@tphone-test-service-%d", (int)getpid());
    fd = open_manager(name);
    for (int i = 0; i < 10000; i++)
        service_tell("STATUS=up");
    close(fd);
}

/* clang-format off */
static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_abstract_name_is_told),
    cmocka_unit_test(a_path_is_told),
    cmocka_unit_test(a_manager_that_is_not_there_does_no_harm),
    cmocka_unit_test(a_manager_that_does_not_read_is_not_waited_for),
};
/* clang-format on */

int main(void)
{
    int failed = RUN_ROWS("ui/service: the socket", rows, check_row);

    return failed + cmocka_run_group_tests_name("ui/service: what is told", tests, NULL, NULL);
}
