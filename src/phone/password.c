#include "phone/password.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "phone/program.h"

/* Whatever was put in the place of our file since. */
#define PASSWORD_SELF "/proc/self/exe"

struct password_command {
    struct words words;
    struct program_spec spec;
    struct program *program;
    password_fn *on_done;
    void *arg;
    bool keyring;                          /* the program is ours */
    bool telling, freed;                   /* on_done runs; and has freed us */
    char password[PASSWORD_BYTES_MAX + 1]; /* one more: a line that fills it has no end */
};

/* Why there is no password; false: there is one. */
static bool explain(const struct password_command *c, const struct program_end *end,
                    struct buf *sentence)
{
    struct program_end told = *end;

    if (c->keyring && slice_starts(told.said, SLICE("tphone: ")))
        told.said = slice_skip(told.said, strlen("tphone: ")); /* a sentence that says it all */
    else
        program_put_fault(end, &c->spec, sentence);
    if (end->fault == PROGRAM_WELL && end->out.n == 0)
        buf_puts(sentence, " gave no password");
    program_put_said(&told, sentence);
    if (end->fault == PROGRAM_LATE) /* what asks for the password of a key has no terminal here */
        buf_puts(sentence, "; run it by hand to see what it waits for");
    return end->fault != PROGRAM_WELL || end->out.n == 0;
}

static void on_end(void *arg, const struct program_end *end)
{
    struct password_command *c = arg;
    struct buf sentence = buf_new(8192);
    bool failed;

    buf_puts(&sentence, c->keyring ? "password-keyring" : "password-command: ");
    if (!c->keyring)
        text_safe(&sentence, slice_of(c->words.v[0]));
    failed = explain(c, end, &sentence);
    if (!failed && end->said.n > 0)
        log_debug("password", "%s", buf_cstr(&sentence));
    c->telling = true;
    c->on_done(c->arg, failed ? (struct slice){0} : end->out, failed ? buf_cstr(&sentence) : NULL);
    c->telling = false;
    mem_wipe(c->password, sizeof c->password);
    buf_free(&sentence);
    if (c->freed)
        password_command_free(c);
}

/* Takes c over, also where it fails. */
static int start(struct password_command *c, struct net_loop *loop, password_fn *on_done, void *arg,
                 struct password_command **out)
{
    int err;

    c->on_done = on_done;
    c->arg = arg;
    c->spec = (struct program_spec){.words = c->words.v,
                                    .out = c->password,
                                    .out_max = sizeof c->password,
                                    .first_line = true,
                                    .ms = PASSWORD_COMMAND_MS};
    err = program_start(loop, &c->spec, on_end, c, &c->program);
    if (err)
        password_command_free(c);
    else
        *out = c;
    return err;
}

int password_command_start(struct net_loop *loop, const char *command, password_fn *on_done,
                           void *arg, struct password_command **out)
{
    struct password_command *c = calloc(1, sizeof *c);
    const char *sentence;
    size_t at;
    int err = c ? words_split(slice_of(command), &c->words, &at, &sentence) : -ENOMEM;

    if (!err)
        return start(c, loop, on_done, arg, out);
    password_command_free(c);
    return err;
}

/* No file of settings: there is none that matters, and one that is being edited may be wrong. */
int password_keyring_words(const char *uri, struct words *out)
{
    const char *const words[] = {PASSWORD_SELF, "password", "--show", "--config", "/dev/null", uri};

    *out = (struct words){0};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        out->v[i] = slice_dup(slice_of(words[i]));
        if (!out->v[i]) {
            words_free(out);
            return -ENOMEM;
        }
        out->n++;
    }
    return 0;
}

int password_keyring_start(struct net_loop *loop, const char *uri, password_fn *on_done, void *arg,
                           struct password_command **out)
{
    struct password_command *c = calloc(1, sizeof *c);
    int err = c ? password_keyring_words(uri, &c->words) : -ENOMEM;

    if (err) {
        password_command_free(c);
        return err;
    }
    c->keyring = true;
    return start(c, loop, on_done, arg, out);
}

void password_command_free(struct password_command *command)
{
    if (!command)
        return;
    command->freed = true;
    if (command->telling) /* the password lives until the call returns */
        return;
    program_free(command->program);
    words_free(&command->words);
    mem_wipe(command, sizeof *command);
    free(command);
}
