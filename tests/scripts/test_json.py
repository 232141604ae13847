#!/usr/bin/env python3
"""--json: what happens, as lines that a script reads. Every line of every tphone of every test is
held against the schema (lib/tphone.py); here every event is seen once in a real call, and the last
case says which were not."""
import functools
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, control, rtp, schema, sip, sound, tap, tphone
from lib.ends import Callee, Caller
from lib.registrar import Registrar
from lib.room import SIGINT, SIGTERM, Room, free_port, home_in, wait_udp, wait_until
from lib.tap import equal, expect

# Seen elsewhere: what a new network brings in tests/faults/test_roaming.py, transfers in
# tests/interop/test_transfer.py, the others in test_control.py and test_hooks.py.
ELSEWHERE = {"moved", "dropped", "hook-failed", "transfer-asked", "transfer-followed",
             "transfer-refused"} | {  # these in test_desk
    "contacts-changed", "device", "dnd-off", "dnd-on", "levels", "sip", "test", "test-ended",
    "turned-away"}

_seen, _left, _all_done = set(), [], threading.Condition()


def case(name, *args):
    """A case that the last one waits for."""
    def add(function):
        _left.append(name)

        @functools.wraps(function)
        def and_done(*given):
            try:
                return function(*given)
            finally:
                with _all_done:
                    _left.remove(name)
                    _all_done.notify_all()
        return tap.case(name, *args)(and_done)
    return add


def note(*phones):
    """What these were told counts as seen."""
    for phone in phones:
        told = phone.lines if isinstance(phone, control.Client) else phone.events()
        with _all_done:
            _seen.update(line["event"] for line in told if "event" in line)


def names(phone):
    return [e["event"] for e in phone.events()]


def in_order(phone, wanted):
    """Whether these names came in this order, others between them."""
    rest = iter(names(phone))
    expect(all(any(w == n for n in rest) for w in wanted.split()), f"wanted {wanted}",
           *map(str, phone.events()))


def run(room, *words, timeout=60, env=None):
    """tphone with standard output and error apart: status, lines of JSON, error."""
    got = subprocess.run([tphone.program(), *words], capture_output=True, timeout=timeout,
                         env={**os.environ, **home_in(room.path("home")), **(env or {})})
    lines = [schema.check_line(l) for l in got.stdout.decode().splitlines()]
    return got.returncode, lines, got.stderr.decode()


# --- calls ---------------------------------------------------------------------------------------

@case("a call from both ends: what happens is told in order, with sound in figures")
def a_call():
    with Room() as room:
        callee = tphone.Answer(room, json=True, times=1, delay="0.3",
                               record=room.path("heard.wav"), play=sound.write(
                                   room.path("short.wav"), sound.speech("callee", 1)))
        began = time.monotonic()
        caller = tphone.Call(room, callee.uri, json=True, dtmf="1#", device="null",
                             spoken=sound.speech("caller", 4, lead_s=0))
        caller.wait_event("answered")
        time.sleep(3.5)
        wait_told(caller, callee)
        caller.process.signal(SIGINT)
        callee.expect_status(0)
        caller.expect_status(0)
        in_order(caller, "calling ringing answered media quality quality ended outcome")
        in_order(caller, "answered dtmf-sent ended")
        in_order(callee, "listening incoming answered media quality quality ended outcome")
        in_order(callee, "playing play-ended ended")
        in_order(callee, "recording recording-ended ended")
        equal([e["digit"] for e in callee.events("dtmf")], ["1", "#"], "digits")
        check_sound(caller, callee, time.monotonic() - began)
        note(caller, callee)


def wait_told(caller, callee):
    """Until each has told all that a call brings: keys take their time on a busy machine."""
    for phone, level in ((callee, "level_in_db"), (caller, "level_out_db")):
        wait_until(lambda: len(phone.events("quality")) > 1 and
                   max(levels(phone, level), default=-96) > -45, 15,
                   f"no words at the {phone.name}")
    callee.wait_event("play-ended")
    callee.wait_event("dtmf", digit="#")
    caller.wait_event("dtmf-sent")


def levels(phone, level):
    """In which second there are words depends on when there were keys; before them nothing comes or
    goes, and has no level."""
    return [e[level] for e in phone.events("quality") if level in e]


