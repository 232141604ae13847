#!/usr/bin/env python3
"""What fails around the phone: signals, a stopped process, descriptors, output, disk, memory. All
in a network namespace, where every address and port is ours; disks in mount namespaces besides."""
import os
import re
import resource
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, preload, rtp, schema, sip, sound, tap, tphone, wire
from lib.attack import GOALS, Target, cpu_seconds, end_s, sanitized
from lib.daemon import Daemon
from lib.ends import Callee, Caller
from lib.reports import REPORTS
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

SPEECH = sound.tone(440, 50)


def limited(kind, amount):
    def set_limit():
        resource.setrlimit(kind, (amount, amount))
    return {"preexec_fn": set_limit}


# --- signals -----------------------------------------------------------------------------------

def ends(number, side):
    with Room() as room:
        if side == "answer":
            t = Target(room, spoken=SPEECH, max_calls=4)
            phone, peer = t.phone, t.media.peer
        else:
            t = Caller(room, spoken=SPEECH)
            t.up()
            phone, peer = t.phone, t.peer
        start = pace.now()
        phone.process.signal(number)
        bye = peer.wait(sip.request("BYE"), 2, what="BYE")
        peer.respond(bye, 200, "OK")
        phone.process.status(5)
        took = pace.now() - start
        expect(took < end_s(), f"the end took {took:.2f} s")
        if side == "answer":
            t.media._going = False
        found = phone.process.said(REPORTS)
        expect(not found, f"the phone reports {found[:3]}", *phone.process.tail(60))
        return f"BYE after {(bye.time - start) * 1000:.0f} ms, gone after {took * 1000:.0f} ms"


def ends_alone(number):
    """Nobody answers the BYE."""
    with Room() as room:
        t = Target(room, spoken=SPEECH, max_calls=4)
        start = pace.now()
        t.phone.process.signal(number)
        t.media.peer.wait(sip.request("BYE"), 2, what="BYE")
        t.phone.process.status(6)
        took = pace.now() - start
        t.media._going = False
        expect(took < end_s(), f"the end took {took:.2f} s")
        return f"gone after {took:.2f} s"


for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    for s in ("answer", "call"):
        case(f"{n.name} in a call of tphone {s}: BYE, and gone in 2 s", n, s)(ends)
    case(f"{n.name} where nobody answers the BYE: gone in 2 s", n)(ends_alone)


@case("stopped for 5 s: no burst behind it, and the call goes on")
def stopped():
    with Room() as room:
        t = Target(room, spoken=SPEECH, max_calls=4)
        time.sleep(0.5)
        t.phone.process.signal(signal.SIGSTOP)
        time.sleep(5)
        start = time.monotonic()
        t.phone.process.signal(signal.SIGCONT)
        time.sleep(0.25)
        burst = len([p for p in t.media.rtp.since(start) if p.time < start + 0.25])
        expect(burst <= 30, f"{burst} packets in the first 250 ms")
        t.media.rate()
        time.sleep(1.5)
        said = t.media.verdict(45, 55)
        t.alive()
        t.finish()
        return f"{burst} packets in the first 250 ms; {said}"


# --- descriptors ------------------------------------------------------------------------------

@case("64 descriptors and 300 connections: it answers, idles, and takes calls afterwards")
def descriptors():
    with Room() as room:
        t = Callee(room, "", spoken=SPEECH, popen=limited(resource.RLIMIT_NOFILE, 64))
        pid = t.phone.process.popen.pid
        connections = []
        for _ in range(300):
            try:
                c = room.keep(sip.TcpPeer(t.phone.port))
                connections.append(c)
            except OSError:
                break
        invites = [t.peer.invite(t.uri) for _ in range(60)]
        for invite in invites:
            t.peer.send(invite)
        time.sleep(1)
        before, start = cpu_seconds(pid), time.monotonic()
        t.alive()
        time.sleep(3)
        t.alive()
        for c in connections:
            c.stop()
        # The calls send sound all the while, so that this is more than idling.
        used = (cpu_seconds(pid) - before) / (time.monotonic() - start)
        answered = {m.get("Call-ID"): m for m in t.peer.found(sip.response(200, "INVITE"))}
        refused = {m.get("Call-ID") for m in t.peer.found(sip.response(5, "INVITE"))}
        expect(sanitized() or used < 0.25, f"{used * 100:.1f} % of a processor")
        for invite in invites:
            if invite.get("Call-ID") in answered:
                ok = answered[invite.get("Call-ID")]
                t.peer.send(t.peer.ack(invite, ok))
                t.peer.send(t.peer.within("BYE", invite, ok, 5))
        time.sleep(0.5)
        invite, ok = t.up()
        t.end(invite, ok)
        expect(t.phone.process.alive(), "the phone died")
        found = t.phone.process.said(REPORTS)
        expect(not found, f"the phone reports {found[:3]}", *t.phone.process.tail(60))
        return f"{used * 100:.1f} % of a processor, {len(connections)} connections, " \
               f"{len(answered)} calls answered, {len(refused)} refused"


