"""Says for how long at a time the machine stood still, whoever wanted to run.

A machine that is a guest of another is stopped now and then with all that is in it, for 10 to
100 ms where its host is busy; nobody in there can do anything about it, and what is heard of a call
meanwhile is of the host, not of a phone. On each processor a process sleeps for moments, before all
others where that is allowed (as root), and sees how much later than it wanted it was woken.
"""
import os
import select
import subprocess
import sys
import time

MOMENT_S = 0.002


class Stillness:
    """with Stillness() as still: what takes time; then still.longest_ms is told. Where we may not
    go first, our own load counts, too."""

    def __enter__(self):
        self.watchers = [
            subprocess.Popen([sys.executable, "-I", "-S", os.path.abspath(__file__), str(cpu)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for cpu in os.sched_getaffinity(0)]
        for watcher in self.watchers:
            watcher.stdout.readline()
        return self

    def __exit__(self, *_):
        self.longest_ms = max(float(w.communicate()[0]) for w in self.watchers)


def _watch(cpu):
    os.sched_setaffinity(0, {cpu})
    try:
        first = os.sched_get_priority_max(os.SCHED_FIFO)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(first))
    except OSError:
        pass
    print(flush=True)
    longest, due, ended = 0.0, time.monotonic() + MOMENT_S, False
    while not ended:
        ended = select.select([0], [], [], max(0, due - time.monotonic()))[0]
        woken = time.monotonic()
        longest, due = max(longest, woken - due), woken + MOMENT_S
    print(longest * 1000)


if __name__ == "__main__":
    _watch(int(sys.argv[1]))
