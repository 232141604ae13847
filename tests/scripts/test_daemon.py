#!/usr/bin/env python3
"""A telephone in the background: where it is, who may speak to it, what service managers see."""
import configparser
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, pace, tphone
from lib.control import connect
from lib.daemon import Daemon, Session
from lib.papers import Paper
from lib.registrar import Registrar
from lib.room import Room, free_port
from lib.tap import case, equal, expect, run

NO_DAEMON = "tphone: no daemon is running; tphone daemon starts one\n"


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


# --- life -----------------------------------------------------------------------------------------


@case("a daemon has a socket of its own, and leaves nothing behind")
def life():
    with Room() as room:
        daemon = Daemon(room)
        equal(mode(daemon.socket), 0o600, "mode of the socket")
        equal(mode(os.path.dirname(daemon.socket)), 0o700, "mode of its folder")
        equal(str(daemon.expect(0, "status", "-q")), "status 0, output '', error ''", "with -q")
        equal(daemon.expect(0, "status").err, "tphone: there is no account and no call\n", "told")
        daemon.process.signal(signal.SIGTERM)
        start = pace.now()
        equal(daemon.process.status(), 0, "status of the daemon")
        expect(pace.now() - start < 2.5, "it took more than two seconds to end")
        equal(os.listdir(os.path.dirname(daemon.socket)), [], "what is left in its folder")


@case("when the socket of a daemon is gone its ports are free: the next one can begin")
def succession():
    with Room() as room, socket.socket(socket.AF_UNIX) as deaf:  # is given time to read at the end
        daemon = Daemon(room)
        deaf.connect(daemon.socket)
        deaf.setblocking(False)
        try:
            while True:
                deaf.send(b'{"command":"status"}\n' * 100)
        except BlockingIOError:
            pass
        daemon.process.signal(signal.SIGTERM)
        end = pace.now() + 10
        while os.path.exists(daemon.socket):  # looked for more often than wait_until does
            expect(pace.now() < end, "its socket is still there after 10 s", *daemon.process.tail())
            time.sleep(0.001)
        daemon.begin()
        daemon.expect(0, "ctl", "quit")


@case("without a daemon ctl and status say so and end with 8; call calls alone without a word")
def no_daemon():
    with Room() as room:
        session = Session(room)
        for words in (["status"], ["ctl", "status"], ["ctl", "events"]):
            said = session.expect(tphone.UNREACHABLE, *words)
            equal((said.out, said.err), ("", NO_DAEMON), str(words))
        expect(not os.path.exists(os.path.join(session.run_folder, "tphone")),
               "a client made the folder")
        said = session.expect(tphone.UNREACHABLE, "status", "--socket", "there")
        equal(said.err, "tphone: no daemon answers at there; tphone daemon starts one\n", "said")
        said = session.expect(tphone.UNREACHABLE, "call", "x@127.0.0.1:9", "--socket", "there")
        equal(said.err, "tphone: no daemon answers at there; tphone daemon starts one\n", "said")
        callee = tphone.Answer(room, code=486)
        equal(session.expect(tphone.BUSY, "call", callee.uri).err.split("\n")[0],
              f"calling {callee.uri} (udp 127.0.0.1:{callee.port})", "the first line")


@case("a second daemon says who is there and ends; elsewhere it may be")
def second():
    with Room() as room:
        daemon = Daemon(room)
        said = daemon.expect(tphone.OTHER, "daemon", "-q")  # or a first one that is late is told of
        equal(said.err, f"tphone: {daemon.socket}: another daemon answers there already, process "
                        f"{daemon.process.popen.pid}\n", "what the second says")
        daemon.expect(0, "status")
        other = daemon.start("daemon", "--socket", "sock", "--listen", f":{free_port()}",
                             name="elsewhere")
        other.wait_line("clients are heard at sock")
        equal(mode(os.path.join(daemon.folder, "sock")), 0o600, "mode of the other socket")
        daemon.expect(0, "status", "--socket", "sock")
        daemon.expect(0, "ctl", "quit", "--socket", "sock")
        equal(other.status(), 0, "status of the other")


