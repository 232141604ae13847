#!/usr/bin/env python3
"""The telephone in lines: what is typed into a pipe or on a terminal, and what is said."""
import os
import pty
import re
import select
import signal
import socket
import stat
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import preload, sip, tphone
from lib.home import Home
from lib.plain import DRAWN, FIRST, Plain
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect, run
from lib.terminal import Terminal

def udp_ports():
    with open("/proc/net/udp", encoding="ascii") as table:
        return {int(line.split()[1].rpartition(":")[2], 16) for line in list(table)[1:]}


# --- calls ----------------------------------------------------------------------------------------


@case("a call is placed, muted, held, spelled digits, recorded and hung up, and is in the history")
def walk():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Home(room, people=f"Bob Martin = {bob.uri}\n", settings="keep-trace = yes\n")
        p = Plain(me)
        p.say("call Bob Martin", r"^Bob Martin, call 1: called, sip:bob@")
        p.wait(r"^Bob Martin, call 1: answered, encrypted, not verified$")
        p.say("calls", r"^Calls: 1$")
        p.wait(r"^1\. Bob Martin, sip:bob@\S+, talking, \d seconds?, opus, encrypted, not verified$")
        p.say("mute", r"^Bob Martin, call 1: does not hear you: muted$")
        p.say("space", r"^Bob Martin, call 1: hears you: no longer muted$")
        p.say("hold 1", r"^Bob Martin, call 1: on hold$")
        p.say("calls", r"^1\. Bob Martin, .*, on hold, \d+ seconds?, opus, encrypted, not verified$")
        p.say("hold", r"^Bob Martin, call 1: off hold$")
        p.say("dtmf 12#", r"^Bob Martin, call 1: digits sent$")
        p.say("5", r"^Bob Martin, call 1: digits sent$")
        bob.process.wait_line("digit 5")
        p.say(f"record {room.path('talk.wav')}", r"^Bob Martin, call 1: recording to .*talk\.wav$")
        p.type("wait 1")
        p.say("record", r"^Bob Martin, call 1: recorded to .*talk\.wav$")
        p.say("view call", r"^Call 1: Bob Martin, sip:bob@127\S+, talking, ")
        p.type("wait 1")
        p.say("trace", r"^Trace: \d+ messages$")
        p.wait(r"^1\. .* sent to udp 127\.0\.0\.1:\d+: INVITE \(SDP\)$")
        p.say("choose 1", r"^Message: ")
        p.wait(r"^From: <sip:tphone@127\.0\.0\.1>;tag=")
        p.say("details", r"^quality: \d\.\d of 4\.5, \w+, ")
        p.wait(r"^packets: \d+ sent, \d+ received, \d+ lost")
        p.type("close", "close")
        p.say("hang-up 7", r"^there is no call 7$")
        p.say("nonsense", r"^there is no command nonsense")
        p.say("hang-up", r"^Bob Martin, call 1: ended: ")
        p.type("wait 1")
        p.say("history", r"^History: 1$")
        p.wait(r"^1\. Bob Martin, sip:bob@\S+, outgoing, \d\d:\d\d, \d+ seconds?$")
        p.say("choose 1", r"^Bob Martin, call 2: answered")
        p.say("contacts", r"^People: 1$")
        p.wait(r"^1\. Bob Martin, sip:bob@")
        p.end()
        bob.process.wait_line(r"call 2: ended")
        expect(os.path.getsize(room.path("talk.wav")) > 44, "nothing was recorded")


@case("of two calls one is held; swap changes places, and a conference has both")
def two_calls():
    with Room() as room:
        bob, carol = tphone.Answer(room, "bob"), tphone.Answer(room, "carol")
        p = Plain(Home(room, people=f"Bob = {bob.uri}\nCarol = {carol.uri}\n"))
        p.say("call Bob", r"^Bob, call 1: answered")
        p.say("call Carol", r"^Carol, call 2: answered")
        p.process.wait_line(r"^Bob, call 1: on hold$")
        p.say("calls", r"^1\. Bob, .*, on hold")
        p.wait(r"^2\. Carol, .*, talking")
        p.say("swap", r"^\w+, call \d: (on|off) hold$")
        p.wait(r"^\w+, call \d: (on|off) hold$")
        p.say("calls", r"^1\. Bob, .*, talking")
        p.wait(r"^2\. Carol, .*, on hold")
        p.say("conference", r"call \d: in conference 1$")
        p.wait(r"call \d: in conference 1$")
        p.say("part 2", r"^Carol, call 2: no longer in conference 1$")
        p.say("hang-up 1", r"^Bob, call 1: ended: ")
        p.say("hang-up 2", r"^Carol, call 2: ended: ")
        p.end()