@case("64 descriptors and connections that stay: under 5 % of a processor")
def descriptors_idle():
    with Room() as room:
        t = Callee(room, "", popen=limited(resource.RLIMIT_NOFILE, 64))
        pid = t.phone.process.popen.pid
        for _ in range(100):
            try:
                room.keep(sip.TcpPeer(t.phone.port))
            except OSError:
                break
        time.sleep(1)
        before, start = cpu_seconds(pid), time.monotonic()
        time.sleep(3)
        used = (cpu_seconds(pid) - before) / (time.monotonic() - start)
        udp = room.keep(sip.Peer(t.phone.port))
        t.peer = udp
        t.alive()
        expect(used < 0.05, f"{used * 100:.1f} % of a processor")
        return f"{used * 100:.1f} % of a processor"


@case("no descriptor left: a call that cannot have sockets is refused, and it answers on")
def few_descriptors():
    with Room() as room:
        t = Callee(room, "udp", verbose=True)
        pid = t.phone.process.popen.pid
        used = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 1, used + 1))
        invite = t.invite()
        got = t.peer.wait(lambda m: m.status >= 200 and m.branch == invite.branch, 8)
        t.peer.send(t.peer.ack(invite, got))
        expect(got.status >= 480, f"INVITE was answered {got}")
        t.alive()
        return str(got)


# --- output and traces ---------------------------------------------------------------------------

class Disk:
    """That of one file, which hangs when it is told to; env: of who writes it."""

    def __init__(self, path):
        self.path = path
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self.env = dict(preload.env("faults/hanging_disk.c"), TPHONE_TEST_DISK=path)

    def hang(self, hangs=True):
        os.chmod(self.path, 0o700 if hangs else 0o600)


def bad_output(name):
    with Room() as room:
        opened, env, begun = [], {}, []

        def full_pipe():
            r, w = os.pipe()
            opened.extend((r, w))
            os.set_blocking(w, False)
            try:
                while True:
                    os.write(w, b"x" * 4096)
            except BlockingIOError:
                pass
            os.set_blocking(w, True)
            return w

        def broken_pipe():
            r, w = os.pipe()
            os.close(r)
            opened.append(w)
            return w

        def full_disk():
            opened.append(os.open("/dev/full", os.O_WRONLY))
            return opened[-1]

        def hanging_disk():
            disk = Disk(room.path("output"))
            begun.append(disk.hang)  # what is said before a loop runs holds up nobody
            env.update(disk.env)
            opened.append(os.open(disk.path, os.O_WRONLY | os.O_APPEND))
            return opened[-1]

        if name == "closed":
            popen = {"preexec_fn": lambda: (os.close(1), os.close(2))}
        else:
            fd = {"a full pipe": full_pipe, "a broken pipe": broken_pipe,
                  "a file whose disk hangs": hanging_disk, "/dev/full": full_disk}[name]()
            popen = {"stdout": fd, "stderr": fd}
        phone = Silent(room, popen, env)
        for what in begun:
            what()
        peer = room.keep(sip.Peer(phone.port))
        media = room.keep(rtp.RtpPeer())
        for _ in range(2):
            invite = peer.invite(phone.uri, body=sip.sdp(media.port))
            start = peer.send(invite)
            ok = peer.wait(lambda m: m.status == 200 and m.branch == invite.branch, 8)
            expect(ok.time - start < 2, f"the answer took {ok.time - start:.1f} s")
            peer.send(peer.ack(invite, ok))
            media.wait_more(40, 2)
            bye = peer.within("BYE", invite, ok, 2)
            peer.send(bye)
            peer.wait(lambda m: m.status == 200 and m.branch == bye.branch, what="200 to BYE")
        expect(cpu_seconds(phone.process.popen.pid) < (8 if sanitized() else 1.0),
               "it spins: %.2f s of a processor" % cpu_seconds(phone.process.popen.pid))
        start = pace.now()
        phone.process.signal(signal.SIGTERM)
        phone.process.status(5)
        took = pace.now() - start
        for fd in opened:
            os.close(fd)
        expect(took < end_s(), f"the end took {took:.1f} s")


