#include "phone/reach.h"

#include <stdlib.h>
#include <string.h>

#include "audio/device.h"
#include "base/text.h"
#include "phone/folders.h"

#define PATH_BYTES 8192

struct place {
    const char *path;
    unsigned rights;
};

/* What every program may read. */
static const struct place everywhere[] = {
    {"/etc", LANDLOCK_READ},
    {"/usr", LANDLOCK_READ},
    {"/lib", LANDLOCK_READ},
    {"/lib32", LANDLOCK_READ},
    {"/lib64", LANDLOCK_READ},
    {"/nix/store", LANDLOCK_READ},
    {"/gnu/store", LANDLOCK_READ},
    {"/var/lib/ca-certificates", LANDLOCK_READ},
    {"/var/lib/dbus/machine-id", LANDLOCK_READ},
    {"/run/connman", LANDLOCK_READ}, /* where /etc/resolv.conf leads */
    {"/run/NetworkManager", LANDLOCK_READ},
    {"/run/resolvconf", LANDLOCK_READ},
    {"/run/systemd/resolve", LANDLOCK_READ},
    {"/proc/self", LANDLOCK_READ},
    {"/proc/cpuinfo", LANDLOCK_READ},
    {"/proc/meminfo", LANDLOCK_READ},
    {"/proc/stat", LANDLOCK_READ},
    {"/proc/sys/kernel", LANDLOCK_READ},
    {"/proc/sys/vm/overcommit_memory", LANDLOCK_READ},
    {"/sys/devices/system", LANDLOCK_READ},
    {"/sys/fs/cgroup", LANDLOCK_READ},
    {"/dev/null", LANDLOCK_READ | LANDLOCK_WRITE},
    {"/dev/random", LANDLOCK_READ},
    {"/dev/tty", LANDLOCK_READ | LANDLOCK_WRITE}, /* asks for passwords */
    {"/dev/urandom", LANDLOCK_READ},
    {"/dev/zero", LANDLOCK_READ},
#ifdef COVERAGE_FOLDER /* of a build that counts which lines ran, and writes that down at its end  \
                        */
    {COVERAGE_FOLDER, LANDLOCK_ALL},
#endif
};

/* What sound goes through. */
static const struct place of_sound[] = {
    {"/proc/asound", LANDLOCK_READ},
    {"/dev/dsp", LANDLOCK_READ | LANDLOCK_WRITE},
    {"/dev/shm", LANDLOCK_ALL}, /* of sound servers */
    {"/dev/snd", LANDLOCK_READ | LANDLOCK_WRITE},
};

static const struct place of_home[] = {
    {".asoundrc", LANDLOCK_READ},
    {".config/alsa", LANDLOCK_READ},
    {".config/pipewire", LANDLOCK_READ},
    {".config/pulse", LANDLOCK_READ}, /* what stands there, its server carries out */
    {".pulse", LANDLOCK_READ},
    {".pulse-cookie", LANDLOCK_READ},
};

/* Folders and files that variables name, a list of them with colons; below: of each. */
struct variable {
    const char *name, *below;
    unsigned rights;
};

static const struct variable variables[] = {
    {"SSL_CERT_FILE", "", LANDLOCK_READ},   {"SSL_CERT_DIR", "", LANDLOCK_READ},
    {"OPENSSL_CONF", "", LANDLOCK_READ},    {"OPENSSL_MODULES", "", LANDLOCK_READ},
    {"LD_LIBRARY_PATH", "", LANDLOCK_READ}, {"LOCPATH", "", LANDLOCK_READ},
    {"TZDIR", "", LANDLOCK_READ},
};

