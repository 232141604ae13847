"""A room for one test: a private folder, the processes started in it, and free ports.

Whoever uses this has no home: what is started here, also without a room, finds neither the
settings nor the history of the person who runs the tests, and leaves nothing in either.

Leaving the room ends every process and removes the folder. Processes stay in the process group of
the test, so that whoever kills the group of a hanging test gets them too. Where a case fails, the
last lines of each process go with the failure.
"""
import atexit
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from lib import pace
from lib.reports import REPORTS
from lib.tap import Failure

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests run under nohup start their phones without it
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # nor as a shell starts what ends in &
    signal.signal(signal.SIGINT, signal.default_int_handler)

_HOMES = {"HOME": "", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state",
          "XDG_RUNTIME_DIR": "run"}


def home_in(folder):
    """The variables that make folder the home of a program."""
    home = {name: os.path.join(folder, below) for name, below in _HOMES.items()}
    # The one that is there for every session; libpulse is dumb without it.
    os.makedirs(home["XDG_RUNTIME_DIR"], mode=0o700, exist_ok=True)
    return home


def _leave_home():
    home = tempfile.mkdtemp(prefix="tphone-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ.update(home_in(home))
    if os.geteuid() != 0:  # else memory and descriptors of phones could not be looked at
        os.environ.setdefault("TPHONE_DUMPABLE", "1")


_leave_home()

_held = []  # sockets that keep our ports from other tests, for as long as this process lives
_lock = threading.Lock()


def _reserve(port):
    """True: the port is ours among all tests on this machine that ask here."""
    if os.uname().sysname != "Linux":
        return True
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(f"\0tphone-test-port-{port}")
    except OSError:
        mark.close()
        return False
    _held.append(mark)
    return True


def _is_free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def free_port(count=1):
    """The first of count neighbouring ports that are free for UDP and TCP, even. They lie below
    those that tphone takes for RTP and those that the system gives to whoever does not ask."""
    with _lock:
        for _ in range(2000):
            first = random.randrange(10000, 16300 - count, 2)
            ports = range(first, first + count)
            # In this order: to look whether a port is free takes it for a moment.
            if all([_reserve(p) for p in ports]) and all(_is_free(p) for p in ports):
                return first
    raise Failure("no free port was found between 10000 and 16300")


class Process:
    """A program with its output kept line by line, standard output and error in one. look: is
    handed the bytes of each line and says what is wrong with them, in a list of sentences; a room
    fails for them when it is left."""

    def __init__(self, name, command, look=None, **popen):
        self.name, self.command = name, [str(c) for c in command]
        self.lines, self.times, self.faults, self._look = [], [], [], look
        self._news = threading.Condition()
        self._eof = False
        self.popen = subprocess.Popen(self.command, stdin=popen.pop("stdin", subprocess.DEVNULL),
                                      stdout=popen.pop("stdout", subprocess.PIPE),
                                      stderr=popen.pop("stderr", subprocess.STDOUT), **popen)
        self.started = time.monotonic()
        stream = self.popen.stdout or self.popen.stderr
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def _read(self, stream):
        for raw in stream or ():
            if self._look:
                self.faults += self._look(raw)
            with self._news:
                self.lines.append(raw.decode("utf-8", "replace").rstrip("\r\n"))
                self.times.append(time.monotonic())
                self._news.notify_all()
        with self._news:
            self._eof = True
            self._news.notify_all()

    def wait_line(self, pattern, seconds=15, after=0):
        """The match of the first line from number after on in which pattern is found."""
        return self.wait_for(lambda line: re.search(pattern, line), repr(pattern), seconds, after)

    def wait_for(self, find, what, seconds=15, after=0):
        """What find makes of the first line from number after on of which it makes anything."""
        end = pace.now() + seconds
        seen = after
        with self._news:
            while True:
                while seen < len(self.lines):
                    found = find(self.lines[seen])
                    if found:
                        return found
                    seen += 1
                left = end - pace.now()
                if self._eof:
                    raise Failure(f"{self.name} ended without saying {what}", self.tail())
                if left <= 0:
                    raise Failure(f"{self.name} did not say {what} in {seconds} s", self.tail())
                self._news.wait(left)

    def said(self, pattern):
        with self._news:
            return [l for l in self.lines if re.search(pattern, l)]

    def status(self, seconds=15):
        """Waits for the end; the exit status, as a shell would call it (130: SIGINT)."""
        status = pace.ended(self.popen, seconds)
        if status is None:
            raise Failure(f"{self.name} did not end in {seconds} s", self.tail())
        self._reader.join(2)
        return status if status >= 0 else 128 - status

    def signal(self, number):
        self.popen.send_signal(number)

    def alive(self):
        return self.popen.poll() is None

    def stop(self, seconds=3):
        if self.alive():
            self.popen.terminate()
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()
        self._reader.join(1)
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            # A child that it left behind may keep the pipe open; closing would wait for that one.
            if stream and not self._reader.is_alive():
                try:
                    stream.close()
                except OSError:
                    pass

    def tail(self, count=30):
        head = f"--- {self.name}: {' '.join(self.command)} [status {self.popen.poll()}]"
        return [head] + [f"    {l}" for l in self.lines[-count:]]


class Room:
    def __init__(self, prefix="r-"):
        self.folder = tempfile.mkdtemp(prefix=prefix)
        self.things = []  # whatever has stop(), ended in reverse order

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for thing in reversed(self.things):
            thing.stop()
        if isinstance(error, Exception):
            known = getattr(error, "notes", [])
            heads = {n for n in known if str(n).startswith("--- ")}
            for thing in self.things:
                if isinstance(thing, Process) and thing.tail()[0].split(" [")[0] not in {
                        h.split(" [")[0] for h in heads}:
                    known = known + thing.tail()
            error.notes = self._reports() + known
        shutil.rmtree(self.folder, ignore_errors=True)
        faults = [f for t in self.things if isinstance(t, Process) for f in t.faults]
        if faults and not error:
            raise Failure(faults[0], faults[1:10])

    def _reports(self):
        """What a sanitizer or the C library said of a program, wherever in its output."""
        return [f"{thing.name}: {line}" for thing in self.things if isinstance(thing, Process)
                for line in thing.lines if re.search(REPORTS, line)]

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text.encode() if isinstance(text, str) else text)
        return path

    def keep(self, thing):
        self.things.append(thing)
        return thing

    def start(self, name, command, **popen):
        try:
            process = Process(name, command, cwd=popen.pop("cwd", self.folder), **popen)
        except FileNotFoundError:
            raise Failure(f"{command[0]} is not installed, so this cannot be tested; "
                          "scripts/install-deps brings it") from None
        return self.keep(process)


def wait_until(holds, seconds, sentence):
    """Waits for what no event tells; returns what holds() gave."""
    end = pace.now() + seconds
    while True:
        got = holds()
        if got:
            return got
        if pace.now() > end:
            raise Failure(f"{sentence} (waited {seconds} s)")
        time.sleep(0.02)


def _udp_ports():
    """Those that somebody holds for IPv4. To try whether one can be had would take it, for a
    moment, from whom it is meant for."""
    with open("/proc/net/udp") as table:
        return {int(line.split()[1].rpartition(":")[2], 16) for line in list(table)[1:]}


def wait_udp(port, seconds=10):
    """Waits until somebody holds the UDP port."""
    wait_until(lambda: port in _udp_ports(), seconds, f"nobody listens on UDP port {port}")


def wait_udp_free(port, seconds=10):
    """Waits until nobody holds it any more."""
    wait_until(lambda: port not in _udp_ports(), seconds, f"somebody holds UDP port {port}")


SIGINT, SIGTERM, SIGHUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
