/* test_no_memory.c - each allocation on behalf of a message fails in turn: the message is answered
 * 503 or lost, nothing is leaked, and the next call goes through. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/account_core.h"
#include "sip/core.h"
#include "sip/parse.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"

/* Allocations fail only while armed: what the test itself needs is always there. */
static bool armed, for_good;
static unsigned left;

static bool fails(void *arg)
{
    (void)arg;
    if (!armed || !left)
        return armed && for_good;
    return --left == 0;
}

/* --- a script, played again and again --------------------------------------------------------- */

struct play {
    struct rng rng;
    struct sip_endpoint *ep;
    uint64_t now_ms;
    struct sip_call *call;
    struct sip_account *account;
    unsigned told, ended, taken, gone, digits, digits_sent;
    unsigned oks;     /* to INFO */
    unsigned finals;  /* to INVITE, but 2xx */
    unsigned blaming; /* to REFER: that it is the fault of who asks */
    unsigned bare;    /* INVITEs of ours that do not say who has asked for them */
    unsigned redirects, answers;
    uint8_t from; /* last byte of the address that messages come from; 0: the usual */
    char tag[128], branch[128], id[128];
};

static void keep(char out[128], struct slice s)
{
    snprintf(out, 128, "%.*s", (int)s.n, s.p ? s.p : "");
}

static const struct sip_flow flow = {
    .transport = SIP_UDP,
    .local = {4, {192, 0, 2, 1}, 5060, 0},
    .remote = {4, {192, 0, 2, 2}, 5060, 0},
};

static void told(struct play *play, const struct sip_call_event *event)
{
    play->told +=
        event->kind == SIP_CALL_INCOMING || (event->kind == SIP_CALL_OFFER_WANTED && !play->call);
    play->digits += event->kind == SIP_CALL_DIGIT;
    play->digits_sent += event->kind == SIP_CALL_DIGIT_SENT;
    play->redirects += event->kind == SIP_CALL_REDIRECTED;
    play->answers += event->kind == SIP_CALL_ANSWERED;
    play->ended += event->kind == SIP_CALL_ENDED;
    play->call = event->kind == SIP_CALL_ENDED ? NULL : event->call;
}

static void drain(struct play *play)
{
    struct sip_out_item *item;
    struct sip_msg msg;

    for (armed = false; (item = sip_out_take(sip_endpoint_out(play->ep)));) {
        if (item->kind == SIP_OUT_CALL) {
            told(play, item->event);
        } else if (item->kind == SIP_OUT_ACCOUNT) {
            play->gone += item->account_event->kind == SIP_ACCOUNT_UNREGISTERED;
        } else if (item->kind == SIP_OUT_LOCATE) {
            bool there = strcmp(item->host, "gone.test") != 0;

            armed = true;
            sip_endpoint_located(play->ep, item->key, &flow, there, there ? 0 : -ENOENT,
                                 play->now_ms);
            armed = false;
        } else if (!sip_parse(buf_slice(&item->bytes), true, &msg)) {
            keep(play->branch, msg.via.branch);
            keep(play->tag, msg.request ? msg.from.tag : msg.to.tag);
            keep(play->id, msg.call_id);
            play->taken += msg.status == 180;
            play->oks += msg.status == 200 && msg.cseq.method == SIP_INFO;
            play->finals += msg.status >= 300 && msg.cseq.method == SIP_INVITE;
            play->blaming += msg.status / 100 == 4 && msg.cseq.method == SIP_REFER;
            play->bare += msg.request && msg.method == SIP_INVITE &&
                          !sip_msg_header(&msg, SIP_HDR_REFERRED_BY).n;
        }
        sip_out_item_free(item);
    }
}

/* Where there is still a call: one of its functions, which may find no memory. */
#define IN_CALL(done)                                                                              \
    do {                                                                                           \
        armed = true;                                                                              \
        if (play->call)                                                                            \
            done;                                                                                  \
        drain(play);                                                                               \
    } while (0)