class Silent(tphone.Answer):
    """Its output cannot be read, so it is there when it answers."""

    def __init__(self, room, popen, env, **more):
        super().__init__(room, spoken=SPEECH, popen=popen, env=env, trace=True, verbose=True,
                         **more)

    def wait_line(self, pattern, seconds=15):
        asker = sip.Peer(self.port)

        def answers():
            try:
                asker.send(asker.request("OPTIONS", "sip:x@127.0.0.1"))
            except OSError:
                pass
            return asker.found(sip.response(200)) or time.sleep(0.1)
        wait_until(answers, seconds, "the phone does not answer")
        asker.stop()


for what in ("closed", "a full pipe", "a broken pipe", "/dev/full", "a file whose disk hangs"):
    case(f"standard output and error are {what}: two calls as if nothing were", what)(bad_output)


def ask(peer, n):
    """Sends so many OPTIONS, one behind the answer to the other. The longest wait for one, and all
    their branches."""
    longest, branches = 0, []
    for _ in range(n):
        question = peer.request("OPTIONS", "sip:x@127.0.0.1")
        start = peer.send(question)
        answer = peer.wait(lambda m, q=question: m.status == 200 and m.branch == q.branch, 8)
        longest = max(longest, answer.time - start)
        branches.append(question.branch)
    return longest, branches


