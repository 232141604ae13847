#!/usr/bin/env python3
"""Clients that steer a phone by lines of JSON, over standard input and over the socket: every
command, every refusal, two at once, and descriptors that come along."""
import collections
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, control, sound, tap, tphone
from lib.registrar import Registrar
from lib.room import SIGTERM, Room, wait_until
from lib.tap import Failure, case, equal, expect

LINE_MAX, CLIENTS_MAX = 65536, 64
OVER = ("standard input", "the socket")


def desk(room, over, **more):
    """A phone to be steered, and a client of it."""
    if over == "standard input":
        phone = control.Piped(room, "desk", **more)
        return phone, phone.client
    phone = control.Daemon(room, "desk", **more)
    return phone, phone.client("first")


def state_of(client, call):
    return client.do("status", call=call)["calls"][0]


# --- every command -----------------------------------------------------------------------------

def every_command(over):
    with Room() as room:
        phone, me = desk(room, over, device="null")
        far = control.Piped(room, "far")
        equal(me.do("status")["calls"], [], "calls at first")
        equal(me.do("accounts")["accounts"], [], "accounts")
        told = [(e["transport"], e["local"]) for e in me.events("listening")]
        here = [(e["transport"], e["local"]) for e in me.do("status")["listening"]]
        expect(here and set(told) <= set(here), "where it listens", told, here)
        expect(any("devices" in e or "text" in e for e in [_devices(me)]), "no list of devices")
        _volume(me)
        one, theirs = control.call_up(me, far, digits="7")
        far.client.event("dtmf", digit="7")
        me.event("quality", call=one)
        me.do("events", quality=False)
        told = len(me.events("quality"))
        _in_a_call(room, me, far, one, theirs)
        two, theirs_too = control.call_up(me, far)
        _two_calls(me, far, (one, theirs), (two, theirs_too))
        _incoming(me, far, phone)
        me.do("hangup", call=one)
        me.event("ended", call=one, outcome="answered")
        me.do("hangup")
        far.client.event("ended", call=theirs_too)
        equal(len(me.events("quality")), told, "lines of quality that nobody wants")
        me.do("quit")
        phone.expect_status(tphone.OK)
        me.wait_closed()


def _devices(me):
    mark = me.mark()
    me.do("devices")
    return me.event("devices", after=mark)


def _volume(me):
    equal(me.do("volume")["speaker_db"], 0, "volume at first")
    reply = me.do("volume", speaker_db=-6)
    me.event("volume", speaker_db=-6)
    reply = me.do("volume", microphone_db=3)
    equal((reply["speaker_db"], reply["microphone_db"]), (-6, 3), "volume")
    me.do("volume", speaker_db=0, microphone_db=0)
    me.do("voice", noise="off", level="on")
    me.event("voice", noise="off")
    me.do("voice", level="auto")
    reply = me.do("voice")
    equal([reply[m] for m in ("echo", "noise", "level")], ["auto", "off", "auto"], "voice")


def _in_a_call(room, me, far, one, theirs):
    state = state_of(me, one)
    equal((state["phase"], state["answered"], state["incoming"], state["device"]),
          ("up", True, False, True), "the call in status")
    media = [e for e in me.events("media") if e["call"] == one][-1]
    for what in ("local", "remote", "encryption", "codec"):
        equal(state[what], media[what], f"{what} of its sound")
    me.do("mute")
    me.event("muted", call=one)
    expect(state_of(me, one)["muted"], "status does not say that the call is muted")
    me.do("unmute", call=one)
    me.event("unmuted", call=one)
    me.do("dtmf", digits="1#")
    far.client.event("dtmf", digit="#")
    me.event("dtmf-sent", call=one)
    me.do("hold")
    me.event("on-hold", call=one)
    far.client.event("held", call=theirs)
    expect(state_of(me, one)["on_hold"], "status does not say that the call is on hold")
    me.do("resume")
    me.event("off-hold", call=one)
    far.client.event("resumed", call=theirs)
    _play_and_record(room, me, one)


