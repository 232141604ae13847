"""A clock that stands while the machine is kept from running us.

Some figures can only be seen in real time: gone in two seconds, answered within one. On a machine
that is busy with other work, a program can be late without being slow. What the programs of a test
are kept waiting for is much of what any process beside them is: one that means to sleep for a
moment sees by how much it is woken too late, and that is left out. It does nothing else
(pace_watch.py), as a busy test keeps its own threads from running. Much of it, not all: who sleeps
is woken before those who have been working, and a processor of many may be the busy one. So
limits, which are by this clock, too, are generous all the same.
"""
import atexit
import mmap
import os
import struct
import subprocess
import sys
import threading
import time

_SIZE = struct.calcsize("dd")


class _Watcher:
    """A process that beats, as long as this one lives: no other holds the end of its input."""

    def __init__(self):
        fd = os.memfd_create("pace")
        os.ftruncate(fd, _SIZE)
        self.memory = mmap.mmap(fd, _SIZE)
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pace_watch.py")
        self.popen = subprocess.Popen([sys.executable, "-I", "-S", program, str(fd)], cwd="/",
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[fd])
        os.close(fd)
        with self.popen.stdout as told:
            if told.read() != b"\n":
                raise RuntimeError("there is nobody to watch the machine")
        atexit.register(self.end)

    def end(self):
        self.popen.stdin.close()
        self.popen.wait()

    def now(self):
        while True:
            seen, real = self.memory[:], time.monotonic()
            if self.memory[:] == seen:
                break
        late, due = struct.unpack("dd", seen)
        if real > due + 1 and self.popen.poll() is not None:
            raise RuntimeError("nobody watches the machine any more")
        return real - late - max(0, real - due)  # it may be us who are woken first


_lock = threading.Lock()
_watcher = None


def now():
    """Seconds; only differences mean something, and only from the first call on."""
    global _watcher
    with _lock:
        if not _watcher:
            _watcher = _Watcher()
    return _watcher.now()


def sleep(seconds):
    """So long for who is woken in time: what others do meanwhile has had its time, too."""
    end = now() + seconds
    while (left := end - now()) > 0:
        time.sleep(left)


def ended(popen, seconds):
    """The status of a process that has so long to end; None: it goes on."""
    end = now() + seconds
    while popen.poll() is None and (left := end - now()) > 0:
        try:
            popen.wait(left)
        except subprocess.TimeoutExpired:
            pass
    return popen.poll()


class Stalls:
    """How long in all the machine has kept us from running since this was made."""

    def __init__(self):
        self._began = self._now()

    @staticmethod
    def _now():
        return time.monotonic() - now()

    def seconds(self):
        return max(0.0, self._now() - self._began)