static const struct variable variables_of_sound[] = {
    {"XDG_CONFIG_HOME", "/alsa", LANDLOCK_READ},  {"XDG_CONFIG_HOME", "/pipewire", LANDLOCK_READ},
    {"XDG_CONFIG_HOME", "/pulse", LANDLOCK_READ}, {"XDG_RUNTIME_DIR", "/pulse", LANDLOCK_READ},
    {"PULSE_RUNTIME_PATH", "", LANDLOCK_READ},    {"PULSE_STATE_PATH", "", LANDLOCK_READ},
    {"PULSE_COOKIE", "", LANDLOCK_READ},          {"PULSE_CLIENTCONFIG", "", LANDLOCK_READ},
    {"PIPEWIRE_CONFIG_DIR", "", LANDLOCK_READ},   {"PIPEWIRE_MODULE_DIR", "", LANDLOCK_READ},
    {"SPA_PLUGIN_DIR", "", LANDLOCK_READ},        {"ALSA_CONFIG_PATH", "", LANDLOCK_READ},
    {"ALSA_CONFIG_DIR", "", LANDLOCK_READ},       {"ALSA_PLUGIN_DIR", "", LANDLOCK_READ},
};

static void allow(const struct landlock *landlock, struct slice first, const char *second,
                  unsigned rights)
{
    struct buf path = buf_new(PATH_BYTES);

    buf_put(&path, first);
    buf_puts(&path, second);
    if (buf_ok(&path))
        landlock_allow(landlock, buf_cstr(&path), rights);
    buf_free(&path);
}

/* NULL: not said. */
static void allow_file(const struct landlock *landlock, const char *path, unsigned rights)
{
    if (path)
        landlock_allow(landlock, path, rights);
}

static void allow_variable(const struct landlock *landlock, const struct variable *v)
{
    struct slice rest = slice_of(getenv(v->name));

    while (rest.n > 0) {
        struct slice one = slice_cut(&rest, ':');

        if (one.n > 0 && one.p[0] == '/')
            allow(landlock, one, v->below, v->rights);
    }
}

static void allow_places(const struct landlock *landlock, const struct place *places, size_t n)
{
    for (size_t i = 0; i < n; i++)
        landlock_allow(landlock, places[i].path, places[i].rights);
}

static void allow_variables(const struct landlock *landlock, const struct variable *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        allow_variable(landlock, &v[i]);
}

static void allow_system(const struct landlock *landlock)
{
    allow_places(landlock, everywhere, ARRAY_LEN(everywhere));
    allow_variables(landlock, variables, ARRAY_LEN(variables));
}

static void allow_sound(const struct landlock *landlock)
{
    const char *home = getenv("HOME");
    struct buf below = buf_new(PATH_BYTES);

    allow_places(landlock, of_sound, ARRAY_LEN(of_sound));
    allow_variables(landlock, variables_of_sound, ARRAY_LEN(variables_of_sound));
    if (home && home[0] == '/')
        buf_printf(&below, "%s/", home);
    for (size_t i = 0; below.n > 0 && i < ARRAY_LEN(of_home); i++)
        allow(landlock, buf_slice(&below), of_home[i].path, of_home[i].rights);
    buf_free(&below);
}

/* The one that a file is in, where its name is a link as well. */
static void allow_folder_of(const struct landlock *landlock, const char *path, unsigned rights)
{
    char *real = realpath(path, NULL);
    const char *whole = real ? real : path, *slash = strrchr(whole, '/');

    if (slash)
        allow(landlock, (struct slice){whole, (size_t)(slash - whole) + 1}, "", rights);
    else
        landlock_allow(landlock, ".", rights);
    free(real);
}

static void allow_tls(const struct landlock *landlock, const struct config_tls *tls)
{
    allow_file(landlock, tls->ca, LANDLOCK_READ);
    allow_file(landlock, tls->certificate, LANDLOCK_READ);
    allow_file(landlock, tls->key, LANDLOCK_READ);
}

/* Those that are made of a file. */
static void allow_devices(const struct landlock *landlock, const struct phone_config *config)
{
    if (config->device)
        allow_file(landlock, audio_device_file(config->device), LANDLOCK_READ);
    for (size_t i = 0; i < config->n_ring_devices; i++)
        allow_file(landlock, audio_device_file(config->ring_devices[i]), LANDLOCK_READ);
}

