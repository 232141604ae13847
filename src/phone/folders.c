#include "phone/folders.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int put_path(const char *variable, const char *below_home, const char *name, struct buf *out)
{
    const char *folder = getenv(variable), *home = getenv("HOME");

    if (folder && folder[0] == '/')
        buf_puts(out, folder);
    else if (home && home[0] == '/')
        buf_printf(out, "%s%s", home, below_home);
    else
        return -ENOENT;
    buf_printf(out, "/tphone/%s", name);
    return 0;
}

int folders_config_file(const char *name, struct buf *out)
{
    return put_path("XDG_CONFIG_HOME", "/.config", name, out);
}

int folders_state_file(const char *name, struct buf *out)
{
    return put_path("XDG_STATE_HOME", "/.local/state", name, out);
}

int folders_contacts(const struct phone_config *config, struct buf *out)
{
    if (!config->contacts_file)
        return folders_config_file("contacts", out);
    buf_puts(out, config->contacts_file);
    return 0;
}

int folders_history(const struct phone_config *config, struct buf *out)
{
    if (!config->history_file)
        return folders_state_file("history.db", out);
    buf_puts(out, config->history_file);
    return 0;
}

void folders_absolute(const char *file, struct buf *out)
{
    char *here = file[0] == '/' ? NULL : getcwd(NULL, 0);

    if (here)
        buf_printf(out, "%s/", here);
    buf_puts(out, file);
    free(here);
}

/* From above downwards: what is there already is passed over, whoever made it. */
int folders_make_for(const char *path)
{
    char *folder = slice_dup(slice_of(path));
    int err = folder ? 0 : -ENOMEM;

    for (char *at = folder; !err && (at = strchr(at + 1, '/'));) {
        *at = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            err = -errno;
        *at = '/';
    }
    free(folder);
    return err;
}

/* realpath: of the folder, as a link may lead to such a one. */
bool folders_is_hidden(const char *path)
{
    char *copy = slice_dup(slice_of(path)), *slash = copy ? strrchr(copy, '/') : NULL, *real;
    bool hidden;

    if (slash)
        slash[slash == copy ? 1 : 0] = '\0';
    real = copy ? realpath(slash ? copy : ".", NULL) : NULL;
    hidden = real && strstr(real, "/.") != NULL;
    free(real);
    free(copy);
    return hidden;
}
