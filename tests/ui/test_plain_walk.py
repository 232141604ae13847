#!/usr/bin/env python3
"""A day with the telephone in lines, as somebody lives it who hears them: set up, called by,
calling and recording by way of Kamailio, with baresip and a second phone of ours at the other end.
What is said is judged: one line for each event, its label first, nothing moved, drawn or said
twice."""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, sound, tphone
from lib.home import Home
from lib.plain import BEGUN, FIRST, SHELL, AtTerminal, Plain
from lib.room import Room, wait_until
from lib.screen import Screen
from lib.tap import case, equal, expect, run
from lib.town import Town

BOB, CAROL = r"^Bob Martin, call %u: ", r"^Carol, call %u: "
DURATION = r"(\d+ minutes? )?\d+ seconds?"


def pipe(room, home, *words, **more):
    return Plain(home, *words, **more)


def xterm(room, home, *words, **more):
    return AtTerminal(room, home, "--plain", *words, TERM="xterm", **more)


def dumb(room, home, *words, **more):
    return AtTerminal(room, home, *words, TERM="dumb", **more)


def labels(p, since):
    """Those of all lines from this one on that tell an event of a call."""
    found = (re.match(r"(.+, call \d+): ", l) for l in p.lines()[since:])
    return {m.group(1) for m in found if m}


# --- the first start ------------------------------------------------------------------------------


def set_up(p, town):
    p.say("a b c", r"an address is like alice@example\.org|not an address")
    p.say("alice@example.test", r"^What is its password")
    p.say("hidden", r"^Through which server")
    p.say(town.proxy.uri, r"^alice@example\.test: the server refused the password")
    p.wait(r"^Go on\?")
    p.say("back", FIRST)
    p.say("alice@example.test", r"^What is its password")
    p.say("first", r"^Through which server")
    p.say(town.proxy.uri, r"^The server has accepted it: registered\.$")
    p.wait(r"^Go on\?")
    p.say("", r"^Which sound device")
    p.say("null", r"^The file will be .*/tphone\.conf$")
    p.say("yes", r"is written; only you can read it\.$")
    p.wait(r"^alice@example\.test: registered( for|$)")
    expect(not p.heard("hidden|first$"), "a password was shown")
    town.proxy.wait_bindings("alice", 1)


def edit_contacts(p):
    p.say("contact-add Bob Martin = sip:bob@example.test", r"^telephone: Bob Martin is saved$")
    p.say("contact-add", r"^Name of the new contact\? A dot leaves\.$")
    p.say("Carl", r"^Address of the new contact\? A dot leaves\.$")
    p.say("not one", r"^an address to call has no blanks in it$")
    p.say("sip:carol@example.test", r"^telephone: Carl is saved$")
    p.say("contact-rename Carl = Carol", r"^telephone: Carol is saved$")
    p.say("contact-add Dave = sip:dave@example.test", r"^telephone: Dave is saved$")
    p.say("contact-delete Dave", r"^delete Dave\? yes or no$")
    p.say("yes", r"^telephone: Dave is deleted$")
    p.say("contacts", r"^People: 2$")
    p.wait(r"^2\. Carol, sip:carol@example\.test$")


# --- calls ----------------------------------------------------------------------------------------


def talk(room, p, bob, me):
    p.say("call Bob Martin", BOB % 1 + r"called, sip:bob@example\.test$")
    p.wait(BOB % 1 + "answered, not encrypted$")
    p.say("help", r"^hang-up: end the call$")
    p.wait(r"^hold: ")
    expect(not p.heard("^answer: "), "help tells what cannot be done now")
    p.say("mute", BOB % 1 + "does not hear you: muted$")
    p.say("mute", BOB % 1 + "hears you: no longer muted$")
    p.say("hold", BOB % 1 + "on hold$")
    bob.wait("CALL_REMOTE_SDP", count=2, param="offer")
    p.say("status", rf"^1\. Bob Martin, sip:bob@\S+, on hold, {DURATION}, opus, not encrypted$")
    p.say("hold", BOB % 1 + "off hold$")
    p.say("dtmf 12#", BOB % 1 + "digits sent$")
    wait_until(lambda: bob.digits() == "12#", 10, "Bob does not hear the digits")
    p.say(f"record {room.path('talk.wav')}", BOB % 1 + r"recording to \S+/talk\.wav$")
    p.type("wait 1")
    p.say("quality", BOB % 1 + r"quality \d\.\d of 4\.5, \w+, \d+\.\d percent lost")
    p.say("record", BOB % 1 + r"recorded to \S+/talk\.wav$")
    expect(os.path.getsize(room.path("talk.wav")) > 8000, "nothing was recorded")
    p.say("view call", rf"^Call 1: Bob Martin, sip:bob@\S+, talking, {DURATION}, opus, not encrypted$")
    p.wait(r"^sound: opus/48000/?\d?, not encrypted$")