def check_sound(caller, callee, took_s):
    ours, theirs = caller.events("media")[-1], callee.events("media")[-1]
    equal((ours["remote"], ours["local"]), (theirs["local"], theirs["remote"]), "addresses")
    equal((ours["codec"], ours["encryption"], ours["sending"], ours["early"]),
          ("opus/48000", "dtls-unverified", True, False), "what was agreed")
    quality = callee.events("quality")[-1]
    # How late it is says something of the machine.
    expect(quality["mos_listening"] > 4 and 1 <= quality["mos"] <= quality["mos_listening"] and
           quality["loss_percent"] < 5, f"on loopback: {quality}")
    for phone, level in ((callee, "level_in_db"), (caller, "level_out_db")):
        told = levels(phone, level)
        expect(-45 < max(told) < -5, f"{level} while there was speech: {told}")
    end = callee.events("ended")[0]
    expect(3 < end["duration"] < took_s and end["sent"] > 100 and end["received"] > 100, str(end))
    equal((end["outcome"], end["digits"], end["answered"]), ("answered", "1#", True), "end")
    expect(end["file"].endswith("heard.wav"), str(end))
    expect(end["mos"] > 3.9 and end["rating"] > 75 and 60 < end["mouth_to_ear_ms"] < 400, str(end))
    expect(end["mos"] <= end["mos_listening"] <= 4.5, f"the sound alone: {end}")
    expect(end["their_mos"] > 3.5, f"what the caller says by RTCP XR: {end}")


@case("what is done to a call by commands: hold, mute, files, conference, volume, devices")
def by_commands():
    with Room() as room:
        phone = control.Piped(room, "phone", device="null")
        file = sound.write(room.path("x.wav"), sound.speech("caller", 0.5))
        others = [tphone.Answer(room, name=n, json=True, times=1) for n in ("one", "two")]
        c = phone.client
        calls = [c.do("call", target=o.uri, device=True)["call"] for o in others]
        for call in calls:
            c.event("answered", call=call)
        c.do("conference", calls=calls)
        for call in calls:
            c.event("joined", call=call)
        c.do("part", call=calls[0])
        c.event("parted", call=calls[0])
        for command, event in (("hold", "on-hold"), ("resume", "off-hold"), ("mute", "muted"),
                               ("unmute", "unmuted")):
            mark = c.mark()
            c.do(command, call=calls[1])
            c.event(event, call=calls[1], after=mark)
        c.do("play", call=calls[1], file=file)
        equal(c.event("playing", call=calls[1])["file"], file, "what is played")
        c.do("record", call=calls[1], file=room.path("r.wav"))
        equal(c.event("recording", call=calls[1])["file"], room.path("r.wav"), "the recording")
        c.do("record", call=calls[1], on=False)
        c.event("recording-ended", call=calls[1])
        c.do("volume", speaker_db=-6, microphone_db=3)
        told = c.event("volume")
        equal((told["speaker_db"], told["microphone_db"]), (-6, 3), "volume")
        c.do("voice", echo="on")
        c.event("voice", echo="on", noise="auto", level="auto")
        c.do("devices")
        c.event("devices")
        c.do("quit")
        phone.expect_status(0)
        for other in others:
            other.expect_status(0)
        in_order(others[1], "answered held resumed ended outcome")
        note(c, *others)


@case("sound before the answer, and an end without one")
def with_a_peer():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, json=True)
        invite = caller.invite()
        caller.peer.respond(invite, 183, "Soon", tag="a", body=sip.sdp(end.port, formats="0 8"))
        early = caller.phone.wait_event("early-media")
        equal(early["remote"], f"127.0.0.1:{end.port}", "where it comes from")
        equal(caller.phone.wait_event("media")["early"], True, "early")
        caller.peer.respond(invite, 486, "Busy \u202eHere", tag="a")
        caller.phone.expect_status(tphone.BUSY)
        ended = caller.phone.events("ended")[0]
        equal((ended["outcome"], ended["status"], ended["answered"]), ("busy", 486, False), "end")
        expect("duration" not in ended and "sent" not in ended, f"it never was up: {ended}")
        equal({n: caller.phone.events()[-1][n] for n in ("event", "outcome", "exit")},
              {"event": "outcome", "outcome": "busy", "exit": 3}, "the last line")
        note(caller.phone)


