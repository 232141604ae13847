#!/usr/bin/env python3
"""How long the phone is patient with TCP connections: ten seconds for each message, a minute for
those that nothing is owed to; those of calls and registrations stay."""
import os
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, sip, sound, tap, tphone
from lib.attack import Pinger, Target, cpu_seconds, sanitized
from lib.ends import Callee
from lib.registrar import Registrar
from lib.room import Room
from lib.tap import case, equal, expect

LONG = bool(os.environ.get("TPHONE_LONG"))
MESSAGE_S, IDLE_S = 10, 60
START = b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKx\r\n"
SLOW = {  # what is said at once, and a piece each half second from then on
    "nothing": (b"", b""), "one byte": (b"O", b""), "a header section and no end": (START, b""),
    "a byte at a time": (b"", b"I"), "a header at a time": (START, b"X: y\r\n"),
    "a folded line at a time": (START + b"X: y\r\n", b" y\r\n"),
    "a body, byte by byte": (START + b"Content-Length: 999\r\n\r\n", b"x"),
    "half of a keep-alive": (b"\r\n", b"")}


def until_closed(connections, deadline, each):
    """Seconds after which each was closed by the phone; each(n) is done every half second."""
    closed, n = {}, 0
    start = time.monotonic()
    while len(closed) < len(connections) and time.monotonic() < deadline:
        left = [c for name, c in connections.items() if name not in closed]
        for c in select.select(left, [], [], max(0, start + n * 0.5 - time.monotonic()))[0]:
            name = next(k for k, v in connections.items() if v is c)
            try:
                if c.recv(4096):
                    continue
            except OSError:
                pass
            closed[name] = time.monotonic() - start
        if time.monotonic() >= start + n * 0.5:
            n += 1
            each(closed)
    return closed


def connect(t, number):
    s = sip.socket.socket()
    s.bind((f"127.0.4.{number + 1}", 0))
    s.connect(("127.0.0.1", t.phone.port))
    return s


@case("slow senders are closed after 10 s, each in its own way, and whoever has said his stays")
def slow():
    with Room() as room:
        t = Target(room, spoken=sound.tone(440, 30))
        pinger, good = Pinger(t), room.keep(sip.TcpPeer(t.phone.port))
        ask = good.request("OPTIONS", t.uri)
        good.send(ask)
        good.wait(sip.final("OPTIONS"), what="an answer")
        connections = {name: connect(t, n) for n, name in enumerate(SLOW)}
        used = cpu_seconds(t.pid)
        for name, c in connections.items():
            c.sendall(SLOW[name][0])

        def drip(closed):
            for name, c in connections.items():
                try:
                    if name not in closed:
                        c.sendall(SLOW[name][1])
                except OSError:
                    pass
        closed = until_closed(connections, time.monotonic() + MESSAGE_S + 3, drip)
        for c in connections.values():
            c.close()
        expect(len(closed) == len(SLOW), f"not closed: {set(SLOW) - set(closed)}")
        first, last = min(closed.values()), max(closed.values())
        expect(MESSAGE_S - 0.5 <= first and last <= MESSAGE_S + 2, f"closed after {closed}")
        ask = good.request("OPTIONS", t.uri)
        good.send(ask)
        good.wait(lambda m: m.branch == ask.branch, what="an answer to who is not slow")
        used = cpu_seconds(t.pid) - used
        said = [f"closed after {first:.1f} to {last:.1f} s, {used:.2f} s of a processor",
                pinger.verdict(), t.media.verdict(30, 70), f"memory {t.grown_mb():+.1f} MB"]
        expect(sanitized() or t.grown_mb() < 2, "; ".join(said))
        t.unharmed()
        t.finish()
        return "; ".join(said)


@case("a minute without a word: closed; those of a call, of an INVITE that rings and of a "
      "registration stay (for 65 s in make check-long)")
def idle():
    """In make check a few seconds only, in which nothing is closed that is owed something;
    tests/unit/net/test_sip_link_tcp closes by a short minute."""
    with Room() as room:
        server = room.keep(Registrar(granted_s=3600))
        phone = tphone.Register(room, account.of(server, "alice", "tcp"), keep_alive=600)
        t = Callee(room, "tcp")
        invite, ok = t.up()
        rings = Callee(room, "tcp", name="ringing", delay=90)
        waiting = rings.invite()
        rings.peer.wait(sip.response(180, "INVITE"))
        phone.wait_line("^registered ")
        nobody = connect(t, 0)
        nobody.sendall(START + f"From: <sip:a@b>;tag=1\r\nTo: <{t.uri}>\r\nCall-ID: x\r\n"
                       "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode())
        closed = until_closed({"nobody": nobody}, time.monotonic() + (IDLE_S + 5 if LONG else 3),
                              lambda closed: None)
        nobody.close()
        equal(len(closed), int(LONG), "connections that were closed")
        expect(not LONG or closed["nobody"] >= IDLE_S - 1, f"closed after {closed}")
        equal(len(server.requests("REGISTER")), 2, "REGISTERs: the connection was lost")
        rings.peer.send(rings.peer.cancel(waiting))
        rings.peer.wait(sip.response(487, "INVITE"), what="487")
        t.end(invite, ok)


if __name__ == "__main__":
    tap.run(jobs=2)
