#!/usr/bin/env python3
"""The telephone on the screen when things go wrong around it: registered at Kamailio, with baresip
at the other end, and strangers who mean harm."""
import glob
import os
import re
import signal
import sys
import time
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, sound
from lib import trace as traces
from lib.baresip import recordings
from lib.room import Room, wait_until
from lib.tap import Failure, case, equal, expect, run
from lib.town import Town

LEVEL = 5000
OUR_HZ = 1200


# --- the account, the sound card -----------------------------------------------------------------


@case("a wrong password: the status line says so and why, the right one that is typed registers")
def wrong_password():
    with Room() as room:
        town = Town(room)
        account = town.proxy.account("alice", password="wrong")
        me = town.screen(account.settings("home"))
        t = me.tmux
        t.wait(r"^ tphone  ○ home: the server refused the password \(401 Unauthorized\)")
        me.command("password")
        t.wait("password for home: *$")
        t.type("first")
        t.wait(r"password for home: \*{5}$")
        t.press("Enter")
        t.wait(r"^ tphone  ● alice@example\.test *$")
        town.proxy.wait_bindings("alice", 1)
        with open(me.file, encoding="utf-8") as f:
            expect("first" not in f.read(), "the password is written down")
        me.leave()


@case("no sound card: it is said, the call goes on in silence, and a card may be chosen")
def no_card():
    with Room() as room:
        town = Town(room)
        bob = town.bob(sound.silence(30), answers=True)
        me = town.alice(device=None, env={"ALSA_CONFIG_PATH": room.write("alsa.conf", "")})
        t = me.tmux
        me.call("bob")
        t.wait(r"this machine has no sound device: .*\n?.*calls\s+go on with files and silence")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        t.press("7")
        wait_until(lambda: bob.digits() == "7", 10, "Bob does not hear the digit")
        t.press("D")
        t.wait(r"^ this machine has no sound device")
        t.press("Escape")
        t.wait("History")
        bob.hang_up()
        t.wait(r"↗ Bob Martin +\d\d:\d\d +0:\d\d")
        me.leave()


# --- the terminal -------------------------------------------------------------------------------


@case("the terminal killed, SIGHUP, Ctrl-Z and fg, detached: the call goes on all the time")
def terminals():
    with Room() as room:
        town = Town(room)
        bob = town.bob(sound.silence(30), answers=True)
        me = town.alice(name="first")
        me.call("bob")
        me.tmux.wait(r"▶ Bob Martin +0:\d\d +opus")
        tone = sound.write(room.path("tone.wav"), sound.tone(OUR_HZ, 60, 8000, LEVEL))
        me.command("play " + tone)
        me.tmux.wait("plays ")
        screen = me.tmux.pid()
        me.tmux.server.signal(signal.SIGKILL)
        wait_until(lambda: screen not in me.processes(), 10, "the screen outlives its terminal")
        equal(len(me.processes()), 1, "processes: the phone alone")
        time.sleep(11)  # longer than a phone without a call waits for a screen to come back
        second = me.again("second")
        second.wait(r"▶ Bob Martin +0:\d\d +opus")
        os.kill(second.pid(), signal.SIGHUP)
        second.expect_restored()
        # An interactive shell, for job control; nothing of the person's own.
        t = me.again("third", ["env", "ENV=", "PS1=shell> ", "sh", "-i"])
        t.wait("shell>")
        t.type(me.words[0] + "\n")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        t.press("C-z")
        t.wait("(Stopped|Suspended)")
        t.expect_calm()
        t.type("echo still $((40 + 2))\n")
        t.wait("still 42")
        t.resize(100, 30)
        t.type("fg\n")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        wait_until(lambda: max(map(len, t.lines())) == 100, 5, "the new size is not used")
        t.press("d")
        t.wait(r"goes on.*\n?.*\n *shell>$")
        t.expect_calm()
        t.type(me.words[0] + "\n")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        t.press("x")
        t.wait("no calls")
        t.press("q")
        t.wait(r"shell>$")
        t.expect_calm()
        me.expect(0, "ctl", "quit")  # it was told to go on without a screen
        me.expect_gone()
        said = recordings(room, "bob", bob.process)[0].at(8000)
        spans = sound.spans(sound.amplitudes(said, OUR_HZ), LEVEL / 4, gap_s=1)
        expect(len(spans) == 1 and spans[0][1] - spans[0][0] > 11, f"Bob heard us at {spans}")


