#!/usr/bin/env python3
"""Leaving the screen: what is asked, what becomes of the telephone, and what is said of it."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import daemon, preload, tphone
from lib.room import Room, wait_until
from lib.screen import Screen
from lib.tap import case, equal, expect, run
from lib.tmux import Tmux

GOES_ON = r"^The telephone goes on; tphone shows it again, tphone ctl quit ends it\.$"


@case("q tells who goes on: with another screen nothing is hung up, with the last one all")
def two_screens():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Screen(room)
        first = me.tmux
        me.call(bob.uri)
        first.wait(r"▶ bob@.* 0:\d\d")
        second = me.again("second")
        second.wait(r"▶ bob@.* 0:\d\d")
        for quits in ("q", "C-c"):
            first.press(quits)
            first.wait(r"quit\? calls go on, as another screen is open +y/n")
            first.press("n")
            first.wait("x hang up")
        first.press("q", "y")
        equal(first.status(), 0, "exit status")
        first.wait(r"^The telephone goes on, as another screen is open\.$")
        second.press("q")
        second.wait(r"hang up and quit\? \(d detaches\)")
        expect(bob.process.alive() and bob.events("ended") == [], "the call has ended")
        second.press("y")
        equal(second.status(), 0, "exit status")
        bob.process.wait_line("answered")
        wait_until(lambda: not os.path.exists(me.socket), 10, "the phone stays")
        expect("goes on" not in second.text(), "it says that the telephone goes on")


@case("a telephone that was there before goes on, which q and d say; so it is in lines")
def daemon_stays():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        home = daemon.Daemon(room)
        words = [tphone.program()]
        for name, quits in (("first", "q"), ("second", "d")):
            t = Tmux(room, words, home.home, name=name)
            t.wait("no calls|▶ bob@")
            if quits == "q":
                t.press(":")
                t.type(f"call {bob.uri}")
                t.press("Enter")
                t.wait(r"▶ bob@.* 0:\d\d")
            t.press(quits)
            if quits == "q":
                t.wait(r"quit\? the telephone goes on with its calls +y/n")
                t.press("y")
            equal(t.status(), 0, "exit status")
            t.wait(GOES_ON)
        typed = r"printf 'quit\nno\nquit\nyes\n'"
        lines = room.start("tphone --plain", ["sh", "-c", f"{typed} | {words[0]} --plain"],
                           env=home.env())
        equal(lines.status(), 0, "exit status")
        said = "\n".join(lines.lines)
        equal(said.count("quit? the telephone goes on with its calls yes or no"), 2, said)
        lines.wait_line(GOES_ON)
        equal(len(home.calls()), 1, "calls that are still up")


@case("a file on a dead disk is waited for a second, and that is told where it can be seen")
def dead_disk():
    with Room() as room:
        file = room.path("a.txt")
        me = Screen(room, env={**preload.env("ui/slow_disk.c"), "SLOW_DISK_MS": "60000"}, cols=120)
        t = me.tmux
        me.call("sip:x@127.0.0.1:9")
        t.wait("127.0.0.1:9 .*(ended|failed|unreachable|refused)|nobody listens")
        t.press("T")
        t.wait("INVITE")
        me.command(f"trace-save text {file}")
        wait_until(lambda: os.path.exists(file), 10, "the file is not begun")
        me.command("quit")
        t.wait(rf"^tphone: {re.escape(file)}: still being written; given up$")
        equal(t.status(), 1, "exit status")
        me.expect_gone()


if __name__ == "__main__":
    run(jobs=2)
