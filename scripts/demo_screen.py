#!/usr/bin/env python3
"""The telephone on the screen, between two phones of this machine: alice is shown; bob calls her,
and answers where she calls him. What both say are recorded human voices.

usage: demo_screen.py TPHONE FOLDER [--ask]

--ask asks first, and does nothing where nobody can be asked: without a terminal, or with CI set.
FOLDER gets the voices and the homes of both phones, with what was recorded; their sockets are gone
at the end, as are the phones.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from demo_show import STYLE, heading
from lib import control, sound
from lib.room import Process, free_port, home_in
from lib.tap import Failure

RATE = 48000
CALLS_AFTER_S = 3    # bob, once the screen has been opened
GIVES_UP_AFTER_S = 60
ANSWERS_AFTER_S = 2
VOICES = {
    "alice": [sound.CODEC2 + "speech_orig_16k.wav"],
    "bob": [sound.LIBRIVOX + "0870.wav", sound.LIBRIVOX + "0930.wav"],
}
WORDS = """\
Alice's telephone opens on the screen, and Bob calls her in a moment: a answers, x refuses.
He can be called, too: c, then bob. In a call, T shows its messages, i how well it goes; ? shows
all keys, and q leaves. Both speak with recorded voices. To hear Bob and to speak yourself, choose
a sound device: D."""


def voice(name):
    """With a pause behind it, as it is said over and over."""
    spoken = sound.silence(0.3, RATE)
    for path in VOICES[name]:
        if not os.path.exists(path):
            raise Failure(f"{path} is missing: scripts/install-deps --demo brings it")
        spoken = spoken + sound.read(path).at(RATE)
    return sound.levelled(spoken, 2500) + sound.silence(1, RATE)


def later(seconds, run, *arguments, **members):
    timer = threading.Timer(seconds, run, arguments, members)
    timer.daemon = True
    timer.start()


class Phone:
    """A daemon whose microphone is a recorded voice, and a hand on it that answers its calls, where
    answers."""

    def __init__(self, program, folder, run_folder, name, answers):
        self.program, self.folder, self.name, self.answers = program, folder, name, answers
        self.port = free_port()
        self.uri = f"sip:{name}@127.0.0.1:{self.port}"
        self.spoken = sound.write(f"{folder}/{name}-spoken.wav", voice(name))
        # The socket's name may not be as long as that of a folder.
        self.home = home_in(f"{folder}/{name}")
        os.rmdir(self.home["XDG_RUNTIME_DIR"])
        self.home["XDG_RUNTIME_DIR"] = os.path.join(run_folder, name)
        os.mkdir(self.home["XDG_RUNTIME_DIR"], mode=0o700)
        self.process = self.client = None

    def start(self, other, *words):
        settings = os.path.join(self.home["XDG_CONFIG_HOME"], "tphone")
        os.makedirs(settings)
        with open(os.path.join(settings, "tphone.conf"), "w") as f:
            f.write(f"listen = udp:127.0.0.1:{self.port}\nuser = {self.name}\n"
                    f"name = {self.name.capitalize()}\ndevice = file:{self.spoken}\n"
                    "ring-device = none\n")
        with open(os.path.join(settings, "contacts"), "w") as f:
            f.write(f"{other.name.capitalize()} = {other.uri}\n")
        # In a session of its own: what is typed, Ctrl-Z too, is for the screen.
        self.process = Process(self.name, [self.program, "daemon", *words], cwd=self.folder,
                               env={**os.environ, **self.home}, start_new_session=True)
        self.process.wait_line("clients are heard at", 10)
        self.client = control.connect(
            os.path.join(self.home["XDG_RUNTIME_DIR"], "tphone", "control"), self.name)
        if self.answers:
            threading.Thread(target=self._live, daemon=True).start()

    def tell(self, command, **members):
        try:
            self.client.send(command, **members)
        except OSError:
            pass  # the phone has ended

    def _live(self):
        """Until the phone ends. That it may refuse what is asked is no matter: the call was over
        by then."""
        seen = 0
        while True:
            try:
                line = self.client.wait(lambda line: line.get("event") == "incoming", 86400, seen)
            except Failure:
                return
            seen = self.client.lines.index(line, seen) + 1
            later(ANSWERS_AFTER_S, self.tell, "answer", call=line["call"])

    def call(self, other):
        try:
            number = self.client.do("call", target=other.uri)["call"]
            later(GIVES_UP_AFTER_S, self._give_up, number)
        except (Failure, OSError):
            pass

    def _give_up(self, call):
        try:
            if any(c["call"] == call and c["phase"] != "up"
                   for c in self.client.do("status")["calls"]):
                self.tell("hangup", call=call)
        except (Failure, OSError):
            pass

    def stop(self):
        if self.process:
            self.process.stop()
        if self.client:
            self.client.close()


def show(program, folder, run_folder):
    """The exit status of the screen."""
    alice = Phone(program, folder, run_folder, "alice", answers=False)
    bob = Phone(program, folder, run_folder, "bob", answers=True)
    try:
        alice.start(bob, "--leave-with-screens", "--keep-trace", "yes")
        bob.start(alice)
        later(CALLS_AFTER_S, bob.call, alice)
        screen = subprocess.Popen([program, "screen"], cwd=folder,
                                  env={**os.environ, **alice.home})
        try:
            return screen.wait()
        finally:
            screen.terminate()  # so that it gives the terminal back, where we are ended first
            screen.wait()
    finally:
        for phone in (alice, bob):
            phone.stop()


def wanted():
    """Whether somebody says so."""
    print(STYLE.bold("Open the screen?") + " [Y/n] ", end="", flush=True)
    answer = sys.stdin.readline()
    return answer.strip().lower() in ("", "y", "yes") and answer != ""


def main():
    words = [w for w in sys.argv[1:] if w != "--ask"]
    if len(words) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
    program, folder = map(os.path.abspath, words)
    asks, run_folder = "--ask" in sys.argv, None
    if asks and (os.environ.get("CI") or not (sys.stdin.isatty() and sys.stdout.isatty())):
        return 0
    try:
        heading("The telephone on the screen")
        print(WORDS)
        if asks and not wanted():
            return 0
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        run_folder = tempfile.mkdtemp(prefix="tphone-demo-")
        return show(program, folder, run_folder)
    except Failure as e:
        print(f"demo: {e}", *e.notes, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if run_folder:
            shutil.rmtree(run_folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
