#include <config.h> /* the one of configure, not of this folder */

#include "phone/keyring.h"

#include <errno.h>

#include "base/text.h"

#ifdef HAVE_LIBSECRET

#include <libsecret/secret.h>

#include "base/library.h"
#include "base/mem.h"

#define LIBRARY "libsecret-1.so.0"

struct secret {
    __typeof__(secret_password_lookup_sync) *look;
    __typeof__(secret_password_store_sync) *store;
    __typeof__(secret_password_clear_sync) *clear;
    __typeof__(secret_service_get_sync) *service;
    __typeof__(secret_collection_for_alias_sync) *collection;
    __typeof__(secret_collection_get_locked) *is_locked;
    __typeof__(secret_password_free) *free;
    __typeof__(secret_error_get_quark) *domain;
    __typeof__(g_error_free) *error_free;
    __typeof__(g_object_unref) *unref;
};

static const struct library_symbol symbols[] = {
    {"secret_password_lookup_sync", offsetof(struct secret, look)},
    {"secret_password_store_sync", offsetof(struct secret, store)},
    {"secret_password_clear_sync", offsetof(struct secret, clear)},
    {"secret_service_get_sync", offsetof(struct secret, service)},
    {"secret_collection_for_alias_sync", offsetof(struct secret, collection)},
    {"secret_collection_get_locked", offsetof(struct secret, is_locked)},
    {"secret_password_free", offsetof(struct secret, free)},
    {"secret_error_get_quark", offsetof(struct secret, domain)},
    {"g_error_free", offsetof(struct secret, error_free)},
    {"g_object_unref", offsetof(struct secret, unref)},
};

static const SecretSchema schema = {
    .name = "tphone.account",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"account", SECRET_SCHEMA_ATTRIBUTE_STRING}},
};

static int load(struct secret *out, struct buf *why)
{
    const char *fault = library_load(LIBRARY, symbols, ARRAY_LEN(symbols), out);

    if (fault)
        buf_printf(why, "no keyring can be used without libsecret: %s", fault);
    return fault ? -ENOTSUP : 0;
}

static int tell_locked(struct buf *why)
{
    buf_puts(why,
             "the keyring is locked, and nobody has unlocked it; who logs in to the desktop does, "
             "or its own program");
    return -EACCES;
}

static bool is_locked(const struct secret *s)
{
    SecretService *service = s->service(SECRET_SERVICE_NONE, NULL, NULL);
    SecretCollection *all = NULL;
    bool locked;

    if (service)
        all = s->collection(service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, NULL, NULL);
    locked = all && s->is_locked(all);
    if (all)
        s->unref(all);
    if (service)
        s->unref(service);
    return locked;
}

/* What is locked is not found. */
static int none_for(const struct secret *s, const char *uri, struct buf *why)
{
    if (is_locked(s))
        return tell_locked(why);
    buf_puts(why, "the keyring has no password for ");
    text_safe(why, slice_of(uri));
    return -ENOENT;
}

/* 0 where there is no error. */
static int explain(const struct secret *s, GError *error, struct buf *why)
{
    if (!error)
        return 0;
    if (error->domain == s->domain() && error->code == SECRET_ERROR_IS_LOCKED) {
        s->error_free(error);
        return tell_locked(why);
    }
    buf_puts(why, "no keyring answers: ");
    text_safe(why, slice_of(error->message));
    buf_puts(why, "; it needs a session bus with a secret service, like that of GNOME, KDE or "
                  "KeePassXC");
    s->error_free(error);
    return -EIO;
}

int keyring_look(const char *uri, char **password, struct buf *why)
{
    GError *error = NULL;
    struct secret s;
    char *found;
    int err = load(&s, why);

    if (err)
        return err;
    found = s.look(&schema, NULL, &error, "account", uri, NULL);
    err = explain(&s, error, why);
    if (!err && !found)
        err = none_for(&s, uri, why);
    if (!err)
        *password = xstrdup(found);
    s.free(found); /* which wipes it, and takes NULL */
    return err;
}

int keyring_store(const char *uri, const char *password, struct buf *why)
{
    struct buf label = buf_new(8192);
    GError *error = NULL;
    struct secret s;
    int err = load(&s, why);

    buf_printf(&label, "Password of the telephone for %s", uri);
    if (!err) {
        s.store(&schema, SECRET_COLLECTION_DEFAULT, buf_cstr(&label), password, NULL, &error,
                "account", uri, NULL);
        err = explain(&s, error, why);
    }
    buf_free(&label);
    return err;
}

int keyring_forget(const char *uri, struct buf *why)
{
    GError *error = NULL;
    struct secret s;
    bool was_there;
    int err = load(&s, why);

    if (err)
        return err;
    was_there = s.clear(&schema, NULL, &error, "account", uri, NULL);
    err = explain(&s, error, why);
    if (!err && !was_there)
        err = none_for(&s, uri, why);
    return err;
}

#else

static int refuse(struct buf *why)
{
    buf_puts(why, "this tphone was built without the keyring (libsecret); password-command can ask "
                  "any other store");
    return -ENOTSUP;
}

int keyring_look(const char *uri, char **password, struct buf *why)
{
    (void)uri;
    (void)password;
    return refuse(why);
}

int keyring_store(const char *uri, const char *password, struct buf *why)
{
    (void)uri;
    (void)password;
    return refuse(why);
}

int keyring_forget(const char *uri, struct buf *why)
{
    (void)uri;
    return refuse(why);
}

#endif
