/* What a phone asks its helper; each is a text. */
#ifndef PHONE_HELPER_PRIVATE_H
#define PHONE_HELPER_PRIVATE_H

#include "base/buf.h"

enum helper_question {
    HELPER_PLAY,          /* a path */
    HELPER_RECORD,        /* likewise */
    HELPER_READ_CONTACTS, /* the path */
    HELPER_EDIT_CONTACTS, /* helper_put_edit */
};

struct contacts_edit;
struct phone_config;

void helper_put_edit(struct buf *out, const struct contacts_edit *edit);
/* Changes text, which edit then points into: its bytes and a NUL behind. false: it is none. */
bool helper_take_edit(char *text, size_t n, struct contacts_edit *edit);

/* What the helper knows: arg, on its side. */
struct helper_side {
    const struct phone_config *config;
    const char *contacts; /* the path of the file; NULL: there is none */
    const char *real;     /* where it led when the helper began: a link made later leads nowhere */
    const char *recordings; /* the folder of the recording that was named then; NULL: none was */
};

/* The helper's side, a net_spawner_answer_fn. */
int helper_answer(const void *arg, unsigned what, struct slice asked, int *fd, struct buf *text);

#endif
