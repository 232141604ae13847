#!/usr/bin/env python3
"""A daemon steered in words: tphone ctl."""
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tphone
from lib.daemon import Daemon
from lib.room import Room, wait_until
from lib.tap import case, equal, expect, run


@case("ctl steers a call in words: status, hold, digits, mute, record, hang up")
def words():
    with Room() as room:
        daemon = Daemon(room)
        callee = tphone.Answer(room)
        sound.write(os.path.join(daemon.folder, "hello.wav"), sound.silence(0.1))
        log = daemon.start("ctl", "events", name="events")
        daemon.start("ctl", "events", "--json", name="events as JSON").wait_line('"reply":null')
        # In words it says nothing before there is something to tell.
        wait_until(lambda: [daemon.expect(0, "ctl", "dnd", on) for on in ("on", "off")]
                   and log.lines, 10, "the log says nothing")
        equal(daemon.expect(0, "ctl", "call", callee.uri, "play=hello.wav").out, "call=1\n", "call")
        log.wait_line("^call 1: answered, ")
        chosen = daemon.start("ctl", "events", "muted", "ended", "--json", name="two of the events")
        chosen.wait_line('"reply":null')
        line = daemon.expect(0, "status", "-v").out
        at = rf"listens  udp +127\.0\.0\.1:{daemon.port}\nlistens  tcp .*\n"
        expect(re.match(at, line), "where it listens", line)
        line = daemon.expect(0, "status").out
        expect(re.fullmatch(r"call +1 +up +\d:\d\d  to    " + re.escape(callee.uri)
                            + r" \(opus/48000[^)]*\)\n", line), "the table", line)
        for command in (["dtmf", "1"], ["hold"], ["resume", "call=1"], ["mute", "1"],
                        ["record", "heard.wav"]):
            equal(daemon.expect(0, "ctl", *command).out, "call=1\n", str(command))
        callee.wait_line("digit 1 received")
        callee.wait_line("put on hold by the other side")
        wait_until(lambda: os.path.exists(os.path.join(daemon.folder, "heard.wav")), 5,
                   "the recording is in another folder")
        daemon.expect(0, "ctl", "hangup")
        log.wait_line("^call 1: ended: we hung up")
        chosen.wait_line('"event":"ended"')
        equal([json.loads(l)["event"] for l in chosen.lines[1:]], ["muted", "ended"], "events")
        log.signal(signal.SIGINT)
        equal(log.status(), 130, "status of ctl events")


@case("ctl refuses with a sentence and a status of its own kind")
def refusals():
    with Room() as room:
        daemon = Daemon(room)
        for line, status, sentence in (
                (["foo"], tphone.USAGE, 'there is no command "foo"'),
                (["hangup"], tphone.NOT_FOUND, "there is no call"),
                (["hangup", "77"], tphone.NOT_FOUND, "there is no such call"),
                (["call", "nobody"], tphone.USAGE, "nobody: "),
                (["call"], tphone.USAGE, "call needs ADDRESS"),
                (["message"], tphone.USAGE, "message is not built yet"),
                (["events", "endet"], tphone.USAGE, "no event endet; did you mean ended?"),
                (["dtmf", "12#", "1"], tphone.USAGE, "call cannot be 12#"),
                (["call", "bob", "device=maybe"], tphone.USAGE, "device cannot be maybe; it is yes"),
                (["play", "no.wav"], tphone.SOUND, "cannot play no.wav: No such file"),
                (["call", "bob@127.0.0.1", "play=no.wav"], tphone.SOUND, "cannot play no.wav: "),
                (["record", "no/x.wav"], tphone.SOUND, "cannot record to no/x.wav: No such file"),
                (["record", "x.mp3"], tphone.SOUND, "must end in .wav"),
                (["status", "--rate", "8000"], tphone.USAGE, "they go with - as the name"),
                (["register", "xyz"], tphone.NOT_FOUND, "account"),
                (["volume", "speaker_db=-200"], tphone.USAGE, "-96")):
            said = daemon.expect(status, "ctl", *line)
            equal(said.out, "", "standard output")
            expect(said.err.startswith("tphone: ") and sentence.replace("nobody: ", "") in said.err,
                   f"{line}: the sentence", said)
        said = daemon.expect(tphone.NOT_FOUND, "ctl", "hangup", "--json")
        expect('"error":"no-such-call"' in said.out and said.err == "", "with --json", said)


@case("several calls: ctl names those that could be meant, and joins them")
def several():
    with Room() as room:
        daemon, far = Daemon(room), tphone.Answer(room, times=2)
        for number in ("1", "2"):
            daemon.expect(0, "ctl", "call", far.uri)
            far.wait_line(f"{'call 2: ' if number == '2' else '^'}answered")
        said = daemon.expect(tphone.USAGE, "ctl", "hangup")
        equal(said.err, "tphone: several calls could be meant, 1 and 2; say which\n", "the sentence")
        equal(daemon.expect(0, "ctl", "conference").out, "conference=1\n", "the reply")
        equal(daemon.expect(tphone.OTHER, "ctl", "answer", "1").err,
              "tphone: the call does not ring here\n", "the sentence")
        equal(daemon.expect(0, "ctl", "dtmf", "2", "5").out, "call=2\n", "the reply")


@case("a call that comes in rings until ctl takes or declines it")
def incoming():
    with Room() as room:
        daemon = Daemon(room)
        for words, status in ((["answer"], tphone.OK), (["decline", "status=486"], tphone.BUSY)):
            caller = tphone.Call(room, f"sip:me@127.0.0.1:{daemon.port}", name=words[0], seconds=0.3)
            caller.wait_line("ringing")
            expect(" incoming " in daemon.expect(0, "status").out, "it is not in the table")
            daemon.expect(0, "ctl", *words)
            caller.expect_status(status)
        daemon.wait_calls(0)


@case("ctl events ends when nobody reads it any more")
def closed_reader():
    with Room() as room:
        daemon = Daemon(room)
        ours, theirs = os.pipe()
        log = daemon.start("ctl", "events", "--json", popen={"stdout": theirs,
                                                              "stderr": subprocess.PIPE})
        os.close(theirs)
        client = daemon.client()
        wait_until(lambda: log.alive(), 5, "it did not start")
        time.sleep(0.3)
        os.close(ours)

        def has_ended():
            client.do("volume", speaker_db=1)  # so that it has something to say
            return not log.alive()
        wait_until(has_ended, 10, "it goes on without a reader")


if __name__ == "__main__":
    run(jobs=4, in_time=True)
