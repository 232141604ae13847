#!/usr/bin/env python3
"""Floods during a call: the sound keeps its pace, memory its bounds, and others are still served.

The flood comes from an address of its own, for what one source may use up is limited by address.
"""
import os
import resource
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap, tphone
from lib.attack import GOALS, Pinger, Target, cpu_seconds, sanitized
from lib.ends import Callee
from lib.room import Room
from lib.tap import case, equal, expect

SPEECH = sound.tone(440, 60)
FLOODER = "127.0.0.2"


def new_call(t):
    """How long an INVITE of somebody else waits for its 200."""
    peer = t.room.keep(sip.Peer(t.phone.port))
    invite = peer.invite(t.uri)
    sent = peer.send(invite)
    ok = peer.wait(lambda m: m.status >= 200 and m.branch == invite.branch, 4)
    expect(ok.status == 200, f"a new call is answered {ok}")
    peer.send(peer.ack(invite, ok))
    bye = peer.within("BYE", invite, ok, 2)
    peer.send(bye)
    peer.wait(lambda m: m.status == 200 and m.branch == bye.branch)
    return ok.time - sent


def verdict(t, pinger, limit_mb=16):
    took = new_call(t)
    said = [pinger.verdict(), t.media.verdict()]
    grown = t.grown_mb()
    said += [f"a new call in {took * 1000:.0f} ms", f"memory {grown:+.1f} MB"]
    expect(took < (0.5 if GOALS else 2), "; ".join(said))
    expect(sanitized() or grown < limit_mb, "; ".join(said))
    t.unharmed()
    return finish(t, said)


def finish(t, said, kept_s=42):
    """What is kept for copies of requests is kept 40 s; then the memory is as it was before."""
    if os.environ.get("TPHONE_LONG"):
        time.sleep(kept_s)
        said.append(f"after {kept_s} s {t.grown_mb():+.1f} MB")
        expect(sanitized() or t.grown_mb() <= 2.0, "; ".join(said))
    t.finish()
    return "; ".join(said)


def tcp(t, host=FLOODER):
    s = socket.socket()
    s.settimeout(3)
    s.bind((host, 0))
    s.connect(("127.0.0.1", t.phone.port))
    return s


