/* Writes the filter of sandbox.c as an array of C, for the machine it runs on: a program of the
 * build. libseccomp takes longer to make it than the rest of a phone takes to start.
 *
 * usage: sandbox_filter FILE */
#include <config.h> /* the one of configure, not of this folder */

#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phone/sandbox_private.h"

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names)
{
    int err = 0;

    for (size_t i = 0; !err && names[i]; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);

        if (number != __NR_SCMP_ERROR)
            err = seccomp_rule_add(filter, action, number, 0);
    }
    return err;
}

static int fill(scmp_filter_ctx filter)
{
    int err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: some 8 steps */

    if (!err)
        err = add_names(filter, SCMP_ACT_ALLOW, sandbox_allowed);
    if (!err)
        err = add_names(filter, SCMP_ACT_ERRNO(EPERM), sandbox_refused);
    if (!err)
        err = sandbox_add_conditions(filter);
    return err;
}

static int print(FILE *program, FILE *out)
{
    struct sock_filter step;

    rewind(program);
    while (fread(&step, sizeof step, 1, program) == 1)
        fprintf(out, "{0x%02x, %u, %u, 0x%08x},\n", step.code, step.jt, step.jf, step.k);
    return ferror(program) || fflush(out) || ferror(out) ? -EIO : 0;
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    FILE *program = tmpfile(), *out = argc == 2 ? fopen(argv[1], "we") : NULL;
    int err = filter && program && out ? fill(filter) : argc == 2 ? -errno : -EINVAL;

    if (!err)
        err = seccomp_export_bpf(filter, fileno(program));
    if (!err)
        err = print(program, out);
    if (err)
        errx(EXIT_FAILURE, "%s: %s", argc == 2 ? argv[1] : "usage: FILE", strerror(-err));
    seccomp_release(filter);
    fclose(program);
    fclose(out);
    return EXIT_SUCCESS;
}