@case("the other side changes its address: media-moved, and media again")
def moved_media():
    with Room() as room:
        ends = [room.keep(rtp.RtpPeer()) for _ in range(2)]
        callee = Callee(room, json=True)
        invite, ok = callee.up(body=sip.sdp(ends[0].port))
        callee.phone.wait_event("media", remote=f"127.0.0.1:{ends[0].port}")
        again = callee.peer.within("INVITE", invite, ok, 2, body=sip.sdp(ends[1].port))
        callee.peer.send(callee.peer.ack(again, callee.asked(again)))
        callee.phone.wait_event("media-moved", remote=f"127.0.0.1:{ends[1].port}")
        callee.phone.wait_event("media", remote=f"127.0.0.1:{ends[1].port}")
        callee.phone.process.signal(SIGINT)
        callee.peer.respond(callee.peer.wait(sip.request("BYE")), 200, "OK")
        callee.phone.expect_status(0)
        note(callee.phone)


@case("a call whose ACK is late has its quality told from then on")
def late_ack():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        callee = Callee(room, json=True)
        invite = callee.invite(body=sip.sdp(end.port))
        ok = callee.answered(invite)
        time.sleep(1.5)
        callee.peer.send(callee.peer.ack(invite, ok))
        callee.phone.wait_event("answered")
        callee.phone.wait_event("quality", 5)


@case("digits that cannot be sent: notice")
def no_digits():
    with Room() as room:
        caller = Caller(room, json=True, dtmf="1", dtmf_mode="rtp")
        invite, ok = caller.up()
        told = caller.phone.wait_event("notice")
        expect(told["call"] == 1 and "no digits" in told["text"], str(told))
        caller.asked(caller.within("BYE", invite, ok, 2), invite.source)
        caller.phone.expect_status(0)
        note(caller.phone)


# --- strangers -----------------------------------------------------------------------------------

HOSTILE = {
    "an escape sequence and a bell": b'"a\x1b[31m\x07b"',
    "a C1 control": b'"a\xc2\x9b31mb"',
    "an override that turns text around": '"a\u202egnp.exe\u2066b"'.encode(),
    "letters that nobody sees": '"a\u200b\u2060\ufeffb"'.encode(),
    "bytes that are no UTF-8": b'"a\xff\xc3(\xed\xa0\x80b"',
    "quotes, backslashes and JSON": rb'"a\",\"event\":\"ended\\\\\"}b"',
    "a line end of JSON's": '"a\u2028b"'.encode(),
    "a very long name": b'"a' + b"x" * 4000 + b'b"',
    "four bytes, and what is rare but harmless": '"a\U0001f600\u00fc\u4e2db"'.encode(),
}


def refused(peer, uri, name):
    """A call of somebody of this name, in bytes, which is refused."""
    invite = peer.invite(uri)
    value = invite.get("From").encode()
    peer.send(invite.set("From", "@@").bytes().replace(b"@@", name + b" " + value))
    got = peer.wait(sip.final("INVITE", invite.get("Call-ID")))
    peer.send(peer.ack(invite.set("From", value.decode()), got))


@case("names of strangers make no line that is not JSON, and nothing in one that acts")
def hostile_names():
    with Room() as room:
        callee = Callee(room, json=True, code=486)
        for name in HOSTILE.values():
            refused(callee.peer, callee.uri, name)
        callee.phone.process.signal(SIGTERM)
        callee.phone.expect_status(0)
        told = callee.phone.events("incoming")
        equal(len(told), len(HOSTILE), "calls that were told")
        for what, event in zip(HOSTILE, told):
            got = event["peer_name"]
            expect(got[:1] == "a" and (len(got) > 1000 or got[-1:] == "b"), f"{what}: {got!r}")
            expect(schema.SAFE.search(got), f"{what}: {got!r}")
        equal(told[5]["peer_name"], 'a","event":"ended\\\\"}b', "quotes and backslashes")
        equal(told[8]["peer_name"], "a\U0001f600\u00fc\u4e2db", "harmless letters")
        note(callee.phone)


# --- accounts ------------------------------------------------------------------------------------

