/* What a client asks of disks: to list history and contacts, to write a contact. A worker does it,
 * as a disk may be slow; until then the client is not listened to, so that replies keep their
 * order. */
#include <errno.h>
#include <stdlib.h>

#include "phone/contacts.h"
#include "phone/contacts_edit.h"
#include "phone/folders.h"
#include "phone/helper.h"
#include "phone/history.h"
#include "ui/control_private.h"
#include "ui/json.h"
#include "ui/json_list.h"

#define LIMIT_USUAL 100u
/* A call that has just ended is written down first: looked at so often, and no longer than that. */
#define SETTLE_STEP_MS 5
#define SETTLE_MS 500
#define ROWS_MAX 7340032u /* bytes: a reply with them is no longer than clients of ours read */

struct control_job {
    uv_work_t work;
    struct client *client;            /* NULL: it has gone */
    const struct net_spawner *helper; /* writes contacts, where there is one */
    enum json_action action;
    struct buf path;                     /* empty: there is none, and so no row */
    uint64_t by_ms;                      /* the worker begins by then; 0: it has */
    bool missed;                         /* only such rows */
    size_t left;                         /* rows that may follow */
    char *name, *address, *rename, *was; /* of the contact to be written */
    bool fresh, remove;
    struct buf id, rows, why;
    int err;
};

static void free_job(struct control_job *job)
{
    buf_free(&job->path);
    free(job->name);
    free(job->address);
    free(job->rename);
    free(job->was);
    buf_free(&job->id);
    buf_free(&job->rows);
    buf_free(&job->why);
    free(job);
}

/* --- in the worker -------------------------------------------------------------------------- */

/* A line becomes an element of the array. False: there is no room for more. */
static bool add_row(struct control_job *job, struct buf *line)
{
    bool fits = buf_ok(line) && job->left > 0 && job->rows.n + line->n < ROWS_MAX;

    if (fits) {
        if (job->rows.n > 0)
            buf_putc(&job->rows, ',');
        buf_put(&job->rows, slice_trim(buf_slice(line)));
        job->left--;
    }
    buf_free(line);
    return fits && job->left > 0;
}

static bool on_row(void *arg, const struct history_row *row)
{
    struct control_job *job = arg;
    struct buf line = buf_new(ROWS_MAX);

    if (job->missed && row->outcome != HISTORY_MISSED)
        return true;
    json_history(&line, row);
    return add_row(job, &line);
}

static int read_contacts(struct control_job *job)
{
    struct contacts *contacts = NULL;
    const char *name, *address;
    int err = contacts_new(buf_cstr(&job->path), &contacts);
    bool more = true;

    if (!err)
        contacts_use_helper(contacts, job->helper);
    if (!err)
        err = contacts_refresh(contacts, &job->why);
    if (err == -EBADMSG)
        err = 0; /* the reply has the good lines, and says which is wrong */
    for (size_t i = 0; !err && more && contacts_at(contacts, i, &name, &address); i++) {
        struct buf line = buf_new(ROWS_MAX);

        json_contact(&line, name, address);
        more = add_row(job, &line);
    }
    contacts_free(contacts);
    return err;
}

static int edit_contact(struct control_job *job)
{
    const struct contacts_edit edit = {job->name, job->address, job->rename,
                                       job->was,  job->fresh,   job->remove};

    if (job->path.n > 0 && job->helper)
        return helper_edit_contacts(job->helper, &edit, &job->why);
    if (job->path.n > 0)
        return contacts_edit(buf_cstr(&job->path), &edit, &job->why);
    buf_puts(&job->why, "there is no $HOME; name the file of contacts with --contacts-file");
    return -EIO;
}

static void work_in_worker(uv_work_t *work)
{
    struct control_job *job = work->data;

    if (job->action == JSON_SET_CONTACT)
        job->err = edit_contact(job);
    else if (job->path.n > 0)
        job->err = job->action == JSON_TELL_HISTORY
                       ? history_read(buf_cstr(&job->path), on_row, job, &job->why)
                       : read_contacts(job);
    if (job->err == -ENOENT && job->why.n == 0)
        job->err = 0; /* nothing has been written yet */
}

/* --- on the loop ---------------------------------------------------------------------------- */

static const char *word_of(const struct control_job *job)
{
    if (job->err == -ENOMEM)
        return "no-memory";
    if (job->action != JSON_SET_CONTACT)
        return "failed";
    if (job->err == -ENOENT)
        return "no-such-contact";
    if (job->err == -ESTALE)
        return "changed";
    return job->err == -EINVAL || job->err == -EEXIST ? "bad-value" : "failed";
}

