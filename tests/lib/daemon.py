"""A daemon in a room, and what a person or script does with it in the same session."""
import os
import re
import socket
import subprocess
import time

from lib import control, pace, tphone
from lib import room as rooms
from lib.tap import Failure


def leave(client):
    """Closes its socket, which is still being read from elsewhere."""
    client.socket.shutdown(socket.SHUT_RDWR)
    client.socket.close()


class Said:
    """What a program that has ended said."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __str__(self):
        return f"status {self.status}, output {self.out!r}, error {self.err!r}"


class Session:
    """A home in which commands run one after the other, as in a terminal; folder: where they are
    started."""

    def __init__(self, room, name="session"):
        self.room, self.name = room, name
        self.folder = room.path(f"{name}-folder")
        os.makedirs(self.folder)
        self.home = rooms.home_in(room.path(f"{name}-home"))
        self.run_folder = self.home["XDG_RUNTIME_DIR"]
        self.socket = os.path.join(self.run_folder, "tphone", "control")

    def env(self, **more):
        return {**os.environ, **self.home, **more}

    def tphone(self, *words, seconds=60, no_terminal=False, **env):
        """Runs a command to its end; no_terminal: though the test may have one."""
        line = [tphone.program(), *[str(w) for w in words]]
        try:
            done = subprocess.run(line, env=self.env(**env), cwd=self.folder,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  start_new_session=no_terminal,
                                  timeout=seconds, check=False)
        except subprocess.TimeoutExpired as e:
            raise Failure(f"tphone {' '.join(line[1:])} did not end in {seconds} s",
                          [str(e.stdout), str(e.stderr)]) from None
        return Said(done)

    def expect(self, status, *words, **more):
        said = self.tphone(*words, **more)
        if said.status != status:
            raise Failure(f"tphone {' '.join(map(str, words))}: wanted status {status}", [said])
        return said

    def start(self, *words, name=None, popen=None, env=None):
        """Starts a command that goes on."""
        line = [tphone.program(), *[str(w) for w in words]]
        return self.room.start(name or f"tphone {words[0]} ({self.name})", line,
                               env=self.env(**(env or {})), cwd=self.folder, **(popen or {}))

    def client(self, name="client", seconds=10):
        return control.connect(self.socket, name, seconds)

    def calls(self):
        """The calls of its daemon, by one who asks."""
        client = self.client()
        try:
            return client.do("status")["calls"]
        finally:
            leave(client)

    def config(self, text):
        """Writes the configuration of this home."""
        path = os.path.join(self.home["XDG_CONFIG_HOME"], "tphone", "tphone.conf")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, 0o600)


class Daemon(Session):
    """A session with a daemon in it, which listens on a free port when this returns."""

    def __init__(self, room, name="daemon", options=(), env=None, **settings):
        super().__init__(room, name)
        self.more = env
        self.port = rooms.free_port()
        self.config_more = "".join(f"{k.replace('_', '-')} = {v}\n" for k, v in settings.items())
        self.options = options
        self.process = None
        self.begin()

    def begin(self, accounts=""):
        # In its own file, as an option would mean for a call that the daemon is not wanted.
        self.config(f"listen = 127.0.0.1:{self.port}\ndevice = none\n" + self.config_more)
        self.process = self.start("daemon", *self.options, env=self.more)
        self.process.wait_line("clients are heard at " + re.escape(self.socket))
        self.process.wait_line(f"listening on tcp 127.0.0.1:{self.port}")

    def wait_calls(self, count, seconds=10):
        end = pace.now() + seconds
        while True:
            calls = self.calls()
            if len(calls) == count:
                return calls
            if pace.now() > end:
                raise Failure(f"the daemon has {len(calls)} calls after {seconds} s, wanted {count}",
                              [str(calls)] + self.process.tail())
            time.sleep(0.02)
