#!/usr/bin/env python3
"""A phone steered by its standard input: what that may be, when it ends, who reads the output."""
import fcntl
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, pace, tap, tphone
from lib.room import Room, home_in
from lib.tap import case, equal, expect
from lib.terminal import Terminal


@case("the end of standard input ends calls and phone, what was said before is done")
def end_of_input():
    with Room() as room:
        far = control.Piped(room, "far", device="none")
        phone = control.Piped(room, "desk", device="none")
        call, theirs = control.call_up(phone.client, far)
        phone.client.raw(b'{"id":"last","command":"mute"}')
        phone.end_of_input()
        expect(phone.client.reply("last")["ok"], "the last line was not carried out")
        phone.client.event("ended", call=call)
        phone.client.event("outcome", exit=0)
        phone.expect_status(tphone.OK)
        far.client.event("ended", call=theirs, outcome="answered")


def plain(room, stdin, stdout=subprocess.PIPE):
    command = [tphone.program(), "register", "--control", "-", "--device", "none", "--config",
               os.devnull]
    return subprocess.run(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, timeout=60,
                          env={**os.environ, **home_in(room.path("home"))}, cwd=room.folder)


@case("standard input may be a file, nothing at all, or closed")
def files():
    with Room() as room:
        script = room.write("script", b'{"id":1,"command":"status"}\n' * 3000 +
                            b'{"id":2,"command":"accounts"}')
        with open(script) as stdin:
            told = plain(room, stdin)
        lines = [json.loads(l) for l in told.stdout.splitlines()]
        replies = [l["reply"] for l in lines if "reply" in l]
        equal((told.returncode, replies), (0, [1] * 3000 + [2]), "a script in a file")
        with open(script) as stdin, open(room.path("out"), "wb") as out:
            equal(plain(room, stdin, out).returncode, 0, "from file to file")
        with open(room.path("out")) as out:
            equal(sum('"reply"' in l for l in out), 3001, "replies in the file")
        told = plain(room, subprocess.DEVNULL)
        equal(told.returncode, 0, "an empty standard input")


@case("the phone ends where nobody reads what it says")
def nobody_reads():
    with Room() as room:
        ours, theirs = os.pipe()
        os.close(ours)
        process = subprocess.Popen(
            [tphone.program(), "register", "--control", "-", "--device", "none", "--config",
             os.devnull], stdin=subprocess.PIPE, stdout=theirs, stderr=subprocess.DEVNULL,
            env={**os.environ, **home_in(room.path("home"))})
        os.close(theirs)
        equal(pace.ended(process, 10), 0, "exit status")
        process.stdin.close()


@case("a terminal is read like a pipe, and left as it was")
def terminal():
    with Room() as room:
        screen = Terminal(room, [tphone.program(), "register", "--control", "-", "--device",
                                 "none", "--config", os.devnull], home_in(room.path("home")))
        screen.wait("listening")
        flags = fcntl.fcntl(screen._slave, fcntl.F_GETFL)
        expect(not flags & os.O_NONBLOCK, "whoever shares the terminal does not wait any more")
        screen.type('{"id":7,"command":"status"}\n')
        screen.wait('"reply":7,"ok":true')
        screen.type('{"id":8,"command":"quit"}\n')
        screen.wait('"outcome":"ok"')
        equal(screen.status(), 0, "exit status")


@case("answer and call are steered, too")
def answer_and_call():
    with Room() as room:
        far = control.Piped(room, "far", "answer", device="none")
        phone = control.Piped(room, "desk", "call", [far.uri], device="none")
        here = phone.client.event("answered")["call"]
        there = far.client.event("answered")["call"]
        far.client.refused("answer", "wrong-state", call=there)
        far.client.do("dtmf", digits="9")
        phone.client.event("dtmf", digit="9", call=here)
        phone.client.do("hangup")
        phone.client.event("outcome", outcome="answered", exit=0)
        phone.expect_status(tphone.OK)
        far.client.event("ended", call=there)
        far.end_of_input()
        far.client.event("outcome")


if __name__ == "__main__":
    tap.run(jobs=4, in_time=True)