def closes(s, seconds):
    """Whether the phone closes the connection within that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not is_open(s):
            return True
        time.sleep(0.02)
    return False


def is_open(s):
    """Whether the phone has not closed the connection."""
    s.settimeout(0)
    try:
        return s.recv(65536) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


@case("10,000 INVITEs from one address: 64 are taken, the others get 503")
def invites():
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        peer = room.keep(sip.Peer(t.phone.port, host=FLOODER))
        model = peer.invite(t.uri)
        data = model.bytes()
        call, branch = model.get("Call-ID").encode(), model.branch.encode()
        for n in range(10000):
            peer.send(data.replace(call, b"f%d" % n).replace(branch, b"z9hG4bKf%d" % n))
            if n % 50 == 0:
                time.sleep(0.01)
        time.sleep(0.5)
        taken = {m.get("Call-ID") for m in peer.found(sip.response(200, "INVITE"))}
        refused = {m.get("Call-ID") for m in peer.found(sip.response(503, "INVITE"))}
        # Sockets overflow here or there; what counts is that never more than 64 are taken.
        expect(60 <= len(taken) <= 64 and len(refused) > 3000,
               f"{len(taken)} of them are answered, {len(refused)} refused")
        return f"{len(taken)} taken, {len(refused)} refused; " + verdict(t, pinger)


@case("10,000 INVITEs from 100 addresses: 496 are taken, others are served, the sound goes on")
def forged():
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        peers = [room.keep(sip.Peer(t.phone.port, host=f"127.0.3.{n + 1}")) for n in range(100)]
        took = []
        for n in range(10000):
            peers[n % 100].send(peers[n % 100].invite(t.uri))
            if n % 50 == 0:
                time.sleep(0.01)
            if n % 2000 == 1999:
                took.append(new_call(t))
        time.sleep(0.5)
        taken = sum(len({m.get("Call-ID") for m in p.found(sip.response(200, "INVITE"))})
                    for p in peers)
        expect(450 <= taken <= 496, f"{taken} of them are answered")
        said = [f"{taken} taken", pinger.verdict(), t.media.verdict(45, 55),
                f"new calls in {max(took) * 1000:.0f} ms at most", f"memory {t.grown_mb():+.1f} MB"]
        expect(max(took) < (0.5 if GOALS else 2), "; ".join(said))
        expect(sanitized() or t.grown_mb() < (16 if GOALS else 20), "; ".join(said))
        t.alive()
        return finish(t, said, 80)  # 32 s until it gives up each call, and 32 s for its BYE


@case("2,000 re-INVITEs in a call that is never acknowledged: nobody else is shut out")
def reinvites():
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        peer = room.keep(sip.Peer(t.phone.port, host=FLOODER))
        first = peer.invite(t.uri)
        peer.send(first)
        ok = peer.wait(sip.response(200, "INVITE"), 4)
        for n in range(2000):
            peer.send(peer.within("INVITE", first, ok, 2 + n, first.body))
            if n % 50 == 0:
                time.sleep(0.01)
        time.sleep(0.5)
        refused = {m.cseq for m in peer.found(lambda m: m.status in (491, 500))}
        expect(len(refused) > 700, f"{len(refused)} are refused")
        return f"{len(refused)} refused; " + verdict(t, pinger)


def with_64_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


@case("calls of one address that stay: others still get in when descriptors are short")
def calls_that_stay():
    with Room() as room:
        t = Callee(room, "", popen={"preexec_fn": with_64_descriptors})
        peer = room.keep(sip.Peer(t.phone.port, host=FLOODER))
        said = []
        for _ in range(40):
            invite = peer.invite(t.uri)
            peer.send(invite)
            got = peer.wait(lambda m: m.status >= 200 and m.branch == invite.branch, 4)
            said.append(got.status)
            peer.send(peer.ack(invite, got))
        taken = said.count(200)
        expect(4 < taken < 20 and said[taken:] == [486] * (40 - taken), f"answers: {said}")
        took = new_call(t)
        t.alive()
        return f"{taken} taken, a new call in {took * 1000:.0f} ms"


@case("1,000 TCP connections that say nothing: 8 of one address stay, others may still come")
def connections():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        opened = []
        for n in range(1000):
            try:
                s = tcp(t)
                s.sendall(b"INVITE sip:a@b SIP/2.0\r\nVia: " if n % 2 else b"")
                opened.append(s)
            except OSError:
                pass
        time.sleep(0.5)
        kept = sum(is_open(s) for s in opened)
        expect(kept <= 8, f"{kept} connections of one address stay")
        other = room.keep(sip.TcpPeer(t.phone.port))
        got = other.request("OPTIONS", t.uri)
        other.send(got)
        other.wait(sip.response(200, "OPTIONS"), 3, what="an answer over TCP to another")
        said = verdict(t, pinger)
        for s in opened:
            s.close()
        return f"{kept} stay; " + said


@case("TCP connections from 100 addresses: 64 in all, and UDP goes on")
def many_addresses():
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        opened = []
        for n in range(400):
            try:
                opened.append(tcp(t, f"127.0.2.{n % 100 + 1}"))
            except OSError:
                pass
        time.sleep(0.5)
        kept = sum(is_open(s) for s in opened)
        expect(kept <= 64, f"{kept} connections stay")
        said = verdict(t, pinger)
        for s in opened:
            s.close()
        return f"{kept} stay; " + said


@case("20,000 keep-alives over UDP and TCP")
def keep_alives():
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        peer = room.keep(sip.Peer(t.phone.port, host=FLOODER))
        s = tcp(t)
        for n in range(10000):
            peer.send((b"\r\n\r\n", b"\0", b"\r\n", b"")[n % 4])
            try:
                s.sendall(b"\r\n\r\n")
            except OSError:
                s = tcp(t)
            if n % 50 == 0:
                time.sleep(0.01)
        time.sleep(0.3)
        s.close()
        return verdict(t, pinger)


@case("bodies of 64 MB over TCP: refused, closed, not kept")
def bodies():
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        most = 0
        for n in range(10):
            s = tcp(t)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            message = t.peer.invite(t.uri).bytes().replace(b"Content-Length: ",
                                                           b"Content-Length: 67108")
            sent = 0
            try:
                s.sendall(message)
                for _ in range(1024 if n % 2 else 32):
                    s.sendall(b"x" * 65536)
                    sent += 65536
            except OSError:
                pass
            expect(closes(s, 4), f"the connection stays open after {sent >> 10} kB")
            most = max(most, sent)
            s.close()
        # What the kernel has in its buffers is not the phone's.
        expect(most < 16 << 20, f"{most >> 10} kB of a body were taken")
        return f"{most >> 10} kB of one were taken at most; " + verdict(t, pinger)


@case("headers without end over TCP: refused and closed")
def headers():
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        most = 0
        for start in (b"INVITE sip:a@b SIP/2.0\r\n", b"INVITE sip:a@b SIP/2.0\r\nX: ", b""):
            s = tcp(t)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            s.settimeout(1)
            sent = 0
            try:
                s.sendall(start)
                for n in range(4000):
                    s.sendall(b"X-%d: %s\r\n" % (n, b"y" * 1000) if n % 2 else b"z" * 1000)
                    sent += 1
                    if n % 20 == 0:
                        time.sleep(0.002)
            except OSError:
                pass
            most = max(most, sent)
            expect(not is_open(s), f"the connection stays open after {sent} kB")
            s.close()
        return f"closed behind {most} kB at most; " + verdict(t, pinger)


def rtp_flood(source):
    with Room() as room:
        t = Target(room, spoken=SPEECH)
        pinger = Pinger(t)
        sender = t.media.rtp if source == "own" else room.keep(rtp.RtpPeer(FLOODER))
        start, before = time.monotonic(), cpu_seconds(t.pid)
        for n in range(10000):
            data = rtp.packet(n * 3 if n % 3 else n, 160 * n, 0x7e57 if n % 2 else n)
            sender.send(data, t.media.port)
            if n % 20 == 0:
                time.sleep(max(0, start + n / 2000 - time.monotonic()))
        used = (cpu_seconds(t.pid) - before) / (time.monotonic() - start)
        if source != "own":
            expect(not sender.packets, f"the stranger got {len(sender.packets)} packets")
        else:
            time.sleep(1.5)  # and it is heard again
        said = f"{used * 100:.0f} % of a processor; " + verdict(t, pinger)
        heard = t.heard_again() if source == "own" else t.heard()
        return f"{said}; {heard}"


for who, words in (("own", "the call's own socket"), ("stranger", "a stranger")):
    case(f"2,000 RTP packets a second for 5 s from {words}", who)(rtp_flood)


class Reporter:
    """The far end's RTCP: an SR every 200 ms, which the phone's own reports tell of (LSR)."""

    def __init__(self, media):
        self.media, self.sent, self._going = media, {}, True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        number = 1
        while self._going:
            report = struct.pack("!BBHIIIIII", 0x80, 200, 6, 0x7e57, number, 0, 0, 0, 0)
            name = struct.pack("!BBHI", 0x81, 202, 3, 0x7e57) + b"\1\5a@b.c\0"
            self.sent[number << 16] = time.monotonic()
            self.media.rtp.sockets[1].sendto(report + name, ("127.0.0.1", self.media.port + 1))
            number += 1
            time.sleep(0.2)

    def verdict(self):
        """Stops. By what is said of the far end since it began to be flooded: how old its latest
        report was then, and how much of its sound was lost."""
        self._going = False
        self._thread.join()
        told = [r for r in self.media.rtp.reports if r.blocks and r.blocks[0][4] in self.sent]
        expect(told, "no report of the far end was heard")
        last = told[-1]
        lost, age = last.blocks[0][1] >> 24, last.time - self.sent[last.blocks[0][4]]
        said = f"{lost / 2.56:.0f} % of its sound lost, its latest report {age:.1f} s old"
        expect(lost <= 13 and age < 1.2 + self.media.stalls.seconds(), said)
        return said


def junk(n):
    """RTP as the call has it, RTCP with a BYE, other RTP, and nothing at all."""
    return (rtp.packet(n, 160 * n, 0x7e57), struct.pack("!BBHI", 0x81, 203, 1, 0x7e57),
            rtp.packet(n * 3, n, n, b"x" * 20, 77), b"")[n % 4]


def strangers_flood(unheard):
    """From an address and from another port of the far end's; to the ports of RTP and RTCP."""
    with Room() as room:
        t = Target(room, spoken=SPEECH, **({"record": None} if unheard else {}))
        strangers = [room.keep(rtp.RtpPeer(FLOODER)), room.keep(rtp.RtpPeer())]
        start, before, n = time.monotonic(), cpu_seconds(t.pid), 0
        time.sleep(1)
        reporter, behind = Reporter(t.media), len(t.media.rtp.reports)
        t.media.rate()
        while time.monotonic() - start < 12 or len(t.media.rtp.reports) < behind + 2:
            for _ in range(50):
                strangers[n % 2].send(junk(n // 4), t.media.port + n // 2 % 2)
                n += 1
            time.sleep(max(0, start + n / 10000 - time.monotonic()))
        seconds = time.monotonic() - start
        said = [f"{n / seconds / 1000:.1f} thousand a second",
                f"{(cpu_seconds(t.pid) - before) / seconds * 100:.0f} % of a processor",
                reporter.verdict(), t.media.verdict()]
        equal(sum(len(s.packets) + len(s.reports) for s in strangers), 0, "packets for strangers")
        t.unharmed()
        t.finish()
        refused = int(tphone.results(t.phone)[-1].get("refused", 0))
        expect(n // 2 < refused <= n, f"{refused} of {n} packets are counted as refused")
        return "; ".join(said if unheard else said + [t.heard()])


case("5,000 packets a second to RTP and as many to RTCP: sound and reports go on", False)(
    strangers_flood)
case("the same of a call that nobody listens to", True)(strangers_flood)


# --- answers ----------------------------------------------------------------------------------

SMALL = ("OPTIONS", "INVITE", "REGISTER", "BYE", "CANCEL", "MESSAGE", "FOO", "UPDATE", "REFER",
         "SUBSCRIBE")


NO_CODEC = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            "m=audio 9 RTP/AVP 99\r\n")


def answer_bytes(more, method, body=""):
    """A small request of a method, once, never acknowledged: how much comes back in 3 s. What
    RFC 3261 17.2.1 repeats of final answers to INVITE counts once, where somebody was asked."""
    with Room() as room:
        t = Callee(room, "udp", **more)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((FLOODER, 0))
        s.settimeout(0.1)
        data = (f"{method} sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;rport;branch=z9hG4bKx\r\n"
                f"f:<sip:a>;tag=1\r\nt:<sip:a>\r\ni:1\r\nCSeq:1 {method}\r\n"
                + "m:<sip:b>\r\n" * (method == "INVITE")
                + "c:application/sdp\r\n" * bool(body) + "\r\n" + body).encode()
        s.sendto(data, ("127.0.0.1", t.phone.port))
        got, end = {}, time.monotonic() + 3
        while time.monotonic() < end:
            try:
                more_bytes = s.recv(65536)
            except TimeoutError:
                continue
            once = method == "INVITE" and not body
            got[more_bytes] = 1 if once else got.get(more_bytes, 0) + 1
        s.close()
        out = sum(len(b) * times for b, times in got.items() if not b.startswith(b"SIP/2.0 200 OK")
                  or method != "INVITE")
        said = f"{len(data)} bytes in, {out} out: {[b.splitlines()[0] for b in got]}"
        expect(out <= 2 * len(data), said)
        return said


for m in SMALL:
    case(f"{m} that nobody acknowledges is answered with at most twice its bytes", {}, m)(
        answer_bytes)
case("so is an INVITE that is refused", {"code": 486}, "INVITE")(answer_bytes)
case("and one that rings", {"delay": 5}, "INVITE")(answer_bytes)
case("one that nobody is asked about is refused once", {}, "INVITE", NO_CODEC)(answer_bytes)


if __name__ == "__main__":
    tap.run(jobs=1 if GOALS else 4)
