"""The telephone in lines: tphone --plain in a home (lib/home.py), typed to by way of a pipe or at a
terminal, with the daemon that it starts behind it."""
import re
import subprocess
import time

from lib import pace, tphone
from lib.room import wait_until
from lib.tap import Failure, equal, expect
from lib.terminal import Terminal

# Controls, what draws lines, and what turns the order of letters around.
DRAWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2500-\u259f\u202a-\u202e\u2066-\u2069]")
BEGUN = r"^Type a command"
SHELL = "shell> "
FIRST = r"^What is your SIP address"


class _Lines:
    """What is said, waited for in its order."""
    at = 0

    def wait(self, pattern, seconds=15):
        """The first line with the pattern behind the one that was waited for last."""
        match = self._wait(pattern, seconds)
        lines = self.lines()
        self.at += next(i for i, l in enumerate(lines[self.at:]) if re.search(pattern, l)) + 1
        return match

    def say(self, line, pattern, seconds=15):
        self.type(line)
        return self.wait(pattern, seconds)

    def heard(self, pattern):
        """How many lines have it."""
        return sum(bool(re.search(pattern, l)) for l in self.lines())

    def judge(self):
        """What is fit to be read aloud."""
        for line in self.lines():
            expect(not DRAWN.search(line), "something is drawn, or moves the cursor", repr(line))


class Plain(_Lines):
    """With a pipe at its input."""

    def __init__(self, home, *words, first=BEGUN, **env):
        self.process = home.start("--plain", *words, popen={"stdin": subprocess.PIPE}, env=env)
        self.wait(first)

    def lines(self):
        return list(self.process.lines)

    def _wait(self, pattern, seconds):
        return self.process.wait_line(pattern, seconds, after=self.at)

    def type(self, *lines):
        for line in lines:
            self.process.popen.stdin.write((line + "\n").encode())
        self.process.popen.stdin.flush()

    def end(self, status=0):
        """The end of input."""
        self.process.popen.stdin.close()
        equal(self.process.status(), status, "exit status")
        self.judge()


class AtTerminal(_Lines):
    """At a terminal of this type; words: "--plain", where the type does not say so. shell: it is
    started by one, for job control."""

    def __init__(self, room, home, *words, first=BEGUN, shell=False, **env):
        line = [tphone.program(), *words]
        command = ["sh", "-i"] if shell else line
        more = {"ENV": "", "PS1": SHELL} if shell else {}
        self.terminal = Terminal(room, command, env={**home.home, **more, **env})
        if shell:
            self.wait_typed(SHELL)
            self.keys(" ".join(line) + "\r")
        self.wait(first)

    def lines(self):
        """Also the one that is not over yet. What was taken back by one who typed is gone."""
        text = self.terminal.text.replace("\r\n", "\n")
        taken = 1
        while taken:
            text, taken = re.subn("[^\b]\b \b", "", text)
        return text.split("\n")

    def _wait(self, pattern, seconds):
        end = pace.now() + seconds
        while True:
            for line in self.lines()[self.at:-1]:
                match = re.search(pattern, line)
                if match:
                    return match
            if pace.now() > end:
                raise Failure(f"the terminal did not show {pattern!r} in {seconds} s",
                              self.lines()[-30:])
            time.sleep(0.02)

    def type(self, *lines):
        for line in lines:
            self.keys(line + "\r")

    def keys(self, text):
        self.terminal.type(text)

    def wait_typed(self, text, seconds=10):
        """Until the line that is being typed is this one."""
        wait_until(lambda: self.lines()[-1] == text, seconds, f"{text!r} does not stand there")

    def end(self, status=0):
        self.keys("\x04")
        equal(self.terminal.status(), status, "exit status")
        equal(self.terminal.modes(), self.terminal.before, "modes of the terminal")
        self.judge()
