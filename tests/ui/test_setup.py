#!/usr/bin/env python3
"""The first start on the screen, and the bare display."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib.registrar import Registrar
from lib.room import Room
from lib.screen import Screen
from lib.tap import case, equal, expect, run


def start(room):
    return Screen(room, settings=None)


@case("the first start: a wrong password is told, the right one registers, and is written")
def walk():
    with Room() as room:
        server = room.keep(Registrar())
        me = start(room)
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
        me.leave()
        equal(server.faults, [], "faults")


@case("Esc does not wait for a server that is silent, goes back, and leaves with nothing written")
def left():
    with Room() as room:
        server = room.keep(Registrar())
        server.silent = True
        me = start(room)
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
        me.leave()


@case("the bare display has one pane and no lines, and goes back")
def bare():
    with Room() as room:
        me = start(room)
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
        t.wait("take the call that rings")
        expect("─" not in t.text(), "there are lines", t.text())
        t.press("Escape")
        t.wait("^ People")
        t.press("B")
        t.wait("─.*┬.*─")
        me.leave()


if __name__ == "__main__":
    run(jobs=3)