# --- the trace ----------------------------------------------------------------------------------


@case("a call by way of Kamailio is traced: both directions, a message, saved with nothing secret")
def trace():
    with Room() as room:
        town = Town(room)
        bob = town.bob(sound.silence(30), answers=True)
        me = town.alice(cols=100)
        t = me.tmux
        me.call("bob")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        t.press("T")
        t.wait("these are the messages of the call")
        t.press("o")
        t.wait(r"us +home")
        t.wait(rf"127\.0\.0\.1:{me.port} +127\.0\.0\.1:{town.proxy.port}")
        for sent in ("REGISTER", r"INVITE \(SDP\)", "ACK"):
            t.wait(rf"│─+ {sent} ─+▶│")
        for got in (r"401 Unauthorized.*", "407 Proxy Authentication Required",
                    r"180 Ringing \(INVITE\)", r"200 \w+ \(INVITE, SDP\)"):
            t.wait(rf"│◀─+ {got} ─+│")
        bob.hang_up()
        t.wait(r"│◀─+ BYE ─+│")
        t.wait(r"│─+ 200 OK \(BYE\) ─+▶│")
        t.press("/")
        t.type("proxy auth")
        t.press("Enter", "Enter")
        t.wait(r"^ SIP/2.0 407 Proxy Authentication Required")
        t.press("l", "l")
        t.wait(r"^ INVITE sip:bob@example\.test SIP/2\.0")
        t.wait(r"^ Proxy-Authorization$")
        expect('response="..."' in t.text(), "not masked on the screen", t.text())
        t.press("Escape")
        t.wait(r"us +home")
        t.press("W")
        saved = t.wait(r"(\d+) messages saved in ")
        pcap, = glob.glob(os.path.join(me.home["HOME"], "tphone-trace-*.pcap"))
        equal(os.stat(pcap).st_mode & 0o777, 0o600, "mode of the file")
        packets = traces.read_pcap(pcap)
        equal(len(packets), int(saved.group(1)), "packets in the file")
        ways = [("127.0.0.1", me.port), ("127.0.0.1", town.proxy.port)]
        equal({(p.source, p.target) for p in packets}, {tuple(ways), tuple(ways[::-1])},
              "who sent whom")
        said = [sip.Message.parse(p.data) for p in packets]
        for wanted in ("REGISTER", "401", "407", "180", "BYE"):
            expect(any(wanted in m.start for m in said), f"{wanted} is not in the file")
        responses = re.findall(rb'response="([^"]*)"', b"".join(p.data for p in packets))
        expect(len(responses) >= 2 and set(responses) == {b"..."}, f"not masked: {responses}")
        t.press("Escape")
        t.wait("History")
        me.leave(allowed=["tphone-trace-"])


# --- strangers ----------------------------------------------------------------------------------

NAMES = [
    "\x1b[2J\x1b]0;owned\x07\x1b[31;7mred\x1b(0",
    "\u202eevil\u202c \u2066\u2067\u2068\u2069\u200f left",
    "e\u0301" * 200 + "Z" + "\u0334\u0357" * 150,
    "A" * 900,
    "\u6771\u4eac" * 100,
    "\u200b\u200d\ufeff\u2060\u00ad",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f1e7\U0001f1ea\u2764\ufe0f" * 20,
    "\u009b31m\u0085\u2028\u2029 \x7f\x08\x08\x08",
    "\udcff\udcc3( %s%n%d \udced\udca0\udc80",
    "   ",
]
# What must not stand on a screen whoever wrote it.
FORBIDDEN = set(map(chr, [*range(0x20), *range(0x7f, 0xa0), 0x200e, 0x200f, *range(0x202a, 0x202f),
                          *range(0x2066, 0x206a), 0x2028, 0x2029]))


