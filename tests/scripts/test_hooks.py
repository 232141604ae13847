#!/usr/bin/env python3
"""Commands of on-event: what they are told, by every command that holds a phone; what strangers'
names can and cannot do to them; and that none hangs, floods or stays behind at our cost."""
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, pace, schema, sip, tap, tphone
from lib.attack import end_s
from lib.registrar import Registrar
from lib.room import SIGINT, SIGTERM, Room, free_port, wait_until
from lib.tap import case, equal, expect

# Writes what it got, one JSON object a line: standard input, its variables, what is open in it.
TELLS = """#!{python} -IS
import json, os, sys
got = {{"line": sys.stdin.read(), "arguments": sys.argv[1:],
       "environment": {{n: v for n, v in os.environ.items() if n.startswith("TPHONE_")}},
       "open": sorted(int(n) for n in os.listdir("/proc/self/fd"))[:-1],
       "session": os.getsid(0) == os.getpid()}}
with open("{path}", "ab") as f:
    f.write(json.dumps(got).encode() + b"\\n")
"""


def config(room, *hooks, name="hooks.conf", more=""):
    return room.write(name, "".join(f"on-event = {h}\n" for h in hooks) + more)


def program(room, name, text):
    path = room.write(name, text)
    os.chmod(path, 0o755)
    return path


def lines_of(path):
    """Of a file that may be growing: the end of its last line may not be there yet."""
    with open(path, encoding="utf-8") as f:
        return [json.loads(l) for l in f.read().rpartition("\n")[0].splitlines()]


def tells(room, name="tells"):
    """A command that tells what it got, and how to read it."""
    path = room.path(name + ".jsonl")

    def read():
        try:
            return lines_of(path)
        except FileNotFoundError:
            return []
    return program(room, name, TELLS.format(python=sys.executable, path=path)), read


