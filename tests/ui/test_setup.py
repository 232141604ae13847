#!/usr/bin/env python3
"""The first start on the screen, and the bare display."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import daemon, tphone
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect, run
from lib.tmux import Tmux


class First(daemon.Session):
    """tphone alone in a home without settings."""

    def __init__(self, room, cols=80, rows=24):
        super().__init__(room, "first")
        self.file = os.path.join(self.home["XDG_CONFIG_HOME"], "tphone", "tphone.conf")
        self.tmux = Tmux(room, [tphone.program()], self.home, cols, rows, name="first")
        room.keep(self)
        self.tmux.wait("What is your SIP address")

    def enter(self, text, then):
        if text:
            self.tmux.type(text)
        self.tmux.press("Enter")
        return self.tmux.wait(then)

    def stop(self):
        """The daemon behind it goes, too."""
        self.tphone("ctl", "quit")
        wait_until(lambda: not os.path.exists(self.socket), 10, "the daemon stays")


@case("the first start: a wrong password is told, the right one registers, and is written")
def walk():
    with Room() as room:
        server = room.keep(Registrar())
        me = First(room)
        t = me.tmux
        me.enter("a b c", "an address is like alice@example.org")
        me.enter("alice@example.test", "What is its password")
        t.type("hidden")
        t.wait(r"^ \*{6}$")
        me.enter("", "Through which server")
        expect("hidden" not in t.text(), "the password is shown", t.text())
        t.resize(40, 10)
        t.wait("Through which server")
        t.resize(80, 24)
        me.enter(server.uri, "the server refused the password")
        t.wait(r"Go on\?")
        me.enter("back", "What is your SIP address")
        me.enter("alice@example.test", "What is its password")
        me.enter("secret", "Through which server")
        me.enter(server.uri, "The server has accepted it: registered")
        me.enter("", "Which sound device")
        me.enter("none", "Write this down")
        t.wait(r"tphone\.conf")
        expect(not os.path.exists(me.file), "it was written before it was said")
        me.enter("", r"● alice@example\.test")
        t.wait("no calls")
        server.bound("alice")
        with open(me.file, encoding="utf-8") as f:
            text = f.read()
        expect("\npassword = secret\n" in text and "\ndevice = none\n" in text, "the file", text)
        equal(os.stat(me.file).st_mode & 0o777, 0o600, "mode of the file")
        t.press("q")
        equal(t.status(), 0, "exit status")
        equal(server.faults, [], "faults")


@case("Esc does not wait for a server that is silent, goes back, and leaves with nothing written")
def left():
    with Room() as room:
        server = room.keep(Registrar())
        server.silent = True
        me = First(room)
        t = me.tmux
        me.enter("alice@example.test", "What is its password")
        me.enter("secret", "Through which server")
        me.enter(server.uri, "The account is tested now")
        for question in ("Through which server", "What is its password", "What is your SIP address",
                         "nothing was written"):
            t.press("Escape")
            t.wait(question)
        t.wait("no account")
        expect(not os.path.exists(os.path.dirname(me.file)), "a folder was made")
        t.press("q")
        equal(t.status(), 0, "exit status")


@case("the bare display has one pane and no lines, and goes back")
def bare():
    with Room() as room:
        me = First(room)
        t = me.tmux
        t.press("Escape")
        t.wait("─.*┬.*─")
        t.press("B")
        t.wait("[─│┼]", gone=True)
        t.wait("^ Calls$")
        t.press("Tab", "Tab")
        t.wait("^ People")
        expect("Calls" not in t.text(), "there are two panes", t.text())
        t.press("?")
        t.wait("call a contact, a number or an address")
        expect("─" not in t.text(), "there are lines", t.text())
        t.press("Escape")
        t.wait("^ People")
        t.press("B")
        t.wait("─.*┬.*─")
        t.press("q")
        equal(t.status(), 0, "exit status")


if __name__ == "__main__":
    run(jobs=3)
