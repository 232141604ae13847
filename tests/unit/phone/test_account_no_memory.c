/* An account that registers, each allocation of which fails once: it is registered all the same, or
 * the person is told why it is not; and it goes with the phone.
 *
 * The registrar is a socket that allocates nothing: it asks for a password, and then agrees. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"
#include "phone/phone.h"
#include "tests/lib/memory.h"
#include "tests/lib/memory_uv.h"
#include "tests/lib/rows.h"

#define LIMIT_MS 20000

struct house {
    int fd; /* the registrar */
    char uri[64], label[8], password[8];
    struct account_config account;
    struct phone_config config;
    struct net_loop *loop;
    struct phone *phone;
    unsigned registered, failed, closed;
};

static void on_event(void *arg, const struct phone_event *event)
{
    struct house *h = arg;

    h->registered += event->kind == PHONE_REGISTERED;
    h->failed += event->kind == PHONE_REGISTER_FAILED;
    h->closed += event->kind == PHONE_CLOSED;
    if (event->kind == PHONE_REGISTER_FAILED)
        assert_true(*event->text);
}

/* --- the registrar ---------------------------------------------------------------------------- */

static void put(char *out, size_t room, const char *heard, const char *name)
{
    char start[32];
    const char *at;

    snprintf(start, sizeof start, "\r\n%s: ", name);
    at = strstr(heard, start);
    if (at)
        snprintf(out + strlen(out), room - strlen(out), "%.*s\r\n", (int)strcspn(at + 2, "\r"),
                 at + 2);
}

static void answer(const struct house *h, const char *heard, const struct sockaddr_in *to)
{
    static const char *const copied[] = {"Via", "From", "To", "Call-ID", "CSeq", "Contact"};
    bool knows = strstr(heard, "\r\nAuthorization: ");
    char said[4096];

    snprintf(said, sizeof said, "SIP/2.0 %s\r\n", knows ? "200 OK" : "401 Unauthorized");
    for (size_t i = 0; i < ARRAY_LEN(copied); i++)
        put(said, sizeof said, heard, copied[i]);
    snprintf(said + strlen(said), sizeof said - strlen(said), "%sContent-Length: 0\r\n\r\n",
             knows ? "Expires: 600\r\n"
                   : "WWW-Authenticate: Digest realm=\"here\",nonce=\"n\",qop=\"auth\"\r\n");
    assert_true(sendto(h->fd, said, strlen(said), 0, (const struct sockaddr *)to, sizeof *to) > 0);
}

static void turn(struct house *h)
{
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    char heard[4096];
    ssize_t n;

    while ((n = recvfrom(h->fd, heard, sizeof heard - 1, MSG_DONTWAIT, (struct sockaddr *)&from,
                         &size)) > 0) {
        heard[n] = '\0';
        if (strncmp(heard, "REGISTER", 8) == 0)
            answer(h, heard, &from);
    }
    (void)net_loop_turn(h->loop, false);
    usleep(200);
}

#define UNTIL(h, holds)                                                                            \
    do {                                                                                           \
        uint64_t until_ms_ = net_now_ms() + LIMIT_MS;                                              \
        while (!(holds)) {                                                                         \
            assert_true(net_now_ms() < until_ms_);                                                 \
            turn(h);                                                                               \
        }                                                                                          \
    } while (0)

/* --- the phone -------------------------------------------------------------------------------- */

static void open_house(struct house *h)
{
    struct buf why = buf_new(1024);

    h->registered = h->failed = h->closed = 0;
    config_init(&h->config);
    h->config.no_device = h->config.no_history = true;
    h->config.listen.tcp = false;
    assert_int_equal(ip_parse_with_port(SLICE("127.0.0.1:9"), &h->config.listen.ip), 0);
    h->config.listen.ip.port = 0;
    strcpy(h->label, "home");
    strcpy(h->password, "secret");
    h->account = (struct account_config){.label = h->label, .uri = h->uri, .password = h->password};
    list_append(&h->config.accounts, &h->account.link);
    assert_int_equal(net_loop_new(&h->loop), 0);
    assert_int_equal(phone_new(h->loop, &h->config, on_event, h, &why, &h->phone), 0);
    buf_free(&why);
}

static void close_house(struct house *h)
{
    struct phone_command quit = {.kind = PHONE_QUIT};

    assert_int_equal(phone_do(h->phone, &quit, NULL, NULL), 0);
    UNTIL(h, h->closed);
    phone_free(h->phone);
    list_remove(&h->account.link);
    config_free(&h->config);
    net_loop_free(h->loop);
}

/* What is refused is asked for again. */
static void ask(struct house *h)
{
    struct phone_command command = {.kind = PHONE_REGISTER};

    if (phone_do(h->phone, &command, NULL, NULL) != 0)
        assert_int_equal(phone_do(h->phone, &command, NULL, NULL), 0);
}

static void registering(void **state)
{
    struct house *h = *state;
    unsigned n = 1, good = 0;
    bool failed = true;

    for (; failed; n += memory_step()) {
        open_house(h);
        memory_fail_at(n);
        ask(h);
        UNTIL(h, h->registered || h->failed);
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_true(failed || (h->registered == 1 && !h->failed));
        good += h->failed == 0;
        UNTIL(h, h->registered); /* in its own time */
        close_house(h);
    }
    print_message("%u allocations: registered all the same %u times\n", n - 1 - memory_step(),
                  good);
    assert_true(n > 20);
}

static int set_up(void **state)
{
    static struct house h;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof at;

    h.fd = socket(AF_INET, SOCK_DGRAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(h.fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(h.fd, (struct sockaddr *)&at, &n), 0);
    snprintf(h.uri, sizeof h.uri, "sip:alice@127.0.0.1:%u", ntohs(at.sin_port));
    *state = &h;
    return 0;
}

static int tear_down(void **state)
{
    close(((struct house *)*state)->fd);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"an account that registers", registering, set_up, tear_down, NULL},
    };

    if (!memory_uv_prepare())
        return 1;
    return cmocka_run_group_tests_name("phone/account: no memory", tests, NULL, NULL);
}
