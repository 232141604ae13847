/* ui/screen/commands.h - what can be done on the screen, by name: keys are bound to these names,
 * the line behind ":" runs them, and the key line and the help are made of their table. */
#ifndef UI_SCREEN_COMMANDS_H
#define UI_SCREEN_COMMANDS_H

#include "ui/screen/screen.h"

/* What an argument is completed with. */
enum command_argument {
    ARGUMENT_NONE,
    ARGUMENT_TEXT, /* anything, with nothing to complete */
    ARGUMENT_PERSON,
    ARGUMENT_CONTACT,
    ARGUMENT_ACCOUNT,
    ARGUMENT_VIEW,
    ARGUMENT_DEVICE,
    ARGUMENT_COMMAND,
    ARGUMENT_FILE,
};

struct command {
    const char *name;
    enum command_argument argument;
    bool must;         /* the argument is needed */
    bool of_call;      /* it is about the chosen call, or the one whose number stands before all */
    const char *value; /* the argument for people: "ADDRESS"; NULL without one */
    const char *label; /* in the key line; NULL: it is not shown there */
    const char *help;  /* one line */
    /* Whether it can be done now; NULL: always. */
    bool (*can)(const struct screen *screen);
    const char *needs; /* what is missing where it cannot: "a call"; NULL: nobody can know */
    /* argument has no blanks around it. */
    void (*run)(struct screen *screen, struct slice argument);
};

/* The i-th, in the order of the key line; NULL behind the last. */
const struct command *command_at(size_t i);
size_t command_count(void);
/* NULL: there is none of that name. */
const struct command *command_find(struct slice name);
/* Runs "NAME ARGUMENT", or of commands about a call "NAME CALL ARGUMENT", which chooses the call of
 * that number; says what is wrong with it. */
void command_run(struct screen *screen, struct slice line);
/* The command of a command line, whose hyphen may be a blank ("hang up"), and whether it can be
 * done now. */
const struct command *command_of_line(struct slice line);
bool command_can(const struct screen *screen, const struct command *command);

/* The binding that this key has in the view on top and that can be done now, or NULL. */
const struct binding *command_binding(const struct screen *screen, const struct key *key);
/* Whether the binding is to this command, whatever stands behind its name. */
bool command_is_of(const struct binding *binding, const struct command *command);
/* The first key that does this command now, in the view on top; NULL: none. */
const struct binding *command_key(const struct screen *screen, const struct command *command);

#define COMPLETIONS_MAX 200u /* who has more people typed too little */

/* The i-th way to complete a command line whose cursor is at its end: the whole line; false: there
 * are no more. */
bool command_complete(const struct screen *screen, struct slice line, size_t i, struct buf *out);
/* How many of them there are. */
size_t command_completions(const struct screen *screen, struct slice line);

/* The state of the phone has come while quit asks: the question may be another. */
void command_quit_by(struct screen *screen, const void *tree);

/* A name in the home of the person for a file of which nobody has said one: WHAT-TIME.ENDING, by
 * our own clock, as nothing foreign gets into a name. */
void command_put_file_name(struct buf *out, const char *what, const char *ending);

/* Tables of commands, each in its file; ended by a name NULL. */
extern const struct command commands_of_calls[], commands_of_contacts[], commands_of_devices[],
    commands_of_trace[], commands_of_view[];

#endif
