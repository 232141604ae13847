/* What a client asks to be listed and disks hold: history and contacts. A worker reads it, as a
 * disk may be slow; until then the client is not listened to, so that replies keep their order. */
#include <errno.h>
#include <stdlib.h>

#include "phone/contacts.h"
#include "phone/folders.h"
#include "phone/history.h"
#include "ui/control_private.h"
#include "ui/json_list.h"

#define LIMIT_USUAL 100u
#define ROWS_MAX 7340032u /* bytes: a reply with them is no longer than clients of ours read */

struct control_job {
    uv_work_t work;
    struct client *client; /* NULL: it has gone */
    bool history;
    struct buf path; /* empty: there is none, and so no row */
    size_t left;     /* rows that may follow */
    struct buf id, rows, why;
    int err;
};

static void free_job(struct control_job *job)
{
    buf_free(&job->path);
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
    struct buf line = buf_new(ROWS_MAX);

    json_history(&line, row);
    return add_row(arg, &line);
}

static int read_contacts(struct control_job *job)
{
    struct contacts *contacts = NULL;
    const char *name, *address;
    int err = contacts_new(buf_cstr(&job->path), &contacts);
    bool more = true;

    if (!err)
        err = contacts_refresh(contacts, &job->why);
    for (size_t i = 0; !err && more && contacts_at(contacts, i, &name, &address); i++) {
        struct buf line = buf_new(ROWS_MAX);

        json_contact(&line, name, address);
        more = add_row(job, &line);
    }
    contacts_free(contacts);
    return err;
}

static void read_in_worker(uv_work_t *work)
{
    struct control_job *job = work->data;

    if (job->path.n == 0)
        return;
    job->err = job->history ? history_read(buf_cstr(&job->path), on_row, job, &job->why)
                            : read_contacts(job);
    if (job->err == -ENOENT && job->why.n == 0)
        job->err = 0; /* nothing has been written yet */
}

/* --- on the loop ---------------------------------------------------------------------------- */

static void tell(struct control_job *job)
{
    struct control_reply reply = control_reply_new();

    if (job->err) {
        reply.error = job->err == -ENOMEM ? "no-memory" : "failed";
        buf_put(&reply.why, buf_slice(&job->why));
        if (reply.why.n == 0)
            buf_puts(&reply.why, strerror(-job->err));
    }
    buf_printf(&reply.body, ",\"%s\":[", job->history ? "history" : "contacts");
    buf_put(&reply.body, buf_slice(&job->rows));
    buf_putc(&reply.body, ']');
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
        control_turn_soon(job->client->control);
    }
    free_job(job);
}

static int find_path(const struct phone_config *config, struct control_job *job)
{
    int err;

    if (job->history && config->no_history)
        return 0;
    err = job->history ? folders_history(config, &job->path) : folders_contacts(config, &job->path);
    return err == -ENOENT ? 0 : err;
}

int control_list(struct client *client, const struct json_command *command)
{
    struct session *session = client->control->session;
    struct control_job *job = calloc(1, sizeof *job);
    int err = job ? 0 : -ENOMEM;

    if (err)
        return err;
    *job = (struct control_job){.client = client,
                                .history = command->verb->action == JSON_TELL_HISTORY,
                                .path = buf_new(8192),
                                .left = SIZE_MAX,
                                .id = buf_new(JSON_ID_MAX),
                                .rows = buf_new(2 * ROWS_MAX),
                                .why = buf_new(8192)};
    if (job->history)
        job->left = command->said & JSON_LIMIT ? command->limit : LIMIT_USUAL;
    buf_put(&job->id, buf_slice(&command->id));
    job->work.data = job;
    err = find_path(&session->cli->config, job);
    if (!err)
        err = uv_queue_work(net_loop_uv(session->loop), &job->work, read_in_worker, on_done);
    if (err)
        free_job(job);
    else
        client->job = job;
    return err;
}

void control_forget_job(struct client *client)
{
    if (client->job)
        client->job->client = NULL;
    client->job = NULL;
}
