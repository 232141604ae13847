/* The table of settings and the functions that read their values. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "net/sip_link.h"
#include "phone/config_private.h"
#include "phone/spelling.h"

static const char *const codec_names[] = {"opus", "pcmu", "pcma"};

static int wrong(struct config_fault *fault, struct slice value, const char *where)
{
    fault->at = (size_t)(where - value.p);
    return -EINVAL;
}

/* An empty value, which no setting has. */
static int refuse_empty(struct config_fault *fault, const char *what)
{
    fault->at = 0;
    buf_printf(&fault->text, "%s is missing", what);
    return -EINVAL;
}

static int replace(char **text, struct slice value)
{
    char *copy = slice_dup(value);

    if (!copy)
        return -ENOMEM;
    free(*text);
    *text = copy;
    return 0;
}

/* --- listen --------------------------------------------------------------------------------- */

static int set_listen(struct phone_config *config, struct slice value, struct config_fault *fault)
{
    struct net_sip_listen listen;

    if (net_sip_listen_parse(value, &listen) != 0) {
        buf_puts(&fault->text, "not an address to listen on: it is [udp:|tcp:]ADDRESS:PORT with a "
                               "numeric address, like udp:192.0.2.1:5060 or [::1]:5060");
        return -EINVAL;
    }
    config->listen = (struct config_listen){listen.udp, listen.tcp, listen.ip};
    config->listen_said = true;
    return 0;
}

/* --- rtp-ports ------------------------------------------------------------------------------ */

static int set_rtp_ports(struct phone_config *config, struct slice value,
                         struct config_fault *fault)
{
    struct slice last = value, first = slice_trim(slice_cut(&last, '-'));
    uint64_t a, b;

    last = slice_trim(last);
    if (slice_number(first, 65535, &a) != 0 || a < 1024) {
        buf_puts(&fault->text, "not a range of ports: it is FIRST-LAST, from 1024 to 65535");
        return wrong(fault, value, value.p);
    }
    if (slice_number(last, 65535, &b) != 0) {
        buf_puts(&fault->text, "the last port is missing or not a number up to 65535");
        return wrong(fault, value, last.p ? last.p : value.p);
    }
    if (b < a) {
        buf_puts(&fault->text, "the last port is below the first");
        return wrong(fault, value, last.p);
    }
    if (b < ((a + 1) & ~UINT64_C(1)) + 1) { /* RTP is even, RTCP the odd one above */
        buf_puts(&fault->text, "the range has no even port with the odd one above it");
        return wrong(fault, value, last.p);
    }
    config->rtp_first = (uint16_t)a;
    config->rtp_last = (uint16_t)b;
    return 0;
}

/* --- device, codec, user, name -------------------------------------------------------------- */

static int set_device(struct phone_config *config, struct slice value, struct config_fault *fault)
{
    if (value.n == 0)
        return refuse_empty(fault, "the name of a sound device, or none,");
    if (replace(&config->device, value) != 0)
        return -ENOMEM;
    config->no_device = slice_ieq(value, SLICE("none"));
    return 0;
}

static const char *codec_named(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(codec_names); i++)
        if (slice_ieq(name, slice_of(codec_names[i])))
            return codec_names[i];
    return NULL;
}

static void explain_codec(struct slice name, struct buf *text)
{
    const char *near = spelling_nearest(name, codec_names, ARRAY_LEN(codec_names));

    if (near)
        buf_printf(text, "unknown codec; is %s meant?", near);
    else
        buf_puts(text, "unknown codec; there are opus, pcmu and pcma");
}

static int set_codec(struct phone_config *config, struct slice value, struct config_fault *fault)
{
    const char *all[CONFIG_CODECS_MAX];
    struct slice rest = value;
    size_t n = 0;

    while (rest.p) {
        struct slice part = slice_cut(&rest, ','), item = slice_trim(part);
        const char *name = codec_named(item);

        if (!name) {
            explain_codec(item, &fault->text);
            return wrong(fault, value, item.n > 0 ? item.p : part.p);
        }
        for (size_t i = 0; i < n; i++) {
            if (all[i] != name)
                continue;
            buf_printf(&fault->text, "%s stands here twice", name);
            return wrong(fault, value, item.p);
        }
        all[n++] = name; /* there are fewer codecs than places, and none comes twice */
    }
    if (n == 0)
        return refuse_empty(fault, "the list of codecs");
    memcpy(config->codecs, all, n * sizeof *all);
    config->n_codecs = n;
    return 0;
}

_Static_assert(ARRAY_LEN(codec_names) <= CONFIG_CODECS_MAX, "room for every codec");

/* RFC 3261 25.1: the characters of a user part that need no escape. */
static bool is_user_char(char c)
{
    return is_alpha(c) || is_digit(c) || (c != '\0' && strchr("-_.!~*'()&=+$,;?/", c));
}

static int set_user(struct phone_config *config, struct slice value, struct config_fault *fault)
{
    struct scan s = {value, false};

    if (value.n == 0)
        return refuse_empty(fault, "the user's name");
    scan_maybe(&s, is_user_char);
    if (s.rest.n > 0) {
        buf_puts(&fault->text, "this character cannot stand in the user part of an address; the "
                               "name alone is wanted, without @ and host");
        return wrong(fault, value, s.rest.p);
    }
    return replace(&config->user, value);
}

static int set_name(struct phone_config *config, struct slice value, struct config_fault *fault)
{
    (void)fault; /* any text will do, also none */
    return replace(&config->name, value);
}

const struct config_option config_options[N_CONFIG_OPTIONS] = {
    {"listen", set_listen}, {"rtp-ports", set_rtp_ports}, {"device", set_device},
    {"codec", set_codec},   {"user", set_user},           {"name", set_name},
};
