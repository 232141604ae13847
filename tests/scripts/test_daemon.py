#!/usr/bin/env python3
"""A telephone in the background: who may speak to it, what a call through it looks like, and what is
left when it or its clients are killed."""
import configparser
import json
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
from lib import account, pace, sip, sound, tphone
from lib.control import connect
from lib.daemon import Daemon, Session, leave
from lib.registrar import Registrar
from lib.room import Room, free_port, wait_until
from lib.rtp import RtpPeer
from lib.tap import case, equal, expect, run
from lib.terminal import Terminal

NO_DAEMON = "tphone: no daemon is running; tphone daemon starts one\n"


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


# --- life ------------------------------------------------------------------------------------------


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
        said = daemon.expect(tphone.OTHER, "daemon")
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


# --- service managers ------------------------------------------------------------------------------


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


# --- calls -----------------------------------------------------------------------------------------


def plain(text):
    """Without what no two calls have in common."""
    text = re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", text)
    text = re.sub(r"\d+\.\d+%?", "N", text)
    by_chance = "their-loss|round-trip|jitter|left|mouth-to-ear|rating|mos|their-mos"  # it is known
    text = re.sub(rf" ({by_chance})=[N\d]+", "", text)
    return re.sub(r"(sent|received|lost)=\d+", r"\1=N", text)


OUTCOMES = [
    ("answered", {}, ["--for", "0.5"], tphone.OK),
    ("busy", {"code": 486}, [], tphone.BUSY),
    ("declined", {"code": 603}, [], tphone.DECLINED),
    ("not found", {"code": 404}, [], tphone.NOT_FOUND),
    ("no answer", {"code": 480}, [], tphone.NO_ANSWER),
    ("not allowed", {"code": 403}, [], tphone.REFUSED),
    ("unreachable", {"code": 503}, [], tphone.UNREACHABLE),
    ("ringing first", {"delay": 0.3, "code": 486}, [], tphone.BUSY),
    ("with digits and a recording", {}, ["--for", "1", "--dtmf", "12#", "--record", "heard.wav"],
     tphone.OK),
    ("of which more is told", {}, ["--for", "2", "--dtmf", "1", "-v"], tphone.OK),
    ("of which less is told", {"code": 486}, ["-q"], tphone.BUSY),
    ("with a file that is not there", {}, ["--play", "nothing.wav"], tphone.SOUND),
    ("to a name that nobody has", None, [], tphone.USAGE),
    ("to what is no address", None, ["sip:@"], tphone.USAGE),
]


def both_ways(far_end, options, status):
    """The same call through the daemon and alone; nothing that is said differs."""
    with Room() as room:
        daemon = Daemon(room)
        if far_end is None:
            words = options or ["nobody"]
        else:
            words = [tphone.Answer(room, **far_end).uri, *options]
        through = daemon.expect(status, "call", *words)
        alone = daemon.expect(status, "call", *words, "--alone")
        equal(plain(through.out), plain(alone.out), "the result")
        told = [l for l in alone.err.splitlines() if not l.startswith("listening on")]
        equal(plain(through.err).splitlines(), plain("\n".join(told)).splitlines(), "what is told")
        if far_end is not None and status != tphone.SOUND:
            daemon.process.wait_line("^(call [0-9]+: )?ended")  # which its client knows before us
            equal(len(daemon.process.said("^(call [0-9]+: )?calling")), 1, "calls of the daemon")
            equal(len(through.out.splitlines()), 1, "lines of result")


for name, far_end, options, status in OUTCOMES:
    case(f"a call is the same through the daemon and alone: {name}", far_end, options,
         status)(both_ways)


@case("settings of a phone, or --alone, mean that the call is not the daemon's")
def own_phone():
    with Room() as room:
        daemon, callee = Daemon(room), tphone.Answer(room, code=486)
        for options in (["--alone"], ["--codec", "pcma"], ["--listen", f":{free_port()}"],
                        ["--device", "none"], ["--config", "/dev/null"], ["--trace=t"],
                        ["--account", "me@127.0.0.1", "--register", "no"]):
            daemon.expect(tphone.BUSY, "call", callee.uri, *options)
            equal(daemon.process.said("calling"), [], f"calls of the daemon with {options}")
        daemon.expect(tphone.BUSY, "call", callee.uri)
        daemon.process.wait_line("^ended")
        equal(len(daemon.process.said("calling")), 1, "calls of the daemon without options")