def cells(text):
    return sum(0 if unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "Mn", "Me") else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def faults(t):
    """As many rows as there should be, none too long, nothing in them that acts on the terminal,
    the line in the middle straight: what is wrong of that."""
    rows, title = t.lines(), t.ask("pane_title")
    cols, lines = (int(t.ask(f)) for f in ("pane_width", "pane_height"))
    lies_above = any("┌" in r for r in rows)
    found = [(r, re.search("[│┬┼┴]", r)) for r in rows if not lies_above]
    middle = {cells(r[:m.start()]) for r, m in found if m}
    wrong = [f"{hex(ord(c))} got through" for c in FORBIDDEN & set("".join(rows) + title)]
    wrong += ["disturbed"] * (len(rows) != lines or not rows[0].startswith(" tphone"))
    wrong += ["wider than the screen"] * any(cells(r) > cols for r in rows)
    wrong += [f"the line in the middle is at {middle}"] * (len(middle) > 1)
    wrong += [f"the title is {title}"] * (not title.endswith("tphone") or cells(title) > 100)
    return wrong


def expect_whole(t, where):
    """The picture comes to be whole; it may be looked at while it is being drawn."""
    try:
        wait_until(lambda: not faults(t), 10, f"{where}: not a whole picture")
    except Failure as e:
        raise Failure(str(e), faults(t) + t.lines()) from None


@case("what strangers call themselves disturbs neither screen nor title, at any size, nor the call")
def hostile():
    with Room() as room:
        town = Town(room)
        town.bob(sound.silence(60), answers=True)
        me = town.alice("accept = anyone\n")
        t = me.tmux
        me.call("bob")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        ascii_only = me.again("ascii", utf8=False, cols=60, rows=16)
        ascii_only.wait("> Bob Martin")
        mallory = room.keep(sip.Peer(me.port))
        for n, name in enumerate(NAMES):
            address = f"<sip:mallory@127.0.0.1:{mallory.port}>;tag=m"
            invite = mallory.invite(me.uri, From=f'"{name}" {address}')
            mallory.send(invite)
            t.wait("◀ .*calls you")
            expect_whole(t, f"name {n} calls")
            ascii_only.wait("< .*calls you")
            expect(ascii_only.text().isascii(), f"name {n}: more than ASCII", *ascii_only.lines())
            t.press("X")
            mallory.wait(sip.final(call=invite.get("Call-ID")))
            t.wait("◀", gone=True)
            expect_whole(t, f"name {n} is in the history")
        t.wait("declined")
        for cols, rows in ((132, 43), (40, 10), (80, 24)):
            t.resize(cols, rows)
            for key, view in (("L", "Log"), ("T", "Trace"), ("i", "Call\\b"), ("c", ".*┌ Call")):
                t.press(key)
                t.wait("^ *" + view)
                expect_whole(t, f"{view} at {cols}")
                if view == "Trace":
                    t.press("g", "Enter")
                    t.wait("^ Message")
                    expect_whole(t, f"a message at {cols}")
                    t.press("Escape")
                    t.wait("^ Trace")
                t.press("Escape")
                t.wait("┌", gone=True)
                t.wait("^ Calls")
                expect_whole(t, f"the calls at {cols}")
        ascii_only.press("q")
        ascii_only.wait(r"quit\? calls go on")
        ascii_only.press("y")
        ascii_only.expect_restored()
        t.wait(r"▶ Bob Martin +0:\d\d")
        t.press("q")
        t.wait(r"hang up and quit\?")
        me.leave("y")


if __name__ == "__main__":
    run(jobs=4)
