/* Kinds of values that several keys have. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "phone/config_private.h"
#include "phone/spelling.h"
#include "sip/uri.h"
#include "sip/via.h"

#define URI_BYTES_MAX 1024

static const char *const codec_names[] = {"opus", "g722", "pcmu", "pcma", "l16", "l16/8000", "l16/48000"};
_Static_assert(ARRAY_LEN(codec_names) <= CONFIG_CODECS_MAX, "room for every codec");

int config_wrong(struct config_fault *fault, struct slice value, const char *where,
                 const char *sentence)
{
    fault->at = (size_t)(where - value.p);
    buf_puts(&fault->text, sentence);
    return -EINVAL;
}

int config_refuse_empty(struct config_fault *fault, const char *what)
{
    fault->at = 0;
    buf_printf(&fault->text, "%s is missing", what);
    return -EINVAL;
}

int config_replace(char **text, struct slice value)
{
    char *copy = slice_dup(value);

    if (!copy)
        return -ENOMEM;
    free(*text);
    *text = copy;
    return 0;
}

/* --- words and numbers ---------------------------------------------------------------------- */

int config_word(struct slice value, const struct choices *choices, unsigned *out,
                struct config_fault *fault)
{
    const char *near;

    for (size_t i = 0; i < choices->n; i++) {
        if (!slice_ieq(value, slice_of(choices->words[i])))
            continue;
        *out = choices->first + (unsigned)i;
        return 0;
    }
    near = spelling_nearest(value, choices->words, choices->n);
    config_wrong(fault, value, value.p, "this can be ");
    choices_put(choices, "", &fault->text);
    if (near)
        buf_printf(&fault->text, "; is %s meant?", near);
    return -EINVAL;
}

int config_seconds(struct slice value, unsigned least, unsigned most, unsigned *out,
                   struct config_fault *fault)
{
    uint64_t n;

    if (slice_number(value, most, &n) != 0 || n < least) {
        fault->at = 0;
        buf_printf(&fault->text, "not a number of seconds from %u to %u", least, most);
        return -EINVAL;
    }
    *out = (unsigned)n;
    return 0;
}

/* --- members -------------------------------------------------------------------------------- */

int config_take_text(const struct config_kind *kind, struct slice value, void *member,
                     struct config_fault *fault)
{
    if (value.n == 0 && kind->missing)
        return config_refuse_empty(fault, kind->missing);
    return config_replace(member, value);
}

int config_take_word(const struct config_kind *kind, struct slice value, void *member,
                     struct config_fault *fault)
{
    return config_word(value, kind->choices, member, fault);
}

int config_take_flag(const struct config_kind *kind, struct slice value, void *member,
                     struct config_fault *fault)
{
    unsigned i;
    int err = config_word(value, kind->choices, &i, fault);

    if (!err)
        *(bool *)member = i == kind->on;
    return err;
}

const struct config_kind config_any_text = {CONFIG_TEXT(NULL)};
const struct config_kind config_file = {CONFIG_TEXT("the name of the file")};
const struct config_kind config_yes = {CONFIG_FLAG(1, "no", "yes")};
const struct config_kind config_no = {CONFIG_FLAG(0, "no", "yes")};
const struct config_kind config_accept = {
    CONFIG_WORDS(CONFIG_ACCEPT_ANYONE, "anyone", "server", "contacts")};
const struct config_kind config_dtmf = {CONFIG_CHOICES(&choices_dtmf)};
const struct config_kind config_encryption = {CONFIG_CHOICES(&choices_encryption)};
const struct config_kind config_redundancy = {
    CONFIG_WORDS(CONFIG_REDUNDANCY_AUTO, "auto", "off", "always")};

/* --- codecs --------------------------------------------------------------------------------- */

static const char *codec_named(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(codec_names); i++)
        if (slice_ieq(name, slice_of(codec_names[i])))
            return codec_names[i];
    return NULL;
}

static int refuse_codec(struct slice value, const char *where, struct slice name,
                        struct config_fault *fault)
{
    const char *near = spelling_nearest(name, codec_names, ARRAY_LEN(codec_names));

    config_wrong(fault, value, where, "unknown codec; ");
    if (near)
        buf_printf(&fault->text, "is %s meant?", near);
    else
        buf_puts(&fault->text, "there are opus, g722, pcmu, pcma and l16");
    return -EINVAL;
}