@case("the account of a call is chosen among those of the daemon")
def chosen_account():
    with Room() as room:
        server = room.keep(Registrar())
        daemon = Session(room)
        accounts = [account.of(server, user) for user in ("alice", "bob")]
        daemon.config(f"listen = 127.0.0.1:{free_port()}\ndevice = none\n"
                      + accounts[0].settings() + accounts[1].settings())
        process = daemon.start("daemon")
        process.wait_line("registered sip:bob")
        process.wait_line("registered sip:alice")
        lines = daemon.expect(0, "status").out.splitlines()
        equal([re.sub(r" +", " ", l) for l in lines],
              ["account alice registered, 3600 s sip:alice@example.test",
               "account bob registered, 3600 s sip:bob@example.test"], "the accounts")
        said = daemon.tphone("call", "nobody", "--account", "bob")
        expect("account=bob" in said.out, "the call went through another account", said)
        process.signal(signal.SIGTERM)
        start = pace.now()
        equal(process.status(), 0, "status")
        expect(pace.now() - start < 2.5, "it took more than two seconds to end")
        equal([server.bindings(u) for u in ("alice", "bob")], [[], []], "registrations left")


@case("a script steers a daemon by standard input while clients come by its socket")
def standard_input():
    with Room() as room:
        session = Session(room)
        session.config(f"listen = 127.0.0.1:{free_port()}\ndevice = none\n")
        daemon = session.start("daemon", "--control", "-", popen={"stdin": subprocess.PIPE})
        daemon.wait_line('"event":"listening"')
        session.expect(0, "ctl", "volume", "speaker_db=3")
        daemon.wait_line('"event":"volume".*"speaker_db":3')
        daemon.popen.stdin.write(b'{"id":1,"command":"status"}\n')
        daemon.popen.stdin.flush()
        daemon.wait_line('"reply":1,"ok":true')
        daemon.popen.stdin.close()
        equal(daemon.status(), 0, "status at the end of its input")
        expect(not os.path.exists(session.socket), "the socket was left behind")


@case("a password that the daemon wants is asked for by ctl, and is nowhere to be seen")
def password():
    with Room() as room:
        server, daemon = room.keep(Registrar()), Session(room)
        daemon.config(f"listen = 127.0.0.1:{free_port()}\ndevice = none\n"
                      + account.of(server, "alice").settings(label="work", password=None))
        process = daemon.start("daemon")
        process.wait_line("needs a password: tphone ctl password work asks for it")
        caller = daemon.start("call", "bob")
        caller.wait_line("^account work is not registered: it waits for its password$")
        said = daemon.expect(tphone.OTHER, "ctl", "password", "work", no_terminal=True)
        expect("there is none" in said.err, "without a terminal", said)
        terminal = Terminal(room, [tphone.program(), "ctl", "password", "work"], env=daemon.home)
        terminal.wait("Password for work: ")
        terminal.type("secret\n")
        equal(terminal.status(), 0, "status")
        process.wait_line("registered sip:alice")
        equal(caller.status(), tphone.NO_ANSWER, "status of the call that waited")
        expect("secret" not in terminal.text + "".join(process.lines), "the password was shown")


@case("--json through the daemon: the events of this call alone, and how it ended")
def json_call():
    with Room() as room:
        daemon = Daemon(room)
        callee, other = tphone.Answer(room), tphone.Answer(room, "other")
        client = daemon.client()
        client.do("call", target=other.uri)
        client.event("answered")
        said = daemon.expect(0, "call", callee.uri, "--for", "0.3", "--json")
        lines = [json.loads(l) for l in said.out.splitlines()]
        equal({l["call"] for l in lines[:-1]}, {2}, "calls that are told of")
        names = [l["event"] for l in lines]
        expect({"calling", "answered", "media", "ended"} <= set(names), "events are missing", names)
        equal((names[-1], lines[-1]["outcome"], lines[-1]["exit"]), ("outcome", "answered", 0),
              "the last line")
        equal(said.err, "", "standard error")


