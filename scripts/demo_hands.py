#!/usr/bin/env python3
"""One phone without a terminal, and many hands on it: a daemon through which three people are
called, who hear each other in a conference and are recorded, while a program speaks to a fourth.

usage: demo_hands.py TPHONE FOLDER

The phone has folders of its own for settings and socket, which are gone at the end. What was heard
is held against what was spoken. FOLDER gets the recordings.
"""
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time

from demo_show import STYLE, alike, bars, heading, progress
from lib import sound
from lib.room import Process, free_port
from lib.tap import Failure

RATE = 16000
LEAD_S, TURN_S = 1.5, 2.5  # until all are joined; how long each of the three speaks
PEOPLE = ["alice", "bob", "carol"]
VOICES = {
    "alice": sound.LIBRIVOX + "0870.wav",
    "bob": sound.CODEC2 + "speech_orig_16k.wav",
    "carol": sound.LIBRIVOX + "0930.wav",
}
TALK_S = LEAD_S + TURN_S * len(PEOPLE)
GOOD = 0.8  # these are short: a hiccup of the machine weighs four times what it does in ten seconds
WORDS = "Hello Dave, this is a program, and you hear it through a pipe."


def voice(path):
    if not os.path.exists(path):
        raise Failure(f"{path} is missing: scripts/install-deps --demo brings it")
    return sound.levelled(sound.read(path).at(RATE).cut(0.2, 0.2 + TURN_S), 2500)


def in_turn(voices, names):
    """What is said by these, each at its own time."""
    out = sound.silence(LEAD_S, RATE)
    for name in PEOPLE:
        out = out + (voices[name] if name in names else sound.silence(TURN_S, RATE))
    return out


class Person:
    """A phone that answers, says its part and records what it hears."""

    def __init__(self, program, folder, name, spoken=None):
        self.name, self.port = name, free_port()
        self.heard_path = f"{folder}/{name}-heard.wav"
        line = [program, "answer", "--listen", f"udp:127.0.0.1:{self.port}", "--times", "1",
                "--record", self.heard_path]
        if spoken:
            line += ["--play", sound.write(f"{folder}/{name}-spoken.wav", spoken)]
        self.process = Process(name, line, cwd=folder)
        self.process.wait_line(f":{self.port}", 5)


class Shell:
    """Shows commands with what they print, and runs them in the folder."""

    def __init__(self, program, folder):
        self.folder = folder
        path = os.path.dirname(program) + ":" + os.environ["PATH"]
        self.env = dict(os.environ, PATH=path)

    def start(self, line, shown=None):
        print(STYLE.dim("  $ ") + (shown or line), flush=True)
        return subprocess.Popen(line, shell=True, cwd=self.folder, env=self.env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def finish(self, process, line):
        out, err = process.communicate(timeout=30)
        for text in out.splitlines():
            for part in textwrap.wrap(" ".join(text.split()), 92):
                print("    " + STYLE.dim(part))
        if process.returncode != 0:
            raise Failure(f"{line} ended with status {process.returncode}", err.splitlines())

    def run(self, line):
        self.finish(self.start(line), line)


def settle(people):
    """The configuration of the phone: nobody's but the demo's (lib.room has made the folders)."""
    folder = os.path.join(os.environ["XDG_CONFIG_HOME"], "tphone")
    os.makedirs(folder)
    with open(os.path.join(folder, "tphone.conf"), "w") as f:
        f.write(f"listen = udp:127.0.0.1:{free_port()}\ndevice = none\n")
    with open(os.path.join(folder, "contacts"), "w") as f:
        f.writelines(f"{p.name} = sip:{p.name}@127.0.0.1:{p.port}\n" for p in people)


def speak(folder):
    """(a command that speaks, what it says)."""
    path = f"{folder}/dave-spoken.wav"
    if not shutil.which("espeak-ng"):
        sound.write(path, voice(VOICES["bob"]))
        return "cat dave-spoken.wav", sound.read(path)
    with open(path, "wb") as f:
        subprocess.run(["espeak-ng", "--stdout", WORDS], stdout=f, check=True)
    return f"espeak-ng --stdout '{WORDS}'", sound.read(path)


def show(shell, program, people, speaker):
    """The commands. Whoever was called has hung up, and the daemon has ended, when this returns."""
    heading("Many hands on one phone")
    print(STYLE.dim("  $ ") + "tphone daemon &")
    daemon = Process("daemon", [program, "daemon"], cwd=shell.folder)
    try:
        daemon.wait_line("listening on", 5)
        for name in PEOPLE:
            shell.run(f"tphone ctl call {name}")
        shell.run("tphone ctl conference")
        shell.run("tphone ctl record 1 talk.wav")
        line = f"{speaker} | tphone call dave --play - --hangup-at-eof"
        call = shell.start(line, line.replace("|", "|\n     ") + " &")
        people["dave"].process.wait_line("^answered", 10)
        shell.run("tphone status")
        shell.finish(call, line)
        until = time.monotonic() + TALK_S
        progress("alice, bob and carol are talking", TALK_S,
                 lambda: time.monotonic() < until and daemon.alive())
        shell.run("tphone ctl quit")
        if daemon.status(5) != 0:
            raise Failure(f"the daemon ended with status {daemon.status()}", daemon.tail())
    finally:
        daemon.stop()


def worst(voices, names, heard):
    """How well these were heard, the least of them; each wherever it stands, as they were called
    one after the other."""
    last_ms = int(1000 * (TALK_S + 1))
    return min((sound.match(voices[n], heard, 0, last_ms) for n in names),
               key=lambda match: match.correlation)


def report(folder, people, voices, said):
    heading("What was heard")
    good = []
    for name in PEOPLE:
        others = [n for n in PEOPLE if n != name]
        heard = sound.read(people[name].heard_path)
        good.append(worst(voices, others, heard))
        print(f"  {STYLE.bold(f'{name:<5}')}  " + bars(heard, LEAD_S, TALK_S - LEAD_S, 48)
              + f"  {' and '.join(others)}, {alike(good[-1], GOOD)}")
    match = sound.match(said, sound.read(people["dave"].heard_path))
    good.append(match)
    print(f"  {STYLE.bold('dave')}   the program at the other end of the pipe, "
          + alike(match, GOOD))
    theirs, ours = sound.read_channels(f"{folder}/talk.wav")
    left, right = worst(voices, ["alice"], theirs), worst(voices, ["bob", "carol"], ours)
    good += [left, right]
    print(f"  talk.wav: alice in the left channel, {alike(left, GOOD)}, what she heard in the "
          f"right, {alike(right, GOOD)}")
    return min(m.correlation for m in good) >= GOOD


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program, folder = map(os.path.abspath, sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    people = {}
    try:
        voices = {name: voice(VOICES[name]) for name in PEOPLE}
        for name in PEOPLE:
            people[name] = Person(program, folder, name, in_turn(voices, [name]))
        people["dave"] = Person(program, folder, "dave")
        settle(people.values())
        speaker, said = speak(folder)
        show(Shell(program, folder), program, people, speaker)
        for person in people.values():
            person.process.status(5)
        good = report(folder, people, voices, said)
        print("\n" + STYLE.judged("All of them were heard." if good else
                                  "Somebody was not heard well: see above.", good))
        return 0 if good else 1
    except Failure as e:
        print(f"demo: {e}", *e.notes, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        for person in people.values():
            person.process.stop()


if __name__ == "__main__":
    sys.exit(main())
