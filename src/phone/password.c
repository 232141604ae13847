#include "phone/password.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "phone/program.h"
#include "phone/words.h"

struct password_command {
    struct words words;
    struct program_spec spec;
    struct program *program;
    password_fn *on_done;
    void *arg;
    bool telling, freed;                   /* on_done runs; and has freed us */
    char password[PASSWORD_BYTES_MAX + 1]; /* one more: a line that fills it has no end */
};

/* Why there is no password; false: there is one. */
static bool explain(const struct password_command *c, const struct program_end *end,
                    struct buf *sentence)
{
    program_put_fault(end, &c->spec, sentence);
    if (end->fault == PROGRAM_WELL && end->out.n == 0)
        buf_puts(sentence, " gave no password");
    program_put_said(end, sentence);
    if (end->fault == PROGRAM_LATE) /* what asks for the password of a key has no terminal here */
        buf_puts(sentence, "; run it by hand to see what it waits for");
    return end->fault != PROGRAM_WELL || end->out.n == 0;
}

static void on_end(void *arg, const struct program_end *end)
{
    struct password_command *c = arg;
    struct buf sentence = buf_new(8192);
    bool failed;

    buf_puts(&sentence, "password-command: ");
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

int password_command_start(struct net_loop *loop, const char *command, password_fn *on_done,
                           void *arg, struct password_command **out)
{
    struct password_command *c = calloc(1, sizeof *c);
    const char *sentence;
    size_t at;
    int err = c ? words_split(slice_of(command), &c->words, &at, &sentence) : -ENOMEM;

    if (!err) {
        c->on_done = on_done;
        c->arg = arg;
        c->spec = (struct program_spec){.words = c->words.v,
                                        .out = c->password,
                                        .out_max = sizeof c->password,
                                        .first_line = true,
                                        .ms = PASSWORD_COMMAND_MS};
        err = program_start(loop, &c->spec, on_end, c, &c->program);
    }
    if (!err) {
        *out = c;
        return 0;
    }
    if (c)
        words_free(&c->words);
    free(c);
    return err;
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
