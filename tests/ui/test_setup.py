#!/usr/bin/env python3
"""The first start on the screen, and the bare display."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib.registrar import Registrar
from lib.room import Room
from lib.screen import Screen
from lib.tap import case, expect, run


def start(room):
    return Screen(room, settings=None)


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
