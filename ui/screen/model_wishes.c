/* Who asks us to call somebody else: questions that are to be answered. A call may be gone before
 * its question. */
#include <stdlib.h>

#include "ui/screen/model_private.h"

static void free_wish(struct model_wish *w)
{
    free(w->peer);
    free(w->peer_name);
    free(w->contact);
    free(w->to);
}

void model_clear_wishes(struct model *m)
{
    while (m->n_wishes > 0)
        free_wish(&m->wishes[--m->n_wishes]);
}

void model_remove_wish(struct model *m, uint32_t call)
{
    for (size_t i = 0; i < m->n_wishes; i++) {
        if (m->wishes[i].call != call)
            continue;
        free_wish(&m->wishes[i]);
        m->n_wishes--;
        memmove(&m->wishes[i], &m->wishes[i + 1], (m->n_wishes - i) * sizeof *m->wishes);
        return;
    }
}

void model_add_wish(struct model *m, const struct model_wish *what)
{
    struct model_wish w = {.call = what->call};

    model_remove_wish(m, what->call);
    w.peer = slice_dup(slice_of(what->peer));
    w.peer_name = slice_dup(slice_of(what->peer_name));
    w.contact = slice_dup(slice_of(what->contact));
    w.to = slice_dup(slice_of(what->to));
    if (w.peer && w.peer_name && w.contact && w.to && m->n_wishes < MODEL_WISHES_MAX) {
        m->wishes[m->n_wishes++] = w;
        return;
    }
    free_wish(&w);
    model_is_short(m);
}

unsigned model_take_wish(struct model *m, const struct phone_event *e)
{
    struct model_wish w = {.call = e->call,
                           .peer = (char *)e->peer,
                           .peer_name = (char *)e->peer_name,
                           .contact = (char *)e->contact,
                           .to = (char *)e->to};

    if (e->kind == PHONE_TRANSFER_ASKED)
        model_add_wish(m, &w);
    else
        model_remove_wish(m, e->call);
    return MODEL_CHANGED;
}

const struct model_wish *model_wish(const struct model *m, uint32_t call)
{
    for (size_t i = 0; i < m->n_wishes; i++)
        if (m->wishes[i].call == call)
            return &m->wishes[i];
    return m->n_wishes > 0 ? &m->wishes[0] : NULL;
}
