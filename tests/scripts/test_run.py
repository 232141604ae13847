#!/usr/bin/env python3
"""The runner of the tests itself: nothing that befalls it may lose a test without a word."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tempfile

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, TESTS)
from lib import tap
from lib.tap import case, equal, expect

LOADER = importlib.machinery.SourceFileLoader("run", os.path.join(TESTS, "run"))
RUN = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", LOADER))
LOADER.exec_module(RUN)


def run(folder, *names):
    return subprocess.run([sys.executable, LOADER.path, "--srcdir", folder, "--builddir", folder,
                           *names], capture_output=True, text=True, check=False)


@case("what Linux says of a group of tasks is read, and where it says nothing")
def _():
    equal(RUN.precedence_of("/autogroup-4711 nice 19\n"), "19", "of a busy group")
    equal(RUN.precedence_of("/autogroup-1 nice -5\n"), "-5", "of one in front")
    equal(RUN.precedence_of(""), "0", "where it says nothing")


@case("a test that cannot be begun has failed, and those after it run")
def _():
    with tempfile.TemporaryDirectory() as top:
        folder = "/".join(["deep" * 20] * 4)  # its log has a longer name than a file system takes
        os.makedirs(os.path.join(top, folder))
        for name in (folder + "/test_lost.sh", "test_well.sh"):
            with open(os.path.join(top, name), "w", encoding="ascii") as f:
                f.write("echo 1..1; echo ok 1 - well\n")
        done = run(top, "-j1", folder + "/test_lost.sh", "test_well.sh")
        equal(done.returncode, 1, "status of the runner")
        equal(done.stdout.splitlines()[-1], "1 passed, 1 failed, 0 skipped", "its last line")
        expect("could not be run" in done.stdout, done.stdout)


@case("of tests whose path contains one word those are left out that contain another")
def _():
    with tempfile.TemporaryDirectory() as top:
        names = [f"{word}.sh" for word in ("one", "one_two", "two", "one_three")]
        for name in names:
            with open(os.path.join(top, name), "w", encoding="ascii") as f:
                f.write(f"echo 1..1; echo ok 1 - {name}\n")
        told = run(top, "--only", "one", "--but", "two", "--but", "four", *names).stdout
        equal(sorted(l.split()[1] for l in told.splitlines()[:-1]), ["one.sh", "one_three.sh"],
              "what ran")


# Fails as often as its argument says, then passes; beside it something else passes.
SHY = """echo 1..2; echo x >>{log}; echo ok 1 - what a sanitizer says, or who got status 134, is told
test $(wc -l <{log}) -gt {times} && echo ok 2 - shy || {{ echo not ok 2 - shy; {more}; }}
"""


@case("what fails beside others is run once more by itself, if time is in it and nothing was found")
def _():
    for times, more, again, passes in ((1, "true", True, True),  # the machine was not there for it
                                       (2, "true", True, False),
                                       (1, "true", False, False),  # on a clock of its own
                                       (1, "kill -9 $$", True, False),
                                       (1, "echo ERROR: AddressSanitizer: no", True, False),
                                       (1, "echo '# /build/sanitizers/tphone'", True, True),
                                       (1, "echo '# =1234=ABORTING'", True, False),
                                       (1, "echo '# not with sanitizers'", True, True),
                                       (1, "echo 'x.c:1: Assertion 1 > 2 failed.'", True, False),
                                       (1, "echo '# phone [status -11]'", True, False),
                                       (1, "echo '# with exception: Segmentation fault(11)'", True,
                                        False)):
        with tempfile.TemporaryDirectory() as top:
            with open(os.path.join(top, "test_shy.sh"), "w", encoding="ascii") as f:
                f.write(SHY.format(log=os.path.join(top, "log"), times=times, more=more))
            words = ["--again", "other shy"] if again else ["--again", "other"]
            done = run(top, *words, "test_shy.sh")
            what = f"{times}, {more}, {again}"
            equal(done.returncode, 0 if passes else 1, "status after " + what)
            expect("FAIL test_shy.sh" in done.stdout, "the failure is not told", done.stdout)
            equal("run again, by itself" in done.stdout, passes or times == 2, "run again: " + what)
            logs = ["test_shy.sh.again.log"] * (passes or times == 2) + ["test_shy.sh.log"]
            equal(sorted(os.listdir(os.path.join(top, "tests/logs"))), logs, "logs after " + what)


@case("where many have failed, it is not the machine")
def _():
    with tempfile.TemporaryDirectory() as top:
        names = [f"test_shy{i}.sh" for i in range(5)]
        for name in names:
            with open(os.path.join(top, name), "w", encoding="ascii") as f:
                f.write(SHY.format(log=os.path.join(top, name + ".log"), times=1, more="true"))
        equal(run(top, "--again", "shy", *names).stdout.splitlines()[-1],
              "5 passed, 5 failed, 0 skipped", "its last line")
        equal(run(top, "--again", "shy", *names[:1]).returncode, 0, "a pass afterwards")


class Stood:
    """A machine that stood still for so many ms during each test that was run, one after another."""

    def __init__(self, *stalls):
        self.stalls = list(stalls)

    def longest_ms(self, _since):
        return self.stalls.pop(0)


@case("what fails while the machine stands still is run again until it does not")
def _():
    for count, times, stalls, passes in ((1, 3, (400, 30, 30, 30), True),
                                         (1, 2, (400, 0), False),  # it was there for the second
                                         (1, 4, (400, 30, 30, 30), False),  # some day it is enough
                                         (5, 1, (30,) * 10, True),
                                         (5, 1, (0,) * 5, False),
                                         (25, 1, (400,) * 25, False)):
        with tempfile.TemporaryDirectory() as top:
            names = [f"test_shy{i}.sh" for i in range(count)]
            for name in names:
                with open(os.path.join(top, name), "w", encoding="ascii") as f:
                    f.write(SHY.format(log=os.path.join(top, name + ".log"), times=times,
                                       more="true"))
            opts = RUN.arguments(["--srcdir", top, "--builddir", top, "-j1", "--again", "shy",
                                  *names])
            still, told = Stood(*stalls), io.StringIO()
            with contextlib.redirect_stdout(told):
                status = RUN.run_all(opts, still)
            what = f"{count} that fail {times} times, {stalls}"
            equal(status, 0 if passes else 1, "status after " + what)
            equal(still.stalls, [], "runs that were too few: " + what)
            expect(("stood still for" in told.getvalue()) == (len(stalls) > count),
                   "why it is run again: " + what, told.getvalue())


tap.run()