@case("sound through pipes goes to the daemon and comes from it; the end of input hangs up")
def piped():
    with Room() as room:
        daemon = Daemon(room)
        told, asked = sound.speech("callee", 3, tail_s=1), sound.speech("caller", 3, rate=16000)
        callee = tphone.Answer(room, spoken=told)
        line = [tphone.program(), "call", callee.uri, "--play", "-", "--record", "-",
                "--hangup-at-eof"]
        with open(room.path("heard.raw"), "wb") as heard:
            caller = room.start("tphone call", line, env=daemon.env(), stdin=subprocess.PIPE,
                                stdout=heard, stderr=subprocess.PIPE)
        caller.popen.stdin.write(asked.samples.tobytes())
        caller.popen.stdin.close()
        equal(caller.status(), 0, "status")
        equal(len(daemon.process.said("calling")), 1, "calls of the daemon")
        sound.expect_heard(asked, callee.recording, "what the far end heard", least=0.85)
        heard = sound.read(room.path("heard.raw"), 16000)
        found = sound.match(told.cut(0, 2.5), heard)
        expect(found.correlation > 0.85, f"what came out of the daemon: {found}")


# --- signals and ends ------------------------------------------------------------------------------


class Far(sip.Peer):
    """A far end of straw: keeps what comes, answers what it is told to."""

    def __init__(self):
        super().__init__()
        self.uri = f"sip:far@127.0.0.1:{self.port}"
        self.rtp = RtpPeer()

    def stop(self):
        self.rtp.stop()
        super().stop()

    def invited(self):
        invite = self.wait(sip.request("INVITE"), what="the INVITE")
        self.respond(invite, 180, "Ringing", tag="far")
        return invite

    def answer(self):
        """Takes the call; its 200."""
        invite = self.wait(sip.request("INVITE"), what="the INVITE")
        self.target = invite.source
        ok = self.respond(invite, 200, "OK", tag="far", body=sip.sdp(self.rtp.port))
        self.wait(sip.request("ACK"), what="the ACK")
        return invite, ok

    def bye(self, invite, ok):
        """Our BYE in the dialog that the other side began; the response."""
        contact = re.search(r"<([^>]+)>", invite.get("Contact")).group(1)
        bye = self.request("BYE", contact, call=invite.get("Call-ID"))
        bye.set("From", ok.get("To")).set("To", invite.get("From")).set("CSeq", "1 BYE")
        self.send(bye)
        return self.wait(lambda m: m.status and m.branch == bye.branch, what="the answer to BYE")


@case("SIGINT before the answer takes the call back: status 130")
def interrupted():
    with Room() as room:
        daemon, far = Daemon(room), room.keep(Far())
        caller = daemon.start("call", far.uri)
        far.invited()
        caller.wait_line("ringing")
        caller.signal(signal.SIGINT)
        cancel = far.wait(sip.request("CANCEL"), what="the CANCEL")
        far.respond(cancel, 200, "OK")
        invite = far.found(sip.request("INVITE"))[0]
        far.respond(invite, 487, "Request Terminated", tag="far")
        equal(caller.status(), 130, "status")
        daemon.wait_calls(0)
        expect(daemon.process.alive(), "the daemon has ended")


def hung_up(number, status):
    """A signal to the client ends the call of the daemon."""
    with Room() as room:
        daemon, far = Daemon(room), room.keep(Far())
        caller = daemon.start("call", far.uri)
        far.answer()
        caller.wait_line("answered")
        far.answers = ("BYE",)
        caller.signal(number)
        far.wait(sip.request("BYE"), what="the BYE")
        equal(caller.status(), status, "status")
        daemon.wait_calls(0)


case("SIGINT after the answer hangs up: status 0", signal.SIGINT, 0)(hung_up)
case("SIGTERM after the answer hangs up: status 0", signal.SIGTERM, 0)(hung_up)
case("SIGKILL of the client ends its call", signal.SIGKILL, 137)(hung_up)


@case("a call by ctl outlives its client, and the next one ends it")
def untied():
    with Room() as room:
        daemon, far = Daemon(room), room.keep(Far())
        equal(daemon.expect(0, "ctl", "call", far.uri).out, "call=1\n", "the reply")
        far.answer()
        daemon.wait_calls(1)
        far.answers = ("BYE",)
        equal(daemon.expect(0, "ctl", "hangup", "1").out, "call=1\n", "the reply")
        far.wait(sip.request("BYE"), what="the BYE")