/* Of contacts also where they are kept, as a person edits that file with other programs, too, and
 * what is wrong in it. */
static void put_rows(struct control_job *job, struct buf *body)
{
    bool history = job->action == JSON_TELL_HISTORY;

    if (!history && job->path.n > 0) {
        buf_puts(body, ",\"file\":");
        json_put_string(body, buf_cstr(&job->path));
    }
    if (!history && !job->err && job->why.n > 0) {
        buf_puts(body, ",\"text\":");
        json_put_string(body, buf_cstr(&job->why));
    }
    buf_printf(body, ",\"%s\":[", history ? "history" : "contacts");
    buf_put(body, buf_slice(&job->rows));
    buf_putc(body, ']');
}

static void tell(struct control_job *job)
{
    struct control_reply reply = control_reply_new();

    if (job->err) {
        reply.error = word_of(job);
        buf_put(&reply.why, buf_slice(&job->why));
        if (reply.why.n == 0)
            buf_puts(&reply.why, strerror(-job->err));
    }
    if (job->action != JSON_SET_CONTACT)
        put_rows(job, &reply.body);
    control_reply(job->client, buf_slice(&job->id), &reply);
}

static void on_done(uv_work_t *work, int status)
{
    struct control_job *job = work->data;

    if (status != 0)
        job->err = status;
    if (job->client) {
        job->client->job = NULL;
        tell(job);
        if (job->action == JSON_SET_CONTACT)
            phone_look_at_contacts(job->client->control->session->phone);
        control_turn_soon(job->client->control);
    }
    free_job(job);
}

static int find_path(const struct phone_config *config, struct control_job *job)
{
    bool history = job->action == JSON_TELL_HISTORY;
    int err;

    if (history && config->no_history)
        return 0;
    err = history ? folders_history(config, &job->path) : folders_contacts(config, &job->path);
    return err == -ENOENT ? 0 : err;
}

void control_begin_job(struct client *client)
{
    struct control_job *job = client->job;
    const struct session *session = client->control->session;
    uint64_t now_ms = net_now_ms();

    if (!job || job->by_ms == 0)
        return;
    if (job->action == JSON_TELL_HISTORY && now_ms < job->by_ms &&
        phone_history_waits(session->phone)) {
        control_turn_at(client->control, now_ms + SETTLE_STEP_MS);
        return;
    }
    job->by_ms = 0;
    job->helper = net_loop_spawner(session->loop);
    if (uv_queue_work(net_loop_uv(session->loop), &job->work, work_in_worker, on_done) != 0)
        abort(); /* only a NULL callback makes it fail */
}

static int dup_text(const char *text, char **out)
{
    *out = text ? strdup(text) : NULL;
    return text && !*out ? -ENOMEM : 0;
}

static int take_command(struct control_job *job, const struct json_command *command)
{
    int err = dup_text(command->name, &job->name);

    if (!err)
        err = dup_text(command->address, &job->address);
    if (!err)
        err = dup_text(command->rename, &job->rename);
    if (!err)
        err = dup_text(command->was, &job->was);
    job->fresh = command->fresh;
    job->remove = !command->phone.on;
    job->missed = command->missed;
    job->action = command->verb->action;
    if (job->action == JSON_TELL_HISTORY)
        job->left = command->said & JSON_LIMIT ? command->limit : LIMIT_USUAL;
    buf_put(&job->id, buf_slice(&command->id));
    return err;
}

int control_ask_disk(struct client *client, const struct json_command *command)
{
    struct control_job *job = calloc(1, sizeof *job);
    int err = job ? 0 : -ENOMEM;

    if (err)
        return err;
    *job = (struct control_job){.client = client,
                                .path = buf_new(8192),
                                .left = SIZE_MAX,
                                .id = buf_new(JSON_ID_MAX),
                                .rows = buf_new(2 * ROWS_MAX),
                                .why = buf_new(8192),
                                .by_ms = net_now_ms() + SETTLE_MS};
    job->work.data = job;
    err = take_command(job, command);
    if (!err)
        err = find_path(&client->control->session->cli->config, job);
    if (err) {
        free_job(job);
        return err;
    }
    client->job = job;
    control_begin_job(client);
    return 0;
}

void control_forget_job(struct client *client)
{
    struct control_job *job = client->job;

    client->job = NULL;
    if (job && job->by_ms > 0)
        free_job(job); /* it has not begun */
    else if (job)
        job->client = NULL;
}
