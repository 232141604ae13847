#include "phone/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "phone/file_replace.h"
#include "phone/folders.h"

static void wipe(struct buf *text)
{
    if (text->p)
        mem_wipe(text->p, text->n);
    buf_free(text);
}

/* A key that others may read is nobody's in particular. */
static int check_owner(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size > RTP_DTLS_MAX_PEM)
        return -EBADMSG;
    return st.st_uid == geteuid() && (st.st_mode & 077) == 0 ? 0 : -EACCES;
}

static int read_all(int fd, struct buf *out)
{
    char some[1024];
    ssize_t n;

    while ((n = read(fd, some, sizeof some)) > 0)
        buf_put(out, (struct slice){some, (size_t)n});
    mem_wipe(some, sizeof some);
    return n < 0 ? -errno : buf_ok(out) ? 0 : -EBADMSG;
}

static int read_file(const char *path, struct rtp_dtls_identity **out)
{
    struct buf text = buf_new(RTP_DTLS_MAX_PEM);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int err = fd < 0 ? -errno : check_owner(fd);

    if (!err)
        err = read_all(fd, &text);
    if (!err)
        err = rtp_dtls_identity_parse(buf_slice(&text), out);
    if (fd >= 0)
        close(fd);
    wipe(&text);
    return err;
}

static int write_file(const char *path, const struct rtp_dtls_identity *identity)
{
    static const struct stat none;
    struct buf text = buf_new(RTP_DTLS_MAX_PEM);
    int err = rtp_dtls_identity_print(identity, &text);

    if (!err)
        err = folders_make_for(path);
    if (!err)
        err = file_replace(path, &none, buf_slice(&text));
    wipe(&text);
    return err;
}

static const char *words(int err)
{
    return err == -EBADMSG  ? "it holds no key with its certificate"
           : err == -EACCES ? "it may not be used, or others may read it"
                            : "it cannot be kept";
}

int identity_open(const char *path, struct rtp_dtls_identity **out)
{
    int err = path ? read_file(path, out) : -ENOENT, made;

    if (!err)
        return 0;
    made = rtp_dtls_identity_new(out);
    if (made)
        return made;
    if (path && err == -ENOENT)
        err = write_file(path, *out);
    if (err == -EAGAIN) { /* another phone was quicker: that is the one of this installation */
        rtp_dtls_identity_free(*out);
        err = read_file(path, out);
        if (err)
            return rtp_dtls_identity_new(out);
    }
    if (err && path)
        log_warn("phone", "%s: %s; another certificate is used until the end", path, words(err));
    return 0;
}
