#include "phone/helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "phone/contacts_edit.h"
#include "phone/folders.h"
#include "phone/helper_private.h"
#include "phone/password.h"

#define DISK_MS 10000u /* on a worker, for a disk that has to be woken */
#define SOON_MS 2000u  /* on the signalling thread, which calls wait for */

struct commands {
    struct net_spawner_command *v;
    struct words *split; /* of accounts: v points there; as many */
    size_t n;
};

static int add_account(struct commands *c, const struct account_config *account)
{
    struct words *words = &c->split[c->n];
    const char *sentence;
    size_t at;
    int err = 0;

    if (account->password_keyring)
        err = password_keyring_words(account->uri, words);
    else if (account->password_command)
        err = words_split(slice_of(account->password_command), words, &at, &sentence);
    else
        return 0;
    if (!err)
        c->v[c->n++].words = words->v;
    return err;
}

static size_t count(const struct list *list)
{
    size_t n = 0;

    LIST_EACH ((struct list *)(uintptr_t)list, at)
        n++;
    return n;
}

static void give_back(struct commands *c, size_t room)
{
    for (size_t i = 0; c->split && i < room; i++)
        words_free(&c->split[i]);
    free(c->split);
    free(c->v);
}

/* A process is one place more where a password could be found. */
static void forget(const void *arg)
{
    const struct helper_side *side = arg;

    config_wipe_passwords(side->config);
}

int helper_new(const struct phone_config *config, const char *record, struct net_spawner **out)
{
    size_t room = count(&config->accounts) + count(&config->hooks);
    struct commands c = {calloc(room + 1, sizeof *c.v), calloc(room + 1, sizeof *c.split), 0};
    struct buf contacts = buf_new(8192);
    int err = c.v && c.split ? 0 : -ENOMEM;

    LIST_EACH (&config->accounts, at)
        if (!err)
            err = add_account(&c, LIST_ITEM(at, struct account_config, link));
    LIST_EACH (&config->hooks, at)
        if (!err)
            c.v[c.n++].words = LIST_ITEM(at, struct hook_config, link)->words.v;
    if (!err) {
        bool known = folders_contacts(config, &contacts) == 0;
        const char *path = known ? buf_cstr(&contacts) : NULL;
        char *real = path ? realpath(path, NULL) : NULL; /* NULL too where there is no file yet */
        char *recordings = record ? folders_real(record) : NULL;
        const struct helper_side side = {config, path, real ? real : path, recordings};
        const struct net_spawner_spec spec = {
            .commands = c.v, .n = c.n, .answer = helper_answer, .begin = forget, .arg = &side};

        err = net_spawner_new(&spec, out); /* which has a copy of all this by its fork */
        free(real);
        free(recordings);
    }
    buf_free(&contacts);
    give_back(&c, room);
    return err;
}

/* --- questions ------------------------------------------------------------------------------ */

/* does: "opens it", what it was asked for. */
static int ask(const struct net_spawner *helper, enum helper_question what, struct slice asked,
               const char *does, int *fd, struct buf *why)
{
    unsigned limit_ms = what == HELPER_READ_CONTACTS ? SOON_MS : DISK_MS;
    struct buf said = buf_new(SPAWNER_ANSWER_MAX);
    int err = net_spawner_ask(helper, what, asked, limit_ms, fd, &said);

    if (err == -EPIPE)
        buf_printf(why, "the helper of this phone, which %s, has died", does);
    else if (err == -ETIMEDOUT)
        buf_printf(why, "the helper of this phone, which %s, was waited for: ", does);
    buf_put(why, buf_slice(&said));
    if (err && why->n == 0)
        buf_puts(why, strerror(-err));
    buf_free(&said);
    return err;
}

int helper_open_sound(const struct net_spawner *helper, const char *path, bool writes, int *fd,
                      struct buf *why)
{
    int err = ask(helper, writes ? HELPER_RECORD : HELPER_PLAY, slice_of(path),
                  "opens files for it", fd, why);

    return !err && *fd < 0 ? -EBADF : err;
}

int helper_open_contacts(const struct net_spawner *helper, const char *path, int *fd,
                         struct buf *why)
{
    return ask(helper, HELPER_READ_CONTACTS, slice_of(path), "opens it", fd, why);
}

int helper_edit_contacts(const struct net_spawner *helper, const struct contacts_edit *edit,
                         struct buf *why)
{
    struct buf asked = buf_new(SPAWNER_MESSAGE_MAX / 2);
    int fd, err;

    helper_put_edit(&asked, edit);
    err = buf_ok(&asked) ? ask(helper, HELPER_EDIT_CONTACTS, buf_slice(&asked),
                               "writes contacts for it", &fd, why)
                         : -E2BIG;
    buf_free(&asked);
    return err;
}
