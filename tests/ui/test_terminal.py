#!/usr/bin/env python3
"""The screen and a terminal or a telephone that fails it: one that takes nothing any more, sends
rubbish, lies about its size, was stopped, or does not answer. Bytes are looked at, not pictures."""
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tphone
from lib.home import Home
from lib.room import Room, wait_until
from lib.tap import case, equal, expect, run
from lib.terminal import Terminal

STUCK = (400, 200)  # a picture of that size is more than a terminal holds that is not read
DRAWN = r"People"


class Screen(Home):
    """tphone alone on a terminal; locale: of its environment."""

    def __init__(self, room, name="screen", locale="C.UTF-8", words=()):
        super().__init__(room, name)
        self.env_of_screen = {**self.home, "TERM": "xterm-256color", "LC_ALL": locale}
        self.terminal = Terminal(room, [tphone.program(), *words], env=self.env_of_screen)
        self.terminal.wait(DRAWN)
        self.expect(0, "status")

    def drawn(self):
        """Draws all anew; what is written from then on."""
        seen = len(self.terminal.text)
        self.terminal.type("\x0c")
        wait_until(lambda: re.search(DRAWN, self.terminal.text[seen:]), 10, "nothing is drawn")
        return self.terminal.text[seen:]

    def daemon_pid(self):
        found = subprocess.run(["pgrep", "-o", "-f", f"tphone daemon .*{self.socket}"], check=True,
                               capture_output=True, text=True).stdout.split()
        equal(len(found), 1, "daemons")
        return int(found[0])


def clog(me):
    """The terminal takes nothing any more, in the middle of a picture."""
    me.terminal.hold()
    me.terminal.resize(*STUCK)
    me.terminal.type("\x0c" * 3)
    time.sleep(0.3)


