"""A clock that stands while the machine is kept from running us.

Some figures can only be seen in real time: gone in two seconds, answered within one. On a machine
that is busy with other work, a program can be late without being slow. What the programs of a test
are kept waiting for is what the test itself is, for they share a processor as equals: a thread
that means to sleep for a moment sees by how much it is woken too late, and that is left out.
"""
import threading
import time

STEP = 0.01  # seconds
_lock = threading.Lock()
_late = 0.0
_watching = False


def _watch():
    global _late
    due = time.monotonic() + STEP
    while True:
        time.sleep(max(0, due - time.monotonic()))
        woken = time.monotonic()
        with _lock:
            _late += woken - due
        due = woken + STEP


def now():
    """Seconds; only differences mean something, and only from the first call on."""
    global _watching
    with _lock:
        if not _watching:
            _watching = True
            threading.Thread(target=_watch, daemon=True).start()
        return time.monotonic() - _late
