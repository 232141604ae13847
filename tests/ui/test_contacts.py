#!/usr/bin/env python3
"""Contacts edited on the screen: the real program in tmux, two screens on one telephone, and the
file that others see."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import tphone
from lib.room import Room, wait_until
from lib.screen import Screen
from lib.tap import case, equal, expect, run

BOOK = "# friends\nBob Martin = sip:bob@127.0.0.1\n\n; work\nCarol = sip:carol@127.0.0.1\n"


def file_of(me):
    with open(me.path("contacts"), encoding="utf-8") as f:
        return f.read()


@case("a contact is added, changed and deleted; people, dialling, another screen and commands follow")
def edited():
    with Room() as room:
        me = Screen(room, people=BOOK)
        t = me.tmux
        other = me.again("other")
        other.wait("Carol +carol@")
        t.press("e")
        t.wait("tphone/contacts$")
        t.press("A")
        t.wait("Enter saves")
        t.type("Zo\u00eb")
        t.press("Tab")
        t.type("sip:")
        t.press("Enter")
        t.wait("this address cannot be read")
        t.type("zoe@127.0.0.1")
        t.wait("this address cannot be read", gone=True)
        t.press("Enter")
        t.wait("Zo\u00eb is saved")
        t.wait("^ Contacts")
        equal(file_of(me), BOOK + "Zo\u00eb = sip:zoe@127.0.0.1\n", "the file")
        expect("Zo\u00eb  " in me.expect(0, "contacts").out, "tphone contacts does not have her")
        other.wait("Zo\u00eb +zoe@")
        other.press("c")
        other.type("zo")
        other.wait("Enter calls sip:zoe@127.0.0.1")
        other.press("Escape")
        t.press("Enter")  # the one that was saved is chosen
        t.wait("\u25b6 Name +Zo\u00eb")
        t.type(" M")
        t.press("Escape")
        t.wait("leave, and lose what was typed")
        t.press("n", "Enter")
        t.wait("Zo\u00eb M is saved")
        other.wait("Zo\u00eb M +zoe@")
        t.press("x")
        t.wait("delete Zo\u00eb M")
        t.press("y")
        t.wait("Zo\u00eb M is deleted")
        other.wait("Zo\u00eb M", gone=True)
        equal(file_of(me), BOOK, "the file")
        t.press("Escape")
        t.wait("Bob Martin +bob@.*\n.*Carol")


@case("two screens change one contact at once, and neither undoes the other unseen")
def at_once():
    with Room() as room:
        me = Screen(room, people=BOOK)
        t = me.tmux
        other = me.again("other")
        for screen in (t, other):
            screen.wait("Bob Martin +bob@")
            screen.press("e", "Enter")
            screen.wait("\u25b6 Name +Bob Martin")
        t.press("C-u")
        t.type("Robert")
        other.press("Tab", "C-u")
        other.type("bob@127.0.0.2")
        other.press("Enter")
        other.wait("Bob Martin is saved")
        t.wait("Somebody else has changed the address meanwhile, to bob@127.0.0.2")
        t.press("Enter")
        t.wait("Robert is saved")
        expect("\nRobert = bob@127.0.0.2\n" in file_of(me), "one of both is lost", file_of(me))


@case("who calls and who called are added by one key; a file that cannot be written is named")
def callers():
    with Room() as room:
        me = Screen(room, cols=100)
        t = me.tmux
        caller = tphone.Call(room, me.uri, "alice", user="alice", seconds=30)
        t.wait("\u25c0 .*alice.* calls")
        t.press("A")
        t.wait("Address +sip:alice@")
        t.press("C-u")
        t.type("Alice")
        t.press("Enter")
        t.wait("Alice is saved")
        t.wait("Alice +alice@")
        t.press("X")
        caller.expect_status(tphone.DECLINED)
        folder = os.path.dirname(me.file)
        os.rename(folder, folder + ".away")
        with open(folder, "w", encoding="utf-8"):
            pass  # no folder: nothing can be written there, whoever we are
        t.press("e", "A")
        t.wait("\u25b6 Name")
        t.type("Bob")
        t.press("Tab")
        t.type("bob@127.0.0.1")
        t.press("Enter")
        t.wait(r"/tphone/contacts: cannot be written: Not a directory")
        os.unlink(folder)
        os.rename(folder + ".away", folder)
        t.press("Enter")
        t.wait("Bob is saved")
        wait_until(lambda: "Bob = bob@" in file_of(me), 10, "Bob is not in the file")


@case("what a file of contacts has in it does nothing to the screen; its faults are told")
def hostile():
    with Room() as room:
        me = Screen(room, people=BOOK)
        t = me.tmux
        t.press("e")
        t.wait("Carol +sip:carol@")
        me.write("contacts", "evil = sip:a@127.0.0.1;x=\x1b[2J\x1b]0;owned\x07\u202e\u009b31m\n")
        t.wait("contacts:1:8: an address to call has no control characters")
        rows = t.lines()
        expect(rows[0].startswith(" tphone") and rows[2].startswith(" Contacts"), "disturbed", *rows)
        expect(t.ask("pane_title").endswith("tphone"), "the title is another's")
        expect("\u202e" not in t.text() and "\u009b" not in t.text(), "it got through", *rows)
        me.write("contacts", "nonsense\nErin = erin@127.0.0.1\n")
        t.wait("contacts:1:9: an equals sign is missing")
        t.wait("Erin +erin@127")
        t.press("Escape")
        t.wait("History")
        t.press("e")
        t.wait("^ /.*:1:9: an|^ /.*contacts:1:9")
        t.wait("Erin +erin@127")
        t.press("Enter")
        t.wait("\u25b6 Name +Erin")
        t.press("C-u")
        t.type("Erin M")
        t.press("Enter")
        t.wait("Erin M is saved")
        equal(file_of(me), "nonsense\nErin M = erin@127.0.0.1\n", "the file")
        me.write("contacts", "Dave = dave@127.0.0.1\n")
        t.wait("Dave +dave@127")
        t.wait("equals sign", gone=True)


@case("a name may have the joiners that its script or its pictures need")
def joined():
    names = ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f467"]
    with Room() as room:
        me = Screen(room, people="".join(f"{name} = u{i}@127.0.0.1:9\n" for i, name in enumerate(names)))
        me.tmux.wait("u0@127.0.0.1")
        me.tmux.wait("u1@127.0.0.1")
        for name in names:
            expect(name in me.expect(0, "ctl", "contacts").out, f"{name!r} is another now")
            expect(name in me.expect(0, "contacts").out, f"{name!r} is no contact")
        me.tmux.press("e", "A")
        me.tmux.wait("\u25b6 Name")
        name = "\u0915\u094d\u200d\u0937"
        me.tmux.type(name)
        me.tmux.press("Tab")
        me.tmux.type("u2@127.0.0.1")
        me.tmux.press("Enter")
        me.tmux.wait("is saved")
        wait_until(lambda: f"{name} = u2@" in file_of(me), 10, "it is not in the file")


run()
