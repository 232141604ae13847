/* What the helper of a phone opens, and what it does not, whoever asks. */
#include "phone/helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phone/contacts_edit.h"
#include "tests/lib/rows.h"

#define WAV "RIFF\x24\x08\1\1WAVEfmt "
#define KEY "-----BEGIN OPENSSH PRIVATE KEY-----\n"

/* clang-format off */
static const struct row {
    const char *name;
    const char *file, *text; /* NULL: there is none */
    const char *link;        /* what leads to it and is asked for; NULL: itself */
    bool writes;
    int err;
    const char *why;
} rows[] = {
    {"sound is played", "a.wav", WAV, NULL, false, 0, ""},
    {"whatever its name", "a.txt", WAV, NULL, false, 0, ""},
    {"through a link", "a.wav", WAV, "b.wav", false, 0, ""},
    {"a key is not, though it is called sound", "a.wav", KEY, NULL, false, -EBADMSG, "not a sound file"},
    {"nor through a link", "id_rsa", KEY, "a.wav", false, -EBADMSG, "not a sound file"},
    {"nor what is empty", "a.wav", "", NULL, false, -EBADMSG, "not a sound file"},
    {"nor a folder", ".", NULL, NULL, false, -EINVAL, "not a regular file"},
    {"nor what is not there", "a.wav", NULL, NULL, false, -ENOENT, "No such file"},
    {"raw sound is played by its name", "a.raw", KEY, NULL, false, 0, ""},
    {"of the file itself", "id_rsa", KEY, "a.raw", false, -ELOOP, "symbolic link"},
    {"a recording is made", "a.wav", NULL, NULL, true, 0, ""},
    {"over another", "a.flac", WAV, NULL, true, 0, ""},
    {"over what is empty", "a.opus", "", NULL, true, 0, ""},
    {"not over a key", "a.wav", KEY, NULL, true, -EEXIST, "it exists and is not a sound file"},
    {"nor through a link", "a.wav", WAV, "b.wav", true, -ELOOP, "symbolic link"},
    {"nor where no file is", "none", NULL, "a.wav", true, -ELOOP, "symbolic link"},
    {"nor new in a hidden folder", ".rc.d/a.wav", NULL, NULL, true, -EACCES, "hidden folder"},
    {"over another it is", ".rc.d/a.wav", WAV, NULL, true, 0, ""},
    {"nor with another name", ".bashrc", NULL, NULL, true, -EINVAL, "ends like none of a recording"},
    {"nor with one that a phone reads raw", "a.raw", NULL, NULL, true, -EINVAL, "ends like none"},
};
/* clang-format on */

static char folder[64], hidden[80], file[128], other[128];

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    fclose(f);
}

static struct net_spawner *new_helper(struct phone_config *config, const char *contacts)
{
    struct net_spawner *helper;

    config_init(config);
    config->contacts_file = strdup(contacts);
    assert_int_equal(helper_new(config, &helper), 0);
    return helper;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct phone_config config;
    struct net_spawner *helper = new_helper(&config, "/nonexistent");
    struct buf why = buf_new(SPAWNER_ANSWER_MAX);
    int fd;

    snprintf(file, sizeof file, "%s/%s", folder, row->file);
    snprintf(other, sizeof other, "%s/%s", folder, row->link ? row->link : row->file);
    if (row->text)
        put_file(file, row->text);
    if (row->link)
        assert_int_equal(symlink(file, other), 0);
    assert_int_equal(helper_open_sound(helper, other, row->writes, &fd, &why), row->err);
    if (row->err)
        assert_non_null(strstr(buf_cstr(&why), row->why));
    else
        assert_int_equal(close(fd), 0);
    net_spawner_free(helper);
    config_free(&config);
    buf_free(&why);
    unlink(file);
    unlink(other);
}

/* --- contacts ------------------------------------------------------------------------------- */

