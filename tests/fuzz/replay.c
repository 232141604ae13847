/* tests/fuzz/replay.c - runs a fuzz target over its corpus where there is no libFuzzer.
 *
 * Without an argument the corpus is tests/fuzz/corpus/NAME below $srcdir, NAME being the program's,
 * and tests/data/torture for whom that is in its format; arguments are files or folders instead.
 * Each file is given from an allocation of exactly its length. Speaks TAP; the file in hand is
 * named first, so that it is known when the target dies. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int replay_file(const char *path, size_t n)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(n);
    int err = -EIO;

    printf("# %s\n", path);
    fflush(stdout);
    if (file && (bytes || n == 0) && (n == 0 || fread(bytes, 1, n, file) == n)) {
        LLVMFuzzerTestOneInput(bytes, n);
        err = 0;
    }
    free(bytes);
    if (file)
        fclose(file);
    return err;
}

/* Adds to *count what it replayed; 0 or -errno. */
static int replay(const char *path, unsigned *count)
{
    struct stat info;
    DIR *folder;
    int err = 0;

    if (stat(path, &info) != 0)
        return -errno;
    if (!S_ISDIR(info.st_mode)) {
        ++*count;
        return replay_file(path, (size_t)info.st_size);
    }
    folder = opendir(path);
    if (!folder)
        return -errno;
    for (struct dirent *entry = readdir(folder); entry && !err; entry = readdir(folder)) {
        char below[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        err = replay(below, count);
    }
    closedir(folder);
    return err;
}

/* Below $srcdir. */
static int replay_folder(const char *folder, const char *name, unsigned *count)
{
    const char *top = getenv("srcdir");
    char path[4096];

    snprintf(path, sizeof path, "%s/tests/%s/%s", top ? top : ".", folder, name);
    return replay(path, count);
}

static int replay_corpus(const char *name, unsigned *count)
{
    static const char *const torture[] = {"fuzz_core", "fuzz_sip_parse"};
    int err = replay_folder("fuzz/corpus", name, count);

    for (size_t i = 0; i < sizeof torture / sizeof *torture && !err; i++)
        if (strcmp(name, torture[i]) == 0)
            err = replay_folder("data", "torture", count);
    return err;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    unsigned count = 0;
    int err = 0;

    if (argc < 2)
        err = replay_corpus(name, &count);
    for (int i = 1; i < argc && !err; i++)
        err = replay(argv[i], &count);
    if (err)
        printf("# %s\n", strerror(-err));
    printf("%sok 1 - %s replays %u inputs\n1..1\n", err || count == 0 ? "not " : "", name, count);
    return err || count == 0;
}
