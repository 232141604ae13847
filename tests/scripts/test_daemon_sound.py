#!/usr/bin/env python3
"""Sound that goes to a daemon through pipes and comes from it, as it is heard at both ends."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tphone
from lib.daemon import Daemon
from lib.room import Room
from lib.tap import case, equal, expect, run


@case("sound through pipes goes to the daemon and comes from it; the end of input hangs up")
def piped():
    with Room() as room:
        daemon = Daemon(room)
        told, asked = sound.speech("callee", 3, tail_s=1), sound.speech("caller", 3, rate=16000)
        callee = tphone.Answer(room, spoken=told)
        line = [tphone.program(), "call", callee.uri, "--play", "-", "--record", "-",
                "--hangup-at-eof"]
        with open(room.path("heard.raw"), "wb") as heard:
            caller = room.start("tphone call", line, env=daemon.env(), stdin=subprocess.PIPE,
                                stdout=heard, stderr=subprocess.PIPE)
        caller.popen.stdin.write(asked.samples.tobytes())
        caller.popen.stdin.close()
        equal(caller.status(), 0, "status")
        equal(len(daemon.process.said("calling")), 1, "calls of the daemon")
        sound.expect_heard(asked, callee.recording, "what the far end heard", least=0.85)
        heard = sound.read(room.path("heard.raw"), 16000)
        found = sound.match(told.cut(0, 2.5), heard)
        expect(found.correlation > 0.85, f"what came out of the daemon: {found}")


@case("ctl plays what is piped into it and records into a pipe, and need not wait for that")
def piped_ctl():
    with Room() as room:
        daemon = Daemon(room)
        told, asked = sound.speech("callee", 3, tail_s=1), sound.speech("caller", 3, rate=8000)
        callee = tphone.Answer(room, spoken=told, times=1)
        daemon.expect(0, "ctl", "call", callee.uri)
        callee.wait_line("answered")
        with open(room.path("heard.raw"), "wb") as heard:
            record = daemon.start("ctl", "--rate", "8000", "record", "-",
                                  popen={"stdout": heard, "stderr": subprocess.PIPE})
        equal((record.status(), record.lines), (0, ["call=1"]), "status and words of ctl record")
        play = daemon.start("ctl", "--rate", "8000", "play", "-", "hangup_at_eof=yes",
                            popen={"stdin": subprocess.PIPE})
        equal(play.status(), 0, "status of ctl play, which nobody has written to yet")
        play.popen.stdin.write(asked.samples.tobytes())
        play.popen.stdin.close()
        callee.expect_status(0)
        sound.expect_heard(asked, callee.recording, "what the far end heard", least=0.85)
        found = sound.match(told.cut(0, 2.5), sound.read(room.path("heard.raw"), 8000))
        expect(found.correlation > 0.85, f"what came out of the daemon: {found}")


if __name__ == "__main__":
    run(jobs=2, in_time=True)