@case("a telephone that has gone is told, and found again")
def lost():
    with Room() as room:
        me = Home(room)
        p = Plain(me)
        pid = int(re.search("[0-9]+", me.expect(1, "daemon").err.split("process")[1]).group())
        os.kill(pid, signal.SIGKILL)
        p.wait(r"^telephone: the daemon at .* has gone$")
        p.say("call bob@127.0.0.1", r"^there is no connection to the telephone$")
        wait_until(lambda: me.port not in udp_ports(), 10, "a dead process keeps its port")
        me.start("daemon")
        p.wait(r"^telephone: it answers again$")
        p.wait(r"^Calls: none$")
        p.end()


@case("calls that come in are told, answered and declined by their numbers")
def incoming():
    with Room() as room:
        me = Home(room)
        p = Plain(me)
        alice = tphone.Call(room, me.uri, "alice", user="alice", seconds=30)
        p.wait(r"^alice@\S+, call 1: calls you, sip:alice@\S+; answer or decline$")
        p.say("a", r"^alice@\S+, call 1: answered")
        dave = tphone.Call(room, me.uri, "dave", user="dave", seconds=30)
        p.wait(r"^dave@\S+, call 2: calls you")
        p.say("decline 2", r"^dave@\S+, call 2: ended: ")
        dave.expect_status(tphone.DECLINED)
        p.say("x", r"^alice@\S+, call 1: ended: ")
        alice.expect_status(0)
        erin = tphone.Call(room, me.uri, "erin", user="erin", seconds=30)
        p.wait(r"^erin@\S+, call 3: calls you")
        erin.process.signal(signal.SIGINT)
        p.wait(r"^erin@\S+, call 3: ended: ")
        p.type("wait 1")
        p.say("history", r"^1\. sip:erin@\S+, incoming, \d\d:\d\d, missed$")
        p.wait(r"^2\. sip:dave@\S+, incoming, \d\d:\d\d, declined$")
        p.end()


@case("what a stranger calls itself stands in quotes, in one line, and moves no cursor")
def hostile():
    with Room() as room:
        me = Home(room)
        p = Plain(me)
        peer = room.keep(sip.Peer(target_port=me.port))
        name = '"Bob Martin, call 9: answered\x1b[2J\\"\u202e\u202dx"'
        invite = peer.invite(me.uri, From=f"{name} <sip:mallory@127.0.0.1>;tag=1")
        peer.send(invite)
        said = p.wait(r"^\"Bob Martin, call 9: answered.*\", call 1: calls you, "
                      r"sip:mallory@127\.0\.0\.1").string
        expect(not DRAWN.search(said), "something of it was believed", repr(said))
        p.say("calls", r"^1\. \"Bob Martin")
        p.say("decline", r"call 1: ended")
        p.end()


@case("a file is a script; every command of the screen has its help and completes")
def script():
    with Room() as room:
        me = Home(room, people="Bob = sip:bob@127.0.0.1:9\n")
        with open(room.write("script", "help all\ncomplete ho\ncall B\t\nquit\n"), "rb") as f:
            p = me.start("--plain", popen={"stdin": f})
            equal(p.status(), 0, "exit status")
        said = "\n".join(p.lines)
        for name in ("call ADDRESS", "answer", "decline", "hang-up", "mute", "hold", "swap",
                     "record FILE", "conference", "part", "dtmf DIGITS", "play FILE", "volume DB",
                     "password ACCOUNT", "search TEXT", "set-up", "detach", "quit", "quality CALL"):
            expect(re.search(rf"^{name}: \w", said, re.M), f"there is no help for {name}", said)
        expect(re.search("^hold$", said, re.M), "hold is no completion", said)
        expect(re.search("^call Bob$", said, re.M), "the tab completes nothing", said)


