#include "phone/phone.h"

#include <config.h> /* of configure, not the one beside this file */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audio/codec.h"
#include "base/log.h"
#include "net/capture.h"
#include "phone/account.h"
#include "phone/calls.h"
#include "phone/identity.h"
#include "phone/phone_private.h"
#include "phone/phone_tls.h"
#include "phone/transfer.h"

/* How long the last BYE and CANCEL may wait for their answers when the phone ends: a process is
 * gone within two seconds of a SIGTERM. */
#define QUIT_LIMIT_MS 1500
/* And where nobody is in a hurry: long enough for copies after 0.5, 1.5 and 3.5 s (T1). */
#define QUIT_PATIENTLY_MS 4000
/* For the last rows of the history, behind these, and at most. */
#define HISTORY_LIMIT_MS 400
#define HISTORY_PATIENTLY_MS 2000
/* How long servers may take to let our accounts go, where nothing else is left to wait for: time
 * for one copy and its answer. */
#define LEAVE_LIMIT_MS 1200
/* Of the time that PHONE_QUIT was given, sound devices leave so much to who comes behind them. Each
 * has a moment even where nothing is left. */
#define BEHIND_MEDIA_MS 100
#define LEAST_MS 30
/* For the certificate of calls, where a disk is slow to take it. */
#define IDENTITY_LIMIT_MS 1000
/* RFC 3551 3: numbers from 96 on mean what the SDP says. */
#define FIRST_DYNAMIC_TYPE 96

/* --- the loop ------------------------------------------------------------------------------- */

void phone_set_wake(struct phone *phone)
{
    uint64_t when_ms = timers_next_ms(&phone->timers);

    if (phone->quitting && phone->quit_by_ms < when_ms)
        when_ms = phone->quit_by_ms;
    if (phone->quitting && !accounts_gone(phone) && phone->leave_by_ms < when_ms)
        when_ms = phone->leave_by_ms;
    if (!list_empty(&phone->turns) && accounts_turn_ms(phone) < when_ms)
        when_ms = accounts_turn_ms(phone);
    net_deadline_set(phone->wake, phone->wake_now ? 0 : when_ms);
}

void phone_wake(struct phone *phone)
{
    if (phone->wake_now)
        return;
    phone->wake_now = true;
    phone_set_wake(phone);
}

/* The phone has ended when no call is left and nobody owes us an answer any more. */
static bool is_settled(struct phone *phone)
{
    if (phone->n_calls > 0)
        return false;
    if (!accounts_gone(phone) && net_now_ms() >= phone->leave_by_ms)
        accounts_abandon(phone);
    return accounts_gone(phone) && sip_endpoint_settled(phone->endpoint);
}

static void look_for_end(struct phone *phone)
{
    if (!phone->quitting || phone->closed)
        return;
    if (!is_settled(phone) && net_now_ms() < phone->quit_by_ms)
        return;
    sip_endpoint_leave(phone->endpoint, net_now_ms());
    net_sip_link_pump(phone->link);
    phone->closed = true;
    if (phone->quit_by_ms > net_now_ms())
        phone->history_ms += phone->quit_by_ms - net_now_ms(); /* what is not needed any more */
    phone->quit_by_ms = NEVER_MS;
    phone_tell(phone, &(struct phone_event){.kind = PHONE_CLOSED});
}

static void on_wake(void *arg)
{
    struct phone *phone = arg;
    struct timer *due;

    phone->wake_now = false;
    while ((due = timers_pop(&phone->timers, net_now_ms())))
        call_input(LIST_ITEM(due, struct call, timer), CALL_TIME_IS_OVER, NULL, NULL);
    LIST_EACH (&phone->calls, at)
        call_start_sound(LIST_ITEM(at, struct call, link));
    accounts_next_turn(phone);
    net_sip_link_pump(phone->link);
    phone_note_calls(phone);
    look_for_end(phone);
    phone_deliver(phone);
    phone_set_wake(phone);
}

/* --- what SIP and media tell ---------------------------------------------------------------- */