@case("of two that begin at once the slower one says who has its ports")
def at_once():
    with Room() as room:
        fifo, root = room.path("authorities"), Paper(room, "root")
        os.mkfifo(fifo)
        slow, port = Session(room), free_port()
        slow.config(f"listen = 127.0.0.1:{port}\ndevice = none\ntls-ca = {fifo}\n")
        second = slow.start("daemon", name="second")
        with open(fifo, "wb") as pipe:  # now it reads there, behind its look for another one
            slow.config(f"listen = 127.0.0.1:{port}\ndevice = none\n")
            first = slow.start("daemon", name="first")
            first.wait_line("clients are heard at")
            with open(root.pem, "rb") as paper:
                pipe.write(paper.read())
        equal(second.status(), tphone.OTHER, "status")
        expect("another program has this port" in second.lines[0], "the first line", *second.lines)
        equal(second.lines[1:], [f"tphone: {slow.socket}: another daemon answers there already, "
                                 f"process {first.popen.pid}"], "the next lines")
        slow.expect(0, "ctl", "quit")
        equal(first.status(), 0, "status of the first")


@case("one that is stopped is waited for, told behind a second, and no daemon that answers")
def stopped():
    with Room() as room:
        daemon = Daemon(room)
        pid = daemon.process.popen.pid
        daemon.process.signal(signal.SIGSTOP)
        try:
            said = daemon.expect(tphone.OTHER, "daemon")
        finally:
            daemon.process.signal(signal.SIGCONT)
        equal(said.err, f"waiting for process {pid} to answer at {daemon.socket}\n"
                        f"tphone: {daemon.socket}: process {pid} has the socket and does not answer: "
                        "end it, or give another --socket\n", "what the second says")


def ending_socket(session):
    listener = socket.socket(socket.AF_UNIX)
    os.makedirs(os.path.dirname(session.socket), mode=0o700, exist_ok=True)
    listener.bind(session.socket)
    listener.listen()
    listener.settimeout(0.2)
    return listener


def close_out(listener, process):
    """Whoever comes, as one does that is ending, as long as that process lives."""
    while process.alive():
        try:
            listener.accept()[0].close()
        except TimeoutError:
            pass


@case("who has no ports beside one that is ending tells that, and waits no more")
def fails_beside():
    with Room() as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        fifo, root = room.path("authorities"), Paper(room, "root")
        os.mkfifo(fifo)
        taken.bind(("127.0.0.1", 0))
        session = Session(room)
        session.config(f"listen = udp:127.0.0.1:{taken.getsockname()[1]}\ndevice = none\n"
                       f"tls-ca = {fifo}\n")
        second = session.start("daemon")
        with open(fifo, "wb") as pipe, open(root.pem, "rb") as paper:
            listener = ending_socket(session)  # behind its look for another one
            pipe.write(paper.read())
        with listener:
            close_out(listener, second)
        equal(second.status(), tphone.OTHER, "status")
        expect("another program has this port" in second.lines[0], "the first line", *second.lines)
        equal(second.lines[1:], [], "the next lines")


@case("one that is ending is waited for, which is told behind a second, and not for ever")
def ends_slowly():
    with Room() as room:
        session, me = Session(room), os.getpid()
        with ending_socket(session) as listener:
            second = session.start("daemon")
            close_out(listener, second)
        equal(second.status(), tphone.OTHER, "status")
        late = f"waiting for process {me} to answer at {session.socket}"  # as this test may be
        equal([l for l in second.lines if l != late],
              [f"waiting for process {me}, which is ending, to leave {session.socket}",
               f"tphone: {session.socket}: process {me} is ending, and does not leave it: end it, or "
               "give another --socket"], "what the second says")


def attack_link(run):
    os.mkdir(os.path.join(run, "elsewhere"), 0o700)
    os.symlink("elsewhere", os.path.join(run, "tphone"))


def attack_open(run):
    os.mkdir(os.path.join(run, "tphone"))
    os.chmod(os.path.join(run, "tphone"), 0o755)


def attack_file(run):
    os.mkdir(os.path.join(run, "tphone"), 0o700)
    with open(os.path.join(run, "tphone", "control"), "w", encoding="ascii") as f:
        f.write("mine")


def attack_dangling(run):
    os.mkdir(os.path.join(run, "tphone"), 0o700)
    os.symlink("../elsewhere", os.path.join(run, "tphone", "control"))


def attack_above(run):
    os.chmod(run, 0o777)


ATTACKS = [
    ("a link in place of the folder", attack_link, "not a folder of its own", True),
    ("a folder that others may enter", attack_open, "others may enter it", True),
    ("a file in place of the socket", attack_file, "something else than a socket of ours is there", False),
    ("a link in place of the socket", attack_dangling, "something else than a socket of ours is there", False),
    ("a folder that others may swap", attack_above, "others may write there", True),
]