def _play_and_record(room, me, one):
    short = sound.write(room.path("short.wav"), sound.tone(440, 0.2))
    long = sound.write(room.path("long.wav"), sound.tone(440, 60))
    me.do("play", file=short)
    me.event("playing", file=short)
    me.event("play-ended", call=one)
    me.do("play", call=one, file=long)
    me.event("playing", file=long)
    me.do("stop")
    taken = room.path("taken.wav")
    me.do("record", file=taken, sides="mixed")
    me.event("recording", file=taken)
    wait_until(lambda: os.path.exists(taken), 10, "nothing was recorded")
    me.do("record", on=False)
    me.event("recording-ended", file=taken)


def _two_calls(me, far, first, second):
    one, two = first[0], second[0]
    me.event("on-hold", call=one)
    mark = me.mark()
    equal(me.do("swap")["call"], one, "the one that waits")
    me.event("on-hold", call=two, after=mark)
    me.event("off-hold", call=one, after=mark)
    me.refused("mute", "which-call")
    equal(me.do("hold")["call"], one, "the call that is heard")
    equal(me.do("resume", call=one)["call"], one, "the call that is heard again")
    me.event("off-hold", call=one, after=mark)
    mark = me.mark()
    me.do("conference")
    number = me.event("joined", call=one, after=mark)["conference"]
    equal(me.event("joined", call=two, after=mark)["conference"], number, "conference")
    equal(state_of(me, two)["conference"], number, "conference in status")
    me.do("part", call=two)
    me.event("parted", call=two)
    me.do("conference", calls=[two, one])
    me.event("joined", call=two, after=mark + 1)
    me.do("part", call=one)


def _incoming(me, far, phone):
    """One that rings and is declined, one that is taken and ends."""
    mark = me.mark()
    there = far.client.do("call", target=phone.uri)["call"]
    here = me.event("incoming", after=mark)["call"]
    far.client.event("ringing", call=there, status=180)
    equal(state_of(me, here)["phase"], "incoming", "phase")
    equal(me.do("decline", status=486)["call"], here, "the call that was declined")
    far.client.event("ended", call=there, outcome="busy")
    me.event("ended", call=here)
    mark = me.mark()
    there = far.client.do("call", target=phone.uri)["call"]
    here = me.event("incoming", after=mark)["call"]
    equal(me.do("answer", device=False)["call"], here, "the call that was answered")
    far.client.event("answered", call=there)
    far.client.do("hangup", call=there)
    me.event("ended", call=here, outcome="answered")


for over in OVER:
    case(f"every command, over {over}", over)(every_command)


@case("accounts register, take a password, and un-register by command")
def accounts():
    with Room() as room:
        server = room.keep(Registrar())
        phone = control.Piped(room, "desk", account=account.of(server, "alice"),
                              settings={"password": None})
        me = phone.client
        me.event("password-wanted", account="alice")
        known = me.do("accounts")["accounts"][0]
        equal((known["account"], known["registers"], known["registered"]), ("alice", True, False),
              "the account")
        equal(known["text"], "it waits for its password", "why it is not registered")
        me.do("password", account="alice", password=server.users["alice"])
        me.event("registered", account="alice")
        expect(me.do("status")["accounts"][0]["registered"], "status does not say registered")
        me.do("unregister")
        me.event("unregistered", account="alice")
        me.do("register", account="alice")
        me.event("registered", account="alice", after=me.mark() - 1)
        me.refused("register", "no-such-account", account="bob")
        server.refused = 403
        me.do("unregister")
        me.do("register")
        text = me.event("registration-failed")["text"]
        equal(me.do("accounts")["accounts"][0]["text"], text, "why it is not registered")
        phone.end_of_input()
        phone.status()
        with open(phone.trace) as trace:
            expect(server.users["alice"] not in trace.read(), "the password is in the trace")


# --- refusals ----------------------------------------------------------------------------------