def state(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        return f.read().rpartition(")")[2].split()[0]


@case("a terminal that takes nothing is not waited for: SIGTERM, SIGHUP, q and Ctrl-Z")
def clogged():
    with Room() as room:
        for name, leave in (("term", lambda t: t.popen.terminate()),
                            ("hup", lambda t: t.popen.send_signal(signal.SIGHUP)),
                            ("q", lambda t: t.type("q"))):
            me = Screen(room, name)
            clog(me)
            leave(me.terminal)
            equal(me.terminal.status(5), 0, f"status after {name}")
            me.terminal.hold(False)
            me.terminal.wait(r"\x1b\[\?1049l")
        me = Screen(room, "stop")
        clog(me)
        me.terminal.type("\x1a")
        pid = me.terminal.popen.pid
        # Of a session without a shell nobody can stop: then it goes on at once.
        wait_until(lambda: state(pid) in "TS", 5, "it neither stops nor goes on")
        me.terminal.hold(False)
        os.kill(pid, signal.SIGCONT)
        me.drawn()


@case("of what happens while a terminal takes nothing it is shown only how it ends")
def missed():
    with Room() as room:
        me = Screen(room)
        t = me.terminal
        mallory = room.keep(sip.Peer(me.port))
        clog(me)
        for i in range(8):
            invite = mallory.invite(me.uri, From=f'"n{i}" <sip:m@127.0.0.1:{mallory.port}>;tag=m{i}')
            mallory.send(invite)
            mallory.wait(lambda m: m.status == 180, count=i + 1)
            time.sleep(0.05)
            if i < 7:
                mallory.send(mallory.cancel(invite))
                mallory.wait(lambda m: m.status == 487, count=i + 1)
        t.hold(False)
        t.wait(r"\x1b\]2;.n7. calls - tphone")
        named = re.findall(r'\x1b]2;"(n\d)"', t.text)
        expect(len(named) <= 2, f"titles of calls that are over: {named}")
        expect(t.text.count("\a") <= 2, "bells for calls that are over")


@case("stopped by SIGSTOP and continued, it has its modes again and draws anew")
def continued():
    with Room() as room:
        me = Screen(room)
        t = me.terminal
        raw = t.modes()
        expect(raw[3] != t.before[3], "it has no modes of its own")
        os.kill(t.popen.pid, signal.SIGSTOP)
        wait_until(lambda: state(t.popen.pid) == "T", 5, "it is not stopped")
        t.set_modes(t.before)
        seen = len(t.text)
        os.kill(t.popen.pid, signal.SIGCONT)
        wait_until(lambda: re.search(DRAWN, t.text[seen:]), 10, "nothing is drawn")
        equal(t.modes()[:4], raw[:4], "modes")
        t.popen.terminate()
        equal(t.status(), 0, "status")
        t.wait(r"\x1b\[\?1049l")
        equal(t.modes()[:4], t.before[:4], "modes at the end")
        # Nothing runs over into the next row, and all is as it was behind.
        equal([t.text.count(f"\x1b[{what}") for what in ("22;2t", "23;2t", "?7h")], [1, 1, 1],
              "titles kept, given back, wrapping again")
        expect("\x1b[?7l" in t.text, "it wraps")
        expect(t.text.rfind("\x1b[?7h") > t.text.rfind("\x1b[?7l"), "it does not wrap again")


@case("sizes from nothing to the largest, in a storm")
def sizes():
    with Room() as room:
        me = Screen(room)
        t = me.terminal
        for cols, rows in ((1, 1), (0, 0), (65535, 1), (1, 65535), (65535, 65535), (39, 9), (1000, 1000)):
            t.resize(cols, rows)
            time.sleep(0.05)
        for i in range(300):
            t.resize(1 + i * 7 % 250, 1 + i * 3 % 90)
        t.resize(80, 24)
        # What was drawn for the larger ones may still be on its way.
        wait_until(lambda: "\x1b[24;" in (picture := me.drawn()) and "\x1b[25;" not in picture, 10,
                   "it is not 24 rows")
        equal(t.popen.poll(), None, "status")


@case("rubbish from a terminal: halves of sequences, long strings, clicks everywhere, NULs")
def rubbish():
    source = random.Random(20261121)
    pieces = [b"\x1b[", b"\x1b]11;rgb:ffff/0000", b"\x1bP1$r", b"\x1b[200~" + b"x" * 3000 + b"\x1b[201~",
              b"\x1b[<0;%d;%dM" % (3, 4), b"\x1b[<64;65535;1M", b"\x1b[M\xff\xff\xff", b"\0\0\0", b"\xff\xfe",
              b"\x1b[999999999999;1R", b"\xe6\x9d", b"\x1bO", b"\x1b[1;", b"\x9b2J", b"\x1b\x1b\x1b", b"\x07"]
    with Room() as room:
        me = Screen(room)
        t = me.terminal
        for _ in range(60):
            t.type(b"".join(source.choice(pieces) for _ in range(12)))
            time.sleep(0.005)
        time.sleep(1.2)  # what has not ended is given up
        t.type("\x1b[201~")
        time.sleep(0.2)
        for _ in range(4):  # whatever is open is left
            t.type("\x1b")
            time.sleep(0.2)
        picture = me.drawn()
        expect("\x1b[2J" in picture or "\x1b[H" in picture, "it was not drawn from nothing")
        equal(t.popen.poll(), None, "status")


@case("a telephone that is stuck is told of, does not hold the screen, and may come back")
def stuck():
    with Room() as room:
        me = Screen(room)
        t = me.terminal
        pid = me.daemon_pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            t.type(":dnd\r")
            t.wait("the telephone does not answer", 15)
            os.kill(pid, signal.SIGCONT)
            t.wait("do not disturb", 15)
            os.kill(pid, signal.SIGSTOP)
            t.type("q")
            equal(t.status(5), 0, "status")
        finally:
            os.kill(pid, signal.SIGCONT)


@case("a stranger's name in the title: in quotes, not long, and in ASCII where there is no more")
def titles():
    with Room() as room:
        for locale, name in (("C.UTF-8", "Bob \u00db31m\u6771"), ("C", "Bob ??31m???")):
            me = Screen(room, f"title-{locale}", locale)
            mallory = room.keep(sip.Peer(me.port))
            invite = mallory.invite(me.uri, From=f'"Bob \u00db31m\u6771{" x" * 2000}" '
                                                 f'<sip:m@127.0.0.1:{mallory.port}>;tag=m')
            mallory.send(invite)
            t = me.terminal
            t.wait(re.escape(f'\x1b]2;"{name} x x'))
            found = re.search("\x1b]2;(\".*?)\x1b", t.text, re.S).group(1)
            expect(len(found) < 90 and found.endswith('" calls - tphone'), found)
            if locale == "C":
                expect(all(ord(c) < 0x80 for c in t.text), "there is more than ASCII")
            t.type("X")
            t.wait("no calls", count=2)


@case("many short calls ring the bell no more than once a second")
def bells():
    with Room() as room:
        me = Screen(room)
        t = me.terminal
        mallory = room.keep(sip.Peer(me.port))
        began = time.monotonic()
        before = t.text.count("\a")
        for i in range(12):
            invite = mallory.invite(me.uri, From=f'"n{i}" <sip:m@127.0.0.1:{mallory.port}>;tag=m{i}')
            mallory.send(invite)
            mallory.wait(lambda m: m.status == 180, count=i + 1)
            time.sleep(0.05)
            mallory.send(mallory.cancel(invite))
            mallory.wait(lambda m: m.status == 487, count=i + 1)
        wait_until(lambda: t.text.count("\a") > before, 10, "no bell is rung")
        rung = t.text.count("\a") - before
        expect(1 <= rung <= 1 + (time.monotonic() - began), f"{rung} bells")


if __name__ == "__main__":
    run(jobs=4)