/* clang-format off */
static enum call_input input_of(const struct sip_call_event *event)
{
    switch (event->kind) {
    case SIP_CALL_OFFER_WANTED: return CALL_OFFER_WANTED;
    case SIP_CALL_PROGRESS: return event->sdp.n > 0 ? CALL_PROGRESS_SDP : CALL_PROGRESS;
    case SIP_CALL_ANSWERED: return CALL_ANSWERED;
    case SIP_CALL_ACKED: return CALL_ACKED;
    case SIP_CALL_REOFFER: return CALL_REOFFER;
    case SIP_CALL_ANSWER: return CALL_ANSWER;
    case SIP_CALL_OFFER_REFUSED: return CALL_OFFER_REFUSED;
    case SIP_CALL_MOVED: return CALL_MOVED;
    case SIP_CALL_INCOMING:
    case SIP_CALL_DIGIT:
    case SIP_CALL_DIGIT_SENT:
    case SIP_CALL_REDIRECTED:
    case SIP_CALL_REFER:
    case SIP_CALL_REFER_GONE:
    case SIP_CALL_ENDED: break;
    }
    return CALL_SIP_ENDED;
}
/* clang-format on */

/* Neither a person nor a script is asked about a call that is not for us. */
static void turn_away(struct phone *phone, const struct sip_call_event *event, unsigned status)
{
    char *from = phone_safe_dup(event->from_uri), *to = phone_safe_dup(event->to_uri);
    char where[IP_TEXT_MAX];
    bool silent = phone->config->silent_to_strangers && !event->by_server;

    log_info("phone", "call from %s (%s %s) for %s: %s (%u)", from ? from : "",
             phone_transport_name(event->flow.transport), ip_text(&event->flow.remote, where),
             to ? to : "", silent ? "not answered" : "refused", status);
    if (silent)
        sip_call_ignore(event->call, net_now_ms());
    else
        sip_call_turn_away(event->call, status, net_now_ms());
    free(from);
    free(to);
}

static void on_invite(struct phone *phone, const struct sip_call_event *event)
{
    unsigned status = account_screens(phone, event);
    struct call *call = status ? NULL : call_new(phone, CALL_INCOMING);

    if (status)
        turn_away(phone, event, status);
    else if (call)
        call_incoming(call, event);
    else
        sip_call_turn_away(event->call, 503, net_now_ms());
}

static void on_call(void *arg, const struct sip_call_event *event)
{
    struct phone *phone = arg;

    if (event->kind == SIP_CALL_INCOMING)
        on_invite(phone, event);
    else if (event->kind == SIP_CALL_REFER || event->kind == SIP_CALL_REFER_GONE)
        transfer_event(phone, event);
    else if (event->owner && event->kind == SIP_CALL_REDIRECTED)
        call_redirected(event->owner, event);
    else if (event->owner && (event->kind == SIP_CALL_DIGIT || event->kind == SIP_CALL_DIGIT_SENT))
        call_digits_sip(event->owner, event);
    else if (event->owner)
        call_input(event->owner, input_of(event), event, NULL);
    look_for_end(phone);
    phone_deliver(phone);
}

static void on_account(void *arg, const struct sip_account_event *event)
{
    struct phone *phone = arg;

    account_event(phone, event);
    look_for_end(phone);
    phone_deliver(phone);
}

static void on_media(void *arg, const struct media_event *event)
{
    struct phone *phone = arg;

    if (event->stream)
        call_media_event(event->arg, event);
    else
        phone_desk_event(phone, event);
    net_sip_link_pump(phone->link);
    look_for_end(phone);
    phone_deliver(phone);
}

static void on_network_changed(void *arg)
{
    struct phone *phone = arg;

    net_resolver_network_changed(phone->resolver);
    if (phone->capture)
        net_capture_network_changed(phone->capture);
    net_sip_link_network_changed(phone->link);
    accounts_network_changed(phone);
    calls_network_changed(phone);
    net_sip_link_pump(phone->link);
    phone_deliver(phone);
}

/* --- begin and end -------------------------------------------------------------------------- */

/* "l16/8000"; without a rate the first of its name. */
static const struct audio_codec *codec_named(struct slice text)
{
    struct slice rest = text, name = slice_cut(&rest, '/');
    uint64_t rate_hz;

    if (!rest.p)
        return audio_codec_find(name, 0, 0);
    return slice_number(rest, UINT32_MAX, &rate_hz) == 0
               ? audio_codec_find(name, (uint32_t)rate_hz, 0)
               : NULL;
}

size_t phone_list_codecs(const char *const *names, size_t n, struct sdp_codec *out)
{
    uint8_t next = FIRST_DYNAMIC_TYPE;
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        const struct audio_codec *c = codec_named(slice_of(names[i]));

        if (!c)
            continue;
        out[found++] = (struct sdp_codec){
            .name = c->name,
            .rate_hz = c->clock_hz,
            .channels = c->rtpmap_channels,
            .payload_type = c->payload_type >= 0 ? (uint8_t)c->payload_type : next++,
        };
    }
    return found;
}