def attacked(attack, words, client_sees):
    """The daemon refuses; a call is placed all the same, by itself."""
    with Room() as room:
        session, callee = Session(room), tphone.Answer(room, code=486)
        attack(session.run_folder)
        before = sorted(os.walk(session.run_folder))
        said = session.expect(tphone.OTHER, "daemon", "--listen", "127.0.0.1:0")
        expect(words in said.err and said.err.startswith("tphone: " + session.run_folder),
               "the reason was not told", said)
        equal(sorted(os.walk(session.run_folder)), before, "what is there afterwards")
        said = session.expect(tphone.BUSY, "call", callee.uri)
        equal(words in said.err, client_sees, f"told by the client ({said.err!r})")
        session.expect(tphone.UNREACHABLE, "status")


for name, attack, words, client_sees in ATTACKS:
    case(f"refused: {name}", attack, words, client_sees)(attacked)


@case("a daemon of another user is not spoken to")
def another_user():
    if os.geteuid() != 0:
        return "only root can be somebody else here; net/unix has the same as a unit test"
    with Room() as room:
        session = Session(room)
        path = room.path("theirs")
        child = subprocess.Popen([sys.executable, "-c", f"""if True:
            import os, socket
            s = socket.socket(socket.AF_UNIX); s.bind({path!r})
            os.setuid(4711) # who listens is who answers, whoever has made the path
            s.listen(); print(flush=True)
            c = s.accept()[0]; print(c.recv(9))"""], stdout=subprocess.PIPE)
        child.stdout.readline()
        said = session.expect(tphone.UNREACHABLE, "status", "--socket", path)
        equal(said.err, f"tphone: what answers at {path} belongs to another user\n", "said")
        equal(child.communicate()[0], b"b''\n", "what they were told")
        # Also where they have left it, and we could remove it.
        left = room.path("left")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(left)
        os.chown(left, 4711, 4711)
        said = session.expect(tphone.OTHER, "daemon", "--socket", left, "--listen", "127.0.0.1:0")
        expect("something else than a socket of ours is there" in said.err, "said", said)
        expect(os.path.exists(left), "a socket of another user was removed")
    return None


class Impostor:
    """One of our own user who speaks in place of a daemon: the same again and again."""

    def __init__(self, path, said, times):
        self.said, self.times = said, times
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        with self.listener, self.listener.accept()[0] as client:
            client.settimeout(20)
            try:
                for _ in range(self.times):
                    client.sendall(self.said)
                while client.recv(4096):
                    pass
            except OSError:
                pass


CHATTER = b'{"v":1,"event":"notice","time":1,"text":"\\u001b[2J"}\n' * 100
REPLY = '{"v":1,"reply":1,"ok":false,"error":"\\u001b[1m","text":"\\u001b[31m\u009b1m"}\n'.encode()
EVENT = '{"v":1,"event":"notice","time":1,"text":"\\u001b[2J\u009b31m\u202e"}\n'.encode()


@case("who only says that he is a daemon: no end is waited for, nothing steers the terminal")
def impostors():
    for said, times, words in ((CHATTER, 1 << 40, ["ctl", "status"]),
                               (CHATTER, 1 << 40, ["call", "sip:1@127.0.0.1:9"]),
                               (b"no JSON\n" * 50, 1, ["ctl", "status"]),
                               (b"no end" * 50, 1 << 40, ["status"]),
                               (REPLY, 1, ["ctl", "hold"]), (REPLY, 1, ["ctl", "--json", "hold"]),
                               (EVENT * 5 + b"\n", 1, ["ctl", "events"])):
        with Room() as room:
            path = room.path("impostor")
            Impostor(path, said, times)
            heard = Session(room).tphone(words[0], "--socket", path, *words[1:])
            expect(heard.status not in (0, tphone.INTERRUPTED), f"{words} ended well", heard)
            text = heard.out + heard.err
            expect(text.replace("\n", "").isprintable(), f"{words}: {text[:300]!r}")
            expect(heard.err.count("\n") <= 2, f"{words} says the same again", heard)


# --- service managers -----------------------------------------------------------------------------


