"""A clock that stands while the machine is kept from running us.

Some figures can only be seen in real time: gone in two seconds, answered within one. On a machine
that is busy with other work, a program can be late without being slow. What the programs of a test
are kept waiting for is what the test itself is, for they share a processor as equals: a thread
that means to sleep for a moment sees by how much it is woken too late, and that is left out. The
limits of all waiting are by this clock, too.
"""
import subprocess
import threading
import time

STEP = 0.01  # seconds
_lock = threading.Lock()
_late, _due = 0.0, None


def _watch():
    global _late, _due
    while True:
        time.sleep(max(0, _due - time.monotonic()))
        with _lock:
            woken = time.monotonic()
            _late, _due = _late + woken - _due, woken + STEP


def now():
    """Seconds; only differences mean something, and only from the first call on."""
    global _due
    with _lock:
        real = time.monotonic()
        if _due is None:
            _due = real + STEP
            threading.Thread(target=_watch, daemon=True).start()
        return real - _late - max(0, real - _due)  # it may be us who are woken first


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
