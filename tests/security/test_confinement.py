#!/usr/bin/env python3
"""What a phone gives up when it begins: to be looked into by others of its user, to leave a core
file, to gain rights. And the one way to have secrets in a trace."""
import ctypes
import os
import resource
import shutil
import stat
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, room as rooms, tap, tphone
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

SOMEBODY = 65534  # root may look into everything, so its phone is one of somebody else


def attempts(pid):
    """What malware of the same user would try: which of it works."""
    libc = ctypes.CDLL(None, use_errno=True)
    yield "memory", lambda: open(f"/proc/{pid}/mem", "rb").close()
    yield "descriptors", lambda: os.listdir(f"/proc/{pid}/fd")
    yield "tracing", lambda: 1 / (libc.ptrace(0x4206, pid, 0, 0) == 0)  # PTRACE_SEIZE


def thief(pid):
    """The words of what somebody may do with this process."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(SOMEBODY)
                os.setuid(SOMEBODY)
            for name, attempt in attempts(pid):
                try:
                    attempt()
                except (OSError, ZeroDivisionError):
                    continue
                os.write(theirs, name.encode() + b" ")
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read().decode().split()
    os.waitpid(child, 0)
    return said


def as_somebody():
    return {"user": SOMEBODY, "group": SOMEBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def open_to_somebody(room):
    """A copy of the program that somebody may start, and a home of theirs."""
    os.chmod(room.folder, 0o755)
    above = os.path.dirname(room.folder)  # the runner's, which is for its owner alone
    if not os.stat(above).st_mode & stat.S_ISVTX:
        os.chmod(above, 0o711)
    program = shutil.copy(tphone.program(), room.path("tphone"))
    os.chmod(program, 0o755)
    home = rooms.home_in(room.path("home"))
    for folder, _, _ in os.walk(room.path("home")):
        os.chmod(folder, 0o700)
        if os.geteuid() == 0:
            os.chown(folder, SOMEBODY, SOMEBODY)
    return program, home


def start(room, name, dumpable=""):
    program, home = open_to_somebody(room)
    port = rooms.free_port()
    phone = room.start(name, [program, "answer", "--listen", f"127.0.0.1:{port}", "--device", "none",
                              "--history", "no"], cwd=home["HOME"],
                       env={**os.environ, **home, "TPHONE_DUMPABLE": dumpable},
                       preexec_fn=lambda: resource.setrlimit(
                           resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2),
                       **as_somebody())
    phone.wait_line(f":{port}")
    return phone


def status_of(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(line.split()[1] for line in f if line.startswith(name + ":"))


def core_limit(pid):
    with open(f"/proc/{pid}/limits", encoding="ascii") as f:
        return next(line.split()[4] for line in f if line.startswith("Max core file size"))


def sanitized():
    with open(tphone.program(), "rb") as f:
        return b"__asan_init" in f.read()


@case("another program of the same user gets neither its memory nor a core")
def closed():
    with Room() as room:
        phone = start(room, "phone")
        pid = phone.popen.pid
        if not sanitized():  # that look into themselves in just the same way
            equal(thief(pid), [], "what others of the user may")
            equal(core_limit(pid), "0", "the limit of cores")
        equal(status_of(pid, "NoNewPrivs"), "1", "no new privileges")
        phone.signal(signal.SIGSEGV)
        phone.popen.wait(10)
        left = [f for f in os.listdir(room.path("home")) if f.startswith("core")]
        equal(left, [], "cores")


@case("a developer may look into it: TPHONE_DUMPABLE")
def opened():
    with Room() as room:
        phone = start(room, "phone", dumpable="1")
        # Memory too, unless the system hides it from all who did not start the process (Yama).
        expect("descriptors" in thief(phone.popen.pid), "not open to its user")
        expect(core_limit(phone.popen.pid) != "0", "it leaves no core")


@case("nothing that it starts gains rights")
def inherited():
    with Room() as room:
        mark = room.path("status")
        phone = control.Piped(room, on_event=f"listening sh -c 'cat /proc/self/status >{mark}.new; "
                                             f"mv {mark}.new {mark}'")
        wait_until(lambda: os.path.exists(mark), 8, "the hook did not run")
        with open(mark, encoding="ascii") as f:
            expect("NoNewPrivs:\t1\n" in f.read(), "a hook may gain rights")
        phone.client.do("quit")


def traced(room, **more):
    """What the trace in text and the one of a client have of a REGISTER with credentials."""
    server = room.keep(Registrar({"alice": "Wf7-plover"}))
    config = room.write("alice.conf", "[account alice]\nuri = sip:alice@example.test\n"
                        f"proxy = {server.uri}\npassword-command = echo Wf7-plover\n")
    phone = control.Piped(room, "alice", config=config, keep_trace="yes", **more)
    server.bound("alice")
    phone.client.event("registered")
    phone.client.do("trace")
    message = phone.client.wait(lambda m: m.get("event") == "sip" and
                                "response=" in m.get("message", ""), what="the REGISTER")
    answer = next(m for m in server.requests("REGISTER") if m.get("Authorization"))
    phone.client.do("quit")
    phone.status()
    with open(phone.trace, encoding="utf-8") as f:
        text = f.read()
    return answer.get("Authorization").split('response="')[1][:8], text, message["message"], phone


@case("credentials are in no trace")
def masked():
    with Room() as room:
        response, text, message, phone = traced(room)
        for what in (text, message):
            expect(response not in what and 'response="..."' in what, "a trace has the response")
        expect("--trace-secrets" not in phone.output(), "a warning of nothing")


@case("but with --trace-secrets, which warns")
def unmasked():
    with Room() as room:
        response, text, message, phone = traced(room, trace_secrets=True)
        for what in (text, message):
            expect(response in what, "the response is missing")
        expect("--trace-secrets: traces have what" in phone.output(), "no warning",
               *phone.process.tail())


if __name__ == "__main__":
    tap.run(jobs=3)