@case("registered, refused, unregistered: what the server said")
def registrations():
    with Room() as room:
        server = room.keep(Registrar(granted_s=600))
        phone = tphone.Register(room, account.of(server, "alice"), json=True)
        got = phone.wait_event("registered")
        equal((got["account"], got["uri"], got["expires"], got["bindings"], got["server"]),
              ("alice", "sip:alice@example.test", 600, 1, f"127.0.0.1:{server.port}"), "granted")
        equal(got["our_contact"], server.bound("alice")[0].uri, "our contact")
        phone.process.signal(SIGINT)
        phone.expect_status(0)
        in_order(phone, "listening registered unregistered outcome")
        equal((phone.events()[-1]["outcome"], phone.events()[-1]["exit"]), ("registered", 0),
              "outcome")
        wrong = tphone.Register(room, account.of(server, "alice", password="wrong"), name="wrong",
                                json=True, once=True)
        wrong.expect_status(tphone.REFUSED)
        failed = wrong.events("registration-failed")[0]
        equal(failed["outcome"], "not-allowed", "outcome")
        equal((wrong.events()[-1]["outcome"], wrong.events()[-1]["text"]),
              ("not-allowed", failed["text"]), "the last line")
        note(phone, wrong)


@case("a password is wanted; a server lets us wait; another line is for a person")
def wanted():
    with Room() as room:
        server = room.keep(Registrar())
        asks = account.of(server, "alice")
        phone = tphone.Register(room, asks, settings={"password": None}, json=True, once=True)
        equal(phone.wait_event("password-wanted")["realm"], "example.test", "realm")
        phone.expect_status(tphone.REFUSED)
        server.silent = True
        waits = tphone.Register(room, asks, name="waits", json=True)
        waits.wait_event("waiting", 10)
        waits.process.signal(SIGTERM)
        waits.status()
        note(phone, waits)


# --- how it ends ---------------------------------------------------------------------------------

def outcome(lines):
    expect(lines and lines[-1]["event"] == "outcome", "the last line is another", *map(str, lines))
    equal(sum(e["event"] == "outcome" for e in lines), 1, "lines of outcome")
    return lines[-1]["outcome"], lines[-1]["exit"]


ENDS = [
    ("an option that is none", ["call", "a@127.0.0.1", "--json", "--nonsense"], "usage"),
    ("no target", ["call", "--json"], "usage"),
    ("a target that is no address", ["call", "a@@", "--json", "--device", "none"], "usage"),
    ("a name without an account", ["call", "bob", "--json", "--device", "none"], "usage"),
    ("a file that is not there", ["call", "a@127.0.0.1", "--json", "--play", "/none.wav"], "sound"),
    ("a host that is not there", ["call", "a@nowhere.invalid", "--json", "--device", "none",
                                  "--dns-server", "127.0.0.1:9"], None),
    ("nobody there", ["call", "a@127.0.0.1:9;transport=tcp", "--json", "--device", "none"],
     "unreachable"),
    ("no account to register", ["register", "--json"], "usage"),
    ("one that would be steered", ["answer", "--control", "-", "--times", "x"], "usage"),
]


@case("the last line is the outcome, also where nothing began; errors stay on standard error")
def outcomes():
    with Room() as room:
        for what, words, wanted in ENDS:
            status, lines, err = run(room, *words)
            word, code = outcome(lines)
            equal(code, status, f"exit of {what}")
            expect(wanted in (word, None), f"{what}: {word}")
            expect(err.startswith("tphone: ") or "ended: " in err, f"{what}: {err!r}")
            expect(lines[-1]["text"] in err, f"{what}: {lines[-1]} is not told", err)
        status, lines, _ = run(room, "call", "a@@", "--", "--json")
        equal((status, lines), (tphone.USAGE, []), "behind -- it is no option")
        status, lines, _ = run(room, "history", "--json", "--limit", "x")
        equal((status, lines), (tphone.USAGE, []), "a list has rows only")


@case("a call that is interrupted, and one that is answered with lines for a person")
def interrupted():
    with Room() as room:
        slow = tphone.Answer(room, "slow", times=1, delay=20)
        callee = tphone.Answer(room, times=1, delay="0.5")
        caller = tphone.Call(room, slow.uri, json=True)
        caller.wait_event("ringing")
        caller.process.signal(SIGINT)
        caller.expect_status(tphone.INTERRUPTED)
        slow.expect_status(0)
        equal(outcome(caller.events()), ("interrupted", 130), "outcome")
        options = "--json", "--device", "none", "--for", "0.3"
        status, lines, err = run(room, "call", callee.uri, *options)
        equal((status, outcome(lines), err), (0, ("answered", 0), ""), "end")
        callee.expect_status(0)
        again = tphone.Answer(room, times=1)
        _, lines, err = run(room, "call", again.uri, "-v", *options)
        expect("answered, " in err and re.search("^ended: ", err, re.M), "-v tells too little", err)
        again.expect_status(0)


