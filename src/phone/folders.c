#include <config.h> /* the one of configure, not of this folder */

#include "phone/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH 0
#endif

static int put_folder(const char *variable, const char *below_home, struct buf *out)
{
    const char *folder = getenv(variable), *home = getenv("HOME");

    if (folder && folder[0] == '/')
        buf_puts(out, folder);
    else if (home && home[0] == '/')
        buf_printf(out, "%s%s", home, below_home);
    else
        return -ENOENT;
    return 0;
}

static int put_path(const char *variable, const char *below_home, const char *name, struct buf *out)
{
    int err = put_folder(variable, below_home, out);

    if (!err)
        buf_printf(out, "/tphone/%s", name);
    return err;
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

char *folders_real(const char *path)
{
    char *copy = slice_dup(slice_of(path)), *slash = copy ? strrchr(copy, '/') : NULL, *real;

    if (slash)
        slash[slash == copy ? 1 : 0] = '\0';
    real = copy ? realpath(slash ? copy : ".", NULL) : NULL;
    free(copy);
    return real;
}

int folders_open(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    char *folder = slice_dup((struct slice){path, slash ? (size_t)(slash - path) + 1 : 0});
    int fd = -1, err = folder ? 0 : -ENOMEM;

    if (folder)
        fd = open(*folder ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder && fd < 0)
        err = -errno;
    free(folder);
    *name = slash ? slash + 1 : path;
    return err ? err : fd;
}

char *folders_of(int folder)
{
    int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *real = before >= 0 && fchdir(folder) == 0 ? getcwd(NULL, 0) : NULL;

    if (before >= 0 && fchdir(before) != 0) {
        free(real);
        real = NULL;
    }
    if (before >= 0)
        close(before);
    return real;
}

bool folders_is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    while (n > 0 && folder[n - 1] == '/')
        n--;
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* How much of the path is the home folder, or one of those where no program looks for what it
 * carries out whatever its name. Those of settings are not among them. */
static size_t beginning_of_home(const char *real)
{
    static const struct {
        const char *variable, *below_home;
    } known[] = {{"HOME", ""},
                 {"XDG_DATA_HOME", "/.local/share"},
                 {"XDG_STATE_HOME", "/.local/state"},
                 {"XDG_CACHE_HOME", "/.cache"}};
    size_t longest = 0;

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct buf path = buf_new(8192);
        char *folder;

        (void)put_folder(known[i].variable, known[i].below_home, &path);
        folder = realpath(buf_cstr(&path), NULL);
        if (folder && folders_is_below(real, folder) && strlen(folder) > longest)
            longest = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
        free(folder);
        buf_free(&path);
    }
    return longest;
}

bool folders_is_hidden(const char *real)
{
    return !real || strstr(real + beginning_of_home(real), "/.") != NULL;
}