/* "$t", "$b" and "$i" in text are our last tag, branch and Call-ID; each line ends in CR LF. */
static void receive(struct play *play, const char *text)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    struct sip_flow from = flow;

    for (; *text; text++) {
        bool stands_for = *text == '$';

        text += stands_for;
        if (stands_for)
            buf_puts(&b, *text == 't' ? play->tag : *text == 'b' ? play->branch : play->id);
        else if (*text == '\n')
            buf_puts(&b, "\r\n");
        else
            buf_putc(&b, *text);
    }
    if (play->from)
        from.remote.bytes[3] = play->from;
    armed = true;
    sip_endpoint_receive(play->ep, &from, buf_slice(&b), play->now_ms);
    drain(play);
    buf_free(&b);
}

static void run(struct play *play, uint64_t ms)
{
    uint64_t end = play->now_ms + ms;

    for (uint64_t next; (next = sip_endpoint_deadline_ms(play->ep)) <= end;) {
        play->now_ms = next > play->now_ms ? next : play->now_ms;
        armed = true;
        sip_endpoint_tick(play->ep, play->now_ms);
        drain(play);
    }
    play->now_ms = end;
}

#define FROM_ALICE(method, cseq, branch, tag)                                                      \
    method " sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK" branch "\n"     \
           "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>" tag "\nCall-ID: c\n"       \
           "CSeq: " cseq " " method "\nContact: <sip:alice@192.0.2.2>\nMax-Forwards: 70\n"
#define OFFER "Content-Type: application/sdp\nContent-Length: 1\n\no"
#define NO_BODY "Content-Length: 0\n\n"

#define FROM_AT(place, cseq, branch)                                                               \
    "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP " place ";branch=z9hG4bK" branch "\n"      \
    "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=$t\nCall-ID: c\n"              \
    "CSeq: " cseq " INVITE\nContact: <sip:alice@" place ">\nMax-Forwards: 70\n" OFFER

static void called(struct play *play)
{
    receive(play, FROM_ALICE("INVITE", "1", "1", "") "Record-Route: <sip:192.0.2.2;lr>\n" OFFER);
    IN_CALL(sip_call_progress(play->call, 180, SLICE(""), play->now_ms));
    IN_CALL(sip_call_accept(play->call, SLICE("x"), play->now_ms));
    receive(play, FROM_ALICE("ACK", "1", "2", ";tag=$t") NO_BODY);
    receive(play, FROM_ALICE("INVITE", "2", "3", ";tag=$t") OFFER);
    IN_CALL(sip_call_reoffer_answer(play->call, 200, SLICE("y"), play->now_ms));
    receive(play, FROM_ALICE("ACK", "2", "4", ";tag=$t") NO_BODY);
    receive(play, FROM_ALICE("BYE", "3", "5", ";tag=$t") NO_BODY);
    receive(play, FROM_ALICE("OPTIONS", "9", "6", "") NO_BODY);
    receive(play, FROM_ALICE("INVITE", "1", "7", "") "Require: x\n" NO_BODY);
    receive(play, FROM_ALICE("INVITE", "1", "8", "") "Max-Forwards: x\n" NO_BODY);
    run(play, 1000);
}

/* It rings, is asked about and taken back; and requests that belong to nothing. */
static void cancelled(struct play *play)
{
    receive(play, FROM_ALICE("INVITE", "1", "1", "") OFFER);
    IN_CALL(sip_call_progress(play->call, 180, SLICE("r"), play->now_ms));
    receive(play, FROM_ALICE("UPDATE", "2", "2", ";tag=$t") OFFER);
    receive(play, FROM_ALICE("CANCEL", "1", "9", "") NO_BODY);
    receive(play, FROM_ALICE("CANCEL", "1", "1", "") "Reason: SIP;cause=200\n" NO_BODY);
    receive(play, FROM_ALICE("ACK", "1", "1", ";tag=$t") NO_BODY);
    receive(play, FROM_ALICE("MESSAGE", "3", "3", "") "Content-Type: text/plain\n"
                                                      "Content-Length: 2\n\nhi");
    receive(play, FROM_ALICE("REGISTER", "4", "4", "") NO_BODY);
    receive(play, FROM_ALICE("REFER", "5", "5", "") "Refer-To: <sip:x@y>\n" NO_BODY);
    receive(play, FROM_ALICE("INFO", "6", "6", ";tag=none") NO_BODY);
    run(play, 1000);
}

