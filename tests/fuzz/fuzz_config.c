/* A configuration file, what people type as an address or account, and commands: nothing breaks,
 * each refusal says why in one line, and what was read is whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "phone/config.h"
#include "phone/target.h"
#include "phone/words.h"
#include "sip/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(int err, struct buf *why)
{
    if ((err != 0) != (why->n > 0) || (why->n > 0 && memchr(why->p, '\n', why->n)))
        abort();
    buf_free(why);
}

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_account(const struct account_config *account)
{
    struct sip_uri uri;

    must(account->label && *account->label && account->uri);
    must(sip_uri_parse(slice_of(account->uri), &uri) == 0 && uri.user.n > 0 && !uri.password.p);
    must(!account->password || !account->password_command);
    must(!account->proxy || sip_uri_parse(slice_of(account->proxy), &uri) == 0);
    must(!account->registrar || sip_uri_parse(slice_of(account->registrar), &uri) == 0);
}

static void check_hook(const struct hook_config *hook)
{
    must(hook->events != 0 && hook->words.n > 0 && *hook->words.v[0]);
}

/* The last line, which may be a comment: whether the other side of a call may send us there. */
static void check_transfers(const struct phone_config *config, struct slice in)
{
    struct slice target = in, rest = in;
    struct sip_uri uri;

    while (rest.p)
        target = slice_cut(&rest, '\n');
    if (slice_starts(target, SLICE("#")))
        target = slice_trim(slice_skip(target, 1));
    if (!config_transfers_has(&config->transfers, target))
        return;
    must(config->transfers.how == CONFIG_TRANSFERS_LIST);
    must(sip_uri_parse(target, &uri) == 0 && !uri.password.p &&
         !sip_uri_param(&uri, SLICE("maddr"), NULL));
}

static void read_config(struct slice in)
{
    struct buf why = buf_new(16384);
    struct phone_config config;
    int err;

    config_init(&config);
    err = config_read_text(&config, in, "file", &why);
    check(err, &why);
    if (!err)
        LIST_EACH (&config.accounts, at)
            check_account(LIST_ITEM(at, struct account_config, link));
    check_transfers(&config, in);
    LIST_EACH (&config.hooks, at)
        check_hook(LIST_ITEM(at, struct hook_config, link));
    config_free(&config);
    config_init(&config);
    err = config_choose_account(&config, in, &why);
    check(err, &why);
    if (!err)
        check_account(config_first_account(&config));
    config_free(&config);
}

/* What one call is to sound like. */
static void sound(struct slice in)
{
    struct config_fault fault = {.text = buf_new(16384)};
    struct config_sound read = {0};
    int err = config_sound_read(in, &read, &fault);

    must((err != 0) == (fault.text.n > 0) && fault.at <= in.n);
    must(read.jitter_max_ms == 0 || (read.jitter_max_ms >= 10 && read.jitter_max_ms <= 500));
    must(err || read.ptime_ms == 0 || (read.ptime_ms >= 10 && read.ptime_ms <= 120));
    buf_free(&fault.text);
}

static void split(struct slice in)
{
    const char *sentence = NULL;
    struct words words;
    size_t at = 0;
    int err = words_split(in, &words, &at, &sentence);

    must(err ? sentence && at <= in.n && words.n == 0 : words.n > 0 && !words.v[words.n]);
    words_free(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n};
    struct buf why = buf_new(16384), uri = buf_new(SIZE_MAX / 2);

    read_config(in);
    split(in);
    sound(in);
    check(phone_target(in, SLICE(""), &uri, &why), &why);
    check(phone_target(in, SLICE("example.org"), &uri, &why), &why);
    buf_free(&uri);
    return 0;
}
