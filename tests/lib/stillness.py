"""Says for how long at a time the machine stood still, whoever wanted to run.

A machine that is a guest of another is stopped now and then with all that is in it, for 10 to
400 ms where its host is busy; nobody in there can do anything about it, and what is heard of a call
meanwhile is of the host, not of a phone. On each processor a process sleeps for moments, before all
others, and tells by how much it was woken too late. Only root may go before all others; without
that the load of our own would be taken for it, so nobody watches then, and nothing is told.
"""
import os
import select
import signal
import subprocess
import sys
import threading
import time

MOMENT_S = 0.004
TOLD_MS = 5


class Stillness:
    """with Stillness() as still: ..., and then, or from time to time, still.longest_ms(). processors:
    those to watch, by number; all that we may use. Several threads may ask."""

    def __init__(self, processors=None):
        self._processors = os.sched_getaffinity(0) if processors is None else processors
        self._lock = threading.Lock()
        self.stalls = []  # (when it was over, by time.monotonic(), ms)

    def __enter__(self):
        self._told, telling = os.pipe()
        os.set_blocking(self._told, False)
        self.watchers = [
            subprocess.Popen([sys.executable, "-I", "-S", os.path.abspath(__file__), str(cpu)],
                             stdin=subprocess.PIPE, stdout=telling)
            for cpu in self._processors]
        os.close(telling)
        return self

    def __exit__(self, *_):
        for watcher in self.watchers:
            watcher.stdin.close()
            watcher.wait()
        self.longest_ms()
        os.close(self._told)
        self._told = None

    def _hear(self):
        while self._told is not None:
            try:
                lines = os.read(self._told, 65536).splitlines()  # each was written at once
            except BlockingIOError:
                return
            if not lines:
                return
            self.stalls += [tuple(map(float, line.split())) for line in lines]

    def longest_ms(self, since=0.0):
        """Since that time of time.monotonic(); 0: never, or nobody may watch."""
        with self._lock:
            self._hear()
            return max((ms for when, ms in self.stalls if when >= since), default=0.0)


def _watch(cpu):
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):  # for who began us, and ends us
        signal.signal(number, signal.SIG_IGN)
    os.sched_setaffinity(0, {cpu})
    try:
        first = os.sched_get_priority_max(os.SCHED_FIFO)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(first))
    except OSError:
        return
    due, ended = time.monotonic() + MOMENT_S, False
    while not ended:
        ended = select.select([0], [], [], max(0, due - time.monotonic()))[0]
        woken = time.monotonic()
        if (late_ms := (woken - due) * 1000) > TOLD_MS:
            os.write(1, f"{woken:.3f} {late_ms:.0f}\n".encode("ascii"))
        due = woken + MOMENT_S


if __name__ == "__main__":
    _watch(int(sys.argv[1]))
