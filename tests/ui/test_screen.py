#!/usr/bin/env python3
"""The telephone on the screen: the real program in tmux, with telephones at the other end, keys
typed and pictures read."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tphone
from lib.room import Room, wait_until
from lib.screen import Screen
from lib.tap import case, equal, expect, run


def callee(room, name="bob", **more):
    return tphone.Answer(room, name, **more)


# --- calls ------------------------------------------------------------------------------------------


@case("a call is placed, held, muted, spelled digits, resized and hung up")
def walk():
    with Room() as room:
        bob = callee(room)
        me = Screen(room, people=f"Bob Martin = {bob.uri}\n")
        t = me.tmux
        t.wait("Bob Martin +sip:bob@")
        t.press("c")
        t.type("bob")
        t.wait("Enter calls .*sip:bob@127")
        t.press("Enter")
        t.wait(r"▶ Bob Martin +0:0\d +opus")
        equal(t.ask("pane_title"), "Bob Martin - tphone", "title of the terminal")
        t.wait(r"quality \d\.\d [█░]+")
        t.press("H")
        t.wait(r"‖ Bob Martin.*on hold")
        t.press("H")
        t.wait(r"▶ Bob Martin.*opus")
        t.press("Space")
        t.wait(r"Bob Martin.*muted")
        t.press("Space")
        t.wait(r"▶ Bob Martin +0:\d\d +opus [▁-█ ]*│")
        t.press("1", "2", "#")
        bob.process.wait_line('digit.*#|#')
        for cols, rows in ((200, 60), (59, 16), (40, 10), (39, 9)):
            t.resize(cols, rows)
            if cols < 40:
                t.wait("tphone needs 40 columns and 10 rows")
            else:
                t.wait(r"▶ Bob Martin")
                wait_until(lambda: max(map(len, t.lines())) <= cols, 5, f"wider than {cols}")
        t.resize(80, 24)
        t.wait(r"▶ Bob Martin +\d:\d\d +opus")
        t.press("x")
        t.wait("no calls")
        t.wait(r"↗ Bob Martin +\d\d:\d\d +0:\d\d")
        me.leave()


@case("a call comes in: on top, with a bell and a title; it is answered, and the next one refused")
def incoming():
    with Room() as room:
        me = Screen(room)
        t = me.tmux
        caller = tphone.Call(room, me.uri, "alice", user="alice", seconds=30)
        t.wait(r"^ ◀ sip:alice@.* calls +a answer +x decline|^ ◀ .*alice.* calls +a answer")
        expect("calls - tphone" in t.ask("pane_title"), "the title does not tell of it")
        t.press("a")
        t.wait(r"▶ .*alice.* 0:0\d")
        t.press("x")
        caller.expect_status(0)
        t.wait(r"↙ .*alice.* 0:0\d")
        caller = tphone.Call(room, me.uri, "carol", user="carol", seconds=30)
        t.wait(r"◀ .*carol.* calls")
        t.press("x")
        caller.expect_status(tphone.DECLINED)
        t.wait("no calls")


@case("of two calls one is held; swap changes places; help, commands and the search work")
def two_calls():
    with Room() as room:
        bob, carol = callee(room, "bob"), callee(room, "carol")
        me = Screen(room, people=f"Bob = {bob.uri}\nCarol = {carol.uri}\nDave = {carol.uri}\n")
        t = me.tmux
        for name in ("Bob", "Carol"):
            t.press(":")
            t.type(f"call {name[:2]}")
            t.press("Tab")
            t.wait(f"^:call {name}")
            t.press("Enter")
            t.wait(rf"▶ {name} +0:0\d +opus")
        t.wait(r"‖ Bob.*on hold")
        t.press("s")
        t.wait(r"▶ Bob +0:\d\d +opus")
        t.wait(r"‖ Carol.*on hold")
        t.press("?")
        t.wait(r"H +hold +put the call on hold")
        t.press("Escape")
        t.wait("‖ Carol")
        t.press("Tab", "Tab", "/")
        t.type("dav")
        t.press("Enter")
        me.command("nosuch")
        t.wait("there is no command nosuch")
        t.press("q")
        t.wait(r"hang up and quit\?")
        me.leave("y")
        bob.process.wait_line("answered")


@case("detached, the phone goes on with its call; a killed terminal and Ctrl-Z do not disturb it")
def detached():
    with Room() as room:
        bob = callee(room)
        me = Screen(room)
        me.command(f"call {bob.uri}")
        me.tmux.wait(r"▶ bob@.* 0:0\d")
        os.kill(me.tmux.pid(), signal.SIGKILL)
        equal(me.tmux.status(), 137, "status of a killed screen")
        second = me.again("second")
        second.wait(r"▶ bob@.* 0:\d\d")
        second.press("d")
        equal(second.status(), 0, "status of the one that detached")
        expect("bob" in me.expect(0, "status").out, "the call has ended")
        third = me.again("third", ["sh", "-c", f"{me.words[0]}; echo back in the shell; exec sleep 60"])
        third.wait(r"▶ bob@.* 0:\d\d")
        third.press("x")
        third.wait("no calls")
        third.press("q")
        third.wait("back in the shell")
        equal(third.ask("alternate_on"), "0", "the other screen is left")


@case("a phone that was started for a screen ends ten seconds after it is lost")
def lost():
    with Room() as room:
        me = Screen(room)
        os.kill(me.tmux.pid(), signal.SIGKILL)
        me.tmux.status()
        began = time.monotonic()
        wait_until(lambda: not os.path.exists(me.socket), 20, "the phone stays")
        expect(time.monotonic() - began > 5, "it did not wait for the screen to come back")


@case("Ctrl-Z gives the terminal back and fg the screen, and the call has gone on")
def suspended():
    with Room() as room:
        bob = callee(room)
        me = Screen(room, name="first")
        me.command(f"call {bob.uri}")
        me.tmux.wait(r"▶ bob@.* 0:0\d")
        # An interactive shell, for job control; nothing of the person's own.
        t = me.again("job", ["env", "ENV=", "PS1=shell> ", "sh", "-i"])
        t.wait("shell>")
        t.type(me.words[0] + "\n")
        t.wait(r"▶ bob@.* 0:\d\d")
        t.press("C-z")
        t.wait("(Stopped|Suspended)")
        equal(t.ask("alternate_on"), "0", "the other screen is left")
        t.type("echo still $((40 + 2))\n")
        t.wait("still 42")
        t.resize(100, 30)
        t.type("fg\n")
        t.wait(r"▶ bob@.* 0:\d\d")
        wait_until(lambda: max(map(len, t.lines())) == 100, 5, "the new size is not used")
        expect(bob.process.alive(), "the call has ended")


@case("settings: theme, colours, ASCII, bindings; NO_COLOR; a wrong binding is told")
def settings():
    with Room() as room:
        me = Screen(room, settings="lines = ascii\ntheme = light\nbind = C-g call sip:a@127.0.0.1:9\n"
                                   "bind = main:c none\nbind = x nonsense\n")
        t = me.tmux
        t.wait(r'bind: "nonsense" is no command')
        expect(all(ord(c) < 128 for c in t.text()), "there is more than ASCII")
        coloured = "".join(t.lines(styles=True))
        expect("38;5;25" in coloured, "the light theme is not used")
        t.press("c")
        t.press("C-g")
        t.wait("[.>] a@127.0.0.1:9|unreachable")
        plain = me.again("plain", ["env", "NO_COLOR=1", *me.words])
        plain.wait("tphone +no account")
        text = "".join(plain.lines(styles=True))
        expect("38;5" not in text and "[3" not in text.replace("[39", ""), "there are colours")


@case("what a stranger calls itself does nothing to the screen")
def hostile():
    name = "\x1b[2J\x1b]0;owned\x07\u202eevil\u202c \u6771" + "e\u0301" * 200 + "A" * 300
    with Room() as room:
        me = Screen(room)
        t = me.tmux
        mallory = room.keep(sip.Peer(me.port))
        invite = mallory.invite(me.uri, From=f'"{name}" <sip:mallory@127.0.0.1:{mallory.port}>;tag=m')
        mallory.send(invite)
        t.wait(r"◀ .*calls")
        rows = t.lines()
        expect(len(rows) == 24 and rows[0].startswith(" tphone"), "the picture is disturbed", *rows)
        expect("A" * 200 not in t.text() and "\u202e" not in t.text(), "it got through", *rows)
        expect(t.ask("pane_title").endswith(" - tphone"), "the title is another's")
        t.press("X")
        mallory.wait(lambda m: m.status == 603)
        t.wait("no calls")


@case("after a crash the terminal is as it was")
def crashed():
    with Room() as room:
        me = Screen(room, name="first")
        shell = f"before=$(stty -g); {me.words[0]}; test \"$before\" = \"$(stty -g)\" && echo same modes; exec sleep 60"
        t = me.again("crash", ["sh", "-c", shell])
        t.wait("tphone +no account")
        pid = int(os.popen(f"pgrep -P {t.pid()} tphone").read())
        os.kill(pid, signal.SIGSEGV)
        t.wait("same modes")
        equal(t.ask("alternate_on"), "0", "the other screen is left")


if __name__ == "__main__":
    run(jobs=3)