class Manager:
    """What systemd is to a service: a socket that listens, and one that hears how it is."""

    def __init__(self, room, session, name, abstract):
        self.session, self.abstract = session, abstract
        self.path = room.path(f"{name}-control")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        name_of = os.path.basename(room.folder)
        at = f"\0{name_of}" if abstract else room.path(f"{name}-notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(at)
        self.notify.settimeout(10)
        self.env = {"NOTIFY_SOCKET": at.replace("\0", "@"), "LISTEN_FDS": "1"}

    def start(self, *options):
        # Its own number, which only it knows before it becomes the daemon.
        become = (f"import os; os.dup2({self.listener.fileno()}, 3); "
                  "os.set_inheritable(3, True); os.environ['LISTEN_PID'] = str(os.getpid()); "
                  f"os.execv({tphone.program()!r}, ['tphone', 'daemon', *{options!r}])")
        return self.session.room.start("daemon of a manager", [sys.executable, "-c", become],
                                       env=self.session.env(**self.env),
                                       pass_fds=[self.listener.fileno()])

    def heard(self):
        return self.notify.recv(4096).decode()


def activated(abstract):
    with Room() as room:
        session = Session(room)
        session.config(f"listen = 127.0.0.1:{free_port()}\ndevice = none\n"
                       "on-event = listening /bin/sh -c 'env >env'\n")
        manager = Manager(room, session, "manager", abstract)
        early = connect(manager.path)  # what makes systemd start it
        number = early.send("status")
        daemon = manager.start()
        equal(manager.heard(), "READY=1", "what the manager hears first")
        expect(early.reply(number)["ok"], "the first client was not served")
        session.expect(0, "status", "--socket", manager.path)
        daemon.signal(signal.SIGTERM)
        equal(manager.heard(), "STOPPING=1", "what the manager hears at last")
        equal(daemon.status(), 0, "status")
        expect(os.path.exists(manager.path), "the manager's socket was removed")
        expect(not os.path.exists(session.socket), "a second socket was made")


case("a socket that is handed over is used, and a manager at a path is told", False)(activated)
case("a socket that is handed over is used, and a manager at an abstract name is told",
     True)(activated)


@case("who comes to a manager's socket while the daemon ends is served by the next one")
def succeeded():
    with Room() as room:
        server, session = room.keep(Registrar()), Session(room)
        session.config(f"listen = 127.0.0.1:{free_port()}\ndevice = none\n"
                       + account.of(server, "alice").settings())
        manager = Manager(room, session, "manager", False)
        daemon = manager.start()
        equal(manager.heard(), "READY=1", "what the manager hears first")
        daemon.wait_line("registered sip:alice")
        server.silent = True  # so it waits for the end of its registration
        daemon.signal(signal.SIGTERM)
        equal(manager.heard(), "STOPPING=1", "what the manager hears when it ends")
        late = connect(manager.path)
        number = late.send("status")
        equal(daemon.status(), 0, "status")
        server.silent = False
        following = manager.start()
        expect(late.reply(number)["ok"], "who came late was not served")
        following.signal(signal.SIGTERM)
        equal(following.status(), 0, "status of the next one")


@case("sockets for another process are not taken")
def not_for_us():
    with Room() as room:
        daemon = Daemon(room)
        daemon.process.signal(signal.SIGTERM)
        daemon.process.status()
        manager = Manager(room, daemon, "manager", True)
        process = daemon.start("daemon", env={**manager.env, "LISTEN_PID": "1"})
        process.wait_line("clients are heard at " + re.escape(daemon.socket))
        equal(manager.heard(), "READY=1", "what the manager hears")


def unit(path):
    parser = configparser.ConfigParser(strict=True, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    with open(path, encoding="utf-8") as f:
        parser.read_file(f)
    return parser


UNIT_KEYS = {
    "Unit": {"Description", "Documentation", "After"},
    "Service": {"Type", "ExecStart", "Restart", "RestartSec", "RestartPreventExitStatus",
                "TimeoutStopSec", "NoNewPrivileges", "LockPersonality", "RestrictAddressFamilies",
                "RestrictNamespaces", "RestrictSUIDSGID", "SystemCallArchitectures",
                "SystemCallFilter", "SystemCallErrorNumber", "UMask"},
    "Socket": {"ListenStream", "SocketMode", "DirectoryMode", "RemoveOnStop"},
    "Install": {"WantedBy"},
}


@case("the units say what the program does, in words that systemd knows")
def units():
    source = os.environ.get("srcdir", ".")
    service = unit(os.path.join(os.environ.get("builddir", "."),
                                "contrib/systemd/tphone.service"))
    listener = unit(os.path.join(source, "contrib/systemd/tphone.socket"))
    for parser in (service, listener):
        for section in parser.sections():
            expect(set(parser[section]) <= UNIT_KEYS[section],
                   f"[{section}] has a key of another kind",
                   set(parser[section]) - UNIT_KEYS[section])
    words = service["Service"]["ExecStart"].split()
    expect(words[0].startswith("/") and words[0].endswith("/tphone") and words[1:] == ["daemon"],
           "ExecStart is not the daemon", words)
    equal(service["Service"]["Type"], "notify", "Type")
    equal(listener["Socket"]["ListenStream"], "%t/tphone/control", "the socket")
    equal((listener["Socket"]["SocketMode"], listener["Socket"]["DirectoryMode"]),
          ("0600", "0700"), "modes")


if __name__ == "__main__":
    run(jobs=4, in_time=True)