/* What we cannot is not done for want of memory. */
static void requires(struct play *play)
{
    receive(play, FROM_ALICE("INVITE", "1", "1", "") "Require: foo\n" OFFER);
    assert_int_equal(play->told, 0);
}

/* A copy is one, however little memory there is: nothing else begins, nothing ends. */
static void asks_again(struct play *play)
{
    bool good = for_good;
    unsigned n = left;

    left = 0;
    for_good = false;
    receive(play, FROM_ALICE("INVITE", "1", "1", "") OFFER);
    IN_CALL(sip_call_progress(play->call, 180, SLICE(""), play->now_ms));
    left = n;
    for_good = good;
    receive(play, FROM_ALICE("INVITE", "1", "1", "") OFFER);
    assert_int_equal(play->told, 1);
    assert_int_equal(play->finals, 0);
    n = left;
    left = 0;
    for_good = false;
    IN_CALL(sip_call_hangup(play->call, play->now_ms));
    receive(play, FROM_ALICE("ACK", "1", "1", ";tag=$t") NO_BODY);
    left = n; /* whether it came to that */
}

/* The other side moves, and another one claims to be it meanwhile; then we move. */
static void moves(struct play *play)
{
    receive(play, FROM_ALICE("INVITE", "1", "1", "") OFFER);
    IN_CALL(sip_call_accept(play->call, SLICE("x"), play->now_ms));
    receive(play, FROM_ALICE("ACK", "1", "2", ";tag=$t") NO_BODY);
    play->from = 8;
    receive(play, FROM_AT("192.0.2.8", "2", "3"));
    play->from = 9;
    receive(play, FROM_AT("192.0.2.9", "3", "4"));
    run(play, 2000);
    IN_CALL(sip_call_reoffer_answer(play->call, 200, SLICE("y"), play->now_ms));
    IN_CALL(sip_call_network_changed(play->call, play->now_ms));
    run(play, 5000);
    play->from = 0;
}

#define TO_US_OF(status, method, cseq, tag, contact)                                               \
    "SIP/2.0 " status " X\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=$b\n"                            \
    "From: <sip:alice@192.0.2.1>;tag=$t\nTo: <sip:bob@192.0.2.2>;tag=" tag "\nCall-ID: $i\n"       \
    "CSeq: " cseq " " method "\nContact: " contact "\n"
#define TO_US(status, method, cseq, tag) TO_US_OF(status, method, cseq, tag, "<sip:bob@192.0.2.2>")

static void calls(struct play *play)
{
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2"),
                                       .from = SLICE("sip:alice@192.0.2.1"),
                                       .account = play->account};
    struct sip_call *call;

    armed = true;
    if (sip_call_invite(play->ep, &params, &call, play->now_ms)) {
        armed = false;
        return;
    }
    drain(play);
    IN_CALL(sip_call_offer(play->call, SLICE("o"), play->now_ms));
    receive(play, TO_US("180", "INVITE", "1", "b") NO_BODY);
    receive(play, TO_US("200", "INVITE", "1", "b") OFFER);
    receive(play, TO_US("200", "INVITE", "1", "other") OFFER);
    IN_CALL(sip_call_reinvite(play->call, SLICE("h"), play->now_ms));
    receive(play, TO_US("491", "INVITE", "2", "b") NO_BODY);
    run(play, 5000);
    armed = true;
    if (play->call)
        sip_call_offer(play->call, SLICE("h"), play->now_ms); /* as the 491 was long ago */
    drain(play);
    IN_CALL(sip_call_hangup(play->call, play->now_ms));
}

/* To a name that is not there, to a place where nobody answers, and to one whose Contact is a name.
 */
