#!/usr/bin/env python3
"""What a call through a daemon looks like, and what is left when daemon or clients are killed."""
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, pace, sip, sound, tphone
from lib.daemon import Daemon, Session, leave
from lib.registrar import Registrar
from lib.room import Room, free_port, wait_until
from lib.rtp import RtpPeer
from lib.tap import Failure, case, equal, expect, run
from lib.terminal import Terminal


# --- calls ----------------------------------------------------------------------------------------


def plain(text):
    """Without what no two calls have in common."""
    text = re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", text)
    text = re.sub(r"\d+\.\d+%?", "N", text)
    by_chance = ("their-loss|round-trip|jitter|left|mouth-to-ear|rating|mos|mos-listening|"
                 "their-mos|refused")  # whether it is known, or anything
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
    ("with words on its sound", {}, ["--for", "0.5", "--ptime", "40", "--dtx", "yes",
                                     "--encryption", "off", "--dtmf-mode", "rtp"], tphone.OK),
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


@case("what one call may have of its own is asked of the daemon")
def own_sound():
    with Room() as room:
        daemon, far = Daemon(room), room.keep(Far())
        options = ["--ptime", "40", "--maxptime", "60", "--dtx", "yes", "--opus-bitrate", "16000",
                   "--opus-rate", "16000", "--opus-cbr", "yes", "--opus-complexity", "3",
                   "--opus-stereo", "yes", "--jitter-max", "200"]
        caller = daemon.start("call", far.uri, *options)
        body = far.invited().body.decode()
        for wanted in ("a=ptime:40\r\n", "a=maxptime:60\r\n", "usedtx=1", "cbr=1",
                       "maxaveragebitrate=16000", "maxplaybackrate=16000", ";stereo=1"):
            expect(wanted in body, f"{wanted!r} is not in the offer", body)
        daemon.process.wait_line("^calling sip:far@")
        caller.signal(signal.SIGINT)
        equal(caller.status(), tphone.INTERRUPTED, "status of the client")


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
        with open(room.path("error"), "wb") as error:
            caller = daemon.start("call", callee.uri, "--json",
                                  popen={"stdout": subprocess.PIPE, "stderr": error})
        caller.wait_line('"event":"media"')
        caller.signal(signal.SIGINT)
        equal(caller.status(), 0, "status")
        lines = [json.loads(l) for l in caller.lines]
        equal({l["call"] for l in lines[:-1]}, {2}, "calls that are told of")
        names = [l["event"] for l in lines]
        expect({"calling", "answered", "media", "ended"} <= set(names), "events are missing", names)
        equal((names[-1], lines[-1]["outcome"], lines[-1]["exit"]), ("outcome", "answered", 0),
              "the last line")
        equal(os.path.getsize(room.path("error")), 0, "bytes of standard error")


# --- signals and ends -----------------------------------------------------------------------------


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
        equal(stat.S_IMODE(os.lstat(daemon.socket).st_mode), 0o600,
              "mode of the socket that replaced the dead one")
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


def come_late(daemon, process):
    """A client that comes while a daemon is ending; None: it has ended already."""
    try:
        return daemon.client("late", seconds=0)
    except Failure:
        # Its socket goes before it does.
        if pace.ended(process.popen, 10) is None:
            raise
        return None


def ending_once():
    """Whether the test was in time for it."""
    with Room() as room:
        server, daemon = room.keep(Registrar()), Session(room)
        daemon.config(f"listen = 127.0.0.1:{free_port()}\ndevice = none\n"
                      + account.of(server, "alice").settings())
        process = daemon.start("daemon")
        process.wait_line("registered sip:alice")
        server.silent = True  # so it waits for the end of its registration
        client = daemon.client()
        client.do("quit")
        late = come_late(daemon, process)
        if not late:
            return False
        try:
            late.send("status")
        except OSError:
            pass  # it is closed already
        wait_until(lambda: late.closed, 10, "it is taken")
        equal(late.lines, [], "what is said to one who comes late")
        following = daemon.start("daemon", name="the next one")  # waits for its end
        equal(process.status(), 0, "status of the daemon")
        server.silent = False
        following.wait_line("clients are heard at")
        following.wait_line("registered sip:alice")
        return True


@case("a daemon that is ending takes nobody more; the next one waits for its place")
def ending():
    expect(any(ending_once() for _ in range(5)), "it had ended before anybody came, five times")


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


# --- many clients ---------------------------------------------------------------------------------


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
        start, stalls = time.monotonic(), pace.Stalls()
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
        # Clients in the way would make one each; a stall of the machine makes one for each 0.1 s.
        few = 4 + stalls.seconds() / 0.1
        expect(gaps(packets, 160) < few, f"{gaps(packets, 160)} gaps of more than 20 ms")
        equal(len(daemon.calls()), 1, "calls at the end")
        return f"{len(packets)} packets in {time.monotonic() - start:.1f} s"


if __name__ == "__main__":
    run(jobs=4, in_time=True)