static int open_endpoint(struct phone *phone)
{
    struct sip_endpoint_config config = {
        .rng = &phone->rng,
        .user_agent = "tphone/" PACKAGE_VERSION,
        .max_calls = phone->config->max_calls,
        .silent_to_strangers = phone->config->silent_to_strangers,
    };

    phone->endpoint = sip_endpoint_new(&config);
    return phone->endpoint ? 0 : -ENOMEM;
}

static int open_resolver(struct phone *phone)
{
    struct net_resolver_config config = {
        .loop = phone->loop, .rng = &phone->rng, .server = phone->config->dns_server};

    return net_resolver_new(&config, &phone->resolver);
}

static bool has_tls_account(const struct phone_config *config)
{
    LIST_EACH (&config->accounts, at)
        if (LIST_ITEM(at, struct account_config, link)->transport == CONFIG_TLS)
            return true;
    return false;
}

/* Whoever must have keys, offers them everywhere or speaks TLS will have them with the first call,
 * which may be answered at once. */
static void expect_keys(struct phone *phone)
{
    const struct phone_config *config = phone->config;

    if (config->encryption != PHONE_ENCRYPT_OFF &&
        (config->encryption == PHONE_ENCRYPT_REQUIRE || config->sdes == CONFIG_SDES_ALWAYS ||
         config->tls.certificate || has_tls_account(config)))
        media_expect_keys(phone->media);
}

static int open_media(struct phone *phone)
{
    struct media_config media = {
        .loop = net_loop_uv(phone->loop),
        .on_event = on_media,
        .arg = phone,
        .device = phone->device,
        .unattended = phone->config->unattended,
        .opus_complexity = -1,
        .helper = net_loop_spawner(phone->loop),
    };
    int err = media_new(&media, &phone->media);

    if (!err)
        phone_set_voice(phone, phone->config->echo, phone->config->noise, phone->config->level);
    if (!err)
        expect_keys(phone);
    return err;
}

static void explain_listen(const struct config_listen *listen, int err, struct buf *why)
{
    char where[IP_TEXT_MAX];

    buf_puts(why, "cannot listen on ");
    if (listen->ip.family)
        buf_puts(why, ip_text(&listen->ip, where));
    else
        buf_printf(why, "port %u", listen->ip.port);
    if (err == -EADDRINUSE)
        buf_puts(why, ": another program has this port; choose one with --listen");
    else if (err == -EADDRNOTAVAIL)
        buf_puts(why, ": this machine does not have that address");
    else if (err == -EACCES)
        buf_puts(why, ": ports below 1024 need special rights");
    else
        buf_printf(why, ": %s", strerror(-err));
}

static int open_link(struct phone *phone, struct buf *why)
{
    const struct config_listen *listen = &phone->config->listen;
    struct net_sip_link_config config = {
        .loop = phone->loop,
        .endpoint = phone->endpoint,
        .resolver = phone->resolver,
        .rng = &phone->rng,
        .listen = {.udp = listen->udp,
                   .tcp = listen->tcp,
                   .tls = listen->tls ||
                          (listen->udp && listen->tcp && phone->config->tls.certificate),
                   .ip = listen->ip},
        .tls = phone_tls_context,
        .on_not_safe = phone_tls_not_safe,
        .on_call = on_call,
        .on_account = on_account,
        .on_trace = phone_message,
        .arg = phone,
    };
    int err = phone_tls_open(phone, why);

    if (err)
        return err;
    err = net_sip_link_open(&config, &phone->link);
    if (err == -EADDRINUSE && listen->or_free) {
        config.listen.ip.port = 0;
        err = net_sip_link_open(&config, &phone->link);
    }
    if (err)
        explain_listen(listen, err, why);
    return err;
}

static void tell_listening(struct phone *phone)
{
    enum sip_transport transport;
    struct ip where;

    for (size_t i = 0; net_sip_link_listening(phone->link, i, &transport, &where); i++)
        phone_tell(phone, &(struct phone_event){.kind = PHONE_LISTENING,
                                                .transport = phone_transport_name(transport),
                                                .where = where});
}