@case("the daemon is killed in a call: the client says so; the next one registers and knows of it")
def killed():
    with Room() as room:
        server, far = room.keep(Registrar()), room.keep(Far())
        daemon = Session(room)
        daemon.config(f"listen = 127.0.0.1:{free_port()}\ndevice = none\n"
                      + account.of(server, "alice").settings())
        first = daemon.start("daemon", name="first")
        first.wait_line("registered sip:alice")
        caller = daemon.start("call", far.uri)
        invite, ok = far.answer()
        caller.wait_line("answered")
        far.rtp.wait(10)
        first.signal(signal.SIGKILL)
        equal(caller.status(), 1, "status of the client")
        equal(caller.said("^tphone:"),
              [f"tphone: the daemon at {daemon.socket} has gone, and the call with it"], "said")
        expect(os.path.exists(daemon.socket), "nothing was left behind, so nothing is tried here")
        equal(daemon.expect(tphone.UNREACHABLE, "status").err,
              f"tphone: no daemon answers at {daemon.socket}; tphone daemon starts one\n", "status")
        since = time.monotonic()
        second = daemon.start("daemon", name="second")
        second.wait_line("registered sip:alice")
        expect(server.requests("REGISTER", since), "it did not register anew")
        equal(mode(daemon.socket), 0o600, "mode of the socket that replaced the dead one")
        rows = [l.split("\t") for l in daemon.expect(0, "history", "--plain").out.splitlines()]
        equal([(r[1], r[2]) for r in rows], [("out", "cut-off")], "the history")
        # The far end hears no more and asks: the call is not known, so it ends there, too.
        far.rtp.quiet(0.2)
        equal(far.bye(invite, ok).status, 481, "answer to the BYE of the far end")


@case("a daemon that is stuck is told of; the call is placed without it")
def stuck():
    with Room() as room:
        daemon, callee = Daemon(room), tphone.Answer(room, code=486)
        daemon.process.signal(signal.SIGSTOP)
        try:
            said = daemon.expect(tphone.BUSY, "call", callee.uri)
            equal(said.err.splitlines()[0], f"tphone: the daemon at {daemon.socket} does not "
                  "answer; the call is placed without it", "said")
            said = daemon.expect(tphone.OTHER, "status")
            equal(said.err, f"tphone: the daemon at {daemon.socket} does not answer\n", "said")
        finally:
            daemon.process.signal(signal.SIGCONT)
        equal(daemon.calls(), [], "what it has done when it goes on")


@case("a daemon that is ending takes nobody more")
def ending():
    with Room() as room:
        server, daemon = room.keep(Registrar()), Session(room)
        daemon.config(f"listen = 127.0.0.1:{free_port()}\ndevice = none\n"
                      + account.of(server, "alice").settings())
        process = daemon.start("daemon")
        process.wait_line("registered sip:alice")
        server.silent = True  # so it waits for the end of its registration
        client = daemon.client()
        client.do("quit")
        late = daemon.client("late")
        try:
            late.send("status")
        except OSError:
            pass  # it is closed already
        wait_until(lambda: late.closed, 10, "it is taken")
        equal(late.lines, [], "what is said to one who comes late")
        equal(process.status(), 0, "status of the daemon")


@case("SIGTERM in a call: the far end is told, the client ends as if it had hung up")
def ended_in_call():
    with Room() as room:
        daemon, far = Daemon(room), room.keep(Far())
        caller = daemon.start("call", far.uri)
        far.answer()
        caller.wait_line("answered")
        far.answers = ("BYE",)
        daemon.process.signal(signal.SIGTERM)
        far.wait(sip.request("BYE"), what="the BYE")
        equal(daemon.process.status(), 0, "status of the daemon")
        equal(caller.status(), 0, "status of the client")


# --- ctl -------------------------------------------------------------------------------------------


