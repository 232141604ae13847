"""The watcher of pace.py: pace_watch.py FD. Beats, and leaves in the memory of FD for how long in
all it was woken too late, and when it means to be woken next. It ends with its standard input."""
import mmap
import os
import select
import signal
import struct
import sys
import time

STEP = 0.01  # seconds


def main():
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):  # for the test, which ends us
        signal.signal(number, signal.SIG_IGN)
    memory = mmap.mmap(int(sys.argv[1]), 0)
    late, due = 0.0, time.monotonic() + STEP
    memory[:] = struct.pack("dd", late, due)
    os.write(1, b"\n")
    os.close(1)
    while not select.select([0], [], [], max(0, due - time.monotonic()))[0]:
        woken = time.monotonic()
        if woken >= due:
            late, due = late + woken - due, woken + STEP
            memory[:] = struct.pack("dd", late, due)


main()
