#!/usr/bin/env python3
"""The runner of the tests itself: nothing that befalls it may lose a test without a word."""
import importlib.machinery
import importlib.util
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


tap.run()