int phone_new(struct net_loop *loop, const struct phone_config *config, phone_listener *listener,
              void *arg, struct buf *why, struct phone **out)
{
    struct phone *phone = calloc(1, sizeof *phone);
    int err;

    if (!phone)
        return -ENOMEM;
    *phone = (struct phone){.loop = loop, .config = config, .listener = listener, .arg = arg};
    phone->rng = rng_system();
    phone->ebb = (struct ebb){.loop = loop, .rest_ms = EBB_REST_MS};
    phone->dnd = config->dnd;
    phone->quit_by_ms = phone->gone_by_ms = NEVER_MS;
    phone->history_ms = HISTORY_LIMIT_MS;
    list_init(&phone->accounts);
    list_init(&phone->turns);
    list_init(&phone->calls);
    list_init(&phone->transfers);
    list_init(&phone->events);
    phone->n_codecs = phone_list_codecs(config->codecs, config->n_codecs, phone->codecs);
    err = net_deadline_new(loop, on_wake, phone, &phone->wake);
    if (!err)
        err = phone_open_contacts(phone);
    if (!err)
        err = phone_open_history(phone);
    if (!err)
        err = open_resolver(phone);
    if (!err)
        err = phone_open_capture(phone);
    if (!err)
        err = open_endpoint(phone);
    if (!err)
        err = phone_open_desk(phone);
    if (!err)
        err = open_media(phone);
    if (!err)
        err = open_link(phone, why);
    if (!err)
        err = phone_check_capture(phone, why);
    if (!err)
        err = accounts_open(phone, why);
    if (err) {
        (void)phone_free(phone); /* no device was opened yet */
        return err;
    }
    if (net_interface_watch_new(loop, on_network_changed, phone, &phone->watch) != 0)
        log_warn("phone", "changes of networks will not be noticed");
    tell_listening(phone);
    *out = phone;
    return 0;
}

/* What may still be waited for: of usual_ms, and of the time that PHONE_QUIT was given. */
static uint64_t left_ms(const struct phone *phone, uint64_t usual_ms)
{
    uint64_t now_ms = net_now_ms();
    uint64_t left = net_at_least_ms(phone->gone_by_ms, LEAST_MS) - now_ms;

    return left < usual_ms ? left : usual_ms;
}

bool phone_free(struct phone *phone)
{
    bool all_ended = true;

    if (!phone)
        return true;
    phone_forget_listing(phone);
    contacts_watch_free(phone->contacts_watch);
    phone->contacts_watch = NULL;
    transfers_free(phone);
    LIST_EACH (&phone->calls, at)
        call_free(LIST_ITEM(at, struct call, link));
    accounts_close(phone);
    net_interface_watch_free(phone->watch);
    net_sip_link_close(phone->link);
    net_tls_context_free(phone->tls);
    free(phone->tls_fault);
    sip_endpoint_free(phone->endpoint);
    if (phone->media)
        all_ended = media_free(phone->media, NULL);
    all_ended = identity_free(phone->identity, left_ms(phone, IDENTITY_LIMIT_MS)) && all_ended;
    net_capture_free(phone->capture);
    net_resolver_free(phone->resolver);
    contacts_free(phone->contacts);
    phone_close_desk(phone);
    phone_drop_events(phone);
    history_free(phone->history,
                 left_ms(phone, phone->history_ms < HISTORY_PATIENTLY_MS ? phone->history_ms
                                                                         : HISTORY_PATIENTLY_MS));
    phone_deliver(phone); /* that it cannot be written may turn out only now */
    net_deadline_free(phone->quality);
    net_deadline_free(phone->wake);
    ebb_free(&phone->ebb);
    timers_free(&phone->timers);
    free(phone);
    return all_ended;
}

void phone_may_ask(struct phone *phone, bool on)
{
    phone->asks = on;
}

size_t phone_calls(const struct phone *phone)
{
    return phone->n_calls;
}

void phone_quit(struct phone *phone, bool patiently, uint64_t gone_by_ms)
{
    uint64_t now_ms = net_now_ms(), by_ms;

    by_ms = now_ms + (patiently ? QUIT_PATIENTLY_MS : QUIT_LIMIT_MS);
    if (gone_by_ms != NEVER_MS && gone_by_ms - PHONE_QUIT_REST_MS < by_ms)
        by_ms = gone_by_ms - PHONE_QUIT_REST_MS;
    if (gone_by_ms < phone->gone_by_ms) {
        phone->gone_by_ms = gone_by_ms;
        media_leave(phone->media, gone_by_ms - BEHIND_MEDIA_MS);
    } else if (!phone->quitting) {
        media_leave(phone->media, NEVER_MS);
    }
    if (phone->closed || (phone->quitting && by_ms >= phone->quit_by_ms))
        return;
    if (!phone->quitting)
        phone->leave_by_ms = now_ms + LEAVE_LIMIT_MS;
    phone->quitting = true;
    phone->quit_by_ms = by_ms;
    transfers_quit(phone);
    LIST_EACH (&phone->calls, at)
        call_input(LIST_ITEM(at, struct call, link), CALL_DO_HANG_UP, NULL, NULL);
    accounts_leave(phone);
    phone_wake(phone);
}
