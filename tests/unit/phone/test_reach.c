/* Which files open more to a phone than a person would think, and that it says so. */
#include "phone/reach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

static char home[64];

/* clang-format off */
static const struct row {
    const char *name;
    const char *history, *socket; /* below the home folder; NULL: not said */
    bool no_history;
    const char *said[2]; /* of each line */
} rows[] = {
    {"what is not said", NULL, NULL, false, {NULL}},
    {"in folders of their own", "tphone/calls.db", "run/control", false, {NULL}},
    {"a history in the home folder", "calls.db", NULL, false, {"history-file", "all of the home folder"}},
    {"or above it", "../calls.db", NULL, false, {"history-file", "all of the home folder"}},
    {"or through a link", "link/calls.db", NULL, false, {"history-file", "all of the home folder"}},
    {"though none is written", "calls.db", NULL, true, {NULL}},
    {"a socket there", NULL, "control", false, {"the socket", "all of the home folder"}},
    {"both", "calls.db", "control", false, {"history-file", "the socket"}},
    {"a history beside the settings", ".config/tphone/calls.db", NULL, false, {"history-file", "the settings as well"}},
    {"or above them", ".config/calls.db", NULL, false, {"history-file", "the settings as well"}},
    {"where no folder is", "none/calls.db", NULL, false, {NULL}},
    {"a socket beside those of others", NULL, "runtime/control", false, {"the socket", "that of other programs as well"}},
    {"a folder of its own there", NULL, "runtime/tphone/control", false, {NULL}},
    {"a history among files that pass", "passing/calls.db", NULL, false, {"history-file", "that of other programs as well"}},
    {"in the memory that programs share", "../../../../dev/shm/calls.db", NULL, false, {"history-file", "that of other programs as well"}},
    {"where files pass for everybody", "../../../../var/tmp/calls.db", NULL, false, {"history-file", "that of other programs as well"}},
};
/* clang-format on */

static const char *const folders[] = {
    "tphone", "run", ".config", ".config/tphone", "runtime", "runtime/tphone", "passing"};

static const char *below(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", home, name);
    return path;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    char history[128], socket[128];
    struct phone_config config;
    struct reach reach = {.config = &config, .play_fd = -1, .record_fd = -1};
    struct buf out = buf_new(8192);

    config_init(&config);
    config.no_history = row->no_history;
    config.history_file = row->history ? strdup(below(row->history, history)) : NULL;
    reach.socket = row->socket ? below(row->socket, socket) : NULL;
    reach_warn(&reach, &out);
    assert_int_equal(out.n > 0, row->said[0] != NULL);
    for (size_t i = 0; i < 2 && row->said[i]; i++)
        assert_non_null(strstr(buf_cstr(&out), row->said[i]));
    if (row->said[0])
        assert_non_null(strstr(buf_cstr(&out), ": give it a folder of its own\n"));
    config_free(&config);
    buf_free(&out);
}

int main(void)
{
    char path[128];
    int failed;

    snprintf(home, sizeof home, "/tmp/t_reach_XXXXXX");
    if (!temporary_folder(home))
        return 1;
    setenv("HOME", home, 1);
    unsetenv("XDG_CONFIG_HOME");
    setenv("XDG_RUNTIME_DIR", below("runtime", path), 1);
    setenv("TMPDIR", below("passing", path), 1);
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        assert_int_equal(mkdir(below(folders[i], path), 0700), 0);
    assert_int_equal(symlink(home, below("link", path)), 0);
    failed = RUN_ROWS("phone/reach", rows, check_row);
    unlink(below("link", path));
    for (size_t i = ARRAY_LEN(folders); i-- > 0;)
        rmdir(below(folders[i], path));
    rmdir(home);
    return failed;
}