def two_calls(p):
    p.say("call Carol", CAROL % 2 + r"called, sip:carol@example\.test$")
    p.wait(CAROL % 2 + "answered, encrypted, not verified$")
    wait_until(lambda: p.heard(BOB % 1 + "on hold$") == 2, 10, "the first call is not held")
    p.type("swap")
    for said, count in ((CAROL % 2 + "on hold$", 1), (BOB % 1 + "off hold$", 2)):
        wait_until(lambda: p.heard(said) == count, 10, f"not said {count} times: {said}")
    p.say("calls", r"^Calls: 2$")
    p.wait(r"^1\. Bob Martin, .*, talking, ")
    p.wait(r"^2\. Carol, .*, on hold, ")
    p.say("conference", r"call \d: in conference 1$")
    p.wait(r"call \d: in conference 1$")
    p.say("calls", r"^1\. .*, in conference 1")
    p.say("part 2", CAROL % 2 + "no longer in conference 1$")
    p.say("hang-up 2", CAROL % 2 + rf"ended: we hung up, after {DURATION}$")


def detached(room, p, make, me):
    """The call goes on; whoever comes back is told of it."""
    p.type("detach")
    status = p.process.status() if isinstance(p, Plain) else p.terminal.status()
    equal(status, 0, "exit status")
    p.judge()
    equal([c["contact"] for c in me.calls()], ["Bob Martin"], "calls of who has left")
    p = make(room, me, first=r"^1\. Bob Martin, .*, talking, ")
    p.wait(BEGUN)
    return p


def called(room, p, town):
    since = len(p.lines())
    dave = tphone.Call(room, "alice", "dave", account=town.proxy.account("carol"), seconds=30)
    p.wait(r"^Carol, call 3: calls you, sip:carol@example\.test, for alice; answer or decline$")
    p.say("help", r"^answer: ")
    p.say("a", CAROL % 3 + "answered, encrypted, not verified$")
    dave.process.signal(signal.SIGINT)
    p.wait(CAROL % 3 + rf"ended: the other side hung up, after {DURATION}$")
    erin = tphone.Call(room, "alice", "erin", account=town.proxy.account("carol"), seconds=30)
    p.wait(CAROL % 4 + "calls you")
    erin.process.signal(signal.SIGINT)
    p.wait(CAROL % 4 + "ended: ")
    equal(labels(p, since), {"Carol, call 3", "Carol, call 4"}, "labels of the events")
    p.type("wait 1")


def look_up(p):
    p.say("history", r"^History: 4$")
    p.wait(r"^1\. Carol, sip:carol@\S+, incoming, \d\d:\d\d, missed$")
    p.wait(rf"^2\. Carol, sip:carol@\S+, incoming, \d\d:\d\d, {DURATION}$")
    p.wait(rf"^4\. Bob Martin, sip:bob@\S+, outgoing, \d\d:\d\d, {DURATION}$")
    p.say("search mart", r"^History with that text: 1$")
    p.wait(r"^4\. Bob Martin")
    p.say("contacts", r"^People: 2$")
    p.wait(r"^2\. Carol")
    p.say("search", r"^What is looked for\? A dot for nothing\.$")
    p.say("caro", r"^People with that text: 1$")
    p.wait(r"^2\. Carol, sip:carol@example\.test$")
    p.say("search nobody", r"^nobody is not there$")


