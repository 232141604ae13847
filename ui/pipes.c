#include "ui/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/scan.h"

#define FD_MOST 65535

bool pipes_any(const struct cli *cli)
{
    return cli->play_fd >= 0 || cli->record_fd >= 0;
}

bool pipes_have_output(const struct cli *cli)
{
    return cli->record_fd == STDOUT_FILENO;
}

struct phone_sound pipes_sound(const struct cli *cli, struct pipes *pipes)
{
    struct phone_sound sound = {
        .play = cli->play,
        .record = cli->record,
        .sides = cli->sides,
        .device = !cli->config.no_device,
        .hangs_up = cli->hangup_at_eof,
    };
    struct phone_pipe raw = {
        .rate_hz = cli->rate_hz, .channels = cli->channels, .live = cli->audio_fd};

    pipes->in = pipes->out = raw;
    pipes->in.fd = cli->play_fd;
    pipes->in.hangs_up = cli->hangup_at_eof;
    pipes->out.fd = cli->record_fd;
    if (!cli->channels && cli->sides == PHONE_SIDES_APART)
        pipes->out.channels = 2;
    if (cli->play_fd >= 0)
        sound.in = &pipes->in;
    if (cli->record_fd >= 0)
        sound.out = &pipes->out;
    return sound;
}

/* Ours alone, not of the programs that we start. */
static bool take(struct slice text, int *out)
{
    uint64_t fd;

    if (slice_number(text, FD_MOST, &fd) != 0 || fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
        return false;
    *out = (int)fd;
    return true;
}

int pipes_read_fds(struct slice text, struct cli *cli, struct buf *why)
{
    struct slice out = text, in = slice_cut(&out, ',');

    if (!take(in, &cli->play_fd) || !take(out, &cli->record_fd))
        buf_puts(why, "not two descriptors that are open, like 3,4: sound is read from the first "
                      "and written to the second");
    else if (cli->record_fd == STDERR_FILENO)
        buf_puts(why, "standard error is for words");
    cli->audio_fd = true;
    return why->n ? -EINVAL : 0;
}

static int refuse(struct buf *why, const char *sentence)
{
    buf_puts(why, sentence);
    return -EINVAL;
}

int pipes_check(const struct cli *cli, struct buf *why)
{
    if (cli->control && cli->play_fd == STDIN_FILENO)
        return refuse(why, "--control - reads commands where sound would come from: standard "
                           "input is one or the other");
    if (cli->control && pipes_have_output(cli))
        return refuse(why, "--control - answers where sound would go: standard output is one or "
                           "the other");
    if (cli->command->bit & CLI_CTL)
        return 0; /* what goes through pipes is said in its words */
    if (cli->rate_hz && !pipes_any(cli))
        return refuse(why, "--rate is of raw sound: it goes with --play -, --record - or "
                           "--audio-fd");
    if (cli->channels && !pipes_any(cli))
        return refuse(why, "--channels is of raw sound: it goes with --play -, --record - or "
                           "--audio-fd");
    if (cli->hangup_at_eof && !cli->play && cli->play_fd < 0)
        return refuse(why, "--hangup-at-eof waits for the end of what is played: it goes with "
                           "--play or --audio-fd");
    return 0;
}
