/* A call whose machine goes to another address, each allocation of which fails once: it is heard
 * from there, and the other side knows where that is, or the call has an end that says why. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"
#include "phone/calls.h"
#include "phone/phone_private.h"
#include "tests/lib/memory.h"
#include "tests/lib/memory_uv.h"
#include "tests/unit/phone/frugal.h"

#define SDP                                                                                        \
    "v=0\r\no=- 1 %u IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                   \
    "m=audio %u RTP/AVP 0\r\n"

static uint8_t our_host; /* of 127.0.0.0/8, as the system has it */

int __wrap_net_local_towards(const struct ip *remote, struct ip *out);

int __wrap_net_local_towards(const struct ip *remote, struct ip *out)
{
    (void)remote;
    *out = (struct ip){.family = 4, .bytes = {127, 0, 0, our_host}};
    return 0;
}

/* As the system tells of it. */
static void be_at(const struct frugal *far, uint8_t host)
{
    struct phone *phone = far->end->phone;

    our_host = host;
    net_sip_link_network_changed(phone->link);
    calls_network_changed(phone);
    net_sip_link_pump(phone->link);
}

/* What it has heard until now may have been on its way. */
static bool hears_from(const struct frugal *far, uint8_t host)
{
    struct sockaddr_in from;
    socklen_t n = sizeof from;
    char packet[2048];
    bool heard = false;

    while (recvfrom(far->sound, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &n) >
           0)
        heard = from.sin_addr.s_addr == htonl(INADDR_LOOPBACK - 1 + host);
    return heard;
}

/* Answers each offer, and knows by it where to send to. */
static void follows(struct frugal *far, uint8_t host)
{
    char where[64], body[1024];
    bool knows = false;

    snprintf(where, sizeof where, "\r\nc=IN IP4 127.0.0.%u\r\n", host);
    for (unsigned i = 0; i < FRUGAL_TRIES; i++) {
        bool asked = frugal_hears(far, "INVITE", "BYE");

        if (asked && far->heard[0] == 'I') {
            knows = strstr(far->heard, where) != NULL;
            snprintf(body, sizeof body, SDP, i + 2, far->sound_port);
            frugal_replies(far, "200 OK", "", body);
        } else if (asked) {
            frugal_replies(far, "200 OK", "", "");
        }
        if ((hears_from(far, host) && knows) || phones_find(far->end, PHONE_ENDED, 0))
            return;
    }
    fail_msg("a call that has moved: %s", knows ? "it is not heard" : "nobody knows where to");
}

static void moves(struct frugal *far)
{
    char tag[64], body[1024];

    be_at(far, 1);
    snprintf(body, sizeof body, SDP, 1u, far->sound_port);
    frugal_invites(far, body, tag);
    if (!*tag)
        return;
    frugal_hears_sound(far);
    be_at(far, 2);
    follows(far, 2);
    frugal_hangs_up(far, 2, tag);
}

static int set_up(void **state)
{
    our_host = 1;
    *state = frugal_open_at("udp:0.0.0.0:0");
    return 0;
}

static void moved(void **state)
{
    frugal_each_fails(state, moves);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"a call that moves", moved, set_up, frugal_tear_down, NULL},
    };

    if (!memory_uv_prepare())
        return 1;
    return cmocka_run_group_tests_name("phone: a move without memory", tests, NULL, NULL);
}