def running(mark):
    """The processes in whose command line mark stands, but ours."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if mark.encode() in f.read() and int(pid) != os.getpid():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def check_told(got):
    """Line and variables agree, member by member."""
    equal(got["line"].count("\n"), 1, "lines on standard input")
    equal(schema.line_faults(got["line"].rstrip("\n")), [], "what the schema says of the line")
    event = json.loads(got["line"])
    variables = dict(got["environment"])
    for name, value in event.items():
        variable = "TPHONE_" + name.upper()
        expect(variable in variables, f"{variable} is missing", str(variables))
        told = variables.pop(variable)
        if isinstance(value, bool):
            equal(told, "true" if value else "false", variable)
        elif isinstance(value, (int, float)):
            equal(float(told), float(value), variable)
        else:
            equal(told, value, variable)
    equal(variables, {}, "variables that are no members")
    return event


# --- what they are told ------------------------------------------------------------------------

@case("call and answer: each event once and in words, on standard input and as variables")
def call_and_answer():
    with Room() as room:
        command, read = tells(room)
        other, read_other = tells(room, "other")
        callee = tphone.Answer(room, times=1, config=config(
            room, f"incoming,answered,ended {command} 'one word' \"it's\" --for=$HOME ~/x",
            f"ENDED {other}", name="callee.conf"))
        caller = tphone.Call(room, callee.uri, seconds=0.3, config=config(room, f"* {command}"),
                             env={"TPHONE_EVENT_OF_OTHERS": "x", "TPHONE_CALL": "99"})
        caller.expect_status(0)
        callee.expect_status(0)
        got = read()
        events = [check_told(g) for g in got]
        ours = [e["event"] for e, g in zip(events, got) if g["arguments"]]
        equal(sorted(ours), ["answered", "ended", "incoming"], "events of the callee")
        theirs = [e["event"] for e, g in zip(events, got) if not g["arguments"]]
        expect({"listening", "calling", "answered", "ended"} <= set(theirs), "an event is missing",
               str(theirs))
        equal([e["outcome"] for e in events if e["event"] == "ended"], ["answered"] * 2, "outcomes")
        equal(len(read_other()), 1, "runs of the second command")
        *words, path = next(g["arguments"] for g in got if g["arguments"])
        equal(words, ["one word", "it's", "--for=$HOME"], "arguments")
        equal(os.path.normpath(path), os.path.join(callee.home, "x"), "the last argument")
        for g in got:
            equal(g["open"], [0, 1, 2], "descriptors that are open")
            expect(g["session"], "it has no session of its own")


@case("register: registered and unregistered; a command of an option is added to the file's")
def registers():
    with Room() as room:
        command, read = tells(room)
        other, read_other = tells(room, "other")
        server = room.keep(Registrar())
        of = account.of(server, "alice")
        path = config(room, f"registered,unregistered {command}", more=of.settings())
        os.chmod(path, 0o600)
        phone = tphone.Phone(room, "phone", "register", config=path,
                             listen="udp:127.0.0.1:0", on_event=f"registered {other}")
        wait_until(lambda: read() and read_other(), 10, "no command was started")
        phone.process.signal(SIGINT)
        phone.expect_status(0, 5)
        events = [check_told(g) for g in read()]
        equal([e["event"] for e in events], ["registered", "unregistered"], "events")
        equal(events[0]["account"], "alice", "account")
        equal(len(read_other()), 1, "runs of the option's command")


@case("quality, every second, is for those who name it")
def quality():
    with Room() as room:
        named, read_named = tells(room, "named")
        all_, read_all = tells(room, "all")
        callee = tphone.Answer(room)
        tphone.Call(room, callee.uri, seconds=2.5,
                    config=config(room, f"quality {named}", f"* {all_}")).expect_status(0)
        events = [check_told(g)["event"] for g in read_named()]
        expect(set(events) == {"quality"} and len(events) in (1, 2, 3), f"told: {events}")
        expect("quality" not in [check_told(g)["event"] for g in read_all()], "* has it, too")


@case("daemon: a command takes the call, through the daemon that has started it")
def by_daemon():
    with Room() as room:
        command, read = tells(room)
        port = free_port()
        path = config(room, f"incoming {tphone.program()} ctl answer call=1 device=false",
                      f"incoming,answered,ended {command}")
        daemon = tphone.Phone(room, "daemon", "daemon", config=path,
                              listen=f"127.0.0.1:{port}")
        daemon.wait_line(f":{port}")
        tphone.Call(room, f"sip:a@127.0.0.1:{port}", seconds=0.3, alone=True).expect_status(0)
        wait_until(lambda: len(read()) >= 3, 5, "an event is missing")
        equal(sorted(check_told(g)["event"] for g in read()), ["answered", "ended", "incoming"],
              "events")
        daemon.process.signal(SIGTERM)
        daemon.expect_status(0, 5)


@case("--on-event none takes the commands of the file away")
def none():
    with Room() as room:
        command, read = tells(room)
        callee = tphone.Answer(room, times=1)
        tphone.Call(room, callee.uri, seconds=0.1, config=config(room, f"* {command}"),
                    on_event="none").expect_status(0)
        callee.expect_status(0)
        equal(read(), [], "what was started")


@case("a tphone that a hook runs has no hooks: no call goes on making others")
def not_again():
    with Room() as room:
        log = room.path("log")
        other = tphone.Answer(room, name="other", times=1)
        path = room.path("again.conf")
        config(room, f"incoming,calling sh -c 'echo begin >>{log}; {tphone.program()} call "
               f"{other.uri} --config {path} --for 0.1; echo $? >>{log}'", name="again.conf")
        callee = tphone.Answer(room, config=path)
        tphone.Call(room, callee.uri, seconds=0.1).expect_status(0)
        other.expect_status(0)

        def said():
            with open(log) as f:
                return f.read().split()
        wait_until(lambda: len(said()) >= 2, 10, "the hook did not end")
        callee.process.signal(SIGINT)
        callee.expect_status(0, 4)
        equal(said(), ["begin", "0"], "what the hook did")


# --- strangers ---------------------------------------------------------------------------------

HOSTILE = [
    "$(touch PWNED)", "`touch PWNED`", "; touch PWNED #", "x' ; touch PWNED ; '", "| touch PWNED",
    "() { :; }; touch PWNED", "a=b\\\"c", "--help", "%s%n%x", "\u202eevil\u200b\u009b31m",
    "PATH=/x LD_PRELOAD=/x", "x" * 3000, "\u00e4\u6f22\U0001f600", "\x1b]0;title\x07", "{\"v\":2}",
]


@case("what a stranger calls himself is a value and nothing else, in JSON and in the environment")
def hostile_names():
    with Room() as room:
        command, read = tells(room)
        shell = f"incoming sh -c 'echo $TPHONE_PEER_NAME \"$TPHONE_PEER_NAME\"; eval : x'"
        callee = tphone.Answer(room, code=486, config=config(room, f"incoming {command}", shell),
                               verbose=True)
        peer = room.keep(sip.Peer(callee.port))
        for name in HOSTILE:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            invite = peer.invite(callee.uri, From=f'"{quoted}" <sip:x@127.0.0.1>;tag={sip.unique()}')
            peer.send(invite)
            answer = peer.wait(lambda m: m.status >= 300 and m.get("Call-ID") == invite.get("Call-ID"))
            peer.send(peer.ack(invite, answer))
        wait_until(lambda: len(read()) >= len(HOSTILE), 15, "a command is missing")
        names = {check_told(g).get("peer_name") for g in read()}
        for name in HOSTILE[:9] + ["\u00e4\u6f22\U0001f600"]:
            expect(name in names, f"{name!r} did not arrive as it is", str(names))
        for g in read():
            raw = g["line"] + "".join(g["environment"].values())
            expect(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", raw),
                   "something that a terminal obeys", repr(raw))
            equal({n for n in g["environment"] if not re.fullmatch("TPHONE_[A-Z_]+", n)}, set(),
                  "names of variables")
        callee.process.signal(SIGTERM)
        callee.status(5)
        equal([f for _, _, fs in os.walk(room.folder) for f in fs if "PWNED" in f], [], "files made")
        equal([l for l in callee.process.lines if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", l)], [],
              "lines that a terminal obeys")


# --- those that go wrong -----------------------------------------------------------------------

@case("one that cannot be started, one that fails: told with the first lines it said, and as an "
      "event; the call goes on")
def failing():
    with Room() as room:
        plain = room.write("plain", "no program")
        callee = tphone.Answer(room, times=1)
        caller = tphone.Call(room, callee.uri, seconds=0.5, json=True, config=config(
            room, "calling /no/such/program", f"calling {plain}",
            "answered sh -c 'echo first >&2; echo >&2; echo second >&2; exit 7'",
            "answered sh -c 'kill -9 $$'"))
        caller.expect_status(0)
        callee.expect_status(0)
        for line in ("on-event calling: /no/such/program cannot be started: No such file or "
                     "directory; check its name",
                     f"on-event calling: {plain} cannot be started: Permission denied; check its "
                     "name",
                     "on-event answered: sh ended with status 7: first / second",
                     "on-event answered: sh was ended by signal 9"):
            expect(line in caller.output(), f"not told: {line}", caller.output())
            events = [json.loads(l) for l in caller.process.lines if l.startswith("{")]
            expect(any(e["event"] == "hook-failed" and e["text"] == line for e in events),
                   f"no event tells: {line}")
        equal(events[-1]["event"], "outcome", "the last event")


@case("one that hangs and will not end: the call is as long as ever, it is ended after ten seconds "
      "with what it started")
def hanging():
    with Room() as room:
        mark = f"1009.{os.getpid()}"
        callee = tphone.Answer(room, config=config(
            room, f"incoming sh -c \"trap '' TERM; sleep {mark}1 & while :; do sleep {mark}2; done\""))
        began = pace.now()
        caller = tphone.Call(room, callee.uri, seconds=0.5)
        caller.expect_status(0)
        expect(pace.now() - began < 5, "the call waited for the command")
        wait_until(lambda: len(running(mark)) >= 2, 5, "it does not run")
        callee.wait_line("on-event incoming: sh did not end within 10 seconds", 16)
        wait_until(lambda: not running(mark), 5, "something of it still runs")
        callee.process.signal(SIGINT)
        callee.expect_status(0, 4)


@case("one that floods us is ended; what it said goes into the log, and only the beginning")
def flooding():
    with Room() as room:
        mark = f"flood{os.getpid()}"
        callee = tphone.Answer(room, verbose=True, config=config(
            room, f"incoming yes {mark}", f"incoming sh -c 'yes {mark}e >&2'"))
        tphone.Call(room, callee.uri, seconds=0.5).expect_status(0)
        wait_until(lambda: len(callee.process.said("wrote more than 1048576 bytes")) >= 2, 8,
                   "lines that tell it are missing")
        callee.process.signal(SIGINT)
        callee.expect_status(0, 4)
        equal(len(callee.process.said("wrote more than 1048576 bytes")), 2, "lines that tell it")
        expect(callee.process.said(f"hooks: on-event incoming: yes: {mark}$"), "nothing in the log")
        expect(len(callee.output()) < 100000, "the log was flooded")
        equal(running(mark), [], "still running")


def ring_many(room, callee, count):
    """count calls, as fast as one address may make them (64 at once), each refused."""
    peer = room.keep(sip.Peer(callee.port))
    for first in range(0, count, 50):
        invites = {i.get("Call-ID"): i for i in
                   (peer.invite(callee.uri) for _ in range(min(50, count - first)))}
        for invite in invites.values():
            peer.send(invite)
        peer.wait(lambda m: m.status >= 300 and m.get("Call-ID") in invites, 10, len(invites))
        for answer in peer.found(lambda m: m.status >= 300 and m.get("Call-ID") in invites):
            peer.send(peer.ack(invites[answer.get("Call-ID")], answer))


@case("200 events at once: each is told once, at most eight commands run at a time")
def many():
    with Room() as room:
        log, out = room.path("log"), room.path("out")
        callee = tphone.Answer(room, code=486, config=config(
            room, f"ended sh -c 'echo + >>{log}; cat >>{out}; echo - >>{log}'"))
        ring_many(room, callee, 200)

        def done():
            with open(log) as f:
                return f.read().split().count("-") >= 200
        wait_until(lambda: os.path.exists(log) and done(), 60, "not all were started")
        calls = [told["call"] for told in lines_of(out)]
        equal(sorted(calls), list(range(1, 201)), "calls that were told")
        at_once = most = 0
        with open(log) as f:
            for sign in f.read().split():
                at_once += 1 if sign == "+" else -1
                most = max(most, at_once)
        expect(2 <= most <= 8, f"{most} ran at a time")
        equal(callee.process.said("on-event"), [], "failures")


@case("more than can wait: the oldest are left out, told once; the newest are not")
def too_many():
    with Room() as room:
        out = room.path("out")
        stop = room.path("go")
        callee = tphone.Answer(room, code=486, config=config(
            room, f"ended sh -c 'cat >>{out}; until test -e {stop}; do sleep 0.1; done'"))
        ring_many(room, callee, 350)
        callee.wait_line("on-event: events come faster than their commands end", 5)
        room.write("go", "")

        def last():
            return [told["call"] for told in lines_of(out)]
        wait_until(lambda: os.path.exists(out) and 350 in last(), 60, "the newest is missing")
        wait_until(lambda: len(last()) >= 256, 15, "those that waited are missing")
        expect(len(last()) <= 256 + 9, f"{len(last())} were started")
        equal(len(callee.process.said("the oldest are left out")), 1, "times it was told")


# --- the end -----------------------------------------------------------------------------------

def call_that_ends(room, command, most):
    """A call whose end starts the command; how often it is told that this was ended with it, and
    how long the end took."""
    callee = tphone.Answer(room, times=1)
    caller = tphone.Call(room, callee.uri, seconds=0.2, config=config(room, f"ended {command}"))
    caller.process.wait_line("^ended: ")
    began = pace.now()
    caller.expect_status(0)
    took = pace.now() - began
    expect(took < most, f"the end took {took:.1f} s with {command}")
    callee.expect_status(0)
    return len(caller.process.said("was ended, as the phone is")), took


@case("commands of the last events may end; the exit waits for them, two seconds at most")
def last_events():
    with Room() as room:
        mark, out = f"1008.{os.getpid()}", room.path("out")
        for _ in range(5):
            if os.path.exists(out):
                os.unlink(out)
            # On a busy machine its time may be up before it is begun; a fault shows in each.
            told, took = call_that_ends(room, f"sh -c 'sleep 0.3; echo x >{out}'", 4.5)
            if not told:
                break
        equal((told, os.path.exists(out)), (0, True), "told of a short one, and what it did")
        expect(took < 2, f"the end took {took:.1f} s with a short one")
        equal(call_that_ends(room, f"sleep {mark}", 4.5)[0], 1, "told of one without an end")
        equal(running(mark), [], "left behind")


@case("a signal while a command hangs: gone in two seconds, a second one at once; nothing is left")
def by_signal():
    with Room() as room:
        mark = f"1007.{os.getpid()}"
        path = config(room, f"listening sh -c 'sleep {mark} & sleep {mark}'")
        for twice, most in (False, end_s()), (True, 1.5):
            callee = tphone.Answer(room, config=path)
            wait_until(lambda: len(running(mark)) >= 2, 5, "it does not run")
            began = pace.now()
            callee.process.signal(SIGTERM)
            if twice:
                time.sleep(0.3)
                callee.process.signal(SIGTERM)
            status = callee.status(6)
            equal(status, 143 if twice else 0, "status")
            expect(pace.now() - began < most, "it took too long")
            wait_until(lambda: not running(mark), 3, "something is left behind")


# --- the configuration -------------------------------------------------------------------------

for hook, wanted in (("incomming notify-send", "1:12: there is no such event; is incoming meant?"),
                     ("incoming,ended", "1:26: the name of a program is missing"),
                     ("hook-failed x", "1:12: no command can be started by this event")):
    @case(f"on-event = {hook}: refused with its place", hook, wanted)
    def refused(hook, wanted):
        with Room() as room:
            phone = tphone.Phone(room, "phone", "answer", config=config(room, hook))
            phone.expect_status(tphone.USAGE)
            expect(f"hooks.conf:{wanted}" in phone.output(), "not so refused", phone.output())


if __name__ == "__main__":
    tap.run(jobs=4)