@case("a file that is not there any more: sound-failed, and the call goes on")
def sound_fails():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        bad = sound.write(room.path("bad.wav"), sound.speech("caller", 2))
        phone = control.Piped(room, "phone", device=None)
        c = phone.client
        call = c.do("call", target=callee.uri)["call"]
        c.event("answered")
        os.remove(bad)
        c.do("play", call=call, file=bad)
        equal(c.event("sound-failed")["call"], call, "call")
        c.do("dtmf", digits="1")
        c.event("dtmf-sent")
        c.do("quit")
        phone.status()
        note(c)


@case("a reader that is gone ends no call")
def gone_reader():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        line = f"{tphone.program()} call {callee.uri} --device none --for 0.5 --json | head -n 1"
        got = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], capture_output=True,
                             timeout=60)
        equal(got.returncode, 0, "status")
        expect(len(got.stdout.splitlines()) == 1, "head saw something else", got.stdout.decode())
        callee.expect_status(0)


CALLS = 300  # each of more than a kilobyte


@case("a reader that comes late misses lines and is told so; calls go on")
def late_reader():
    with Room() as room:
        port = free_port()
        phone = subprocess.Popen([tphone.program(), "answer", "--json", "--code", "486", "--listen",
                                  f"udp:127.0.0.1:{port}"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        try:
            wait_udp(port)
            peer = room.keep(sip.Peer(port))
            for _ in range(CALLS):
                refused(peer, f"sip:x@127.0.0.1:{port}", b'"' + b"x" * 1000 + b'"')
            lines = [phone.stdout.readline() for _ in range(100)]
            reader = threading.Thread(target=lambda: lines.extend(phone.stdout))
            reader.start()
            wait_until(lambda: len(lines) > 200, 10, "no more came out")
            refused(peer, f"sip:x@127.0.0.1:{port}", b"")
            phone.terminate()
            equal(phone.wait(10), 0, "status")
            reader.join(10)
        finally:
            phone.kill()
            phone.wait()
        told = [schema.check_line(l) for l in lines]
        gaps = [e["text"] for e in told if e["event"] == "notice"]
        expect(len(gaps) == 1 and "lines are missing" in gaps[0], f"what is told of it: {gaps}")
        equal(int(gaps[0].split()[0]) + len(told) - len(gaps), 1 + 2 * (CALLS + 1) + 1, "lines")
        equal(told[-1]["event"], "outcome", "the last line")


# --- lists ---------------------------------------------------------------------------------------

@case("history, contacts and devices as lines of JSON")
def lists():
    with Room() as room:
        callee = tphone.Answer(room, name="bob", times=1)
        room.write("home/config/tphone/tphone.conf", "device = none\n")
        room.write("home/config/tphone/contacts", f"Bob B Baker = {callee.uri}\n")
        env = home_in(room.path("home"))
        status, lines, err = run(room, "contacts", "--json", env=env)
        equal((status, lines), (0, [{"v": 1, "list": "contacts", "name": "Bob B Baker",
                                     "address": callee.uri}]), f"contacts {err}")
        run(room, "call", "Bob B Baker", "--for", "0.3", "--json", env=env)
        callee.expect_status(0)
        run(room, "call", "a@127.0.0.1:9;transport=tcp", "--json", env=env)
        status, lines, _ = run(room, "history", "--json", env=env)
        equal([(l["direction"], l["outcome"], l.get("contact")) for l in lines],
              [("out", "failed", None), ("out", "answered", "Bob B Baker")], "history")
        expect(0.2 < lines[1]["duration"] < 5 and "duration" not in lines[0], str(lines))
        expect(abs(lines[0]["time"] - lines[1]["time"]) < 20, "times", str(lines))
        status, lines, _ = run(room, "devices", "--json", env=env)
        expect(all(l["list"] == "devices" for l in lines), str(lines))


# --- all of them ---------------------------------------------------------------------------------

@tap.case("every event of the schema was seen in a real call, here or where it is said")
def all_seen():
    with _all_done:
        expect(_all_done.wait_for(lambda: not _left, 120), f"still at work: {_left}")
        every = {e["properties"]["event"]["const"]
                 for e in schema.load().root["$defs"]["event"]["oneOf"]}
        equal(sorted(every - _seen - ELSEWHERE), [], "events that were never seen")
        equal(sorted(ELSEWHERE - every), [], "events that there are not")


if __name__ == "__main__":
    tap.run(jobs=4)