static void redirected(struct play *play)
{
    struct sip_invite_params params = {.target = SLICE("sip:bob@b.test")};
    struct sip_call *call;

    armed = true;
    if (sip_call_invite(play->ep, &params, &call, play->now_ms)) {
        armed = false;
        return;
    }
    drain(play);
    IN_CALL(sip_call_offer(play->call, SLICE("o"), play->now_ms));
    receive(play, TO_US_OF("302", "INVITE", "1", "r",
                           "<sip:e@e.test>;q=0.1, <sip:d@192.0.2.3>;q=0.2, "
                           "<sip:c@gone.test>;q=0.3") NO_BODY);
    receive(play, TO_US("486", "INVITE", "2", "r") NO_BODY);
    receive(play, TO_US("183", "INVITE", "3", "a") OFFER);
    receive(play, TO_US_OF("200", "INVITE", "3", "b", "<sip:bob@f.test>") OFFER);
    receive(play, TO_US_OF("200", "INVITE", "3", "a", "<sip:bob@gone.test>") OFFER);
    run(play, 5000);
    IN_CALL(sip_call_reinvite(play->call, SLICE("h"), play->now_ms));
    receive(play, TO_US_OF("200", "INVITE", "4", "b", "<sip:bob@g.test>") OFFER);
    IN_CALL(sip_call_hangup(play->call, play->now_ms));
    receive(play, TO_US("200", "BYE", "5", "b") NO_BODY);
    if (left > 0) /* nothing has failed */
        assert_true(play->redirects == 3 && play->answers == 1 && play->ended == 1);
}

#define TO_ACCOUNT(status, cseq)                                                                   \
    "SIP/2.0 " status " X\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=$b;received=192.0.2.9;rport=9\n" \
    "From: <sip:alice@192.0.2.2>;tag=$t\nTo: <sip:alice@192.0.2.2>;tag=r\nCall-ID: $i\n"           \
    "CSeq: " cseq " REGISTER\nExpires: 60\nService-Route: <sip:192.0.2.2;lr>\n"
#define CHALLENGE "WWW-Authenticate: Digest realm=\"r\",nonce=\"n\",qop=\"auth\"\n"

static void registers(struct play *play)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"), .name = SLICE("A")};
    int err;

    armed = true;
    err = sip_account_new(play->ep, &params, &play->account);
    armed = false;
    if (err) {
        play->account = NULL;
        return;
    }
    armed = true;
    sip_account_register(play->account, play->now_ms);
    drain(play);
    receive(play, TO_ACCOUNT("401", "1") CHALLENGE NO_BODY);
    armed = true;
    sip_account_set_password(play->account, SLICE("secret"), play->now_ms);
    drain(play);
    receive(play, TO_ACCOUNT("200", "2") NO_BODY);
    receive(play, TO_ACCOUNT("200", "3") NO_BODY);
    calls(play);
    receive(play, "INVITE sip:alice@192.0.2.1 SIP/2.0\nContent-Length: 0\n\n");
    run(play, 40000);
    receive(play, TO_ACCOUNT("302", "4") "Contact: <sip:192.0.2.3>\n" NO_BODY);
    armed = true;
    sip_account_network_changed(play->account, play->now_ms);
    drain(play);
    run(play, 40000);
    armed = true;
    sip_account_unregister(play->account, play->now_ms);
    drain(play);
    receive(play, TO_ACCOUNT("200", "5") NO_BODY);
}

#define ASKS(nonce)                                                                                \
    "Proxy-Authenticate: Digest realm=\"192.0.2.2\",nonce=\"" nonce "\",qop=\"auth-int\"\n"

static void password(struct play *play, struct slice text)
{
    armed = true;
    sip_account_set_password(play->account, text, play->now_ms);
    drain(play);
}

static void challenged(struct play *play)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"), .name = SLICE("A")};
    struct sip_invite_params to = {.target = SLICE("sip:bob@192.0.2.2")};
    struct sip_call *call;

    armed = true;
    if (sip_account_new(play->ep, &params, &play->account))
        play->account = NULL;
    to.account = play->account;
    if (!play->account || sip_call_invite(play->ep, &to, &call, play->now_ms)) {
        armed = false;
        return;
    }
    drain(play);
    IN_CALL(sip_call_offer(play->call, SLICE("o"), play->now_ms));
    receive(play, TO_US("407", "INVITE", "1", "p") ASKS("1") NO_BODY);
    password(play, SLICE("secret"));
    receive(play, TO_US("407", "INVITE", "2", "p") ASKS("2") NO_BODY);
    receive(play, TO_US("180", "INVITE", "3", "b") NO_BODY);
    receive(play, TO_US("200", "INVITE", "3", "b") OFFER);
    IN_CALL(sip_call_reinvite(play->call, SLICE("h"), play->now_ms));
    receive(play, TO_US("407", "INVITE", "4", "b") ASKS("3") NO_BODY);
    receive(play, TO_US("200", "INVITE", "5", "b") OFFER);
    IN_CALL(sip_call_hangup(play->call, play->now_ms));
    receive(play, TO_US("407", "BYE", "6", "b") ASKS("4") NO_BODY);
    receive(play, TO_US("200", "BYE", "7", "b") NO_BODY);
}