int config_codecs(struct slice value, const char **codecs, size_t *n, struct config_fault *fault)
{
    const char *all[CONFIG_CODECS_MAX];
    struct slice rest = value;
    size_t n_all = 0;

    while (rest.p) {
        struct slice part = slice_cut(&rest, ','), item = slice_trim(part);
        const char *name = codec_named(item);

        if (!name)
            return refuse_codec(value, item.n > 0 ? item.p : part.p, item, fault);
        for (size_t i = 0; i < n_all; i++) {
            if (all[i] != name)
                continue;
            config_wrong(fault, value, item.p, name);
            buf_puts(&fault->text, " stands here twice");
            return -EINVAL;
        }
        all[n_all++] = name; /* there are fewer codecs than places, and none comes twice */
    }
    if (n_all == 0)
        return config_refuse_empty(fault, "the list of codecs");
    memcpy(codecs, all, n_all * sizeof *all);
    *n = n_all;
    return 0;
}

/* --- addresses ------------------------------------------------------------------------------ */

/* A value and its URI; offsets differ where "sip:" was added. */
struct uri_value {
    struct slice value;
    struct buf text;
    size_t added;
    struct sip_uri uri;
    struct config_fault *fault;
};

static int wrong_at(const struct uri_value *u, struct slice part, const char *sentence)
{
    size_t at = (size_t)(part.p - u->text.p);

    return config_wrong(u->fault, u->value, u->value.p + (at > u->added ? at - u->added : 0),
                        sentence);
}

static int read_uri(struct slice value, const char *shape, struct config_fault *fault,
                    struct uri_value *u)
{
    struct slice whole;

    *u = (struct uri_value){.value = value, .text = buf_new(URI_BYTES_MAX), .fault = fault};
    if (!slice_istarts(value, SLICE("sip:")) && !slice_istarts(value, SLICE("sips:")) &&
        !slice_istarts(value, SLICE("tel:"))) {
        buf_puts(&u->text, "sip:");
        u->added = 4;
    }
    buf_put(&u->text, value);
    whole = buf_slice(&u->text);
    if (!buf_ok(&u->text) || sip_uri_parse(whole, &u->uri) != 0 ||
        u->uri.scheme == SIP_SCHEME_TEL || u->uri.scheme == SIP_SCHEME_OTHER)
        return config_wrong(fault, value, value.p, shape);
    return 0;
}

static int keep_uri(int err, struct uri_value *u, char **out)
{
    if (!err)
        err = config_replace(out, buf_slice(&u->text));
    buf_free(&u->text);
    return err;
}

/* A password in an address would be shown with it. */
static int check_secret(const struct uri_value *u)
{
    if (u->uri.password.p)
        return wrong_at(u, u->uri.password,
                        "a password cannot stand in an address; password-command gives it");
    if (u->uri.headers.n > 0)
        return wrong_at(u, u->uri.headers, "headers, what stands behind \"?\", cannot stand here");
    return 0;
}

int config_address(struct slice value, char **out, struct config_fault *fault)
{
    struct uri_value u;
    int err = read_uri(value, "not an address: it is like sip:alice@example.org", fault, &u);

    if (!err)
        err = check_secret(&u);
    if (!err && u.uri.user.n == 0)
        err = wrong_at(&u, u.uri.host,
                       "the user is missing: an address of record is like sip:alice@example.org");
    if (!err && u.uri.params.n > 0)
        err = wrong_at(&u, u.uri.params,
                       "parameters cannot stand in an address of record; there are the keys "
                       "registrar, proxy and transport");
    return keep_uri(err, &u, out);
}

int config_server(struct slice value, char **out, struct config_fault *fault)
{
    struct uri_value u;
    struct slice transport;
    int err = read_uri(value,
                       "not a server: it is like sip.example.org, 192.0.2.1:5070, [2001:db8::1] or "
                       "sip:sip.example.org;transport=tcp",
                       fault, &u);

    if (!err)
        err = check_secret(&u);
    if (!err && u.uri.user.p)
        err = wrong_at(&u, u.uri.user, "a server has no user in its address");
    if (!err && sip_uri_param(&u.uri, SLICE("transport"), &transport) &&
        !sip_transport_of(transport))
        err = wrong_at(&u, u.uri.params, "the transport of a server can be udp, tcp or tls");
    return keep_uri(err, &u, out);
}
