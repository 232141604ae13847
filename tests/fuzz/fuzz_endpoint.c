/* A whole endpoint under a script of messages, pauses and commands; in the end it has let go of
 * everything.
 *
 * The input is cut at each 0xff. The first byte of a piece says what it is: u and t a message by
 * UDP or TCP, v one by UDP from another host, w a pause, m another network, and the rest what its
 * owner does. In a message 0x01 stands for our tag,
 * 0x02 for our branch, 0x03 for our Call-ID as it was last sent, 0x04 for the user part of our
 * Contact, so that answers can be written down. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "sip/account.h"
#include "sip/core.h"
#include "sip/parse.h"

struct play {
    struct rng rng;
    struct sip_endpoint *ep;
    uint64_t now_ms, key;
    uint8_t here, there;         /* last byte of our address, and of theirs */
    struct sip_call *call;       /* the last that something was told of; NULL: over */
    struct sip_account *account; /* NULL: not made */
    char user[128];              /* of its Contact */
    char tag[128], branch[128], id[128];
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void keep(char out[128], struct slice s)
{
    size_t n = s.n < 127 ? s.n : 127;

    for (size_t i = 0; i < n; i++)
        out[i] = s.p[i];
    out[n] = '\0';
}

static void sent(struct play *play, const struct sip_out_item *item)
{
    struct slice bytes = buf_slice(&item->bytes);
    struct sip_contact contact;
    struct sip_uri uri;
    struct sip_msg msg;

    play->key = item->key;
    if (slice_eq(bytes, SLICE("\r\n\r\n")))
        return; /* a keep-alive */
    if (sip_parse(bytes, true, &msg)) {
        /* Only a 400 or 505 may be broken: it has in it what was wrong with the request. */
        must(slice_starts(bytes, SLICE("SIP/2.0 400 ")) ||
             slice_starts(bytes, SLICE("SIP/2.0 505 ")));
        return;
    }
    keep(play->branch, msg.via.branch);
    keep(play->tag, msg.request ? msg.from.tag : msg.to.tag);
    keep(play->id, msg.call_id);
    if (msg.request && msg.method == SIP_REGISTER && !sip_msg_contact(&msg, &contact) &&
        !sip_uri_parse(contact.address.uri, &uri))
        keep(play->user, uri.user);
}

static void drain(struct play *play)
{
    struct sip_out_item *item;

    while ((item = sip_out_take(sip_endpoint_out(play->ep)))) {
        if (item->kind == SIP_OUT_SEND) {
            sent(play, item);
        } else if (item->kind == SIP_OUT_ACCOUNT) {
            must(item->account_event->account == play->account);
        } else if (item->kind == SIP_OUT_CALL) {
            play->call = item->event->kind == SIP_CALL_ENDED ? NULL : item->event->call;
        } else {
            struct sip_flow flow = {.transport = item->transport ? item->transport : SIP_UDP,
                                    .local = {4, {192, 0, 2, play->here}, 5060, 0},
                                    .remote = {4, {192, 0, 2, 2}, 5060, 0}};

            sip_endpoint_located(play->ep, item->key, &flow, item->host[0] != 'x', -ENOENT,
                                 play->now_ms);
        }
        sip_out_item_free(item);
    }
}

static void receive(struct play *play, struct slice piece, enum sip_transport transport)
{
    struct sip_flow flow = {.transport = transport,
                            .local = {4, {192, 0, 2, play->here}, 5060, 0},
                            .remote = {4, {192, 0, 2, play->there}, 5060, 0},
                            .connection = transport == SIP_UDP ? 0 : 1};
    struct buf b = buf_new(SIP_MAX_MESSAGE + 1024);

    for (size_t i = 0; i < piece.n; i++) {
        if (piece.p[i] >= 1 && piece.p[i] <= 4)
            buf_puts(&b, piece.p[i] == 1   ? play->tag
                         : piece.p[i] == 2 ? play->branch
                         : piece.p[i] == 3 ? play->id
                                           : play->user);
        else
            buf_putc(&b, piece.p[i]);
    }
    sip_endpoint_receive(play->ep, &flow, buf_slice(&b), play->now_ms);
    buf_free(&b);
}