/* A key is lost or refused, and no reason to end a call. */
static void pressed(struct play *play)
{
    unsigned n = left;

    left = 0;
    receive(play, FROM_ALICE("INVITE", "1", "1", "") OFFER);
    IN_CALL(sip_call_accept(play->call, SLICE("x"), play->now_ms));
    receive(play, FROM_ALICE("ACK", "1", "2", ";tag=$t") NO_BODY);
    left = n;
    receive(play, FROM_ALICE("INFO", "2", "3", ";tag=$t") "Content-Type: application/dtmf\n"
                                                          "Content-Length: 1\n\n5");
    run(play, 1000);
    assert_non_null(play->call);
    assert_true(play->digits >= play->oks);
}

/* One of ours neither, and what became of it is told when there is memory again. */
static void presses(struct play *play)
{
    unsigned n = left;

    left = 0;
    receive(play, FROM_ALICE("INVITE", "1", "1", "") OFFER);
    IN_CALL(sip_call_accept(play->call, SLICE("x"), play->now_ms));
    receive(play, FROM_ALICE("ACK", "1", "2", ";tag=$t") NO_BODY);
    assert_int_equal(sip_call_digit(play->call, '5', 100, play->now_ms), 0);
    drain(play);
    left = n;
    receive(play, TO_US("200", "INFO", "1", "a") NO_BODY);
    run(play, 40000);
    assert_non_null(play->call);
    assert_int_equal(play->digits_sent, 1);
}

#define NOTIFY_TAKEN(cseq)                                                                         \
    "SIP/2.0 200 X\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=$b\n"                                   \
    "From: <sip:bob@192.0.2.1>;tag=$t\nTo: <sip:alice@192.0.2.2>;tag=a\nCall-ID: $i\n"             \
    "CSeq: " cseq " NOTIFY\n" NO_BODY

/* They ask us to call somebody else: decided later, and done; the call itself goes on. */
static void referred(struct play *play)
{
    struct sip_invite_params params = {.from = SLICE("sip:bob@192.0.2.1")};
    struct sip_call *call, *other = NULL;
    bool good = for_good;
    unsigned n = left;
    int err;

    left = 0;
    for_good = false;
    receive(play, FROM_ALICE("INVITE", "1", "1", "") OFFER);
    IN_CALL(sip_call_accept(play->call, SLICE("x"), play->now_ms));
    receive(play, FROM_ALICE("ACK", "1", "2", ";tag=$t") NO_BODY);
    left = n;
    for_good = good;
    params.referral = call = play->call;
    receive(
        play,
        FROM_ALICE("REFER", "2", "3",
                   ";tag=$t") "Refer-To: <sip:x@192.0.2.3?Replaces=c%3Bto-tag%3Da%3Bfrom-tag%3Db>\n"
                              "Referred-By: <sip:alice@192.0.2.2>\n" NO_BODY);
    armed = true;
    err = sip_call_refer_accept(call, true, play->now_ms);
    drain(play);
    receive(play, NOTIFY_TAKEN("1"));
    run(play, 1000);
    if (!err) {
        armed = true;
        sip_call_refer_follow(call, play->now_ms);
        err = sip_call_invite(play->ep, &params, &other, play->now_ms);
        drain(play);
    }
    if (!err && !play->ended)
        IN_CALL(sip_call_offer(other, SLICE("o"), play->now_ms));
    if (!err && !play->ended)
        IN_CALL(sip_call_hangup(other, play->now_ms));
    armed = true;
    sip_call_refer_end(call, 487, play->now_ms);
    drain(play);
    run(play, 2000);
    play->call = call; /* which nothing of all this may have ended */
    assert_int_equal(call->state, SIP_CALL_UP);
    assert_false(sip_refer_is_open(call));
    assert_int_equal(play->blaming + play->bare, 0);
}