def trace(room, p):
    p.say("trace", r"^Trace: \d+ messages$")
    p.say("trace-filter BYE", r"^Trace: \d+ of \d+ messages, filter BYE$")
    p.say("trace", r"^1\. \d\d:\d\d:\d\d\.\d{3} sent to udp [\d.:]+: BYE$")
    p.say("choose 1", r"^Message: \d\d:\d\d:\d\d\.\d{3} sent to udp [\d.:]+, \d+ bytes$")
    p.wait(r"^BYE sip:carol\S*@\S+ SIP/2\.0$")
    p.wait(r"^To: .*sip:carol@example\.test")
    p.say("close", r"^Trace: ")
    p.say("trace-filter off", r"^Trace: \d+ messages$")
    p.say(f"trace-save text {room.path('trace.txt')}", r"^\d+ messages saved in \S+/trace\.txt$")
    with open(room.path("trace.txt"), encoding="utf-8") as f:
        text = f.read()
    expect("REGISTER" in text and not re.search(r'response="[0-9a-f]', text),
           "what a password could be guessed from is in the file")
    p.say("close", r"^\w+")


@case("a day in a pipe", pipe)
@case("a day at a dumb terminal", dumb)
def day(make):
    with Room() as room:
        town = Town(room)
        bob = town.bob(sound.silence(60), answers=True)
        town.carol()
        me = Home(room, settings=None)
        p = make(room, me, first=FIRST)
        set_up(p, town)
        edit_contacts(p)
        talk(room, p, bob, me)
        two_calls(p)
        p = detached(room, p, make, me)
        bob.hang_up()
        p.wait(BOB % 1 + rf"ended: the other side hung up, after {DURATION}$")
        called(room, p, town)
        look_up(p)
        trace(room, p)
        p.end()
        me.expect(0, "ctl", "quit")
        town.proxy.wait_bindings("alice", 0)


# --- a terminal -----------------------------------------------------------------------------------


@case("what is typed is never torn: completed, shown again below what comes in, and taken back")
def typed():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Home(room, people=f"Bob Martin = {bob.uri}\nBobby = sip:bobby@h\nZoë = sip:zoe@h\n")
        p = xterm(room, me)
        p.wait_typed("> ")
        p.keys("hol\t")
        p.wait_typed("> hold")
        p.keys("\x15call bo\t")
        p.wait_typed("> call Bob")
        p.keys("\t")
        p.wait(r"^Bob Martin, Bobby$")
        p.wait_typed("> call Bob")
        alice = tphone.Call(room, me.uri, "alice", user="alice", seconds=30)
        p.wait(r"^alice@\S+, call 1: calls you")
        p.wait_typed("> call Bob")
        p.keys("\x7f\x7f\x7fZo\t")
        p.wait_typed("> call Zoë")
        p.keys("\x03")
        p.wait_typed("> ")
        p.keys("answ\t\r")
        p.wait(r"^alice@\S+, call 1: answered, encrypted, not verified$")
        p.keys("\x1b[A")
        p.wait_typed("answer")
        p.keys("\x03\x03")
        p.wait(r"^hang up and quit\?.* yes or no$")
        p.say("no", r"^> no$")
        p.say("contact-add", r"^Name of the new contact\?")
        p.keys("\x03")
        p.say("status", r"^Calls: 1$")
        p.keys("mu")
        p.wait_typed("> mu")
        p.keys("te\r")
        p.wait(r"^alice@\S+, call 1: does not hear you: muted$")
        p.keys("\x03")
        p.wait(r"^hang up and quit\?.* yes or no$")
        p.keys("\x03")
        equal(p.terminal.status(), 0, "exit status")
        alice.expect_status(0)
        equal(p.terminal.modes(), p.terminal.before, "modes of the terminal")
        p.judge()


