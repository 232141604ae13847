#!/usr/bin/env python3
"""SIP over TCP against RFC 3261 18: framing, connections, and what ends with them."""
import atexit
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap, tphone
from lib.ends import Callee, Caller, SharedCallee
from lib.room import SIGINT, Room, free_port, wait_until
from lib.tap import case, equal, expect

shared = SharedCallee("tcp")
atexit.register(shared.close)


class TcpCaller(Caller):
    """tphone call over TCP; peer is the connection that it opens."""

    def __init__(self, room, **more):
        self.listener = room.keep(sip.TcpListener(free_port()))
        self.phone = tphone.Call(
            room, f"sip:peer@127.0.0.1:{self.listener.port};transport=tcp", **more)
        self.peer = self.listener.accept()


# --- framing --------------------------------------------------------------------------------------

def parts(name, cut):
    @case(name, cut)
    def framing(cut):
        with Room() as room:
            callee = shared.get(room)
            wanted = []
            for data in cut(callee, wanted):
                callee.peer.send(data)
                time.sleep(0.003)
            for call in wanted:
                callee.peer.wait(sip.response(200, "OPTIONS", call), what="200")
            equal(callee.peer.closed.is_set(), False, "connection closed")


def options(callee, wanted, **more):
    message = callee.peer.request("OPTIONS", callee.uri, **more)
    wanted.append(message.get("Call-ID"))
    return message.bytes()


def split(data, *sizes):
    out, at = [], 0
    for size in sizes:
        out.append(data[at:at + size])
        at += size
    return out + [data[at:]]


def by(data, n):
    return [data[i:i + n] for i in range(0, len(data), n)]


parts("one message, byte by byte", lambda c, w: by(options(c, w), 1))
parts("ten messages in one segment", lambda c, w: [b"".join(options(c, w) for _ in range(10))])
parts("the end of one with the beginning of the next",
      lambda c, w: by(options(c, w) + options(c, w) + options(c, w), 300))
parts("cut between CR and LF of the empty line",
      lambda c, w: split(options(c, w), -1 + len(options(c, [])) ))
parts("cut within the name Content-Length",
      lambda c, w: (lambda d: split(d, d.index(b"Content-Length") + 7))(options(c, w)))
parts("with a body of which a piece looks like the end of headers", lambda c, w: [
    options(c, w, Content_Disposition="x;handling=optional", Content_Type="text/plain",
            Content_Length="8").rstrip(b"\r\n") + b"\r\n\r\n" + b"\r\n\r\nabcd" + options(c, w)])
parts("compact l: and odd white space frame too", lambda c, w: [
    options(c, w, Content_Disposition="x;handling=optional",
            Content_Length="3").replace(b"Content-Length: 3", b"l  :\r\n   3 ") + b"abc"
    + options(c, w)])
parts("line ends between messages are skipped (RFC 3261 7.5)",
      lambda c, w: [b"\r\n" + options(c, w) + b"\r\n\r\n\r\n" + options(c, w) + b"\r\n"])
parts("a long message of 60 kB", lambda c, w: [
    options(c, w, Content_Disposition="x;handling=optional", Content_Type="text/plain",
            Content_Length="60000") + b"x" * 60000 + options(c, w)])
parts("200 messages at once are all answered",
      lambda c, w: [b"".join(options(c, w) for _ in range(200))])


@case("CRLF CRLF is answered CRLF (RFC 5626 3.5.1)")
def ping():
    with Room() as room:
        callee = shared.get(room)
        callee.peer.send(b"\r\n\r\n")
        wait_until(lambda: callee.peer.raw == b"\r\n", 3, "no pong came")
        callee.peer.send(b"\r\n\r\n\r\n\r\n")
        wait_until(lambda: callee.peer.raw == b"\r\n" * 3, 3, "two pings got no two pongs")
        callee.alive()


@case("half a ping is no ping until its rest comes")
def half_ping():
    with Room() as room:
        callee = shared.get(room)
        callee.peer.send(b"\r\n")
        time.sleep(0.2)
        equal(callee.peer.raw, b"", "what came")
        callee.peer.send(b"\r\n")
        wait_until(lambda: callee.peer.raw == b"\r\n", 3, "no pong came")


