#!/usr/bin/env python3
"""The programs of contrib/examples, called by telephone: what they say is what is heard."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone
from lib import room as rooms
from lib.room import SIGINT, SIGTERM, Room, wait_until
from lib.tap import case, equal, expect

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../contrib/examples")


class Example:
    """One of them, on a free port, with the telephone under test."""

    def __init__(self, room, name):
        self.port = rooms.free_port()
        self.uri = f"sip:{name}@127.0.0.1:{self.port}"
        env = {**os.environ, **rooms.home_in(room.path("home")), "TPHONE": tphone.program(),
               "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = room.start(name, [sys.executable, os.path.join(EXAMPLES, name + ".py"),
                                         "--listen", f"127.0.0.1:{self.port}"], env=env)
        rooms.wait_udp(self.port)

    def calls(self):
        return self.process.said("^call |^sip:")


def call(room, example, name, **more):
    """With a codec that leaves the processor to what is tested."""
    return tphone.Call(room, example.uri, name=name, codec="pcmu", **more)


def spoken(room, text):
    path = room.path("expected.wav")
    subprocess.run(["espeak-ng", "-w", path, text], check=True)
    return sound.read(path)


def expect_said(heard, text, room, from_s=0.0):
    """Somewhere behind from_s the text was heard."""
    wanted = spoken(room, text).at(8000)
    got = sound.match(wanted, heard.at(8000), int(from_s * 1000), int(heard.seconds * 1000))
    expect(got.correlation > 0.7, f"{text!r} was not heard: {got}")


def end(example, number=SIGTERM):
    """It ends the telephone with it, whoever tells it."""
    example.process.signal(number)
    example.process.status(5)
    rooms.wait_udp_free(example.port, 5)


def words_of(name):
    """--help, a wrong option, and no telephone at all: a sentence each, and no traceback."""
    def run(*options, **env):
        done = subprocess.run([sys.executable, os.path.join(EXAMPLES, name + ".py"), *options],
                              env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **env},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
        expect("Traceback" not in done.stderr, f"{name} {options}", done.stderr)
        return done

    done = run("--help")
    equal((done.returncode, f"./{name}.py" in done.stdout), (0, True), "--help")
    done = run("--lisen", ":0", TPHONE=tphone.program())
    expect("--listen meant?" in done.stderr, "a wrong option", done.stderr)
    done = run(TPHONE="/nowhere/tphone")
    equal(done.stderr, "there is no /nowhere/tphone; the variable TPHONE may say where it is\n",
          "no telephone")


for one in ("echo", "clock", "menu"):
    case(f"{one}.py tells what it is, and what is wrong", one)(words_of)


@case("echo.py: who calls hears himself, one after the other")
def echo():
    with Room() as room:
        example = Example(room, "echo")
        for who in "caller", "callee":
            # Beside what was sent, as it was: keys may come late, and a busy machine stop for a
            # while.
            caller = call(room, example, who, spoken=sound.speech(who, 3), behind_s=1.5,
                          record_sides="apart")
            caller.expect_status(0)
            heard, sent = sound.read_channels(caller.recording)
            got = sound.match(sent, heard)
            expect(got.correlation > 0.7, f"the echo is not what was said: {got}")
            expect(0 < got.lag_ms < 1500, f"the echo is late: {got}")
        end(example)


@case("clock.py: tells the time and hangs up; two callers at once")
def clock():
    with Room() as room:
        example = Example(room, "clock")
        began = int(time.time())
        callers = [call(room, example, f"caller{n}", record=room.path(f"heard{n}.wav"))
                   for n in range(2)]
        for caller in callers:
            caller.expect_status(0)
            expect("the other side hung up" in caller.output(), "it did not hang up")
        for n in range(2):
            heard = sound.read(room.path(f"heard{n}.wav"))
            times = {time.strftime("It is %H hours, %M minutes and %S seconds.",
                                   time.localtime(began + s)) for s in range(6)}
            best = max((sound.match(spoken(room, t).at(8000), heard.at(8000), 0, 1500)
                        for t in times), key=lambda m: m.correlation)
            expect(best.correlation > 0.8, f"the time was not heard: {best}")
        wait_until(lambda: len(example.calls()) == 2, 5, "the calls are not told")
        equal([l.split(": ")[1] for l in example.calls()], ["answered"] * 2, "what it tells")
        end(example, SIGINT)


@case("menu.py: keys lead through two levels, also while it speaks; callers do not disturb each other")
def menu():
    with Room() as room:
        example = Example(room, "menu")
        buyer = call(room, example, "buyer", dtmf=",2,1", record=room.path("buyer.wav"))
        buyer.wait_line("^answered")
        lost = call(room, example, "lost", dtmf=",2,*,9,1", seconds=8,
                    record=room.path("lost.wav"))
        buyer.expect_status(0)
        expect("the other side hung up" in buyer.output(), "it did not hang up")
        lost.expect_status(0)
        wait_until(lambda: len([l for l in example.calls() if "answered" in l]) == 2, 5,
                   "the ends of the calls are not told")
        for number, places in ((1, ["main", "departments", "sales", "answered"]),
                               (2, ["main", "departments", "main", "main", "hours"])):
            went = [l.split(": ")[1] for l in example.calls() if l.startswith(f"call {number}: ")]
            equal(went[:len(places)], places, f"places of call {number}")
        heard = sound.read(room.path("buyer.wav"))
        expect_said(heard, "Nobody buys anything today. Good bye.", room, 1.5)
        heard = sound.read(room.path("lost.wav"))
        expect_said(heard, "We are open from nine to five, on every day but Sunday.", room, 3)
        end(example)


if __name__ == "__main__":
    tap.run(jobs=2, in_time=True)