static void wait_ms(struct play *play, uint64_t ms)
{
    uint64_t end = play->now_ms + ms;
    unsigned steps = 0;

    drain(play);
    while (sip_endpoint_deadline_ms(play->ep) <= end) {
        must(++steps < 1000000);
        if (sip_endpoint_deadline_ms(play->ep) > play->now_ms)
            play->now_ms = sip_endpoint_deadline_ms(play->ep);
        sip_endpoint_tick(play->ep, play->now_ms);
        drain(play);
    }
    play->now_ms = end;
}

static void call_out(struct play *play, struct slice target)
{
    struct sip_invite_params params = {.target = target, .account = play->account};
    struct sip_call *call;

    sip_call_invite(play->ep, &params, &call, play->now_ms);
}

/* piece: for g the URI of the account, perhaps a blank and that of its proxy; for s the password.
 */
static void account_step(struct play *play, char what, struct slice piece)
{
    struct sip_account_params params = {.uri = slice_cut(&piece, ' '), .proxy = piece};

    if (what == 'g' && !play->account && sip_account_new(play->ep, &params, &play->account))
        play->account = NULL;
    if (!play->account)
        return;
    if (what == 'g')
        sip_account_register(play->account, play->now_ms);
    else if (what == 'q')
        sip_account_unregister(play->account, play->now_ms);
    else if (what == 'm')
        sip_account_network_changed(play->account, play->now_ms);
    else if (what == 's')
        sip_account_set_password(play->account, params.uri, play->now_ms);
    else if (what == 'd') {
        sip_account_free(play->account);
        play->account = NULL;
    }
}

static void move(struct play *play, struct slice piece)
{
    play->here = piece.n ? (uint8_t)piece.p[0] : 1;
    if (play->call)
        sip_call_network_changed(play->call, play->now_ms);
}

static void step(struct play *play, char what, struct slice piece)
{
    uint64_t ms;

    play->there = what == 'v' ? 8 : 2;
    if (what == 'm')
        move(play, piece);
    if (what == 'u' || what == 'v')
        receive(play, piece, SIP_UDP);
    else if (what == 't')
        receive(play, piece, SIP_TCP);
    else if (what == 'w')
        wait_ms(play, slice_number(piece, 1000000, &ms) ? 100 : ms);
    else if (what == 'c')
        call_out(play, piece);
    else if (what == 'f')
        sip_endpoint_send_failed(play->ep, play->key, -ECONNREFUSED, play->now_ms);
    else if (what == 'l')
        sip_endpoint_connection_lost(play->ep, 1, play->now_ms);
    else
        account_step(play, what, piece);
    if (!play->call)
        return;
    if (what == 'a')
        sip_call_accept(play->call, piece, play->now_ms);
    else if (what == 'p')
        sip_call_progress(play->call, 180, piece, play->now_ms);
    else if (what == 'r')
        sip_call_reject(play->call, 486, piece, piece, play->now_ms);
    else if (what == 'h')
        sip_call_hangup(play->call, play->now_ms);
    else if (what == 'o')
        sip_call_offer(play->call, piece, play->now_ms);
    else if (what == 'i')
        sip_call_reinvite(play->call, piece, play->now_ms);
    else if (what == 'y')
        sip_call_reoffer_answer(play->call, 200, piece, play->now_ms);
    else if (what == 'n')
        sip_call_reoffer_answer(play->call, 488, piece, play->now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct play play = {.rng = rng_seeded(1), .now_ms = 1000, .here = 1, .there = 2};
    struct sip_endpoint_config config = {.rng = &play.rng, .user_agent = "fuzz"};
    struct slice rest = {(const char *)bytes, n};

    play.ep = sip_endpoint_new(&config);
    must(play.ep != NULL);
    while (rest.n) {
        struct slice piece = slice_cut(&rest, (char)0xff);

        if (piece.n)
            step(&play, piece.p[0], slice_skip(piece, 1));
        drain(&play);
    }
    LIST_EACH (&play.ep->all, at)
        sip_call_hangup(LIST_ITEM(at, struct sip_call, link), play.now_ms);
    if (play.account)
        sip_account_set_password(play.account, (struct slice){0}, play.now_ms);
    wait_ms(&play, 40000);
    if (play.account)
        sip_account_unregister(play.account, play.now_ms);
    wait_ms(&play, 4000000);
    must(!play.account || !sip_account_is_registered(play.account));
    must(play.ep->txs.n == 0 && list_empty(&play.ep->all));
    sip_endpoint_free(play.ep);
    return 0;
}