@case("ctl steers a call in words: status, hold, digits, mute, record, hang up")
def words():
    with Room() as room:
        daemon = Daemon(room)
        callee = tphone.Answer(room, delay=1)  # so that the log is there when it answers
        sound.write(os.path.join(daemon.folder, "hello.wav"), sound.silence(0.1))
        log = daemon.start("ctl", "events", name="events")
        daemon.start("ctl", "events", "--json", name="events as JSON").wait_line('"reply":null')
        equal(daemon.expect(0, "ctl", "call", callee.uri, "play=hello.wav").out, "call=1\n", "call")
        log.wait_line("^call 1: answered, ")
        chosen = daemon.start("ctl", "events", "muted", "ended", "--json", name="two of the events")
        chosen.wait_line('"reply":null')
        line = daemon.expect(0, "status", "-v").out
        at = rf"listens  udp +127\.0\.0\.1:{daemon.port}\nlistens  tcp .*\n"
        expect(re.match(at, line), "where it listens", line)
        line = daemon.expect(0, "status").out
        expect(re.fullmatch(r"call +1 +up +\d:\d\d  to    " + re.escape(callee.uri)
                            + r" \(opus/48000[^)]*\)\n", line), "the table", line)
        for command in (["dtmf", "1"], ["hold"], ["resume", "call=1"], ["mute", "1"],
                        ["record", "heard.wav"]):
            equal(daemon.expect(0, "ctl", *command).out, "call=1\n", str(command))
        callee.wait_line("digit 1 received")
        callee.wait_line("put on hold by the other side")
        wait_until(lambda: os.path.exists(os.path.join(daemon.folder, "heard.wav")), 5,
                   "the recording is in another folder")
        daemon.expect(0, "ctl", "hangup")
        log.wait_line("^call 1: ended: we hung up")
        chosen.wait_line('"event":"ended"')
        equal([json.loads(l)["event"] for l in chosen.lines[1:]], ["muted", "ended"], "events")
        log.signal(signal.SIGINT)
        equal(log.status(), 130, "status of ctl events")


@case("ctl refuses with a sentence and a status of its own kind")
def refusals():
    with Room() as room:
        daemon = Daemon(room)
        for line, status, sentence in (
                (["foo"], tphone.USAGE, 'there is no command "foo"'),
                (["hangup"], tphone.NOT_FOUND, "there is no call"),
                (["hangup", "77"], tphone.NOT_FOUND, "there is no such call"),
                (["call", "nobody"], tphone.USAGE, "nobody: "),
                (["call"], tphone.USAGE, "call needs ADDRESS"),
                (["message"], tphone.USAGE, "message is not built yet"),
                (["events", "endet"], tphone.USAGE, "no event endet; did you mean ended?"),
                (["dtmf", "12#", "1"], tphone.USAGE, "call cannot be 12#"),
                (["call", "bob", "device=maybe"], tphone.USAGE, "device cannot be maybe; it is yes"),
                (["play", "no.wav"], tphone.SOUND, "cannot play no.wav: No such file"),
                (["call", "bob@127.0.0.1", "play=no.wav"], tphone.SOUND, "cannot play no.wav: "),
                (["record", "no/x.wav"], tphone.SOUND, "cannot record to no/x.wav: No such file"),
                (["record", "x.mp3"], tphone.SOUND, "must end in .wav"),
                (["status", "--rate", "8000"], tphone.USAGE, "they go with - as the name"),
                (["register", "xyz"], tphone.NOT_FOUND, "account"),
                (["volume", "speaker_db=-200"], tphone.USAGE, "-96")):
            said = daemon.expect(status, "ctl", *line)
            equal(said.out, "", "standard output")
            expect(said.err.startswith("tphone: ") and sentence.replace("nobody: ", "") in said.err,
                   f"{line}: the sentence", said)
        said = daemon.expect(tphone.NOT_FOUND, "ctl", "hangup", "--json")
        expect('"error":"no-such-call"' in said.out and said.err == "", "with --json", said)


@case("several calls: ctl names those that could be meant, and joins them")
def several():
    with Room() as room:
        daemon, far = Daemon(room), tphone.Answer(room, times=2)
        for number in ("1", "2"):
            daemon.expect(0, "ctl", "call", far.uri)
            far.wait_line(f"{'call 2: ' if number == '2' else '^'}answered")
        said = daemon.expect(tphone.USAGE, "ctl", "hangup")
        equal(said.err, "tphone: several calls could be meant, 1 and 2; say which\n", "the sentence")
        equal(daemon.expect(0, "ctl", "conference").out, "conference=1\n", "the reply")
        equal(daemon.expect(tphone.OTHER, "ctl", "answer", "1").err,
              "tphone: the call does not ring here\n", "the sentence")
        equal(daemon.expect(0, "ctl", "dtmf", "2", "5").out, "call=2\n", "the reply")