REFUSED = (
    ("rubbish", "bad-json"), ("[]", "bad-json"), ("\"quit\"", "bad-json"),
    ("{\"command\":\"quit\"", "bad-json"), ("{\"command\":\"a\\u0000b\"}", "bad-json"),
    ("{\"command\":\"quit\",\"command\":\"status\"}", "bad-json"),
    ("[" * 5000, "bad-json"), ("{\"a\":" * 3000 + "1" + "}" * 3000, "bad-json"),
    ("{}", "bad-member"), ("{\"command\":1}", "bad-member"),
    ("{\"command\":\"hagnup\"}", "unknown-command"),
    ("{\"command\":\"message\"}", "not-built"), ("{\"command\":\"presence\"}", "not-built"),
    ("{\"command\":\"transfer\"}", "not-built"),
    ("{\"command\":\"hold\",\"cal\":1}", "bad-member"),
    ("{\"command\":\"hold\",\"call\":\"1\"}", "bad-member"),
    ("{\"command\":\"hold\",\"call\":7}", "no-such-call"),
    ("{\"command\":\"hold\"}", "no-such-call"), ("{\"command\":\"answer\"}", "no-such-call"),
    ("{\"command\":\"hangup\"}", "no-such-call"), ("{\"command\":\"stop\"}", "no-such-call"),
    ("{\"command\":\"swap\",\"call\":7}", "no-such-call"),
    ("{\"command\":\"part\",\"call\":7}", "no-such-call"),
    ("{\"command\":\"status\",\"call\":7}", "no-such-call"),
    ("{\"command\":\"conference\",\"calls\":[7,8]}", "no-such-call"),
    ("{\"command\":\"conference\"}", "wrong-state"),
    ("{\"command\":\"call\",\"target\":\"bob\"}", "needs-account"),
    ("{\"command\":\"call\",\"target\":\"sip:\"}", "bad-value"),
    ("{\"command\":\"call\",\"target\":\"sip:1@127.0.0.1\",\"account\":\"work\"}",
     "no-such-account"),
    ("{\"command\":\"register\"}", "no-such-account"),
    ("{\"command\":\"password\",\"password\":\"x\"}", "no-such-account"),
    ("{\"command\":\"call\",\"target\":\"sip:1@127.0.0.1\",\"audio\":{\"in\":true}}",
     "no-descriptor"),
    ("{\"command\":\"volume\",\"speaker_db\":19}", "bad-member"),
    ("x" * (LINE_MAX + 1), "too-long"), ("x" * (4 * LINE_MAX), "too-long"),
)


def refusals(over):
    with Room() as room:
        phone, me = desk(room, over, device="none")
        lines = [f"{line}\n{{\"id\":{n},\"command\":\"events\"}}\n"
                 for n, (line, error) in enumerate(REFUSED, 1000)]
        me.raw("".join(lines).encode())
        me.reply(1000 + len(lines) - 1)
        replies = [l for l in me.lines if "reply" in l]
        errors = [r["error"] for r in replies if not r["ok"]]
        equal(errors, [error for _, error in REFUSED], "the errors, in order")
        equal([r["reply"] for r in replies if r["ok"]],
              list(range(1000, 1000 + len(lines))), "the good replies, in order")
        expect(all(r["text"] for r in replies if not r["ok"]), "an error has no sentence")
        _odd_lines(me)
        phone.process.signal(SIGTERM)
        phone.status()


def _odd_lines(me):
    """As long as may be, in pieces, with carriage returns, blank ones between."""
    head, tail = b'{"id":"long","command":"status"', b"}"
    me.raw(head + b" " * (LINE_MAX - len(head) - 1) + tail + b"\n")
    expect(me.reply("long")["ok"], "a line as long as may be is refused")
    for byte in b'{"id":"slow","command":"events"}\r\n':
        me.raw(bytes([byte]))
    expect(me.reply("slow")["ok"], "a line in single bytes is refused")
    me.raw(b"\n\r\n   \n\t{\"id\":\"last\",\"command\":\"events\"}  \n")
    expect(me.reply("last")["ok"], "a line among blank ones is refused")
    me.raw(b'{"id":"nul","command":"events"}\0\n')
    equal(me.wait(lambda l: l.get("reply", 0) is None and "NUL" in l["text"]
                  or l.get("error") == "bad-json" and l is me.lines[-1])["error"],
          "bad-json", "a line with a NUL")


for over in OVER:
    case(f"every refusal, over {over}, each with its word and in order", over)(refusals)


# --- two at once -------------------------------------------------------------------------------