def traced(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


@case("the disk of a trace hangs and comes back: the sound of a call keeps its pace, OPTIONS are "
      "answered, and the trace has all of it, in order")
def disk_comes_back():
    with Room() as room:
        disk = Disk(room.path("callee-sip.txt"))
        t = Target(room, spoken=SPEECH, env=disk.env, max_calls=4)
        peer = room.keep(sip.Peer(t.phone.port))
        t.media.verdict()
        disk.hang()
        longest, branches = ask(peer, 100)
        said = t.media.verdict()
        expect(branches[0] not in traced(disk.path), "its disk has not hung")
        disk.hang(False)
        wait_until(lambda: branches[-1] in traced(disk.path), 5, "the rest is not in the trace")
        t.finish()
        at = [traced(disk.path).find(b) for b in branches]
        expect(-1 not in at and at == sorted(at), "the order of the trace")
        expect(longest < 1, f"an answer took {longest:.2f} s")
        return f"{said}; longest wait for an answer {longest * 1000:.0f} ms"


@case("the disk of what --control says hangs: commands are carried out, OPTIONS are answered")
def disk_of_control():
    with Room() as room:
        disk = Disk(room.path("said"))
        commands, write = os.pipe()
        out = os.open(disk.path, os.O_WRONLY | os.O_APPEND)
        phone = Silent(room, {"stdin": commands, "stdout": out}, disk.env, control="-")
        disk.hang()
        time.sleep(0.2)  # for what is being written just now
        said = traced(disk.path)
        peer = room.keep(sip.Peer(phone.port))
        for n in range(50):
            os.write(write, b'{"id":%d,"command":"status"}\n' % n)
            ask(peer, 1)
        os.write(write, b'{"id":50,"command":"call","target":"sip:x@127.0.0.1:%d"}\n' % peer.port)
        peer.respond(peer.wait(sip.request("INVITE"), 5, what="INVITE"), 486, "Busy Here")
        equal(traced(disk.path), said, "what is in the file meanwhile")
        disk.hang(False)
        os.close(write)
        phone.process.status(10)
        lines = [schema.parse(l) for l in traced(disk.path).splitlines() if l[0] == "{"]
        equal([l["reply"] for l in lines if "reply" in l], list(range(51)), "replies in the file")
        os.close(commands)
        os.close(out)


@case("SIGTERM in a call while the disk of the trace hangs: BYE, gone in 2 s, and it says so")
def disk_is_gone():
    with Room() as room:
        disk = Disk(room.path("callee-sip.txt"))
        t = Target(room, spoken=SPEECH, env=disk.env, max_calls=4)
        disk.hang()
        ask(t.media.peer, 3)
        start = pace.now()
        t.phone.process.signal(signal.SIGTERM)
        bye = t.media.peer.wait(sip.request("BYE"), 2, what="BYE")
        t.media.peer.respond(bye, 200, "OK")
        t.phone.process.status(6)
        took = pace.now() - start
        t.media._going = False
        expect(took < end_s(), f"the end took {took:.2f} s")
        expect(t.phone.process.said("the trace could not be written: its disk does not answer"),
               "what is said", *t.phone.process.tail())
        return f"gone after {took:.2f} s"


# --- recording --------------------------------------------------------------------------------

@case("the disk is full in the middle of a recording: one line, and the call goes on")
def full_disk():
    with Room() as room:
        def set_limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
        played = sound.write(room.path("spoken.wav"), SPEECH)
        t = Target(room, play=played, record=room.path("heard.wav"), max_calls=4,
                   popen={"preexec_fn": set_limit})
        t.phone.wait_line(r"heard\.wav", 15)
        t.media.rate()
        time.sleep(2)
        said = t.media.verdict(45, 55)
        t.alive()
        t.media.end()
        t.phone.process.signal(signal.SIGTERM)
        t.phone.process.status(8)
        lines = t.phone.process.said(r"heard\.wav")
        told = [l for l in lines if not l.startswith("answered ")]
        expect(len(told) == 1, f"{len(told)} lines tell of it", *told)
        return f"{told[0]!r}; {said}"


@case("a full file system in a mount namespace: the same")
def full_mount():
    with Room() as room:
        folder = room.path("small")
        os.makedirs(folder)
        played = sound.write(room.path("spoken.wav"), SPEECH)
        under = ["unshare", "-m", "--", "sh", "-c",
                 f"mount -t tmpfs -o size=64k none '{folder}' && exec \"$@\"", "sh"]
        t = Target(room, play=played, record=f"{folder}/heard.wav", max_calls=4, under=under)
        t.phone.wait_line(r"heard\.wav", 15)
        t.media.rate()
        time.sleep(1)
        said = t.media.verdict(45, 55)
        t.alive()
        t.media.end()
        told = [l for l in t.phone.process.said(r"heard\.wav") if not l.startswith("answered ")]
        expect(len(told) == 1, f"{len(told)} lines tell of it", *told)
        return f"{told[0]!r}; {said}"


@case("a symbolic link in the place of a numbered recording is not followed")
def symlink():
    with Room() as room:
        victim = room.write("victim", "precious")
        os.symlink(victim, room.path("heard-2.wav"))
        played = sound.write(room.path("spoken.wav"), SPEECH)
        t = Callee(room, "udp", play=played, record=room.path("heard.wav"))
        for _ in range(2):
            invite, ok = t.up()
            time.sleep(0.3)
            t.end(invite, ok)
        time.sleep(0.3)
        t.alive()
        with open(victim) as f:
            equal(f.read(), "precious", "what the link points to")


# --- memory -----------------------------------------------------------------------------------

def leave_mib(process, mib):
    """From now on it can have so much more."""
    pid = process.popen.pid
    with open(f"/proc/{pid}/status") as f:
        size = int(re.search(r"VmSize:\s+(\d+)", f.read()).group(1)) * 1024
    resource.prlimit(pid, resource.RLIMIT_AS, (size + (mib << 20), size + (mib << 20)))


@case("a daemon with 4 MiB left: a client's first question is answered, and who else comes")
def little_memory_of_a_daemon():
    with Room() as room:
        d = Daemon(room)
        first = d.client()
        if not sanitized():
            leave_mib(d.process, 4)
        replies = [first.ask("history"), first.ask("contacts"), d.client("second").do("status")]
        expect(d.process.alive(), "the daemon died", *d.process.tail())
        return ", ".join("answered" if r["ok"] else r["error"] for r in replies)


@case("little memory, 6,000 INVITEs from 100 addresses: no death, calls again 5 s after they leave")
def memory():
    with Room() as room:
        t = Callee(room, "udp")
        if sanitized():
            return "not with address sanitizer, which reserves terabytes"
        leave_mib(t.phone.process, 8)
        peers = [room.keep(sip.Peer(t.phone.port, host=f"127.0.1.{n + 1}")) for n in range(100)]
        sent = {}
        for n in range(6000):
            peer = peers[n % 100]
            invite = peer.invite(t.uri)
            invite.set("X-Fill", "y" * 1000)
            sent[invite.get("Call-ID")] = (peer, invite)
            peer.send(invite)
            if n % 20 == 0:
                time.sleep(0.01)
        expect(t.phone.process.alive(), "the phone died", *t.phone.process.tail())
        status = {}
        for peer in peers:
            last = {m.get("Call-ID"): m for m in peer.found(lambda m: m.status >= 200)}
            for call, m in last.items():
                status[m.status] = status.get(m.status, 0) + 1
                if m.status == 200:
                    peer.send(peer.ack(sent[call][1], m))
                    peer.send(peer.within("BYE", sent[call][1], m, 2))
        left = pace.now()
        while True:
            invite = t.invite()
            got = t.peer.wait(lambda m: m.status >= 200 and m.branch == invite.branch, 8)
            t.peer.send(t.peer.ack(invite, got))
            if got.status == 200:
                break
            expect(pace.now() - left < 5, f"a call is still answered {got}")
            time.sleep(0.2)
        t.end(invite, got)
        pace.sleep(4.5 - (pace.now() - left))  # memory has been given back
        t.alive()
        return f"answers {status}; a call again after {pace.now() - left:.1f} s"


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=1 if GOALS else 4)