@case("what comes of a file is told, however long that takes and whatever has ended meanwhile")
def slow_file():
    with Room() as room:
        p = Plain(Home(room), **preload.env("ui/slow_disk.c"))
        p.say("call sip:x@127.0.0.1:9", "call 1: ended|failed|unreachable|refused")
        p.say("trace", r"^Trace: \d+ messages?")
        p.type(f"trace-save text {room.path('a.txt')}")
        p.process.popen.stdin.close()
        p.wait(r"^/\S+/a\.txt: being written$")
        p.wait(r"messages saved in \S+/a\.txt$")
        equal(p.process.status(), 0, "exit status")


@case("a file on a dead disk is waited for a second by who leaves, and that is told")
def dead_disk():
    with Room() as room:
        file = room.path("a.txt")
        p = Plain(Home(room), **preload.env("ui/slow_disk.c"), SLOW_DISK_MS="60000")
        p.say("call sip:x@127.0.0.1:9", "call 1: ended|failed|unreachable|refused")
        p.say("trace", r"^Trace: \d+ messages?")
        p.type(f"trace-save text {file}")
        wait_until(lambda: os.path.exists(file), 10, "the file is not begun")
        p.process.signal(signal.SIGINT)
        p.wait(rf"^tphone: {file}: still being written; given up$")
        equal(p.process.status(), 1, "exit status")


@case("how much is told is said by an option, and by a command at any time")
def tell():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Home(room)
        p = Plain(me, "-v")
        p.say("tell", "^tell: much$")
        p.end()
        p = Plain(me, "-q")
        p.say("tell", "^tell: little$")
        p.say(f"call {bob.uri}", r"call 1: answered$")
        equal(p.heard(r": called,"), 0, "lines about what one does oneself")
        p.say("tell much", "^tell: much$")
        p.say("mute", r"^bob@\S+, call 1: does not hear you: muted$")
        p.end()


class Leaving:
    """What stands where a daemon listens that is about to end: each who comes is closed, or left
    without an answer, n times in all and for so many seconds; then nobody is there."""

    def __init__(self, path, n, takes, seconds=0):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        self.at = socket.socket(socket.AF_UNIX)
        self.at.bind(path)
        self.at.listen(64)
        self.met = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(path, n, takes, seconds))
        self.thread.start()

    def run(self, path, n, takes, seconds):
        end, taken = None, 0
        while taken < n or time.monotonic() < end:
            if not select.select([self.at], [], [], 0.1)[0]:
                continue
            end, taken = end or time.monotonic() + seconds, taken + 1
            self.met.set()
            if takes:
                self.at.accept()[0].close()
            else:
                time.sleep(0.05)
        os.unlink(path)
        self.at.close()


@case("one that leaves slowly is waited for with what is to be done, and not in vain without a word")
def leaving_slowly():
    for settings, status, said in (("", 0, "^tell: much$"),
                                   ("listne = 3\n", 1, "telephone could not be started: .*listne")):
        with Room() as room:
            me = Home(room)
            old = Leaving(me.socket, 1, True, 6)
            with open(room.write("script", "tell\nquit\n"), "rb") as f:
                p = me.start("--plain", "-v", popen={"stdin": f})
            old.met.wait(20)
            me.config(f"listen = udp:127.0.0.1:{me.port}\ndevice = null\n" + settings)
            old.thread.join()
            equal(p.status(), status, "exit status")
            expect(p.said(said), "what was said", *p.lines)


@case("a telephone that was leaving when it was asked for is followed by another one")
def leaving():
    for n, takes in ((1, False), (1, True), (2, True), (3, True), (4, True), (9, True)):
        with Room() as room:
            me = Home(room)
            old = Leaving(me.socket, n, takes)
            p = Plain(me, "-v")
            p.say("tell", "^tell: much$")
            old.thread.join()
            p.end()


