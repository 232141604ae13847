/* Settings that a set-up has made, as a screen hands them to its helper, which believes nothing:
 * what passes says, to who reads it, nothing that a set-up has not asked for. */
#include <stdint.h>
#include <stdlib.h>

#include "audio/device.h"
#include "phone/config.h"
#include "ui/screen/setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_account(const struct account_config *account, bool trusted)
{
    must(trusted || !account->password_command);
    must(!account->tls.ca && !account->tls.certificate && !account->tls.key);
}

static void check_config(const struct phone_config *config, bool trusted)
{
    must(list_empty(&config->hooks) && !config->no_sandbox && !config->trace_secrets);
    must(!config->history_file && !config->contacts_file && !config->ring_tone);
    must(!config->hep.host && !config->tls.ca && !config->tls.certificate && !config->tls.key);
    must(config->n_ring_devices == 0);
    must(trusted || !config->device || !audio_device_file(config->device));
    LIST_EACH ((struct list *)(uintptr_t)&config->accounts, at)
        check_account(LIST_ITEM(at, struct account_config, link), trusted);
}

static void read_draft(struct slice in, bool trusted)
{
    struct buf why = buf_new(16384);
    struct phone_config config;

    config_init(&config);
    if (config_read_text(&config, in, "draft", &why) == 0)
        check_config(&config, trusted);
    config_free(&config);
    buf_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n};
    bool trusted = setup_is_draft(in, true), untrusted = setup_is_draft(in, false);

    must(trusted || !untrusted);
    if (trusted)
        read_draft(in, !untrusted);
    return 0;
}