def broken(name, data, wanted=(400,), closes=True):
    @case(name, data, wanted, closes)
    def run(data, wanted, closes):
        with Room() as room:
            callee = shared.get(room)
            callee.peer.send(data(callee))
            if closes:
                expect(callee.peer.closed.wait(15), "the connection was not closed")
            elif wanted:
                callee.peer.wait(lambda m: m.status in wanted, what=f"{wanted}")
            got = [m.status for m in callee.peer.messages]
            expect(all(s in wanted for s in got), f"answers were {got}")
            shared.get(room).alive()


def without_length(callee):
    data = callee.peer.request("OPTIONS", callee.uri).bytes()
    return data.replace(b"Content-Length: 0\r\n", b"")


broken("no Content-Length: 400 and closed (RFC 3261 18.3)", without_length)
broken("a negative Content-Length: 400 and closed",
       lambda c: c.peer.request("OPTIONS", c.uri, Content_Length="-5").bytes())
broken("two Content-Lengths: 400 and closed", lambda c: c.peer.request(
    "OPTIONS", c.uri).bytes().replace(b"Content-Length", b"Content-Length: 5\r\nContent-Length"))
broken("a Content-Length of 64 MB is not waited for", lambda c: c.peer.request(
    "OPTIONS", c.uri, Content_Length="67108864").bytes())
broken("a header section without end is not kept", lambda c: b"OPTIONS sip:x SIP/2.0\r\n" +
       b"X: " + b"y" * 70000, ())