# --- the first start ------------------------------------------------------------------------------


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@case("the first start: a wrong password is told, the right one written, for its owner only")
def first_start():
    with Room() as room:
        server = room.keep(Registrar())
        me = Home(room, settings=None)
        p = Plain(me, first=FIRST)
        p.say("alice@@", r"not an address|it is like sip:alice@example\.org")
        p.say("alice@example.test", r"^What is its password")
        p.say("hidden", r"^Through which server")
        p.say(server.uri, r"^alice@example\.test: the server refused the password")
        p.wait(r"^Go on\?")
        p.say("back", r"^What is your SIP address")
        p.say("alice@example.test", r"^What is its password")
        p.say("secret", r"^Through which server")
        p.say(server.uri, r"^The server has accepted it: registered\.$")
        p.wait(r"^Go on\?")
        p.say("", r"^Which sound device")
        p.say("none", r"^The file will be .*/tphone\.conf$")
        expect(not os.path.exists(me.file), "it was written before it was said")
        p.say("yes", r"is written; only you can read it\.$")
        p.wait(r"^alice@example\.test: registered")
        server.bound("alice")
        equal(mode(me.file), 0o600, "mode of the file")
        equal(mode(os.path.dirname(me.file)), 0o700, "mode of its folder")
        equal(os.listdir(os.path.dirname(me.file)), ["tphone.conf"], "what lies in the folder")
        with open(me.file, encoding="utf-8") as f:
            text = f.read()
        for line in ("[account alice]", "uri = alice@example.test", "password = secret",
                     f"proxy = {server.uri}", "device = none"):
            expect(f"\n{line}\n" in text, f"{line!r} is not in the file", text)
        expect(not re.search("secret|hidden", "\n".join(p.process.lines)), "the password was said")
        p.end()
        equal(server.faults, [], "faults")


@case("a set-up that is left writes nothing, and addresses can be called")
def left():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Home(room, settings=None)
        p = Plain(me, first=FIRST)
        p.say("alice@example.test", r"^What is its password")
        p.say("", r"^Which program prints the password")
        p.say(".", r"^nothing was written")
        p.wait(r"^There is no account: addresses are called without a server")
        p.say("set-up", r"^What is your SIP address")
        p.say(".", r"^nothing was written")
        p.say("tell", r"^tell: ", seconds=4)  # nothing was asked of a telephone that is there
        p.say(f"call {bob.uri}", r"call 1: (called|answered)")
        p.end()
        expect(not os.path.exists(os.path.dirname(me.file)), "a folder was made")


