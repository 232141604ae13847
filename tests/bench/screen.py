#!/usr/bin/env python3
"""make bench, third part: what the telephone on the screen costs, and how soon it answers to a key.

The screen has a pseudo-terminal of its own, whose other end only counts what comes, so that no
terminal has a share in the figures. The call is one to a second tphone, with speech both ways and
the levels of microphone and loudspeaker moving ten times a second. Beside it the baresip of the
distribution with the same call, its status and its level meter on its terminal: one process, with
which the sum of screen and daemon is compared. BENCH_QUICK=1 takes a tenth of the time."""
import fcntl
import os
import pty
import random
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time

import bench
from bench import QUICK, Failure, cpu_s, end_process, memory_kib, percentile, rooms, sound

COUNT_S = 4 if QUICK else 20  # in which CPU and bytes are counted
KEYS = 20 if QUICK else 200
REDRAWS = 5 if QUICK else 50
STARTS = 3 if QUICK else 20
PEOPLE = 300
ROWS, COLS = 60, 200


class Terminal:
    """A program on a terminal of rows by cols that nobody looks at."""

    def __init__(self, command, env, rows=24, cols=80):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "ACCESSIBLE")}

        def take():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, preexec_fn=take,
            env={**clean, **env, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        os.close(slave)
        self.pid = self.process.pid

    def read(self, seconds):
        """What comes next, b"" if nothing does in so long, and when it came."""
        if not select.select([self.master], [], [], max(0, seconds))[0]:
            return b"", time.monotonic()
        try:
            return os.read(self.master, 65536), time.monotonic()
        except OSError:  # Linux says EIO when the other side is gone
            raise Failure("the program has ended") from None

    def wait(self, text, seconds=10):
        """Until text has come; when it did."""
        seen, end = b"", time.monotonic() + seconds
        while text not in seen:
            data, when = self.read(end - time.monotonic())
            if not data:
                raise Failure(f"nothing shows {text!r}")
            seen = seen[-256:] + data
        return when

    def press(self, keys):
        os.write(self.master, keys)
        return time.monotonic()

    def count(self, seconds):
        """Bytes, and in how many pieces, that come in this time."""
        n = pieces = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            data, _ = self.read(end - time.monotonic())
            n, pieces = n + len(data), pieces + bool(data)
        return n, pieces

    def settle(self, quiet_s=0.06, seconds=10):
        """Until nothing has come for a while; when the last byte did, and how many there were."""
        n, last, end = 0, time.monotonic(), time.monotonic() + seconds
        while time.monotonic() < end:
            data, when = self.read(quiet_s)
            if not data:
                return last, n
            n, last = n + len(data), when
        raise Failure("the screen does not come to rest")

    def stop(self):
        """A pseudo-terminal that is full would keep it from ending."""
        self.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + 5
        try:
            while self.process.poll() is None and time.monotonic() < end:
                self.read(0.1)
        except Failure:
            pass
        end_process(self.process)
        os.close(self.master)


class Other:
    """The phone at the other end, which answers and speaks."""

    def __init__(self, room):
        self.port = rooms.free_port()
        self.log = open(room.path("other.log"), "w")
        self.process = subprocess.Popen(
            [bench.Tphone.program, "answer", "--listen", f"udp:127.0.0.1:{self.port}", "--device",
             f"file:{room.path('speech.wav')}"], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        rooms.wait_udp(self.port)

    def stop(self):
        end_process(self.process)
        self.log.close()


class Tphone:
    name = "tphone"
    console = b":"  # where one types

    def __init__(self, room, other):
        self.other, self.env = other, rooms.home_in(room.path("home"))
        folder = os.path.join(self.env["XDG_CONFIG_HOME"], "tphone")
        os.makedirs(folder)
        with open(f"{folder}/tphone.conf", "w") as f:
            f.write(f"listen = udp:127.0.0.1:{rooms.free_port()}\n"
                    f"device = file:{room.path('speech.wav')}\ncodec = opus\n")
        with open(f"{folder}/contacts", "w") as f:
            f.writelines(f"Person {i:03} = sip:p{i}@192.0.2.1\n" for i in range(PEOPLE))
        self.daemon = subprocess.Popen([bench.Tphone.program, "daemon"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env={**os.environ, **self.env})
        rooms.wait_until(lambda: self.ctl("status") == 0, 10, "the daemon does not start")

    def ctl(self, *words):
        return subprocess.run([bench.Tphone.program, *words], env={**os.environ, **self.env},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
                              check=False).returncode

    def screen(self, rows=24, cols=80):
        at = Terminal([bench.Tphone.program], self.env, rows, cols)
        self.started = at.wait(b"Person 000") - at.began
        at.settle()
        return at

    def begin(self, at):
        at.press(f":call sip:bob@127.0.0.1:{self.other.port}\r".encode())
        at.wait(b"opus")
        at.count(2)

    def end(self, at):
        at.press(b"x")
        at.wait(b"no calls")

    def cpu(self, at):
        """Of all that it takes, and of the screen alone."""
        screen = cpu_s(at)
        return screen + cpu_s(self.daemon), screen

    def stop(self):
        end_process(self.daemon)


class Baresip:
    name = "baresip"
    console = b"/"

    def __init__(self, room, other):
        self.other = other
        self.peer = bench.Baresip(room)
        os.link(room.path("speech.wav"), room.path("opus.wav"))
        folder = self.peer.calling("opus", 0)[2]
        with open(f"{folder}/config", "a") as f:
            f.write("module stdio.so\nmodule vumeter.so\n")
        self.command = ["baresip", "-f", folder]

    def screen(self, rows=24, cols=80):
        at = Terminal(self.command, {}, rows, cols)
        at.wait(b"baresip is ready")
        self.started = None
        at.settle()
        return at

    def begin(self, at):
        at.press(f"/dial sip:bob@127.0.0.1:{self.other.port}\r".encode())
        at.wait(b"0:00:02")

    def end(self, at):
        at.press(b"b")
        at.settle(0.5)

    def cpu(self, at):
        return cpu_s(at), None

    def stop(self):
        pass


def share(phone, at):
    """Of a core, in per cent, and bytes and pieces a second."""
    before, start = phone.cpu(at), time.monotonic()
    n, pieces = at.count(COUNT_S)
    after, lasted = phone.cpu(at), time.monotonic() - start
    used = [(b - a) * 100 / lasted if a is not None else None for a, b in zip(before, after)]
    return used, n / lasted, pieces / lasted


def idle(phone, at):
    (whole, screen), n, _ = share(phone, at)
    out = {"idle, CPU of all, %": whole, "idle, bytes/s": n}
    if screen is not None:
        resident, private = memory_kib(at)
        out.update({"idle, CPU of the screen, %": screen,
                    "screen, resident, MiB": resident / 1024,
                    "screen, private, MiB": private / 1024})
    return out


def meters(phone, at):
    (whole, screen), n, pieces = share(phone, at)
    out = {"call, CPU of all, %": whole, "call, bytes/s": n, "call, pictures/s": pieces}
    if screen is not None:
        out["call, CPU of the screen, %"] = screen
    return out


def pauses(at):
    """Between two keys: not in step with pictures, which come on a beat of their own."""
    at.count(random.uniform(0.04, 0.14))


def typing(phone, at):
    """Letters that nothing else shows, where commands are typed."""
    took = []
    at.press(phone.console)
    pauses(at)
    for i in range(KEYS):
        letter = b"ZQJ"[i % 3:i % 3 + 1]
        pressed = at.press(letter)
        took.append((at.wait(letter) - pressed) * 1000)
        at.press(b"\x7f")
        pauses(at)
    at.press(b"\x1b")
    pauses(at)
    return {"key typed to screen, p50, ms": statistics.median(took),
            "key typed to screen, p95, ms": percentile(took, 0.95)}


def jumping(phone, at):
    """To the end of a long list and back, so that each of its rows is drawn anew."""
    if phone.name != "tphone":
        return {}
    took = []
    at.press(b"\t\t")
    pauses(at)
    for i in range(KEYS):
        key, shown = ((b"G", b"%d" % (PEOPLE - 1)), (b"g", b"000"))[i % 2]
        pressed = at.press(key)
        took.append((at.wait(shown) - pressed) * 1000)
        pauses(at)
    at.press(b"\t\t")
    return {"jump in a list to screen, p50, ms": statistics.median(took),
            "jump in a list to screen, p95, ms": percentile(took, 0.95)}


def redraws(phone):
    at = phone.screen(ROWS, COLS)
    try:
        took, sizes, before = [], [], cpu_s(at)
        for _ in range(REDRAWS):
            pressed = at.press(b"\x0c")
            last, n = at.settle()
            took.append((last - pressed) * 1000)
            sizes.append(n)
        used = (cpu_s(at) - before) * 1000 / REDRAWS
    finally:
        at.stop()
    return {f"redraw of {COLS}x{ROWS}, ms": statistics.median(took),
            f"redraw of {COLS}x{ROWS}, CPU, ms": used,
            f"redraw of {COLS}x{ROWS}, KiB": statistics.median(sizes) / 1024}


def starts(phone):
    took = []
    for _ in range(STARTS):
        at = phone.screen()
        took.append(phone.started * 1000)
        at.press(b"d")
        at.stop()
    return {"exec to picture, daemon there, ms": statistics.median(took)}


def measure(phone):
    figures = {}
    at = phone.screen()
    try:
        figures.update(idle(phone, at))
        phone.begin(at)
        figures.update(meters(phone, at))
        figures.update(typing(phone, at))
        figures.update(jumping(phone, at))
        phone.end(at)
    finally:
        at.stop()
    if phone.name == "tphone":
        figures.update(redraws(phone))
        figures.update(starts(phone))
    return figures


# Row, digits behind the point, goal. Less is better, but for pictures a second.
TABLE = [
    ("idle, CPU of the screen, %", 3, 0.1),
    ("idle, CPU of all, %", 3, None),
    ("idle, bytes/s", 1, 0.0),
    ("call, CPU of the screen, %", 2, 1.0),
    ("call, CPU of all, %", 2, None),
    ("call, bytes/s", 0, None),
    ("call, pictures/s", 1, None),
    ("key typed to screen, p50, ms", 2, 20.0),
    ("key typed to screen, p95, ms", 2, 20.0),
    ("jump in a list to screen, p50, ms", 2, 20.0),
    ("jump in a list to screen, p95, ms", 2, 20.0),
    (f"redraw of {COLS}x{ROWS}, ms", 2, 20.0),
    (f"redraw of {COLS}x{ROWS}, CPU, ms", 2, None),
    (f"redraw of {COLS}x{ROWS}, KiB", 1, None),
    ("exec to picture, daemon there, ms", 1, 50.0),
    ("screen, resident, MiB", 2, None),
    ("screen, private, MiB", 2, None),
]


def main():
    figures, failed = {}, []
    with rooms.Room("bench-screen") as room:
        sound.write(room.path("speech.wav"), sound.speech("callee", 40).at(48000))
        other = Other(room)
        try:
            for kind in (Tphone, Baresip):
                phone = kind(room, other)
                figures[kind.name] = {}
                try:
                    figures[kind.name] = measure(phone)
                except (Failure, OSError, subprocess.SubprocessError) as e:
                    failed.append(f"{kind.name}: {e}")
                finally:
                    phone.stop()
        finally:
            other.stop()
    print()
    bench.show_rows(TABLE, figures, ("tphone", "baresip"))
    for line in failed:
        print(f"could not be measured: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
