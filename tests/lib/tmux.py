"""A terminal in which a full-screen program runs and is looked at as a person would: tmux, which
understands what is written to it, keeps the picture, and types keys.

The server is a process of the room and has a socket of its own there, so several run side by side.
"""
import os
import re
import socket
import subprocess

from lib.room import wait_until
from lib.tap import Failure, equal

# What tmux knows of a terminal on which nothing runs that changed it.
RESTORED = {"alternate_on": "0", "cursor_flag": "1", "keypad_flag": "0", "keypad_cursor_flag": "0",
            "mouse_any_flag": "0", "insert_flag": "0", "origin_flag": "0", "wrap_flag": "1",
            "scroll_region_upper": "0"}


class Tmux:
    """Runs command, a list of words, on a screen of cols by rows; env: what is added to its
    environment. The screen stays when the program has ended, and is still looked after: tmux hides
    the cursor where nobody is."""

    def __init__(self, room, command, env=None, cols=80, rows=24, name="tmux", utf8=True,
                 term="tmux-256color"):
        self.room, self.name = room, name
        self.socket = room.path(f"{name}.tmux")
        self._status = room.path(f"{name}.status")  # tmux itself forgets it now and then
        self._modes = room.path(f"{name}.modes")
        where = {"LC_ALL": "C.UTF-8" if utf8 else "C", **(env or {})}
        clean = {k: v for k, v in os.environ.items() if k not in ("TMUX", "TERM", "NO_COLOR")}
        self.server = room.start(f"tmux ({name})", ["tmux", "-D", "-S", self.socket, "-f", "/dev/null"],
                                 env={**clean, "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh"})
        wait_until(self._listens, 10, "tmux did not start")
        self("set", "-g", "remain-on-exit", "on", ";", "set", "-g", "default-terminal", term, ";",
             "set", "-g", "escape-time", "0", ";", "set", "-g", "status", "off")
        self("new-session", "-d", "-x", str(cols), "-y", str(rows), "-s", "main",
             *[w for k, v in where.items() for w in ("-e", f"{k}={v}")], "-c", room.folder,
             "sh", "-c", f'stty -g >{self._modes}; "$@"; s=$?; stty -g >>{self._modes}; '
             f"echo $s >{self._status}; exec sleep 1000", "sh", *command)
        self("set", "-g", "window-size", "manual")

    def _listens(self):
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(self.socket) == 0

    def __call__(self, *words):
        done = subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode != 0:
            raise Failure(f"tmux {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    # --- the person ---

    def press(self, *keys):
        """Keys by tmux's names: "Enter", "Escape", "C-l", "Up", "x"."""
        self("send-keys", "-t", "main", *keys)

    def type(self, text):
        self("send-keys", "-t", "main", "-l", text)

    def resize(self, cols, rows):
        self("resize-window", "-t", "main", "-x", str(cols), "-y", str(rows))

    # --- the picture ---

    def lines(self, styles=False):
        """The rows as they are now; styles: with the sequences of colours."""
        out = self("capture-pane", "-p", "-t", "main", *(["-e"] if styles else []))
        return out.split("\n")[:-1]

    def text(self):
        return "\n".join(self.lines())

    def _find(self, pattern):
        """Also where what is shown is longer than a row, as names of files may be."""
        text = self.text()
        return next(filter(None, (re.search(pattern, text.replace("\n ", between), re.M)
                                  for between in ("\n ", "", " "))), None)

    def wait(self, pattern, seconds=10, gone=False):
        """Until the picture has the pattern (or has it no more); the match."""
        found = []

        def look():
            found[:] = [self._find(pattern)]
            return not found[0] if gone else found[0]
        try:
            wait_until(look, seconds, f"the screen {'still shows' if gone else 'does not show'} "
                                      f"{pattern!r}")
        except Failure as e:
            raise Failure(str(e), ["| " + l for l in self.lines()]) from None
        return found[0]

    def row(self, pattern, seconds=10):
        """The row in which the pattern comes to stand."""
        self.wait(pattern, seconds)
        return next((l for l in self.lines() if re.search(pattern, l)), "")

    def wait_chosen(self, pattern, seconds=10):
        """Until the marked part of a row, by its ground or reversed, has the pattern."""
        def look():
            marked = re.findall(r"\x1b\[(?:[\d;]*;)?(?:7|48;5;\d+)m(.*)",
                                "\n".join(self.lines(styles=True)))
            return any(re.search(pattern, re.sub(r"\x1b\[[\d;]*m", "", m)) for m in marked)
        try:
            wait_until(look, seconds, f"{pattern!r} is not chosen")
        except Failure as e:
            raise Failure(str(e), ["| " + l for l in self.lines(styles=True)]) from None

    def ask(self, format):
        """What tmux knows of the pane: "pane_title", "alternate_on" …"""
        return self("display-message", "-p", "-t", "main", "#{%s}" % format).rstrip("\n")

    def status(self, seconds=10):
        """The exit status of the program, which ends, as a shell has it: 137 where it is killed."""
        def read():
            try:
                with open(self._status) as f:
                    return f.read().strip()
            except FileNotFoundError:
                return ""
        try:
            return int(wait_until(read, seconds, "the program does not end"))
        except Failure as e:
            raise Failure(str(e), ["| " + l for l in self.lines()]) from None

    def expect_restored(self):
        """The program has ended and left the terminal as it was."""
        self.status()
        with open(self._modes) as f:
            before, after = f.read().split()
        equal(after, before, "modes of the terminal")
        self.expect_calm()

    def expect_calm(self):
        """Nothing is left of a full-screen program but what it has printed."""
        for format, wanted in RESTORED.items():
            equal(self.ask(format), wanted, f"the terminal's {format}")

    def pid(self):
        """Of the program."""
        shell = self.ask("pane_pid")
        return int(subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True,
                                  check=True).stdout.split()[0])