def helpers(room):
    """Processes of this room that try an account."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/environ", "rb") as env:
                if b"/dev/fd/3" in line.read() and room.folder.encode() in env.read():
                    found.append(pid)
        except OSError:
            pass
    return found


@case("a set-up that is killed while it tries an account leaves nobody behind")
def killed():
    with Room() as room:
        server = room.keep(Registrar())
        server.silent = True
        p = Plain(Home(room, settings=None), first=FIRST)
        p.say("alice@example.test", r"^What is its password")
        p.say("secret", r"^Through which server")
        p.say(server.uri, r"^The account is tested now")
        wait_until(lambda: helpers(room), 5, "nobody tries it")
        p.process.signal(signal.SIGKILL)
        wait_until(lambda: not helpers(room), 10, "who tries it goes on")


@case("devices are tried; a file that has come meanwhile is left as it is")
def exclusive():
    with Room() as room:
        me = Home(room, settings=None)
        p = Plain(me, first=FIRST)
        p.say("", r"^Which sound device")
        p.say("tone null", r"^A tone is played for a second\.$")
        p.wait(r"^It was played\.")
        p.wait(r"^Which sound device")
        p.say("tone Nonsuch", r"^there is no sound device named Nonsuch")
        p.say("none", r"^Write this")
        os.makedirs(os.path.dirname(me.file), mode=0o700)
        with open(me.file, "w", encoding="utf-8") as f:
            f.write("# mine\n")
        p.say("yes", r"is there already, and stays as it is")
        p.say("no", r"^nothing was written")
        p.end()
        with open(me.file, encoding="utf-8") as f:
            equal(f.read(), "# mine\n", "the file")
        equal(os.listdir(os.path.dirname(me.file)), ["tphone.conf"], "what lies in the folder")


# --- a terminal -----------------------------------------------------------------------------------


def at_terminal(room, me, *words, **env):
    return Terminal(room, [tphone.program(), *words], env={**me.home, **env})


@case("ACCESSIBLE=1 means lines", {"ACCESSIBLE": "1", "TERM": "xterm"})
@case("TERM=dumb means lines", {"TERM": "dumb"})
@case("so does a terminal of no type", {"TERM": ""})
def chosen(env):
    with Room() as room:
        t = at_terminal(room, Home(room), **env)
        t.wait("Type a command; help tells what can be done")
        t.type("status\n")
        t.wait("Calls: none", count=2)
        t.type("\x04")
        equal(t.status(), 0, "exit status")
        expect("\x1b" not in t.text, "the cursor was moved", repr(t.text))


@case("a prompt is drawn once for each line; a password is not shown, and Ctrl-C restores all")
def terminal():
    with Room() as room:
        server = room.keep(Registrar())
        me = Home(room, settings=f"[account alice]\nuri = sip:alice@example.test\n"
                                 f"proxy = {server.uri}\n")
        t = at_terminal(room, me, "--plain", TERM="xterm")
        t.wait(r"alice@example\.test: (not registered, it waits for its|a) password")
        t.wait("Type a command[^>]*> ")
        equal(t.text.count("> "), 1, "prompts before anything was typed")
        t.type("password\n")
        t.wait(r"Password for alice\? It is not shown\.")
        expect(not t.echoes(), "the terminal shows what is typed by itself")
        t.type("secret\n")
        t.wait(r"alice@example\.test: registered for")
        server.bound("alice")
        t.type("status\n")
        t.wait("Calls: none", count=2)
        expect("secret" not in t.text, "the password was shown", t.text)
        t.wait("> ", count=3)
        equal(t.text.count("> "), 3, "prompts after three lines, one of them secret")
        t.type("password\n")
        t.wait(r"Password for alice\? It is not shown\.", count=2)
        t.popen.send_signal(signal.SIGSTOP)
        t.set_modes(t.before)  # as a shell does
        t.popen.send_signal(signal.SIGCONT)
        wait_until(lambda: not t.echoes(), 5, "what is typed would be shown after a stop")
        t.popen.send_signal(signal.SIGINT)
        equal(t.status(), 0, "exit status")
        equal(t.modes(), t.before, "modes of the terminal")


@case("where others show what is typed, they do not show a password")
def shown_by_others():
    with Room() as room:
        me = Home(room, settings="[account alice]\nuri = sip:alice@example.test\n"
                                 "registrar = sip:127.0.0.1:9\n")
        t = Terminal(room, ["sh", "-c", '"$0" --plain | cat', tphone.program()], env=me.home)
        t.wait("Type a command")
        expect(t.echoes(), "nobody shows what is typed")
        t.type("password\n")
        t.wait(r"Password for alice\? It is not shown\.")
        wait_until(lambda: not t.echoes(), 5, "what is typed would be shown")
        t.type("secret\n")
        wait_until(t.echoes, 5, "what is typed stays hidden")
        expect("secret" not in t.text, "the password was shown", t.text)
        t.type("quit\n")
        equal(t.status(), 0, "exit status")


@case("a terminal that is hung up disturbs no call; the end of input ends it")
def hung_up():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Home(room)
        pid, master = pty.fork()
        if pid == 0:
            os.execve(tphone.program(), ["tphone", "--plain"], me.env(TERM="xterm"))
        os.write(master, f"call {bob.uri}\n".encode())
        said = b""
        while b"call 1: answered" not in said:
            expect(select.select([master], [], [], 10)[0], "it is not answered", said)
            said += os.read(master, 4096)
        os.close(master)
        wait_until(lambda: os.waitpid(pid, os.WNOHANG)[0], 10, "it does not notice")
        expect("bob" in me.expect(0, "status").out, "the call has ended")
        p = Plain(me)
        p.process.wait_line(r"^1\. .*bob.*, talking")
        p.end()
        bob.process.wait_line("ended: the other side hung up")


@case("a first start at a terminal hides the password")
def first_start_terminal():
    with Room() as room:
        me = Home(room, settings=None)
        t = at_terminal(room, me, "--plain", TERM="xterm")
        t.wait("What is your SIP address")
        t.type("alice@example.test\n")
        t.wait("What is its password")
        t.type("secret\n")
        t.wait("Through which server")
        expect("secret" not in t.text, "the password was shown", t.text)
        t.popen.send_signal(signal.SIGINT)
        equal(t.status(), 0, "exit status")
        expect(not os.path.exists(me.file), "something was written")


if __name__ == "__main__":
    run(jobs=3)