@case("ctl plays what is piped into it and records into a pipe, and need not wait for that")
def piped_ctl():
    with Room() as room:
        daemon = Daemon(room)
        told, asked = sound.speech("callee", 3, tail_s=1), sound.speech("caller", 3, rate=8000)
        callee = tphone.Answer(room, spoken=told, times=1)
        daemon.expect(0, "ctl", "call", callee.uri)
        callee.wait_line("answered")
        with open(room.path("heard.raw"), "wb") as heard:
            record = daemon.start("ctl", "--rate", "8000", "record", "-",
                                  popen={"stdout": heard, "stderr": subprocess.PIPE})
        equal((record.status(), record.lines), (0, ["call=1"]), "status and words of ctl record")
        play = daemon.start("ctl", "--rate", "8000", "play", "-", "hangup_at_eof=yes",
                            popen={"stdin": subprocess.PIPE})
        equal(play.status(), 0, "status of ctl play, which nobody has written to yet")
        play.popen.stdin.write(asked.samples.tobytes())
        play.popen.stdin.close()
        callee.expect_status(0)
        sound.expect_heard(asked, callee.recording, "what the far end heard", least=0.85)
        found = sound.match(told.cut(0, 2.5), sound.read(room.path("heard.raw"), 8000))
        expect(found.correlation > 0.85, f"what came out of the daemon: {found}")


@case("a call that comes in rings until ctl takes or declines it")
def incoming():
    with Room() as room:
        daemon = Daemon(room)
        for words, status in ((["answer"], tphone.OK), (["decline", "status=486"], tphone.BUSY)):
            caller = tphone.Call(room, f"sip:me@127.0.0.1:{daemon.port}", name=words[0], seconds=0.3)
            caller.wait_line("ringing")
            expect(" incoming " in daemon.expect(0, "status").out, "it is not in the table")
            daemon.expect(0, "ctl", *words)
            caller.expect_status(status)
        daemon.wait_calls(0)


@case("ctl events ends when nobody reads it any more")
def closed_reader():
    with Room() as room:
        daemon = Daemon(room)
        ours, theirs = os.pipe()
        log = daemon.start("ctl", "events", "--json", popen={"stdout": theirs,
                                                              "stderr": subprocess.PIPE})
        os.close(theirs)
        client = daemon.client()
        wait_until(lambda: log.alive(), 5, "it did not start")
        time.sleep(0.3)
        os.close(ours)
        end = time.monotonic() + 10
        while log.alive() and time.monotonic() < end:
            client.do("volume", speaker_db=1)
            time.sleep(0.05)
        expect(not log.alive(), "it goes on without a reader")


# --- many clients ----------------------------------------------------------------------------------


def gaps(packets, step):
    """How many times more than one step of sound is missing between two packets."""
    packets = sorted(packets, key=lambda p: p.seq)
    return sum((b.ts - a.ts) & 0xffffffff > 2 * step for a, b in zip(packets, packets[1:]))


@case("200 clients come and go in a call, and no sound is missing")
def come_and_go():
    with Room() as room:
        daemon, far = Daemon(room, codec="pcmu"), room.keep(Far())
        sound.write(os.path.join(daemon.folder, "long.wav"), sound.tone(440, 30))
        daemon.expect(0, "ctl", "call", far.uri, "play=long.wav")
        far.answer()
        far.rtp.wait(5)
        start = time.monotonic()
        for n in range(200):
            client = daemon.client(f"client {n}")
            if n % 4:
                expect(client.do("status")["calls"], "the call is not there")
            if n % 8 == 1:
                client.raw(b'{"command":"sta')  # goes in the middle of a word
            leave(client)
            time.sleep(0.01)  # through some hundred packets
        far.rtp.wait_more(5)
        packets = far.rtp.since(start)
        numbers = [p.seq for p in packets]
        lost = (max(numbers) - min(numbers) + 1) - len(set(numbers))
        equal(lost, 0, "packets that are missing")
        # One of them may be a stall of the machine; clients in the way would make one each.
        expect(gaps(packets, 160) < 4, f"{gaps(packets, 160)} gaps of more than 20 ms")
        equal(len(daemon.calls()), 1, "calls at the end")
        return f"{len(packets)} packets in {time.monotonic() - start:.1f} s"


if __name__ == "__main__":
    run(jobs=4, in_time=True)
