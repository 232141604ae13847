/* The settings of the phone: their table, and the functions that read their values. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "net/sip_link.h"
#include "phone/config_private.h"

static int set_listen(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    struct net_sip_listen listen;

    if (net_sip_listen_parse(value, &listen) != 0)
        return config_wrong(
            fault, value, value.p,
            "not an address to listen on: it is [udp:|tcp:|tls:]ADDRESS:PORT with a "
            "numeric address, like udp:192.0.2.1:5060 or [::1]:5060");
    config->listen = (struct config_listen){
        .udp = listen.udp, .tcp = listen.tcp, .tls = listen.tls, .ip = listen.ip};
    config->listen_said = true;
    return 0;
}

static int set_rtp_ports(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    struct slice last = value, first = slice_trim(slice_cut(&last, '-'));
    uint64_t a, b;

    last = slice_trim(last);
    if (slice_number(first, 65535, &a) != 0 || a < 1024)
        return config_wrong(fault, value, value.p,
                            "not a range of ports: it is FIRST-LAST, from 1024 to 65535");
    if (slice_number(last, 65535, &b) != 0)
        return config_wrong(fault, value, last.p ? last.p : value.p,
                            "the last port is missing or not a number up to 65535");
    if (b < a)
        return config_wrong(fault, value, last.p, "the last port is below the first");
    if (b < ((a + 1) & ~UINT64_C(1)) + 1) /* RTP is even, RTCP the odd one above */
        return config_wrong(fault, value, last.p,
                            "the range has no even port with the odd one above it");
    config->rtp_first = (uint16_t)a;
    config->rtp_last = (uint16_t)b;
    return 0;
}

static int set_device(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;

    if (value.n == 0)
        return config_refuse_empty(fault, "the name of a sound device, or none,");
    if (config_replace(&config->device, value) != 0)
        return -ENOMEM;
    config->no_device = slice_ieq(value, SLICE("none"));
    return 0;
}

/* Each adds one, as names of devices have commas in them. */
int config_set_ring_device(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    bool none = slice_ieq(value, SLICE("none"));

    if (value.n == 0)
        return config_refuse_empty(fault, "the name of a sound device, or none,");
    if (!none && config->n_ring_devices == CONFIG_RINGS_MAX)
        return config_wrong(fault, value, value.p, "four devices ring at most");
    if (!none && config_replace(&config->ring_devices[config->n_ring_devices], value) != 0)
        return -ENOMEM;
    if (none)
        config_free_rings(config);
    else
        config->n_ring_devices++;
    config->never_rings = none;
    return 0;
}

void config_free_rings(struct phone_config *config)
{
    while (config->n_ring_devices > 0) {
        free(config->ring_devices[--config->n_ring_devices]);
        config->ring_devices[config->n_ring_devices] = NULL;
    }
}

static int set_codec(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;

    return config_codecs(value, config->codecs, &config->n_codecs, fault);
}

/* RFC 3261 25.1: the characters of a user part that need no escape. */
static bool is_user_char(char c)
{
    return is_alpha(c) || is_digit(c) || (c != '\0' && strchr("-_.!~*'()&=+$,;?/", c));
}

static int set_user(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    struct scan s = {value, false};

    if (value.n == 0)
        return config_refuse_empty(fault, "the user's name");
    scan_maybe(&s, is_user_char);
    if (s.rest.n > 0)
        return config_wrong(fault, value, s.rest.p,
                            "this character cannot stand in the user part of an address; the "
                            "name alone is wanted, without @ and host");
    return config_replace(&config->user, value);
}

static int set_dns_server(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    struct ip ip;

    if (ip_parse_with_port(value, &ip) != 0 || ip_is_any(&ip) || ip_is_multicast(&ip))
        return config_wrong(fault, value, value.p,
                            "not the address of a name server: it is a numeric address, like "
                            "192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:53");
    config->dns_server = ip;
    return 0;
}

/* 4xx and 6xx; another number would mean something else than that nobody is disturbed. */
static int set_dnd_status(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    uint64_t n;

    if (slice_number(value, 699, &n) != 0 || n < 400 || n / 100 == 5)
        return config_wrong(fault, value, value.p,
                            "not a status to refuse calls with: it is like 480, 486, 600 or 603");
    config->dnd_status = (unsigned)n;
    return 0;
}

#define INTO(member, kind) CONFIG_INTO(struct phone_config, member, kind)

/* clang-format off */
static const struct config_kind tone_file = {CONFIG_TEXT("the name of a sound file")};
static const struct config_kind sdes = {CONFIG_WORDS(CONFIG_SDES_TLS, "tls", "always", "never")};
static const struct config_kind dtls = {CONFIG_WORDS(CONFIG_DTLS_OFFER, "offer", "take", "never")};
static const struct config_kind voice = {CONFIG_CHOICES(&choices_voice)};
static const struct config_kind strangers = {CONFIG_FLAG(1, "answer", "silence")};