static void check_contacts(void **state)
{
    const struct contacts_edit edit = {.name = "bob", .address = "sip:b@h", .fresh = true};
    struct buf why = buf_new(SPAWNER_ANSWER_MAX);
    struct phone_config config;
    struct net_spawner *helper;
    char text[64] = "";
    int fd;

    (void)state;
    snprintf(file, sizeof file, "%s/contacts", folder);
    snprintf(other, sizeof other, "%s/others", folder);
    put_file(other, "carol = sip:c@h\n");
    helper = new_helper(&config, file);
    assert_int_equal(helper_edit_contacts(helper, &edit, &why), 0);
    assert_int_equal(helper_open_contacts(helper, file, &fd, &why), 0);
    assert_int_equal(read(fd, text, sizeof text), 14);
    assert_string_equal(text, "bob = sip:b@h\n");
    close(fd);
    assert_int_equal(helper_open_contacts(helper, other, &fd, &why), -EACCES);
    buf_clear(&why);
    assert_int_equal(helper_edit_contacts(helper, &edit, &why), -EEXIST);
    assert_non_null(strstr(buf_cstr(&why), "already"));
    net_spawner_free(helper);
    config_free(&config);
    buf_free(&why);
    unlink(file);
    unlink(other);
}

/* A phone that may write beside its contacts puts a link to a key in their place. */
static void check_link(void **state)
{
    const struct contacts_edit edit = {.name = "bob", .address = "sip:b@h", .fresh = true};
    struct buf why = buf_new(SPAWNER_ANSWER_MAX);
    struct phone_config config;
    struct net_spawner *helper;
    int fd;

    (void)state;
    snprintf(file, sizeof file, "%s/contacts", folder);
    snprintf(other, sizeof other, "%s/id_rsa", folder);
    put_file(file, "carol = sip:c@h\n");
    put_file(other, KEY);
    helper = new_helper(&config, file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink(other, file), 0);
    assert_int_equal(helper_open_contacts(helper, file, &fd, &why), -ELOOP);
    assert_int_not_equal(helper_edit_contacts(helper, &edit, &why), 0);
    net_spawner_free(helper);
    config_free(&config);
    buf_free(&why);
    unlink(file);
    unlink(other);
}

/* A link that the person made before is another matter. */
static void check_linked(void **state)
{
    const struct contacts_edit edit = {.name = "bob", .address = "sip:b@h", .fresh = true};
    struct buf why = buf_new(SPAWNER_ANSWER_MAX);
    struct phone_config config;
    struct net_spawner *helper;
    int fd;

    (void)state;
    snprintf(file, sizeof file, "%s/contacts", folder);
    snprintf(other, sizeof other, "%s/friends", folder);
    put_file(other, "carol = sip:c@h\n");
    assert_int_equal(symlink(other, file), 0);
    helper = new_helper(&config, file);
    assert_int_equal(helper_edit_contacts(helper, &edit, &why), 0);
    assert_int_equal(helper_open_contacts(helper, file, &fd, &why), 0);
    close(fd);
    net_spawner_free(helper);
    config_free(&config);
    buf_free(&why);
    unlink(file);
    unlink(other);
}

int main(void)
{
    static const struct row contacts[] = {{.name = "those of the configuration and no others"}};
    static const struct row late[] = {{.name = "nor what a link made later leads to"}};
    static const struct row linked[] = {{.name = "one that was a link before is read and written"}};
    int failed;

    snprintf(folder, sizeof folder, "/tmp/t_helper_XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    snprintf(hidden, sizeof hidden, "%s/.rc.d", folder);
    if (mkdir(hidden, 0700) != 0)
        return 1;
    failed = RUN_ROWS("phone/helper", rows, check_row);
    failed += RUN_ROWS("phone/helper, contacts", contacts, check_contacts);
    failed += RUN_ROWS("phone/helper, a link", late, check_link);
    failed += RUN_ROWS("phone/helper, an old link", linked, check_linked);
    rmdir(hidden);
    rmdir(folder);
    return failed;
}
