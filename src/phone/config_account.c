/* The keys of an account: their table, and the functions that read their values. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "phone/config_private.h"
#include "phone/words.h"

#define EXPIRES_S_MAX 604800 /* a week */
#define KEEP_ALIVE_S_MAX 3600

static int set_uri(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;

    return config_address(value, &account->uri, fault);
}

/* There is one way to a password: the later one that is said replaces the other. */
static void forget_password(struct account_config *account)
{
    mem_wipe_free(account->password);
    free(account->password_command);
    account->password = account->password_command = NULL;
    account->password_keyring = false;
}

static int set_password(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;
    char *password = NULL;

    if (value.n == 0)
        return config_refuse_empty(fault, "the password");
    if (config_replace(&password, value) != 0)
        return -ENOMEM;
    forget_password(account);
    account->password = password;
    return 0;
}

static int set_password_command(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;
    const char *sentence;
    char *command = NULL;
    struct words words;
    size_t at;
    int err = words_split(value, &words, &at, &sentence);

    if (err == -EINVAL)
        return config_wrong(fault, value, value.p + at, sentence);
    words_free(&words);
    if (err || config_replace(&command, value) != 0)
        return -ENOMEM;
    forget_password(account);
    account->password_command = command;
    return 0;
}

static int set_password_keyring(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;
    bool yes;
    int err = config_take_flag(&config_yes, value, &yes, fault);

    if (err)
        return err;
    if (yes)
        forget_password(account);
    account->password_keyring = yes;
    return 0;
}

static int set_registrar(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;

    return config_server(value, &account->registrar, fault);
}

static int set_proxy(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;

    return config_server(value, &account->proxy, fault);
}

static int set_expires(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;

    return config_seconds(value, 1, EXPIRES_S_MAX, &account->expires_s, fault);
}

static int set_keep_alive(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;

    return config_seconds(value, 1, KEEP_ALIVE_S_MAX, &account->keep_alive_s, fault);
}

static int set_codec(void *into, struct slice value, struct config_fault *fault)
{
    struct account_config *account = into;

    return config_codecs(value, account->codecs, &account->n_codecs, fault);
}

#define INTO(member, kind) CONFIG_INTO(struct account_config, member, kind)

/* clang-format off */
static const struct config_kind auth_user = {CONFIG_TEXT("the name that the password belongs to")};
static const struct config_kind realm = {CONFIG_TEXT("the realm")};
static const struct config_kind transport = {CONFIG_WORDS(CONFIG_UDP, "udp", "tcp", "tls")};

const struct config_option config_account_options[] = {
    {{"uri", "sip:USER@HOST", "address of the account", NULL}, set_uri},
    {{"name", "TEXT", "name that the other side is shown", "that of the phone"},
     INTO(name, config_any_text)},
    {{"auth-user", "NAME", "name that the password belongs to", "the user of the address"},
     INTO(auth_user, auth_user)},
    {{"realm", "TEXT", "answer only challenges of this realm", "those of our own servers"},
     INTO(realm, realm)},
    {{"password", "TEXT", "password of the account; better is password-command", NULL},
     set_password},
    {{"password-command", "COMMAND", "program whose first line of output is the password", NULL},
     set_password_command},
    {{"password-keyring", "yes|no", "whether the password is in the keyring: tphone password", "no"},
     set_password_keyring},
    {{"registrar", "SERVER", "server to register with", "host of the address"}, set_registrar},
    {{"proxy", "SERVER", "server that every request goes through", "none"}, set_proxy},
    {{"transport", "udp|tcp|tls", "transport to the servers", "what DNS says, else udp"},
     INTO(transport, transport)},
    {{"tls-ca", "FILE|FOLDER", "trust these authorities over TLS", "those of the phone"},
     INTO(tls.ca, config_file)},
    {{"tls-fingerprint", "SHA256", "take this one certificate of the server over TLS", "that of the "
      "phone"}, INTO(tls.fingerprint, config_fingerprint)},
    {{"tls-certificate", "FILE", "our own certificate, where the server asks", "that of the phone"},
     INTO(tls.certificate, config_file)},
    {{"tls-key", "FILE", "key of tls-certificate", NULL}, INTO(tls.key, config_file)},
    {{"expires", "SECONDS", "how long a registration is to last", "3600"}, set_expires},
    {{"keep-alive", "SECONDS", "how often the way through routers is kept open",
      "25 over udp, 90 otherwise"}, set_keep_alive},
    {{"codec", "LIST", "codecs in order of preference", "those of the phone"}, set_codec},
#define SOUND(name, values, help, standard, what, kind)                                            \
    {{name, values, help, "that of the phone"}, INTO(sound.what, kind)},
    CONFIG_SOUND_SETTINGS(SOUND)
#undef SOUND
    {{"redundancy", "auto|off|always", "whether packets carry earlier sound again, against loss",
      "that of the phone"}, INTO(redundancy, config_redundancy)},
    {{"accept", "anyone|server|contacts", "whose calls are taken", "server"},
     INTO(accept, config_accept)},
    {{"transfers", "ask|refuse|LIST", "whether we call whom the other side names instead",
      "that of the phone"}, INTO(transfers, config_transfers)},
    {{"dtmf-mode", "auto|rtp|info|inband", "how keys are sent", "that of the phone"},
     INTO(dtmf, config_dtmf)},
    {{"encryption", "off|prefer|require", "whether the sound of its calls is encrypted",
      "that of the phone"}, INTO(encryption, config_encryption)},
    {{"register", "yes|no", "whether calls come in through the account, too", "yes"},
     INTO(no_register, config_no)},
    {{0}, NULL},
};
/* clang-format on */

_Static_assert(ARRAY_LEN(config_account_options) <= CONFIG_KEYS_MAX + 1, "room for every key");
