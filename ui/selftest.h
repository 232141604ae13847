/* ui/selftest.h - tphone --selftest-sandbox: whether what a phone, and what a screen, must not do
 * is refused. */
#ifndef UI_SELFTEST_H
#define UI_SELFTEST_H

#include "ui/cli.h"

/* Tries it in processes of its own, so not where there are threads. Appends a line for each
 * attempt, or why there is no sandbox. false: there is none, or something is allowed. */
bool selftest_sandbox(const struct cli *cli, struct buf *out);

#endif
