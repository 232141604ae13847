#include "phone/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "phone/config_private.h"
#include "phone/spelling.h"
#include "sip/uri.h"

/* Of a name that is refused: a file that is none of ours may have long lines. */
#define SHOWN_BYTES_MAX 40

static const char *const default_codecs[] = {"opus", "g722", "pcmu", "pcma"};

void config_init(struct phone_config *config)
{
    *config = (struct phone_config){
        .listen = {.udp = true, .tcp = true}, .rtp_first = 16384, .rtp_last = 32767};
    memcpy(config->codecs, default_codecs, sizeof default_codecs);
    config->n_codecs = ARRAY_LEN(default_codecs);
    list_init(&config->accounts);
    list_init(&config->hooks);
    list_init(&config->screen.binds);
}

static void free_account(struct account_config *account)
{
    list_remove(&account->link);
    free(account->label);
    free(account->uri);
    free(account->name);
    free(account->auth_user);
    config_free_tls(&account->tls);
    free(account->transfers.list);
    free(account->realm);
    mem_wipe_free(account->password);
    free(account->password_command);
    free(account->registrar);
    free(account->proxy);
    free(account);
}

static void free_accounts(struct phone_config *config)
{
    LIST_EACH (&config->accounts, at)
        free_account(LIST_ITEM(at, struct account_config, link));
}

static void wipe(char *text)
{
    if (text)
        mem_wipe(text, strlen(text));
}

void config_wipe_passwords(const struct phone_config *config)
{
    LIST_EACH ((struct list *)(uintptr_t)&config->accounts, at)
        wipe(LIST_ITEM(at, struct account_config, link)->password);
    wipe(config->hep.password);
}

void config_free(struct phone_config *config)
{
    if (!config->accounts.next) /* freed already */
        return;
    free_accounts(config);
    config_free_hep(&config->hep);
    config_free_hooks(&config->hooks);
    config_free_binds(&config->screen.binds);
    config_free_rings(config);
    free(config->ring_tone);
    config_free_tls(&config->tls);
    free(config->transfers.list);
    free(config->device);
    free(config->user);
    free(config->name);
    free(config->contacts_file);
    free(config->history_file);
    *config = (struct phone_config){0};
}

/* --- the tables ----------------------------------------------------------------------------- */

const struct config_option *config_options(enum config_section section)
{
    return section == CONFIG_PHONE ? config_phone_options : config_account_options;
}

static size_t count(enum config_section section)
{
    size_t n = 0;

    while (config_options(section)[n].key.name)
        n++;
    return n;
}

const struct config_key *config_key_at(enum config_section section, size_t i)
{
    return i < count(section) ? &config_options(section)[i].key : NULL;
}

ptrdiff_t config_find(enum config_section section, struct slice name)
{
    const struct config_option *options = config_options(section);

    for (size_t i = 0; options[i].key.name; i++)
        if (slice_eq(name, slice_of(options[i].key.name)))
            return (ptrdiff_t)i;
    return -1;
}

const struct config_key *config_key(enum config_section section, struct slice name)
{
    ptrdiff_t i = config_find(section, name);

    return i < 0 ? NULL : config_key_at(section, (size_t)i);
}

static size_t list_names(enum config_section section, const char **names)
{
    size_t n = 0;

    for (const struct config_key *key; (key = config_key_at(section, n)); n++)
        names[n] = key->name;
    return n;
}

int config_refuse_name(enum config_section section, struct slice name, struct config_fault *fault)
{
    static const char *const kinds[] = {"setting", "key of an account"};
    const char *names[CONFIG_KEYS_MAX], *near;
    size_t n = list_names(section, names);
    bool elsewhere =
        config_find(section == CONFIG_PHONE ? CONFIG_ACCOUNT : CONFIG_PHONE, name) >= 0;

    near = spelling_nearest(name, names, n);
    fault->at = 0;
    buf_printf(&fault->text, "there is no %s \"", kinds[section]);
    text_safe(&fault->text, slice_head(name, SHOWN_BYTES_MAX));
    buf_putc(&fault->text, '"');
    if (elsewhere) {
        buf_puts(&fault->text, section == CONFIG_PHONE
                                   ? "; it is a key of an account, below [account LABEL]"
                                   : "; it is a setting of the phone, before the first account");
        return -ENOENT;
    }
    if (near) {
        buf_printf(&fault->text, "; is \"%s\" meant?", near);
        return -ENOENT;
    }
    for (size_t i = 0; i < n; i++)
        buf_printf(&fault->text, "%s%s", i > 0 ? ", " : "; there are ", names[i]);
    return -ENOENT;
}

