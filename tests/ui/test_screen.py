#!/usr/bin/env python3
"""The telephone on the screen: the real program in tmux, with telephones at the other end, keys
typed and pictures read."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tphone
from lib.ends import Caller
from lib.room import Room, wait_until
from lib.screen import Screen
from lib.tap import case, equal, expect, run


def callee(room, name="bob", **more):
    return tphone.Answer(room, name, **more)


# --- calls ----------------------------------------------------------------------------------------


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
            t.wait(rf"▶ {name} +0:\d\d +opus")
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


@case("what somebody else writes over the screen goes with Ctrl-L, and with a change of its size")
def written_over():
    with Room() as room:
        me = Screen(room)
        t = me.tmux
        t.wait("no calls yet")
        before = t.text()
        # A size that has changed twice may be told once: it is the same again, the picture is not.
        for redraw in (lambda: t.press("C-l"), lambda: os.kill(t.pid(), signal.SIGWINCH)):
            with open(t.ask("pane_tty"), "w") as terminal:
                terminal.write("\x1b[4;20Hsomebody\x1b[24;3Helse\x1b[1;1H")
            t.wait("somebody")
            redraw()
            t.wait("somebody|else", gone=True)
            equal(t.text(), before, "the picture")
        me.leave()


@case("the mouse selects text or clicks as one likes, and is given back")
def mouse():
    def clicks(wanted, what):
        wait_until(lambda: t.ask("mouse_any_flag") == wanted, 10, what)
    with Room() as room:
        me = Screen(room, words=["--mouse", "yes"])
        t = me.tmux
        clicks("1", "clicks are not told")
        me.command("mouse")
        t.wait("the mouse selects text")
        clicks("0", "clicks are still told")
        me.command("mouse")
        clicks("1", "clicks are not told again")
        me.leave()


@case("detached, the phone goes on with its call; a killed terminal and Ctrl-Z do not disturb it")
def detached():
    with Room() as room:
        bob = callee(room)
        me = Screen(room)
        me.command(f"call {bob.uri}")
        me.tmux.wait(r"▶ bob@.* 0:\d\d")
        os.kill(me.tmux.pid(), signal.SIGKILL)
        equal(me.tmux.status(), 137, "status of a killed screen")
        second = me.again("second")
        second.wait(r"▶ bob@.* 0:\d\d")
        second.press("d")
        equal(second.status(), 0, "status of the one that detached")
        expect("bob" in me.expect(0, "status").out, "the call has ended")
        third = me.again("third", ["sh", "-c", f"{me.words[0]}; echo back in the shell; exec sleep 60"])
        third.wait(r"▶ bob@.* 0:\d\d")
        third.press("i")
        third.wait(r"addresses +we 127\.0\.0\.1:\d+, they 127\.0\.0\.1:\d+")
        third.press("Escape")
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


@case("it waits for what is asked, too: whoever comes in time sees the question and follows")
def lost_with_a_question():
    with Room() as room:
        carol = room.keep(sip.Peer())
        me = Screen(room)
        call = Caller.__new__(Caller)
        call.peer = room.keep(sip.Peer())
        call.peer.answers = ("NOTIFY",)
        me.call(f"sip:bob@127.0.0.1:{call.peer.port}")
        invite, ok = call.up()
        me.tmux.wait(r"▶ bob@.* 0:\d\d")
        refer = call.within("REFER", invite, ok, 10, Refer_To=f"<sip:carol@127.0.0.1:{carol.port}>")
        equal(call.asked(refer, invite.source).status, 202, "answer to REFER")
        me.tmux.wait(r"bob@\S+ asks you to call carol@")
        os.kill(me.tmux.pid(), signal.SIGKILL)
        equal(call.asked(call.within("BYE", invite, ok, 11), invite.source).status, 200, "BYE")
        me.tmux.status()
        time.sleep(11)
        second = me.again("second")
        second.wait(r"bob@\S+ asks you to call carol@\S+ .*F follow  S stay")
        expect("no calls" in second.text(), "the call is still there")
        second.press("F")
        got = carol.wait(sip.request("INVITE"), 5, what="INVITE")
        second.wait("asks you", gone=True)
        carol.respond(got, 486, "Busy", tag="c")


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
