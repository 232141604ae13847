/* The whole core as its owner sees it: an endpoint with an account and calls, under a script of
 * messages, pieces of a stream, pauses, look-ups and commands. What must hold is looked at on the
 * way, and in the end it has let go of everything.
 *
 * The input is cut at each 0xff. The first byte of a piece says what it is, by the table at the
 * end; a piece that begins like a message of its own, with a capital or '!', is a datagram as it
 * stands, so that the messages of tests/data/torture are inputs too. In the messages of a script
 * 0x01 stands for our tag, 0x02 for our branch, 0x03 for our Call-ID as it was last sent, 0x04 for
 * the user part of our Contact, so that answers can be written down. An offer or answer of ours
 * that is empty is made by sdp/exchange from what has come. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/exchange.h"
#include "sip/account.h"
#include "sip/core.h"
#include "sip/parse.h"
#include "sip/stream.h"
#include "tests/lib/sdp_text.h"

#define MAX_CALLS 16
#define MAX_HELD 8
#define MAX_REFERRED 32
/* What one step may put into the queue, apart from what each call, transaction and request adds. */
#define SOME_ITEMS 16

struct line {
    struct sip_call *call; /* NULL: free */
    bool outgoing, answered;
    struct sdp_exchange *sdp;
};

struct play {
    struct rng rng;
    struct sip_endpoint *ep;
    struct sip_stream *stream; /* of connection 1 */
    uint64_t now_ms, key;
    uint8_t here, there; /* last byte of our address, and of theirs */
    bool known[256];     /* last bytes of the addresses that packets may go to */
    struct line lines[MAX_CALLS];
    struct line *line;           /* the last that something was told of; NULL: over */
    struct sip_account *account; /* NULL: not made */
    char user[128];              /* of its Contact */
    char tag[128], branch[128], id[128];
    struct sip_call
        *referred[MAX_REFERRED]; /* in which a REFER is open; also of calls that are over */
    size_t n_referred;
    bool holds_look_ups;
    uint64_t held[MAX_HELD];
    size_t n_held;
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

/* --- what the core says ----------------------------------------------------------------------- */

static void sent(struct play *play, const struct sip_out_item *item)
{
    struct slice bytes = buf_slice(&item->bytes);
    struct sip_contact contact;
    struct sip_uri uri;
    struct sip_msg msg;
    struct ip home = item->flow.remote;

    /* Nothing goes where nothing came from and no look-up has led. */
    home.bytes[3] = 0;
    must(home.family == 4 && !memcmp(home.bytes, (uint8_t[]){192, 0, 2, 0}, 4));
    must(play->known[item->flow.remote.bytes[3]]);
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

/* Names lead to 192.0.2.2, those with z in front to a second place as well, those with x
 * nowhere. */
static void locate(struct play *play, uint64_t key, char first, enum sip_transport transport)
{
    struct sip_flow flows[2];

    for (uint8_t i = 0; i < 2; i++)
        flows[i] = (struct sip_flow){.transport = transport ? transport : SIP_UDP,
                                     .local = {4, {192, 0, 2, play->here}, 5060, 0},
                                     .remote = {4, {192, 0, 2, (uint8_t)(2 + i)}, 5060, 0}};
    play->known[2] |= first != 'x';
    play->known[3] |= first == 'z';
    sip_endpoint_located(play->ep, key, flows,
                         first == 'x'   ? 0
                         : first == 'z' ? 2
                                        : 1,
                         -ENOENT, play->now_ms);
}

static struct line *line_of(struct play *play, const struct sip_call *call)
{
    for (size_t i = 0; i < MAX_CALLS; i++)
        if (play->lines[i].call == call)
            return &play->lines[i];
    return NULL;
}

static void end(struct line *line)
{
    sdp_exchange_free(line->sdp);
    *line = (struct line){0};
}

static struct line *begin(struct play *play, struct sip_call *call, bool outgoing)
{
    struct sdp_local local = sdp_test_local();
    struct line *line = line_of(play, NULL);

    *line = (struct line){.call = call, .outgoing = outgoing};
    must(sdp_exchange_new(&local, &play->rng, &line->sdp) == 0);
    return line;
}

static void take_sdp(struct line *line, const struct sip_call_event *event)
{
    const struct sdp_stream *stream;

    if (event->kind == SIP_CALL_OFFER_REFUSED)
        sdp_exchange_rollback(line->sdp);
    if (!event->sdp.n)
        return;
    if (event->kind == SIP_CALL_INCOMING || event->kind == SIP_CALL_REOFFER)
        sdp_exchange_take_offer(line->sdp, event->sdp);
    else
        sdp_exchange_take_answer(line->sdp, event->sdp);
    stream = sdp_exchange_stream(line->sdp);
    must(!stream || !(stream->direction & SDP_SENDONLY) || !ip_is_multicast(&stream->remote_rtp));
}

/* It may be open behind the end of its call, and each is told the end once. */
static bool refers(struct play *play, const struct sip_call_event *event)
{
    bool gone = event->kind == SIP_CALL_REFER_GONE;
    size_t i = 0;

    while (i < play->n_referred && play->referred[i] != event->call)
        i++;
    must((i < play->n_referred) == gone);
    if (gone)
        play->referred[i] = play->referred[--play->n_referred];
    else if (i < MAX_REFERRED)
        play->referred[play->n_referred++] = event->call;
    else
        sip_call_refer_reject(event->call, 603, play->now_ms);
    return gone;
}

/* Nothing is told of a call before its beginning, behind its end, or twice. */
static void told(struct play *play, const struct sip_call_event *event)
{
    struct line *line = line_of(play, event->call);

    if ((event->kind == SIP_CALL_REFER || event->kind == SIP_CALL_REFER_GONE) &&
        refers(play, event))
        return;

    must(!line == (event->kind == SIP_CALL_INCOMING));
    if (!line) {
        must(line_of(play, NULL) != NULL); /* the endpoint keeps to max_calls */
        line = begin(play, event->call, false);
        sip_call_set_owner(event->call, line);
    }
    must(event->kind == SIP_CALL_INCOMING || event->owner == line);
    must(event->kind != SIP_CALL_ANSWERED || (line->outgoing && !line->answered));
    must(event->kind != SIP_CALL_PROGRESS || (line->outgoing && !line->answered));
    line->answered |= event->kind == SIP_CALL_ANSWERED;
    take_sdp(line, event);
    play->line = line;
    if (event->kind == SIP_CALL_ENDED) {
        end(line);
        play->line = NULL;
    }
}

static size_t open_things(const struct play *play)
{
    size_t n = play->ep->txs.n + map_count(&play->ep->reqs);

    LIST_EACH (&play->ep->all, at)
        n++;
    return n;
}

static void drain(struct play *play)
{
    struct sip_out_item *item;
    size_t bound = SOME_ITEMS + 4 * open_things(play), n = 0;

    LIST_EACH (&sip_endpoint_out(play->ep)->items, at)
        n++;
    must(n <= bound);
    while ((item = sip_out_take(sip_endpoint_out(play->ep)))) {
        if (item->kind == SIP_OUT_SEND) {
            sent(play, item);
        } else if (item->kind == SIP_OUT_ACCOUNT) {
            must(item->account_event->account == play->account);
        } else if (item->kind == SIP_OUT_CALL) {
            told(play, item->event);
        } else if (play->holds_look_ups && play->n_held < MAX_HELD) {
            play->held[play->n_held++] = item->key;
        } else {
            locate(play, item->key, item->host[0], item->transport);
        }
        sip_out_item_free(item);
    }
}

/* --- what comes over the network -------------------------------------------------------------- */

static void arrives(struct play *play, enum sip_transport transport, struct slice bytes)
{
    struct sip_flow flow = {.transport = transport,
                            .local = {4, {192, 0, 2, play->here}, 5060, 0},
                            .remote = {4, {192, 0, 2, play->there}, 5060, 0},
                            .connection = transport == SIP_UDP ? 0 : 1};

    play->known[play->there] = true;
    sip_endpoint_receive(play->ep, &flow, bytes, play->now_ms);
    drain(play);
}

/* The piece with what stands for our own words filled in. */
static struct buf filled(const struct play *play, struct slice piece)
{
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
    return b;
}

static void receive(struct play *play, enum sip_transport transport, struct slice piece)
{
    struct buf b = filled(play, piece);

    arrives(play, transport, buf_slice(&b));
    buf_free(&b);
}

static void by_udp(struct play *play, struct slice piece)
{
    receive(play, SIP_UDP, piece);
}

static void by_tcp(struct play *play, struct slice piece)
{
    receive(play, SIP_TCP, piece);
}

static void by_stranger(struct play *play, struct slice piece)
{
    play->there = 8;
    receive(play, SIP_UDP, piece);
    play->there = 2;
}

static void connection_lost(struct play *play, struct slice piece)
{
    (void)piece;
    sip_stream_free(play->stream);
    play->stream = sip_stream_new();
    must(play->stream != NULL);
    sip_endpoint_connection_lost(play->ep, 1, play->now_ms);
}

/* As net/sip_link does it: what is broken is answered, and closed. */
static void by_stream(struct play *play, struct slice piece)
{
    struct buf b = filled(play, piece);
    enum sip_stream_found found = SIP_STREAM_MORE;
    struct slice message;

    if (buf_ok(&b) && !sip_stream_feed(play->stream, buf_slice(&b)))
        while ((found = sip_stream_next(play->stream, &message)) != SIP_STREAM_MORE) {
            if (found != SIP_STREAM_PING && message.n)
                arrives(play, SIP_TCP, message);
            if (found == SIP_STREAM_BROKEN)
                break;
        }
    buf_free(&b);
    if (found == SIP_STREAM_BROKEN)
        connection_lost(play, piece);
}

static void send_failed(struct play *play, struct slice piece)
{
    (void)piece;
    sip_endpoint_send_failed(play->ep, play->key, -ECONNREFUSED, play->now_ms);
}

static void hold_look_ups(struct play *play, struct slice piece)
{
    play->holds_look_ups = piece.n == 0;
}

/* Answers the oldest look-up that was held: x nothing, z two places. */
static void answer_look_up(struct play *play, struct slice piece)
{
    uint64_t key = play->held[0];

    if (!play->n_held)
        return;
    play->n_held--;
    memmove(play->held, play->held + 1, play->n_held * sizeof play->held[0]);
    locate(play, key, piece.n ? piece.p[0] : ' ', 0);
}

static void wait_ms(struct play *play, uint64_t ms)
{
    uint64_t end_ms = play->now_ms + ms;
    unsigned steps = 0;

    drain(play);
    while (sip_endpoint_deadline_ms(play->ep) <= end_ms) {
        must(++steps < 1000000);
        if (sip_endpoint_deadline_ms(play->ep) > play->now_ms)
            play->now_ms = sip_endpoint_deadline_ms(play->ep);
        sip_endpoint_tick(play->ep, play->now_ms);
        drain(play);
    }
    play->now_ms = end_ms;
}

static void time_goes(struct play *play, struct slice piece)
{
    uint64_t ms;

    wait_ms(play, slice_number(piece, 1000000, &ms) ? 100 : ms);
}

/* --- what its owner does ---------------------------------------------------------------------- */

static void call_out(struct play *play, struct slice target)
{
    struct line *line = line_of(play, NULL);
    struct sip_invite_params params = {.target = target, .account = play->account, .owner = line};
    struct sip_call *call;

    if (line && !sip_call_invite(play->ep, &params, &call, play->now_ms))
        begin(play, call, true);
}

/* piece: the URI of the account, perhaps a blank and that of its proxy. */
static void account_new(struct play *play, struct slice piece)
{
    struct sip_account_params params = {.uri = slice_cut(&piece, ' '), .proxy = piece};

    if (!play->account && sip_account_new(play->ep, &params, &play->account))
        play->account = NULL;
    if (play->account)
        sip_account_register(play->account, play->now_ms);
}

static void account_leave(struct play *play, struct slice piece)
{
    (void)piece;
    if (play->account)
        sip_account_unregister(play->account, play->now_ms);
}

static void account_password(struct play *play, struct slice piece)
{
    if (play->account)
        sip_account_set_password(play->account, piece, play->now_ms);
}

static void account_gone(struct play *play, struct slice piece)
{
    (void)piece;
    if (play->account)
        sip_account_free(play->account);
    play->account = NULL;
}

static void moves(struct play *play, struct slice piece)
{
    play->here = piece.n ? (uint8_t)piece.p[0] : 1;
    if (play->line)
        sip_call_network_changed(play->line->call, play->now_ms);
    if (play->account)
        sip_account_network_changed(play->account, play->now_ms);
}

static void silent(struct play *play, struct slice piece)
{
    play->ep->config.silent_to_strangers = piece.n == 0;
}

static void leave(struct play *play, struct slice piece)
{
    (void)piece;
    sip_endpoint_settled(play->ep);
    sip_endpoint_leave(play->ep, play->now_ms);
}

/* What we say about the sound: the piece, or what the exchange makes of what has come. */
static struct slice ours(struct line *line, struct slice piece, struct buf *b)
{
    int err = -EBUSY;

    if (piece.n)
        return piece;
    *b = buf_new(16384);
    if (sdp_exchange_state(line->sdp) == SDP_THEY_OFFERED)
        err = sdp_exchange_answer(line->sdp, b);
    else if (sdp_exchange_state(line->sdp) == SDP_STABLE)
        err = sdp_exchange_offer(line->sdp, b);
    return err ? sdp_exchange_ours(line->sdp) : buf_slice(b);
}

/* What is done to the call that something was told of last. */
static void call_step(struct play *play, char what, struct slice piece)
{
    struct line *line = play->line;
    struct buf b = {0};

    if (what == 'a')
        sip_call_accept(line->call, ours(line, piece, &b), play->now_ms);
    else if (what == 'p')
        sip_call_progress(line->call, 180, piece, play->now_ms);
    else if (what == 'r')
        sip_call_reject(line->call, 486, piece, piece, play->now_ms);
    else if (what == 'k')
        sip_call_turn_away(line->call, 404, play->now_ms);
    else if (what == 'z')
        sip_call_ignore(line->call, play->now_ms);
    else if (what == 'h')
        sip_call_hangup(line->call, play->now_ms);
    else if (what == 'o')
        sip_call_offer(line->call, ours(line, piece, &b), play->now_ms);
    else if (what == 'i' && sip_call_reinvite(line->call, ours(line, piece, &b), play->now_ms))
        sdp_exchange_rollback(line->sdp);
    else if (what == 'y')
        sip_call_reoffer_answer(line->call, 200, ours(line, piece, &b), play->now_ms);
    else if (what == 'n')
        sip_call_reoffer_answer(line->call, 488, piece, play->now_ms);
    buf_free(&b);
}

static void choose(struct play *play, char digit)
{
    struct line *line = &play->lines[digit - '0'];

    play->line = line->call ? line : NULL;
}

static void follow(struct play *play, struct sip_call *referred)
{
    struct line *line = line_of(play, NULL);
    struct sip_invite_params params = {
        .account = play->account, .owner = line, .referral = referred};
    struct sip_call *call;

    sip_call_refer_follow(referred, play->now_ms);
    if (line && !sip_call_invite(play->ep, &params, &call, play->now_ms))
        begin(play, call, true);
}

/* What is said to the REFER that came last; with a piece somebody is asked before. */
static void refer_step(struct play *play, char what, struct slice piece)
{
    struct sip_call *call = play->referred[play->n_referred - 1];

    if (what == '+')
        (void)sip_call_refer_accept(call, piece.n > 0, play->now_ms);
    else if (what == '-' && call->referral.tx_key)
        sip_call_refer_reject(call, 603, play->now_ms);
    else if (what == '>')
        follow(play, call);
    else if (what == '=')
        sip_call_refer_end(call, 486, play->now_ms);
    if (!sip_refer_is_open(call))
        play->n_referred--;
}

static const struct verb {
    char what;
    void (*act)(struct play *play, struct slice piece);
} verbs[] = {
    {'u', by_udp},          {'t', by_tcp},
    {'v', by_stranger},     {'x', by_stream},
    {'l', connection_lost}, {'f', send_failed},
    {'b', hold_look_ups},   {'e', answer_look_up},
    {'w', time_goes},       {'m', moves},
    {'c', call_out},        {'g', account_new},
    {'q', account_leave},   {'s', account_password},
    {'d', account_gone},    {'j', silent},
    {'.', leave},
};

static void step(struct play *play, struct slice piece)
{
    char what = piece.p[0];
    struct slice rest = slice_skip(piece, 1);

    if (what == '!' || (what >= 'A' && what <= 'Z'))
        arrives(play, SIP_UDP, piece);
    else if (what >= '0' && what <= '9')
        choose(play, what);
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (verbs[i].what == what)
            verbs[i].act(play, rest);
    if (play->line)
        call_step(play, what, rest);
    if (play->n_referred)
        refer_step(play, what, rest);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Hangs up, gives everything its time, and finds nothing left. */
static void goes(struct play *play)
{
    play->holds_look_ups = false;
    while (play->n_held) {
        answer_look_up(play, SLICE("x"));
        drain(play);
    }
    while (play->n_referred)
        sip_call_refer_reject(play->referred[--play->n_referred], 603, play->now_ms);
    LIST_EACH (&play->ep->all, at)
        sip_call_hangup(LIST_ITEM(at, struct sip_call, link), play->now_ms);
    if (play->account)
        sip_account_set_password(play->account, (struct slice){0}, play->now_ms);
    wait_ms(play, 40000);
    if (play->account)
        sip_account_unregister(play->account, play->now_ms);
    wait_ms(play, 4000000);
    must(!play->account || !sip_account_is_registered(play->account));
    for (size_t i = 0; i < MAX_CALLS; i++)
        must(!play->lines[i].call); /* whoever was told of a call was told its end */
    must(play->ep->txs.n == 0 && list_empty(&play->ep->all) && play->ep->n_open == 0);
    must(map_count(&play->ep->reqs) == 0 && map_count(&play->ep->calls) == 0);
    must(sip_endpoint_settled(play->ep));
    account_gone(play, SLICE(""));
    must(list_empty(&play->ep->accounts) && map_count(&play->ep->users) == 0);
    must(map_count(&play->ep->pings) == 0);
    must(sip_endpoint_deadline_ms(play->ep) == NEVER_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct play play = {.rng = rng_seeded(1), .now_ms = 1000, .here = 1, .there = 2};
    struct sip_endpoint_config config = {
        .rng = &play.rng, .user_agent = "fuzz", .max_calls = MAX_CALLS};
    struct slice rest = {(const char *)bytes, n};

    play.ep = sip_endpoint_new(&config);
    play.stream = sip_stream_new();
    must(play.ep && play.stream);
    while (rest.n) {
        struct slice piece = slice_cut(&rest, (char)0xff);

        if (piece.n)
            step(&play, piece);
        drain(&play);
    }
    goes(&play);
    sip_stream_free(play.stream);
    sip_endpoint_free(play.ep);
    return 0;
}
