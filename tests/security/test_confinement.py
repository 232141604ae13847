#!/usr/bin/env python3
"""What a phone gives up when it begins: to be looked into by others of its user, to leave a core
file, to gain rights. And the one way to have secrets in a trace."""
import ctypes
import errno
import glob
import os
import re
import resource
import stat
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, pace, room as rooms, sound, tap, tphone
from lib.home import Home
from lib.plain import FIRST, Plain
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.screen import Screen
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
    # By a program of its own: a child of ours that is begun meanwhile would hold the copy open for
    # writing, and nobody could start it.
    program = room.path("tphone")
    subprocess.run(["cp", tphone.program(), program], check=True)
    os.chmod(program, 0o755)
    home = rooms.home_in(room.path("home"))
    for folder, _, _ in os.walk(room.path("home")):
        os.chmod(folder, 0o700)
        if os.geteuid() == 0:
            os.chown(folder, SOMEBODY, SOMEBODY)
    return program, home


def without(*calls):
    """Makes of this process one of a system that does not know these calls."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    known = ctypes.c_void_p(seccomp.seccomp_init(0x7FFF0000))
    for name in calls:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        seccomp.seccomp_rule_add_array(known, 0x00050000 | errno.ENOSYS, number, 0, None)
    seccomp.seccomp_load(known)


def first_words(calls, *options):
    """What a phone says on such a system, and no other before its address."""
    with Room() as room:
        port = rooms.free_port()
        home = rooms.home_in(room.path("home"))
        phone = room.start("phone", [tphone.program(), "answer", "--listen", f"127.0.0.1:{port}",
                                     "--device", "none", "--history", "no", *options],
                           env={**os.environ, **home}, preexec_fn=lambda: without(*calls))
        phone.wait_line(f":{port}")
        return [line for line in phone.tail() if "tphone: " in line and "sandbox" in line]


@case("what is missing of a sandbox is said at the start, but with sandbox = no")
def incomplete():
    filters = ("seccomp", "prctl")
    if sanitized():
        return
    equal(first_words(()), [], "where nothing is missing")
    equal(first_words(filters, "--sandbox", "no"), [], "where none is wanted")
    for calls, words in ((filters, "holds files alone"),
                         (("landlock_create_ruleset",), "holds system calls alone, and no files"),
                         (filters + ("landlock_create_ruleset",), "no sandbox")):
        said = first_words(calls)
        expect(len(said) == 1 and words in said[0], "what is said", calls, said)


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
        phone.status(10)
        left = [f for f in os.listdir(room.path("home")) if f.startswith("core")]
        equal(left, [], "cores")


@case("a developer may look into it: TPHONE_DUMPABLE")
def opened():
    with Room() as room:
        phone = start(room, "phone", dumpable="1")
        # Memory too, unless the system hides it from all who did not start the process (Yama).
        expect("descriptors" in thief(phone.popen.pid), "not open to its user")
        if not sanitized():  # clang's has cores switched off by itself
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


def filtered(pid):
    """Of each thread whether its system calls are filtered."""
    out = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as f:
            out += [line.split()[1] == "2" for line in f if line.startswith("Seccomp:")]
    return out


@case("what the sandbox refuses: tphone --selftest-sandbox")
def tried():
    with Room() as room:
        home = rooms.home_in(room.path("home"))
        os.makedirs(os.path.join(home["HOME"], ".ssh"))
        settings = os.path.join(home["XDG_CONFIG_HOME"], "tphone")
        os.makedirs(settings)
        with open(os.path.join(settings, "tphone.conf"), "w", encoding="ascii") as f:
            f.write("history = no\n")
        done = subprocess.run([tphone.program(), "--selftest-sandbox"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=60, env={**os.environ, **home})
    lines = done.stdout.decode().splitlines()
    if sanitized():
        equal(lines, ["no sandbox: a sanitizer or valgrind is at work, which needs what it "
                      "refuses"], "what was said")
        return
    equal(done.returncode, 0, "the status")
    for who in ("refused: ", "refused to the screen: "):
        expect(sum(line.startswith(who) for line in lines) > 20, "what is refused", *lines)
    expect(all(line.startswith("refused") for line in lines), "what is refused", *lines)


@case("every thread of a phone in a call is in it, hooks and password-command are started all the "
      "same; the helper is gone with the phone")
def in_a_call():
    with Room() as room:
        server = room.keep(Registrar({"alice": "Wf7-plover"}))
        mark = room.path("answered")
        config = room.write("alice.conf", "[account alice]\nuri = sip:alice@example.test\n"
                            f"proxy = {server.uri}\npassword-command = echo Wf7-plover\n")
        phone = control.Piped(room, "alice", config=config, accept="anyone",
                              on_event=f"answered touch {mark}")
        server.bound("alice")
        far = control.Piped(room, "far")
        control.call_up(phone.client, far)
        wait_until(lambda: os.path.exists(mark), 8, "the hook did not run")
        pid = phone.process.popen.pid
        threads = filtered(pid)
        expect(len(threads) > 1, "there is no thread of media", threads)
        equal(set(threads), {not sanitized()}, "threads in the sandbox")
        helpers = children(pid)
        equal(len(helpers), 1, "helpers")
        phone.client.do("quit")
        phone.status()
        wait_until(lambda: not os.path.exists(f"/proc/{helpers[0]}"), 3, "the helper stays")


def children(pid, state=""):
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="ascii", errors="replace") as f:
                words = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        if words[1] == str(pid) and (words[0] == state if state else words[0] != "Z"):
            found.append(path.split("/")[2])
    return found


def calling(room):
    """A phone in a call, and the number of that."""
    phone, far = control.Piped(room, "phone"), control.Piped(room, "far")
    return phone, control.call_up(phone.client, far)[0]


def refused_sound(phone, command, call, path):
    mark = phone.client.mark()
    phone.client.do(command, call=call, file=path)
    event = "play-ended" if command == "play" else "recording-ended"
    return phone.client.event(event, after=mark, file=path).get("text", "it was opened")


@case("a history and a socket in the home folder itself are warned of; a recording that the command "
      "line names is made in a hidden one")
def wide():
    with Room() as room:
        home = rooms.home_in(room.path("home"))
        hidden = os.path.join(home["HOME"], ".calls")
        os.mkdir(hidden)
        history, heard = os.path.join(home["HOME"], "calls.db"), os.path.join(hidden, "heard.wav")
        phone = control.Piped(room, "phone", command="answer", env=home, history_file=history,
                              record=heard, device="none")
        far = control.Piped(room, "far")
        number = far.client.do("call", target=phone.uri)["call"]
        far.client.event("answered", call=number)
        if not sanitized():
            phone.process.wait_line("history-file .*calls.db: the sandbox leaves")
        wait_until(lambda: os.path.exists(heard), 10, "nothing is recorded")
        far.client.do("quit")
        phone.client.do("quit")


@case("sound that a command names is opened wherever it lies, and nothing else is")
def named():
    key, picture = b"-----BEGIN OPENSSH PRIVATE KEY-----\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
    with Room() as room:
        os.mkdir(room.path("music"))
        good, new, taken, drawn = (room.path(f"music/{name}.wav")
                                   for name in ("good", "new", "taken", "drawn"))
        sound.write(good, sound.tone(440, 0.3))
        for path, content in ((taken, key), (drawn, picture)):
            with open(path, "wb") as f:
                f.write(content)
        phone, call = calling(room)
        phone.client.do("record", call=call, file=new, sides="mixed")
        phone.client.do("play", call=call, file=good)
        phone.client.event("play-ended", file=good)
        phone.client.do("record", call=call, on=False)
        phone.client.event("recording-ended", file=new)
        expect(max(sound.read(new).samples) > 4000, "nothing was recorded")
        equal(os.stat(new).st_mode & 0o777, 0o600, "the mode of a recording")
        text = refused_sound(phone, "play", call, drawn)
        expect("not a sound file" in text, text)
        if sanitized():
            return
        text = refused_sound(phone, "record", call, taken)
        expect("it exists and is not a sound file" in text, text)
        with open(taken, "rb") as f:
            equal(f.read(), key, "the key")


@case("contacts are written, wherever they lie")
def contacts():
    with Room() as room:
        for path in (None, room.path("friends")):
            more = {"contacts_file": path} if path else {}
            phone = control.Piped(room, "phone", **more)
            phone.client.do("contact", name="bob", address="sip:bob@192.0.2.7")
            listed = phone.client.do("contacts")["contacts"]
            equal([(c["name"], c["address"]) for c in listed], [("bob", "sip:bob@192.0.2.7")],
                  "contacts")
            phone.client.do("quit")
            phone.status()


@case("a helper that was killed is missed in words, and is no zombie; the call goes on")
def helpless():
    with Room() as room:
        phone, call = calling(room)
        pid = phone.process.popen.pid
        path = room.path("a.wav")
        sound.write(path, sound.tone(440, 0.3))
        os.kill(int(children(pid)[0]), signal.SIGKILL)
        wait_until(lambda: not children(pid) and not children(pid, "Z"), 5, "it is a zombie")
        if not sanitized():
            text = refused_sound(phone, "play", call, path)
            expect("helper of this phone" in text, text)
        equal(len(phone.client.do("status")["calls"]), 1, "calls")


@case("a helper that hangs keeps nobody waiting who calls; who asks for contacts, two seconds, and it "
      "is named")
def hanging():
    if sanitized():  # which opens the file itself
        return
    with Room() as room:
        path = room.path("friends")
        phone = control.Piped(room, "phone", contacts_file=path)
        far = control.Piped(room, "far")
        phone.client.do("contact", name="bob", address="sip:bob@192.0.2.7")
        phone.client.do("contacts")
        helper = int(children(phone.process.popen.pid)[0])
        os.kill(helper, signal.SIGSTOP)
        try:
            with open(room.path("new"), "w", encoding="ascii") as f:
                f.write(f"far = {far.uri}\n")
            os.rename(room.path("new"), path)
            time.sleep(0.3)  # by then it has been noticed
            began, number = pace.now(), far.client.do("call", target=phone.uri)["call"]
            call = phone.client.event("incoming")["call"]
            took = pace.now() - began
            expect(took < 1, f"a call came after {took:.1f} s")
            far.client.do("hangup", call=number)
            phone.client.event("ended", call=call)
            text = phone.client.ask("contacts").get("text", "")
            expect("which opens it, was waited for: there was no answer within 2 s" in text, text)
            control.call_up(phone.client, far)
        finally:
            os.kill(helper, signal.SIGCONT)
        equal([c["name"] for c in phone.client.do("contacts")["contacts"]], ["far"], "contacts")


@case("a phone that cannot have a helper says that it is this")
def no_helper():
    with Room() as room:
        phone = room.start("phone", [tphone.program(), "answer", "--device", "none"],
                           env={**os.environ, **rooms.home_in(room.path("home"))},
                           preexec_fn=lambda: without("clone", "clone3", "fork", "vfork"))
        equal(phone.status(20), 1, "the status")
        said = phone.tail()
        expect(any("the helper of this phone, which does for it what the sandbox refuses, cannot be "
                   "started: " in line for line in said), "what was said", *said)


@case("clients of a daemon are in it once they are connected")
def clients():
    with Room() as room:
        daemon = control.Daemon(room)
        client = room.start("events", [tphone.program(), "ctl", "--socket", daemon.socket, "events"])
        wait_until(lambda: set(filtered(client.popen.pid)) == {not sanitized()}, 8, "not in it")
        client.signal(signal.SIGTERM)


@case("so is the screen, which starts its telephone all the same, once more, too")
def screen():
    with Room() as room:
        me = Screen(room)
        pid = me.tmux.pid()
        equal(set(filtered(pid)), {not sanitized()}, "threads of the screen")
        if not sanitized():
            equal(thief(pid) if os.geteuid() else [], [], "what others of the user may")
        daemon = next(p for p in me.processes() if p != pid)
        equal(set(filtered(daemon)), {not sanitized()}, "threads of its telephone")
        os.kill(daemon, signal.SIGKILL)
        me.tmux.wait("The telephone has ended")
        me.tmux.press("r")
        me.tmux.wait("The telephone has ended", gone=True)
        me.leave()
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 5, "it stays")


def saved(p, form, path):
    """What is said of a trace that is saved there."""
    return p.say(f"trace-save {form} {path}", f"(messages saved in|{re.escape(path)}: ).*").group()


@case("in lines likewise: traces are called like traces, and settings name no program")
def lines():
    with Room() as room:
        me = Home(room, settings=None)
        p = Plain(me, first=FIRST)
        p.say(".", r"^There is no account")
        equal(set(filtered(p.process.popen.pid)), {not sanitized()}, "threads in the sandbox")
        p.say("call sip:x@127.0.0.1:9", "call 1: ended|failed|unreachable|refused")
        p.say("trace", r"^Trace: \d+ messages?")
        os.mkdir(room.path(".rc.d"))
        expect("saved in" in saved(p, "text", room.path("a.txt")), "it was not saved")
        for name, why in (("make", ".txt, .log, .pcap or .cap only"), (".rc.d/a.txt", "hidden")):
            said = saved(p, "pcap", room.path(name))
            expect(why in said and not os.path.exists(room.path(name)), name, said)
        p.say("close", r"^\w+")
        p.say("set-up", FIRST)
        p.say("alice@127.0.0.1:9", r"^What is its password")
        p.say("", r"^Which program prints")
        p.say(f"touch {room.path('taken')}", r"^Through which server")
        p.say("", "the sandbox lets settings name no program")
        p.say(".", "nothing was written")
        p.end()
        expect(not os.path.exists(room.path("taken")), "a program was started")


@case("sandbox = no")
def outside():
    with Room() as room:
        phone = control.Piped(room, sandbox="no")
        equal(set(filtered(phone.process.popen.pid)), {False}, "threads in the sandbox")
        p = Plain(Home(room, settings="sandbox = no\n"))
        equal(set(filtered(p.process.popen.pid)), {False}, "threads of the lines")
        p.end()


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
