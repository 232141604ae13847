#!/usr/bin/env python3
"""scripts/demo, its last part: the screen of a phone of this machine, which another one calls."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import tphone
from lib.room import Room, wait_until
from lib.tap import case, equal, expect, run
from lib.tmux import Tmux

TOP = os.path.abspath(os.environ.get("srcdir") or ".")


class Demo:
    """It runs the program under test, and all that it makes is below the folder of the room."""

    def __init__(self, room, *words):
        self.room, self.out = room, room.path("out")
        self.temporary = room.path("t")
        os.mkdir(self.temporary)
        self.env = {"TPHONE": tphone.program(), "TPHONE_BUILD": self.out, "CI": "",
                    "TMPDIR": self.temporary}
        self.tmux = Tmux(room, words or [f"{TOP}/scripts/demo", "--screen"], self.env, cols=100)

    def phones(self):
        """What runs in its folder."""
        def folder(pid):
            try:
                return os.readlink(f"/proc/{pid}/cwd")
            except OSError:
                return ""
        return [p for p in os.listdir("/proc") if p.isdigit() and folder(p).startswith(self.out)]

    def expect_left(self):
        wait_until(lambda: not self.phones(), 10, "phones of the demo stay")
        equal(os.listdir(self.temporary), [], "what is left outside its folder")


@case("bob calls, is answered and speaks; he answers, too; both phones end with the screen")
def talk():
    with Room() as room:
        demo = Demo(room)
        t = demo.tmux
        t.wait("◀ Bob calls +a answer", 20)
        t.press("a")
        t.wait(r"▶ Bob +0:\d\d +opus")
        t.wait(r"mic ▁*[▂-█].*spk ▁*[▂-█]", 20)  # alice speaks, and so does bob
        t.press("T")
        t.wait("INVITE")
        t.press("Escape")
        t.wait(r"▶ Bob")
        t.press("x")
        t.wait("no calls +│")
        t.press("c")
        t.type("bob")
        t.wait("Enter calls .*sip:bob@127")
        t.press("Enter")
        t.wait(r"▶ Bob +0:\d\d +opus", 15)
        expect(demo.phones(), "nothing runs in its folder")
        t.press("q")
        t.wait(r"hang up and quit\?")
        t.press("y")
        equal(t.status(), 0, "exit status")
        equal(t.ask("alternate_on"), "0", "the other screen is left")
        demo.expect_left()


@case("a detached screen and a killed demo leave nothing behind")
def left():
    for end in ("detached", "killed"):
        with Room() as room:
            demo = Demo(room)
            t = demo.tmux
            t.wait("tphone +no account.*\n(.*\n)+.*no calls", 20)
            if end == "detached":
                t.press("d")
                equal(t.status(), 0, "exit status")
            else:
                os.kill(t.pid(), signal.SIGTERM)
                equal(t.status(), 143, "exit status")
            equal(t.ask("alternate_on"), "0", "the other screen is left")
            demo.expect_left()


@case("it asks first; no opens nothing, and without a terminal there is no question")
def asked():
    part = [sys.executable, f"{TOP}/scripts/demo_screen.py", tphone.program()]
    with Room() as room:
        demo = Demo(room, *part, room.path("out"), "--ask")
        demo.tmux.wait(r"Open the screen\? \[Y/n\]")
        demo.tmux.type("n\n")
        equal(demo.tmux.status(), 0, "exit status")
        demo.expect_left()
        for env in ({}, {"CI": "1"}):
            done = subprocess.run([*part, room.path("out"), "--ask"], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, check=False,
                                  env={**os.environ, **env})
            equal((done.returncode, done.stdout, done.stderr), (0, "", ""), "what it does")


if __name__ == "__main__":
    run(jobs=3)