static void allow_settings(const struct landlock *landlock, const struct phone_config *config)
{
    struct buf path = buf_new(PATH_BYTES);

    if (folders_config_file("", &path) == 0)
        landlock_allow(landlock, buf_cstr(&path), LANDLOCK_READ);
    allow_file(landlock, config->contacts_file, LANDLOCK_READ);
    allow_file(landlock, config->ring_tone, LANDLOCK_READ);
    allow_devices(landlock, config);
    allow_tls(landlock, &config->tls);
    LIST_EACH ((struct list *)(uintptr_t)&config->accounts, at)
        allow_tls(landlock, &LIST_ITEM(at, struct account_config, link)->tls);
    buf_free(&path);
}

static void allow_state(const struct landlock *landlock, const struct phone_config *config)
{
    struct buf path = buf_new(PATH_BYTES);

    if (folders_state_file("", &path) == 0) {
        (void)folders_make_for(buf_cstr(&path)); /* where it cannot be made nothing is written */
        landlock_allow(landlock, buf_cstr(&path), LANDLOCK_ALL);
    }
    buf_clear(&path);
    if (!config->no_history && config->history_file && folders_history(config, &path) == 0) {
        (void)folders_make_for(buf_cstr(&path));
        allow_folder_of(landlock, buf_cstr(&path), LANDLOCK_ALL);
    }
    buf_free(&path);
}

void reach_allow(const struct reach *reach, const struct landlock *landlock)
{
    allow_system(landlock);
    if (reach->config) {
        allow_sound(landlock);
        allow_settings(landlock, reach->config);
        allow_state(landlock, reach->config);
    }
    allow_file(landlock, reach->play, LANDLOCK_READ);
    allow_file(landlock, reach->record, LANDLOCK_READ | LANDLOCK_WRITE);
    if (reach->socket)
        allow_folder_of(landlock, reach->socket, LANDLOCK_ALL);
    landlock_allow_open(landlock, reach->play_fd, LANDLOCK_READ);
    landlock_allow_open(landlock, reach->record_fd, LANDLOCK_WRITE);
}

/* Whether that place, NULL: there is none, is in folder or is it. */
static bool holds(const char *folder, const char *place)
{
    char *real = place ? realpath(place, NULL) : NULL;
    bool held = real && folders_is_below(real, folder);

    free(real);
    return held;
}

static bool holds_settings(const char *folder)
{
    struct buf settings = buf_new(PATH_BYTES);
    bool held = folders_config_file("", &settings) == 0 && holds(folder, buf_cstr(&settings));

    buf_free(&settings);
    return held;
}

/* Where programs put what passes: sockets, locks, half of a download. */
static bool holds_what_passes(const char *folder)
{
    return holds(folder, getenv("XDG_RUNTIME_DIR")) || holds(folder, getenv("TMPDIR")) ||
           holds(folder, "/tmp") || holds(folder, "/var/tmp") || holds(folder, "/dev/shm");
}

/* folder and all below it is opened: what that is too much of. NULL: nothing. */
static const char *too_much(const char *folder)
{
    if (holds(folder, getenv("HOME")))
        return "all of the home folder";
    if (holds_settings(folder))
        return "the settings as well";
    return holds_what_passes(folder) ? "that of other programs as well" : NULL;
}

static void warn(const char *what, const char *file, struct buf *out)
{
    char *folder = folders_real(file);
    const char *much = folder ? too_much(folder) : NULL;

    if (much) {
        buf_printf(out, "%s ", what);
        text_safe(out, slice_of(file));
        buf_printf(
            out, ": the sandbox leaves its folder open, which is %s: give it a folder of its own\n",
            much);
    }
    free(folder);
}

void reach_warn(const struct reach *reach, struct buf *out)
{
    const struct phone_config *config = reach->config;

    if (config && !config->no_history && config->history_file)
        warn("history-file", config->history_file, out);
    if (reach->socket)
        warn("the socket", reach->socket, out);
}

bool reach_needs_abstract_sockets(void)
{
    static const char *const names[] = {"NOTIFY_SOCKET", "PULSE_SERVER"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);

        if (value && strchr(value, '@'))
            return true;
    }
    return false;
}