@case("two clients at once hear the same, and each its own replies")
def two_at_once():
    with Room() as room:
        phone = control.Daemon(room, "desk", device="none")
        far = control.Piped(room, "far", device="none")
        one, two = phone.client("one"), phone.client("two")
        one.do("status"), two.do("events", quality=False)
        asked = threading.Thread(target=lambda: [two.ask("status") for _ in range(200)])
        asked.start()
        number, theirs = control.call_up(one, far, digits="5")
        two.event("answered", call=number)
        two.do("mute", call=number)
        one.event("muted", call=number)
        one.event("quality", call=number)
        two.do("hangup", call=number)
        one.event("ended", call=number)
        two.event("ended", call=number)
        asked.join()
        expect(not two.events("quality"), "who does not want to know it hears the quality")
        heard = [[l for l in c.lines if "event" in l and l["event"] != "quality"]
                 for c in (one, two)]
        equal(heard[0], heard[1], "what the two have heard")
        ids = [l["reply"] for l in two.lines if "reply" in l]
        equal(ids, list(range(1, len(ids) + 1)), "the replies to the second")
        one.do("events", on=False)
        two.do("volume", speaker_db=-1)
        two.event("volume")
        one.do("status")
        expect(not one.events("volume"), "who wants no events is told one")
        one.do("devices")
        one.event("devices")
        quits = one.send("quit")
        expect(one.reply(quits)["ok"], "quit is refused")
        two.wait_closed()
        phone.expect_status(tphone.OK)


@case("a call that is tied ends with its client, another one does not")
def tied():
    with Room() as room:
        phone = control.Daemon(room, "desk", device="none")
        far = control.Piped(room, "far", device="none")
        one, two = phone.client("one"), phone.client("two")
        ends, theirs = control.call_up(one, far, tied=True)
        stays, _ = control.call_up(one, far)
        one.close()
        two.event("ended", call=ends)
        far.client.event("ended", call=theirs)
        equal([c["call"] for c in two.do("status")["calls"]], [stays], "the calls that are left")


@case("a client that has said all it has to say is answered before it is left")
def half_closed():
    with Room() as room:
        phone = control.Daemon(room, "desk", device="none")
        one = phone.client("one")
        one.raw(b'{"id":1,"command":"status"}\n{"id":2,"command":"accounts"}')
        one.socket.shutdown(socket.SHUT_WR)
        one.reply(1)
        expect(one.reply(2)["ok"], "the last line, which had no end, is refused")
        one.wait_closed()
        equal(phone.client("two").do("status")["calls"], [], "calls")


@case("history and contacts are listed, in order among other replies, also to who leaves at once")
def lists():
    with Room() as room:
        book = room.write("book", "bob = sip:bob@127.0.0.1\ncarol = sip:carol@127.0.0.1\n")
        far = tphone.Answer(room, "far", device="none")
        phone = control.Daemon(room, "desk", device="none", contacts_file=book)
        me = phone.client()
        equal(me.do("history")["history"], [], "the history of nobody")
        for _ in range(2):
            call = me.do("call", target=far.uri)["call"]
            mark = me.mark()
            me.event("answered", call=call)
            me.do("hangup", call=call)
            me.event("ended", call=call, after=mark)
        wait_until(lambda: [r["outcome"] for r in me.do("history")["history"]] == ["answered"] * 2,
                   5, "two calls do not stand in the history")
        row = me.do("history", limit=1)["history"]
        equal([(r["list"], r["direction"], r["peer"]) for r in row],
              [("history", "out", far.uri)], "one row")
        me.refused("history", "bad-member", limit=0)
        numbers = [me.send(c) for c in ("contacts", "status", "history", "accounts", "contacts")]
        for n in numbers:
            expect(me.reply(n)["ok"], f"reply {n} is a refusal")
        said = [line["reply"] for line in me.lines if line.get("reply") in numbers]
        equal(said, numbers, "the order of replies")
        equal([r["name"] for r in me.reply(numbers[-1])["contacts"]], ["bob", "carol"], "names")
        leaver = phone.client("leaver")
        leaver.send("history")
        leaver.close()
        equal(me.do("status")["calls"], [], "calls, after somebody has left")