/* Want of memory passes: the account must not fall silent as after a refusal. */
static void registration_challenged(struct play *play)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2")};

    assert_int_equal(sip_account_new(play->ep, &params, &play->account), 0);
    sip_account_register(play->account, play->now_ms);
    drain(play);
    receive(play, TO_ACCOUNT("401", "1") CHALLENGE NO_BODY);
    armed = true;
    sip_account_set_password(play->account, SLICE("secret"), play->now_ms);
    drain(play);
    assert_int_not_equal(play->account->state, SIP_REG_REFUSED);
}

/* It registers once more, now that there is memory, and says when it is gone. */
static void leave(struct play *play)
{
    if (!play->account)
        return;
    run(play, 64000);
    play->gone = 0;
    sip_account_register(play->account, play->now_ms);
    drain(play);
    sip_account_unregister(play->account, play->now_ms);
    run(play, 64000);
    assert_int_equal(play->gone, 1);
    assert_false(sip_account_is_registered(play->account));
    sip_account_free(play->account);
    play->account = NULL;
}

/* Plays it with the n-th allocation failing, alone or with all after it. False: there were
 * fewer. */
static bool play_once(void (*script)(struct play *play), unsigned n, bool good)
{
    struct play play = {.rng = rng_seeded(5), .now_ms = 1000};
    struct sip_endpoint_config config = {.rng = &play.rng, .user_agent = "t"};
    bool reached;

    armed = false;
    play.ep = sip_endpoint_new(&config);
    left = n;
    for_good = good;
    script(&play);
    armed = false;
    reached = left == 0;
    for_good = false;
    left = 0;
    if (play.call)
        sip_call_hangup(play.call, play.now_ms);
    drain(&play);
    leave(&play);
    run(&play, 700000);
    assert_int_equal(play.ep->txs.n, 0);
    assert_true(list_empty(&play.ep->all));
    assert_int_equal(map_count(&play.ep->reqs), 0);
    assert_true(play.ended >= play.told); /* who was told of a call was told its end */
    /* And all is well again. */
    play.taken = 0;
    called(&play);
    assert_int_equal(play.taken, 1);
    run(&play, 700000);
    assert_true(list_empty(&play.ep->all));
    sip_endpoint_free(play.ep);
    return reached;
}

static const struct row {
    const char *name;
    void (*script)(struct play *play);
    bool all;       /* from one allocation on; else one alone */
    unsigned least; /* allocations that it takes */
} rows[] = {
    {"a call that comes in, one allocation fails", called, false, 50},
    {"a call that comes in, from one allocation on all fail", called, true, 50},
    {"a call that is cancelled, one allocation fails", cancelled, false, 50},
    {"a call that is cancelled, from one allocation on all fail", cancelled, true, 50},
    {"one that requires what we cannot, one allocation fails", requires, false, 5},
    {"a copy of an INVITE, one allocation fails", asks_again, false, 1},
    {"a copy of an INVITE, from one allocation on all fail", asks_again, true, 1},
    {"a call in which both sides move, one allocation fails", moves, false, 50},
    {"a call in which both sides move, from one allocation on all fail", moves, true, 50},
    {"a call that goes out, one allocation fails", calls, false, 50},
    {"a call that goes out, from one allocation on all fail", calls, true, 50},
    {"a call that is sent on, one allocation fails", redirected, false, 50},
    {"a call that is sent on, from one allocation on all fail", redirected, true, 50},
    {"a call that is challenged, one allocation fails", challenged, false, 50},
    {"a call that is challenged, from one allocation on all fail", challenged, true, 50},
    {"an account, one allocation fails", registers, false, 50},
    {"an account, from one allocation on all fail", registers, true, 50},
    {"a challenge to a REGISTER, one allocation fails", registration_challenged, false, 10},
    {"a REFER, one allocation fails", referred, false, 50},
    {"a REFER, from one allocation on all fail", referred, true, 50},
    {"a key by INFO, one allocation fails", pressed, false, 5},
    {"a key of ours by INFO, one allocation fails", presses, false, 2},
};

static void each_fails(void **state)
{
    const struct row *row = *state;
    unsigned n = 1;

    while (play_once(row->script, n, row->all))
        n += memory_step();
    assert_true(n > row->least);
}

int main(void)
{
    memory_fail_by(fails, NULL);
    return RUN_ROWS("sip without memory", rows, each_fails);
}
