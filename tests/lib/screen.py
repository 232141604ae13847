"""The telephone on the screen: tphone alone in a home of its own, in a terminal of lib/tmux.py,
with the daemon that it starts behind it."""
import glob
import os

from lib import tphone
from lib.home import Home
from lib.room import wait_until
from lib.tap import equal, expect
from lib.tmux import Tmux

BEGUN = r"tphone +(no account|[●○*o] )"


class Screen(Home):
    """env: what is added to its environment, words: to its command line."""

    def __init__(self, room, name="screen", people="", settings="", cols=80, rows=24, words=(),
                 env=None, device="null", begun=BEGUN, **more):
        super().__init__(room, name, people, settings, device)
        self.more = {**(env or {}), **self.home}  # its home comes before that of a sound card
        self.words = [tphone.program(), *words]
        self.tmux = Tmux(room, self.words, self.more, cols, rows, name=name, **more)
        self.tmux.wait("What is your SIP address" if settings is None else begun)

    def again(self, name, command=None, **more):
        """Another screen on the same phone; command: what is run instead of tphone."""
        return Tmux(self.room, command or self.words, self.more, name=name, **more)

    # --- the person ---

    def call(self, who):
        self.tmux.press("c")
        self.tmux.type(who)
        self.tmux.press("Enter")

    def command(self, line):
        self.tmux.press(":")
        self.tmux.type(line)
        self.tmux.press("Enter")

    def enter(self, text, then):
        """Answers a question of the first start; what is to be seen then."""
        if text:
            self.tmux.type(text)
        self.tmux.press("Enter")
        return self.tmux.wait(then)

    # --- what must be so when it is over ---

    def processes(self):
        """The pids of whatever of tphone runs in this home, but for helpers."""
        mark = f"XDG_RUNTIME_DIR={self.run_folder}\0".encode()
        out = []
        for folder in glob.glob("/proc/[0-9]*"):
            try:
                with open(folder + "/environ", "rb") as f:
                    ours = mark in f.read() + b"\0"
                with open(folder + "/comm", encoding="utf-8") as f:
                    ours = ours and f.read() != "tphone-helper\n"
                if ours and os.path.basename(os.readlink(folder + "/exe")).startswith("tphone"):
                    out.append(int(folder.rsplit("/", 1)[1]))
            except OSError:
                pass
        return out

    def files(self):
        """What is in its home, below it."""
        home = self.home["HOME"]
        return sorted(os.path.relpath(os.path.join(folder, name), home)
                      for folder, _, names in os.walk(home) for name in names)

    def leave(self, *keys, allowed=()):
        """Leaves by these keys; nothing may stay but files it is there to write, and those that
        are allowed by the beginnings of their names."""
        self.tmux.press(*(keys or "q"))
        equal(self.tmux.status(), 0, "exit status")
        self.tmux.expect_restored()
        self.expect_gone(allowed)

    def expect_gone(self, allowed=()):
        wait_until(lambda: not self.processes(), 15, f"there still runs a tphone of {self.name}")
        known = ("config/tphone/tphone.conf", "config/tphone/contacts", "state/tphone/history.db",
                 "state/tphone/dtls.pem",
                 "run/tphone/control.log", *allowed)
        left = [f for f in self.files() if not f.startswith(known)]
        expect(not left, f"files are left: {left}")