@case("Ctrl-Z gives the terminal back in mid-call, fg takes it; a killed terminal ends no call")
def stopped():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Home(room)
        p = xterm(room, me, shell=True)
        p.say(f"call {bob.uri}", r"call 1: answered, encrypted, not verified$")
        p.keys("hol\x1a")
        p.wait(r"(Stopped|Suspended)")
        p.wait_typed(SHELL)
        equal(p.terminal.modes(), p.terminal.before, "modes of the terminal")
        p.say("echo still $((40 + 2))", "^still 42$")
        p.keys("fg\r")
        p.wait_typed("> hol")
        p.say("d", r"call 1: on hold$")
        p.type("suspend")
        p.wait(r"(Stopped|Suspended)")
        p.wait_typed(SHELL)
        equal(p.terminal.modes(), p.terminal.before, "modes of the terminal")
        p.keys("fg\r")
        p.wait_typed("> ")
        p.say("hold", r"call 1: off hold$")
        os.killpg(p.terminal.foreground(), signal.SIGKILL)
        equal(len(me.calls()), 1, "calls after the kill")
        p = xterm(room, me, first=r"^1\. sip:bob@\S+, talking, ")
        p.say("hang-up", r"call 1: ended: we hung up")
        p.end()


# --- for copying ----------------------------------------------------------------------------------


@case("the bare display: one thing at a time, one column, no lines around it; B and --bare")
def bare():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Screen(room, people=f"Bob Martin = {bob.uri}\n", cols=132, rows=43, words=["--bare"])
        t = me.tmux
        t.wait("no calls")
        me.command("call Bob Martin")
        for key, shown in (("", r"^ . Bob Martin +0:\d\d"), ("Tab", r"^ *Bob Martin"),
                           ("T", r"^ \d\d:\d\d:\d\d\.\d{3} sent to udp \S+: ACK"),
                           ("Enter", r"^ ACK sip:bob@\S+ SIP/2\.0")):
            if key:
                t.press(key)
            t.wait(shown)
            expect(not re.search("[\u2500-\u257f]", t.text()), "there are lines", t.text())
        t.press("B")
        t.wait("\u2500{100}")
        t.press("Escape")
        t.wait("\u2502")
        t.press("B")
        t.wait("\u2502", gone=True)


# --- trouble --------------------------------------------------------------------------------------

NAMES = {
    "escape": "\x1b[2J\x1b]0;owned\x07Bob",
    "order": "\u202egnik\u202c \u2066x\u2069",
    "newline": "Bob, call 9: answered\u2028alice",
    "long": "W" * 3000,
    "combining": "Z" + "\u0301" * 200,
    "quotes": 'Bob\\", call 1: answered \\"',
}


@case("what strangers call themselves: one line each, in quotes, without what moves or hides")
def hostile():
    with Room() as room:
        me = Home(room)
        p = dumb(room, me)
        peer = room.keep(sip.Peer(target_port=me.port))
        for i, (user, name) in enumerate(NAMES.items(), 1):
            since = len(p.lines())
            peer.send(peer.invite(me.uri, From=f'"{name}" <sip:{user}@127.0.0.1>;tag={i}'))
            said = p.wait(rf"calls you, sip:{user}@127\.0\.0\.1").string
            expect(re.match(rf'"[^"]+", call {i}: calls you, ', said), "not in quotes", repr(said))
            expect(len(said) < 200, "nobody listens to so much", len(said))
            p.say(f"decline {i}", rf"call {i}: ended")
            expect(labels(p, since) and all(l.endswith(f", call {i}") for l in labels(p, since)),
                   "another call is told", labels(p, since))
        p.type("wait 1")
        p.say("history", r"^History: 6$")
        p.wait(r"^1\. \"")
        p.end()


@case("without a sound card it is said once, and calls have files; a wrong password and its remedy")
def poor():
    with Room() as room:
        town = Town(room)
        bob = tphone.Answer(room, "bob", account=None)
        me = Home(room, device="hw:99", settings="bind = Y dnd\nbind = x nonsense\n" +
                  town.proxy.account("alice", password="no").settings())
        p = pipe(room, me)
        equal(p.heard('^bind: "nonsense" is no command'), 1, "times that a wrong binding is told")
        p.say("Y", "^telephone: do not disturb is on$")
        p.say(f"call {bob.uri}", r"call 1: called")
        p.wait(r"^telephone: there is no sound device named hw:99: see tphone devices; calls go on")
        p.say("status", r"^alice@example\.test: not registered, the server refused the password")
        p.say("password", r"^Password for alice\? It is not shown\.$")
        p.say("first", r"^alice@example\.test: registered for 1 hour$")
        equal(p.heard("sound device"), 1, "times that the sound device is missed")
        p.end()


if __name__ == "__main__":
    run(jobs=4)