const struct config_option config_phone_options[] = {
    {{"listen", "[udp:|tcp:|tls:]ADDR:PORT",
      "where SIP is heard: by udp and tcp if none is named, and with a tls-certificate by tls one "
      "port above. A free port, but answer and daemon without account take 5060",
      NULL}, set_listen},
    {{"rtp-ports", "A-B", "range of ports for sound", "16384-32767"}, set_rtp_ports},
    {{"device", "none|NAME", "sound device; call and daemon take the system's, answer none", NULL},
     set_device},
    {{"ring-device", "none|NAME", "what rings, instead of device; may be said again", NULL},
     config_set_ring_device},
    {{"ring-tone", "FILE", "what is heard when it rings, instead of a bell", NULL},
     INTO(ring_tone, tone_file)},
    {{"echo", "auto|on|off", "whether the loudspeaker's echo is taken out of the microphone", "auto"},
     INTO(echo, voice)},
    {{"noise-suppression", "auto|on|off", "whether steady noise is", "auto"}, INTO(noise, voice)},
    {{"level-control", "auto|on|off", "whether what is said is made louder or softer", "auto"},
     INTO(level, voice)},
    {{"codec", "LIST", "codecs in order of preference", "opus,g722,pcmu,pcma"}, set_codec},
#define SOUND(name, values, help, standard, what, kind)                                            \
    {{name, values, help, standard}, INTO(sound.what, kind)},
    CONFIG_SOUND_SETTINGS(SOUND)
#undef SOUND
    {{"redundancy", "auto|off|always", "whether packets carry earlier sound again, against loss",
      "auto: where some is lost"}, INTO(redundancy, config_redundancy)},
    {{"user", "NAME", "what stands before the @ of our own address, without an account",
      "tphone"}, set_user},
    {{"name", "TEXT", "name that the other side is shown", NULL}, INTO(name, config_any_text)},
    {{"accept", "anyone|server|contacts",
      "whose calls are taken", "server with an account, anyone without"},
     INTO(accept, config_accept)},
    {{"strangers", "answer|silence", "what those get whose message is not for us", "answer"},
     INTO(silent_to_strangers, strangers)},
    {{"transfers", "ask|refuse|LIST",
      "whether we call whom the other side names instead: those hosts and addresses unasked",
      "ask; where nobody is there: refuse"}, INTO(transfers, config_transfers)},
    {{"dtmf-mode", "auto|rtp|info|inband", "how keys are sent", "auto"},
     INTO(dtmf, config_dtmf)},
    {{"encryption", "off|prefer|require", "whether the sound of calls is encrypted", "prefer"},
     INTO(encryption, config_encryption)},
    {{"sdes", "tls|always|never", "when keys for that are sent in the messages of SIP",
      "tls: where these are encrypted"}, INTO(sdes, sdes)},
    {{"dtls", "offer|take|never", "when keys for that are agreed on the way of the sound",
      "offer: with each call"}, INTO(dtls, dtls)},
    {{"tls-ca", "FILE|FOLDER", "trust these authorities over TLS, not those of the system", NULL},
     INTO(tls.ca, config_file)},
    {{"tls-fingerprint", "SHA256", "take this one certificate of a server over TLS, and no other",
      NULL}, INTO(tls.fingerprint, config_fingerprint)},
    {{"tls-certificate", "FILE", "our own certificate, to be called by TLS and where servers ask",
      NULL}, INTO(tls.certificate, config_file)},
    {{"tls-key", "FILE", "key of tls-certificate", NULL}, INTO(tls.key, config_file)},
    {{"dns-server", "ADDR[:PORT]", "ask this name server", "those of the system"},
     set_dns_server},
    {{"history", "yes|no", "whether calls are written down", "yes"}, INTO(no_history, config_no)},
    {{"history-file", "FILE", "where calls are written down",
      "$XDG_STATE_HOME/tphone/history.db"}, INTO(history_file, config_file)},
    {{"contacts-file", "FILE", "names for addresses", "$XDG_CONFIG_HOME/tphone/contacts"},
     INTO(contacts_file, config_file)},
    {{"dnd", "yes|no", "begin with do not disturb: calls are refused without ringing", "no"},
     INTO(dnd, config_yes)},
    {{"dnd-status", "STATUS", "what such calls are refused with", "480"}, set_dnd_status},
    {{"keep-trace", "yes|no",
      "keep the last messages of SIP for a trace that is asked for later", "no"},
     INTO(keep_trace, config_yes)},
    {{"hep", "HOST[:PORT]|none", "send copies of all messages of SIP to this capture server", "none"},
     config_set_hep},
    {{"hep-id", "N", "how a capture server tells us from others", "1"}, config_set_hep_id},
    {{"hep-password", "TEXT", "what a capture server wants to see", NULL}, config_set_hep_password},
    {{"sandbox", "yes|no", "give up system calls and files that a phone does not need", "yes"},
     INTO(no_sandbox, config_no)},
    {{"on-event", "EVENTS COMMAND", "start this command at these events; may be said again", NULL},
     config_set_on_event},
    {{"theme", "dark|light|contrast", "colours of the screen", "dark"}, config_set_theme},
    {{"colours", "auto|0|8|16|256", "how many colours the screen uses",
      "auto: what the terminal has"}, config_set_colours},
    {{"lines", "auto|utf8|ascii", "with what the screen draws lines", "auto: by the locale"},
     INTO(screen.lines, config_lines)},
    {{"mouse", "yes|no", "the screen takes clicks; selecting text then needs Shift", "no"},
     INTO(screen.mouse, config_yes)},
    {{"bind", "KEY COMMAND", "let a key of the screen do this; may be said again", NULL},
     config_set_bind},
    {{0}, NULL},
};
/* clang-format on */

_Static_assert(ARRAY_LEN(config_phone_options) <= CONFIG_KEYS_MAX + 1, "room for every key");
