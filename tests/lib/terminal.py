"""A terminal for a program that wants to be looked at: a pseudo-terminal that is the program's
controlling one, with a person at it who types and reads."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading

from lib import pace
from lib.tap import Failure


class Terminal:
    """Starts command on a terminal of its own, in a new session; stop() ends it."""

    def __init__(self, room, command, env=None):
        self.command = [str(c) for c in command]
        self._master, slave = pty.openpty()
        self._text, self._news = "", threading.Condition()
        self._reads = threading.Event()
        self._reads.set()
        self._slave = slave  # kept, so that its modes can be asked for when all others have left
        self.before = self.modes()  # nobody has touched them

        def take():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.popen = subprocess.Popen(self.command, stdin=slave, stdout=slave, stderr=slave,
                                      cwd=room.folder, env=dict(os.environ, **(env or {})),
                                      preexec_fn=take)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        room.keep(self)

    def _read(self):
        while True:
            self._reads.wait()
            try:
                data = os.read(self._master, 4096)
            except OSError:
                return
            with self._news:
                self._text += data.decode("utf-8", "replace")
                self._news.notify_all()

    @property
    def text(self):
        """All that the terminal has shown."""
        with self._news:
            return self._text

    def wait(self, pattern, seconds=10, count=1):
        """Until the terminal has shown the pattern so many times."""
        end = pace.now() + seconds
        with self._news:
            while len(re.findall(pattern, self._text)) < count:
                left = end - pace.now()
                if left <= 0:
                    raise Failure(f"the terminal did not show {pattern!r} {count} times in "
                                  f"{seconds} s", self._text.splitlines())
                self._news.wait(left)

    def hold(self, held=True):
        """Takes nothing more, but for what is being read now; held False: goes on."""
        if held:
            self._reads.clear()
        else:
            self._reads.set()

    def resize(self, cols, rows):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def type(self, text):
        os.write(self._master, text if isinstance(text, bytes) else text.encode())

    def echoes(self):
        """Whether what is typed is shown."""
        return bool(termios.tcgetattr(self._slave)[3] & termios.ECHO)

    def foreground(self):
        """The process group that it belongs to now."""
        return os.tcgetpgrp(self._master)

    def modes(self):
        return termios.tcgetattr(self._slave)

    def set_modes(self, modes):
        termios.tcsetattr(self._slave, termios.TCSANOW, modes)

    def status(self, seconds=10):
        status = pace.ended(self.popen, seconds)
        if status is None:
            raise Failure(f"{self.command[0]} did not end in {seconds} s", self.text.splitlines())
        return status if status >= 0 else 128 - status

    def stop(self):
        self._reads.set()
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(3)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        os.close(self._slave)
        self._reader.join(1)
        os.close(self._master)