broken("junk without a line end is not kept", lambda c: b"\xff" * 70000, ())
broken("HTTP is no SIP: the connection is closed or the request dropped",
       lambda c: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", (400, 505))
broken("a bad message with a good length is 400, and the connection stays", lambda c: (
    c.peer.request("OPTIONS", c.uri, CSeq="x OPTIONS").bytes()), (400,), False)


# --- connections ----------------------------------------------------------------------------------

@case("answers come over the connection that the request came by, whatever Via says")
def same_connection():
    with Room() as room:
        callee = shared.get(room)
        message = callee.peer.request("OPTIONS", callee.uri)
        message.set("Via", f"SIP/2.0/TCP 192.0.2.7:5999;branch=z9hG4bK{sip.unique()}")
        got = callee.asked(message)
        equal(got.status, 200, "status")
        expect("received=127.0.0.1" in got.get("Via"), f"no received: {got.get('Via')}")


@case("Contact of the 200 says transport=tcp and the port that listens")
def contact():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        expect(f"127.0.0.1:{callee.phone.port}" in ok.get("Contact"), ok.get("Contact"))
        expect("transport=tcp" in ok.get("Contact"), ok.get("Contact"))
        callee.end(invite, ok)


@case("ACK and BYE may come by another connection than the INVITE (RFC 3261 18)")
def other_connection():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite()
        ok = callee.answered(invite)
        other = shared.get(room).peer
        other.send(callee.peer.ack(invite, ok))
        bye = callee.peer.within("BYE", invite, ok, 2)
        other.send(bye)
        other.wait(sip.response(200, "BYE"), what="200 to BYE by the other connection")


@case("a call outlives its connection: BYE opens a new one to the Contact")
def reconnects():
    with Room() as room:
        callee = Callee(room, "tcp")
        listener = room.keep(sip.TcpListener(free_port()))
        invite, ok = callee.up(Contact=f"<sip:peer@127.0.0.1:{listener.port};transport=tcp>")
        callee.alive()
        callee.peer.stop()
        time.sleep(0.2)
        expect(callee.phone.process.alive(), "the phone left")
        callee.phone.process.signal(SIGINT)
        peer = listener.accept()
        bye = peer.wait(sip.request("BYE"), what="BYE by a new connection")
        peer.respond(bye, 200)
        callee.phone.status(4)


@case("a 200 whose connection is gone is repeated by a new one to the Via's port (18.2.2)")
def answer_anew():
    with Room() as room:
        callee = shared.get(room)
        listener = room.keep(sip.TcpListener(free_port()))
        at = f"127.0.0.1:{listener.port}"
        invite = callee.invite(Via=f"SIP/2.0/TCP {at};branch=z9hG4bK{sip.unique()}",
                               Contact=f"<sip:peer@{at};transport=tcp>")
        ok = callee.answered(invite)
        callee.peer.stop()
        peer = listener.accept(6)
        again = peer.wait(sip.response(200, "INVITE"), 6, what="200 by a new connection")
        equal(again.bytes(), ok.bytes(), "the copy")
        peer.send(callee.peer.ack(invite, ok))
        peer.send(callee.peer.within("BYE", invite, ok, 2))
        peer.wait(sip.response(200, "BYE"), what="200 to BYE")


@case("BYE of ours goes by the connection of the call while it stands")
def bye_same_connection():
    with Room() as room:
        callee = Callee(room, "tcp")
        callee.up()
        callee.alive()
        callee.phone.process.signal(SIGINT)
        bye = callee.peer.wait(sip.request("BYE"), what="BYE")
        callee.peer.respond(bye, 200)
        callee.phone.status(4)


@case("a connection that closes in the middle of a message harms nothing")
def cut_off():
    with Room() as room:
        callee = shared.get(room)
        data = callee.peer.invite(callee.uri).bytes()
        for n in (1, 50, len(data) - 5):
            other = shared.get(room).peer
            other.send(data[:n])
            other.stop()
        callee.alive()


@case("180 and 200 over TCP: provisional once, no repetition of non-2xx (RFC 3261 17.2.1)")
def no_timer_g():
    with Room() as room:
        callee = Callee(room, "tcp", code=486)
        callee.invite()
        callee.peer.wait(sip.response(486), what="486")
        time.sleep(2)
        equal(len(callee.peer.found(sip.response(486))), 1, "number of 486s")


@case("CANCEL over TCP: 200 and 487")
def cancel():
    with Room() as room:
        callee = Callee(room, "tcp", delay=30)
        invite = callee.invite()
        callee.peer.wait(sip.response(180), what="180")
        equal(callee.asked(callee.peer.cancel(invite)).status, 200, "CANCEL")
        callee.peer.send(callee.peer.ack(invite, callee.peer.wait(sip.response(487))))
        callee.alive()


@case("INVITE comes by UDP with ;transport=tcp in its Contact: BYE goes by TCP")
def contact_says_tcp():
    with Room() as room:
        listener = room.keep(sip.TcpListener(free_port()))
        caller = Caller(room, seconds=1)
        caller.answer(caller.invite(),
                      Contact=f"<sip:far@127.0.0.1:{listener.port};transport=tcp>")
        peer = listener.accept()
        peer.wait(sip.request("ACK"), what="ACK by TCP")
        bye = peer.wait(sip.request("BYE"), what="BYE by TCP")
        expect("SIP/2.0/TCP" in bye.get("Via"), bye.get("Via"))
        peer.respond(bye, 200)
        caller.phone.expect_status(tphone.OK)


@case("nine connections of one address: the ninth is refused or an idle one goes")
def many():
    with Room() as room:
        callee = Callee(room, "tcp")
        peers = [callee.another() for _ in range(12)]
        for peer in peers:
            try:
                peer.send(peer.request("OPTIONS", callee.uri))
            except OSError:
                pass
        callee.alive()
        wait_until(lambda: sum(1 for p in peers if p.found(sip.response(200))) >= 5, 8,
                   "fewer than 5 of 12 were served")


# --- calling --------------------------------------------------------------------------------------

@case("our INVITE over TCP is sent once (RFC 3261 17.1.1.2: no timer A)")
def once():
    with Room() as room:
        caller = TcpCaller(room)
        invite = caller.invite()
        expect("SIP/2.0/TCP" in invite.get("Via"), invite.get("Via"))
        expect("transport=tcp" in invite.get("Contact"), invite.get("Contact"))
        time.sleep(2)
        equal(len(caller.peer.found(sip.request("INVITE"))), 1, "number of INVITEs")
        caller.peer.respond(invite, 486, tag="b")
        caller.wait("ACK")
        caller.phone.expect_status(tphone.BUSY)


@case("Via and Contact of our INVITE name a port that listens: a connection back is taken")
def back():
    with Room() as room:
        caller = TcpCaller(room)
        invite = caller.invite()
        port = int(re.search(r"127\.0\.0\.1:(\d+)", invite.get("Contact")).group(1))
        equal(int(re.search(r"127\.0\.0\.1:(\d+)", invite.get("Via")).group(1)), port,
              "port in the Via")
        other = room.keep(sip.TcpPeer(port))
        rings = sip.Message("SIP/2.0 180 Ringing", [
            ("Via", invite.get("Via")), ("From", invite.get("From")),
            ("To", invite.get("To") + ";tag=a"), ("Call-ID", invite.get("Call-ID")),
            ("CSeq", invite.get("CSeq"))])
        other.send(rings)
        caller.phone.wait_line("(?i)ring")
        caller.peer.respond(invite, 486, tag="a")
        caller.phone.expect_status(tphone.BUSY)


@case("a copy of a 200 over TCP is ACKed again")
def ack_again():
    with Room() as room:
        caller = TcpCaller(room)
        invite, ok = caller.up()
        caller.peer.send(ok)
        caller.wait("ACK", count=2)
        bye = caller.within("BYE", invite, ok, 1)
        caller.peer.send(bye)
        caller.peer.wait(sip.response(200, "BYE"), what="200 to BYE")
        caller.phone.expect_status(tphone.OK)


@case("CANCEL over TCP goes by the INVITE's connection")
def our_cancel():
    with Room() as room:
        caller = TcpCaller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a")
        caller.phone.wait_line("(?i)ring")
        caller.phone.process.signal(SIGINT)
        got = caller.wait("CANCEL")
        equal(got.branch, invite.branch, "branch")
        caller.peer.respond(got, 200)
        caller.peer.respond(invite, 487, tag="a")
        caller.wait("ACK")
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("the connection is closed before any answer: the call ends, status 8")
def closed_early():
    with Room() as room:
        caller = TcpCaller(room)
        caller.invite()
        caller.peer.stop()
        caller.phone.expect_status(tphone.UNREACHABLE, 10)


@case("the connection is closed behind the 200: BYE of ours opens another")
def closed_late():
    with Room() as room:
        caller = TcpCaller(room, seconds=1)
        caller.up()
        caller.peer.stop()
        peer = caller.listener.accept(8)
        peer.respond(peer.wait(sip.request("BYE"), what="BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("the final answer comes by a new connection to the port in our Via (RFC 3261 18.2.2)")
def answer_by_another():
    with Room() as room:
        caller = TcpCaller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a")
        caller.phone.wait_line("(?i)ring")
        port = int(re.search(r"127\.0\.0\.1:(\d+)", invite.get("Via")).group(1))
        other = room.keep(sip.TcpPeer(port))
        busy = sip.Message("SIP/2.0 486 Busy Here", [
            ("Via", invite.get("Via")), ("From", invite.get("From")),
            ("To", invite.get("To") + ";tag=a"), ("Call-ID", invite.get("Call-ID")),
            ("CSeq", invite.get("CSeq"))])
        other.send(busy)
        wait_until(lambda: caller.peer.found(sip.request("ACK")) or
                   other.found(sip.request("ACK")), 5, "no ACK came")
        caller.phone.expect_status(tphone.BUSY)


@case("a long INVITE tries TCP, and a UDP peer's Contact is used for the short ACK")
def long_then_short():
    with Room() as room:
        listener = room.keep(sip.TcpListener(free_port()))
        udp = room.keep(sip.Peer(port=listener.port))
        phone = tphone.Call(room, f"sip:{'x' * 1300}@127.0.0.1:{listener.port}", seconds=1)
        peer = listener.accept()
        invite = peer.wait(sip.request("INVITE"), what="INVITE")
        peer.respond(invite, 200, "OK", body=sip.sdp(), tag="a",
                     Contact=f"<sip:s@127.0.0.1:{listener.port}>")
        either = lambda kind: wait_until(
            lambda: udp.found(sip.request(kind)) or peer.found(sip.request(kind)), 5,
            f"no {kind} came")[0]
        either("ACK")
        bye = either("BYE")
        (udp if bye in udp.messages else peer).respond(bye, 200)
        phone.expect_status(tphone.OK)


if __name__ == "__main__":
    tap.run(jobs=3)  # a phone takes eight connections of one address