@case("there are as many clients as may be, and one more is told so")
def too_many():
    with Room() as room:
        phone = control.Daemon(room, "desk", device="none")
        clients = [phone.client(f"client {n}") for n in range(CLIENTS_MAX)]
        clients[-1].do("status")
        one_more = phone.client("one more")
        one_more.event("dropped")
        one_more.wait_closed()
        clients[0].do("status")
        clients.pop().close()
        wait_until(lambda: _is_taken(phone), 5, "the place of one that left is not given away")


def _is_taken(phone):
    client = phone.client("again")
    try:
        return client.ask("status", seconds=2)["ok"]
    except (Failure, OSError):
        return False


# --- descriptors -------------------------------------------------------------------------------

@case("descriptors that come with a call are its sound; those that nobody asked for are closed")
def descriptors():
    with Room() as room:
        phone = control.Daemon(room, "desk", device="none")
        far = control.Piped(room, "far", device="none")
        one = phone.client("one")
        first, there = control.call_up(one, far)  # the media thread begins with it
        one.do("hangup", call=first)
        far.client.event("ended", call=there)
        had = _descriptors(phone)
        spoken = sound.speech("caller", 3.0, rate=16000)
        (ours_in, theirs_in), (theirs_out, ours_out) = os.pipe(), os.pipe()
        mine, mark = [ours_in, ours_out], far.client.mark()
        call = one.reply(one.send_with(mine, "call", target=far.uri,
                                       audio={"in": True, "out": True}))["call"]
        for fd in mine:
            os.close(fd)
        theirs = far.client.event("incoming", after=mark)["call"]
        heard = room.path("heard.wav")
        talk = sound.write(room.path("talk.wav"), sound.speech("callee", 3.0))
        far.client.do("answer", record=heard, sides="heard", play=talk)
        one.event("answered", call=call)
        listener = threading.Thread(target=_drain, args=(theirs_out, room.path("piped.raw")))
        listener.start()
        with os.fdopen(theirs_in, "wb") as pipe:
            pipe.write(spoken.samples.tobytes())
        one.event("play-ended", call=call)
        far.client.event("play-ended")
        one.do("hangup", call=call)
        far.client.event("ended", call=theirs)
        listener.join(5)
        sound.expect_heard(spoken, heard, "what came through the descriptor")
        piped = sound.read(room.path("piped.raw"), raw_rate=16000)
        sound.expect_heard(sound.speech("callee", 3.0),
                           sound.write(room.path("piped.wav"), piped), "what went out by it")
        _unwanted(one, phone)
        try:
            wait_until(lambda: not _descriptors(phone) - had, 5, "descriptors are left open")
        except Failure as e:
            e.notes += [f"these: {_descriptors(phone) - had}"]
            raise


def _drain(fd, path):
    with os.fdopen(fd, "rb") as pipe, open(path, "wb") as file:
        file.write(pipe.read())


def _descriptors(phone):
    """What they are, but for numbers that differ each time, and for the history, which comes and
    goes."""
    folder = f"/proc/{phone.process.popen.pid}/fd"
    found = []
    for fd in os.listdir(folder):
        try:
            found.append(os.readlink(os.path.join(folder, fd)).split(":[")[0])
        except FileNotFoundError:
            continue
    return collections.Counter(name for name in found if "history.db" not in name)


def _unwanted(one, phone):
    """Too many, with a command that takes none, with rubbish; and a pair that is too many."""
    ours, theirs = os.pipe()
    one.reply(one.send_with([ours, theirs], "status"))
    equal(one.reply(one.send_with([ours] * 5, "status"))["ok"], True, "five descriptors")
    reply = one.reply(one.send_with([ours, theirs], "call", target="sip:1@127.0.0.1:9",
                                    audio={"in": True}))
    equal(reply["error"], "no-descriptor", "two descriptors for one direction")
    line = b'{"command":"play","call":99,"audio":{"in":true},"id":"%s"}\n'
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", ours))]
    one.socket.sendmsg([line % b"first" + line % b"second"], rights)
    equal([one.reply(which)["error"] for which in ("first", "second")],
          ["no-such-call", "no-descriptor"], "one descriptor and two who want it")
    os.close(ours)
    os.close(theirs)


if __name__ == "__main__":
    tap.run(jobs=4, in_time=True)