/* A password may hold whatever a line can; what else is refused would harm a terminal or a log. */
static bool may_stand(const struct config_key *key, char c)
{
    bool control = (unsigned char)c < ' ' || c == 127;

    return !control || (c != '\0' && strcmp(key->name, "password") == 0);
}

int config_set_at(enum config_section section, size_t i, void *into, struct slice value,
                  struct config_fault *fault)
{
    const struct config_option *option = &config_options(section)[i];

    for (size_t at = 0; at < value.n; at++)
        if (!may_stand(&option->key, value.p[at]))
            return config_wrong(fault, value, value.p + at,
                                "a control character cannot stand in a setting");
    fault->at = 0;
    if (option->set)
        return option->set(into, value, fault);
    return option->kind->read(option->kind, value, (char *)into + option->member, fault);
}

static int set(enum config_section section, void *into, struct slice name, struct slice value,
               struct config_fault *fault)
{
    ptrdiff_t i = config_find(section, name);

    if (i < 0)
        return config_refuse_name(section, name, fault);
    return config_set_at(section, (size_t)i, into, value, fault);
}

int config_set(struct phone_config *config, struct slice name, struct slice value,
               struct config_fault *fault)
{
    return set(CONFIG_PHONE, config, name, value, fault);
}

int config_set_account(struct account_config *account, struct slice name, struct slice value,
                       struct config_fault *fault)
{
    return set(CONFIG_ACCOUNT, account, name, value, fault);
}

/* --- accounts ------------------------------------------------------------------------------- */

struct account_config *config_account_new(struct slice label)
{
    struct account_config *account = xzalloc(sizeof *account);

    list_init(&account->link);
    account->label = slice_dup(label);
    if (!account->label) {
        free(account);
        return NULL;
    }
    return account;
}

struct account_config *config_first_account(const struct phone_config *config)
{
    struct list *first = list_first(&config->accounts);

    return first ? LIST_ITEM(first, struct account_config, link) : NULL;
}

static bool is_same(const char *one, const char *other)
{
    struct sip_uri a, b;

    return sip_uri_parse(slice_of(one), &a) == 0 && sip_uri_parse(slice_of(other), &b) == 0 &&
           sip_uri_equal(&a, &b);
}

static struct account_config *find_account(struct phone_config *config, struct slice label,
                                           const char *uri)
{
    LIST_EACH (&config->accounts, at) {
        struct account_config *account = LIST_ITEM(at, struct account_config, link);

        if (slice_eq(label, slice_of(account->label)) || (uri && is_same(uri, account->uri)))
            return account;
    }
    return NULL;
}

/* "alice@example.org" and "sip:…" can only be meant as an address. */
static bool looks_like_address(struct slice which)
{
    return slice_index(which, '@') >= 0 || slice_istarts(which, SLICE("sip:"));
}

static int refuse_label(struct phone_config *config, struct slice which, struct buf *why)
{
    const char *labels[CONFIG_KEYS_MAX], *near;
    size_t n = 0;

    LIST_EACH (&config->accounts, at)
        if (n < ARRAY_LEN(labels))
            labels[n++] = LIST_ITEM(at, struct account_config, link)->label;
    near = spelling_nearest(which, labels, n);
    buf_puts(why, "there is no account \"");
    text_safe(why, slice_head(which, SHOWN_BYTES_MAX));
    buf_puts(why, "\" in the configuration; ");
    if (near) {
        buf_puts(why, "is ");
        text_safe(why, slice_of(near));
        buf_puts(why, " meant?");
    } else {
        buf_puts(why, "one that does not stand there is named by its address, like "
                      "alice@example.org");
    }
    return -EINVAL;
}

static int choose(struct phone_config *config, struct account_config *chosen, char **uri)
{
    if (!chosen) {
        chosen = config_account_new(slice_of(*uri));
        if (!chosen)
            return -ENOMEM;
        chosen->uri = *uri;
        *uri = NULL;
    }
    list_remove(&chosen->link);
    free_accounts(config);
    list_append(&config->accounts, &chosen->link);
    return 0;
}

int config_choose_account(struct phone_config *config, struct slice which, struct buf *why)
{
    struct config_fault fault = {.text = buf_new(512)};
    struct account_config *chosen = find_account(config, which, NULL);
    char *uri = NULL;
    int err = 0;

    if (!chosen && !looks_like_address(which))
        err = refuse_label(config, which, why);
    if (!chosen && !err) {
        err = config_address(which, &uri, &fault);
        buf_put(why, buf_slice(&fault.text));
    }
    if (!chosen && !err)
        chosen = find_account(config, which, uri);
    if (!err)
        err = choose(config, chosen, &uri);
    if (err == -ENOMEM)
        buf_puts(why, "there is no memory left");
    free(uri);
    buf_free(&fault.text);
    return err;
}
