#!/usr/bin/env python3
"""What the RFCs ask of a phone that is called, in corners that no polite phone visits."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, sip, tap, tphone
from lib.ends import Callee, Caller
from lib.room import SIGINT, Room
from lib.tap import case, equal, expect


def status(callee, message, wanted):
    got = callee.asked(message)
    equal(got.status, wanted, f"answer to {message.start.split(' ')[0]}")
    return got


def end(callee, invite, ok, cseq=20):
    equal(callee.asked(callee.peer.within("BYE", invite, ok, cseq)).status, 200, "answer to BYE")


# --- called: answers and their repetition -------------------------------------------------------

@case("a provisional answer to INVITE comes within 200 ms (RFC 3261 17.2.1)")
def provisional():
    with Room() as room:
        callee = Callee(room, delay=30)
        stalls, sent = pace.Stalls(), time.monotonic()
        callee.invite()
        first = callee.peer.wait(sip.response(1), 2, what="a provisional answer")
        expect(first.time - sent < 0.8 + stalls.seconds(), f"it came after {first.time - sent:.3f} s")


@case("200 is repeated at T1, doubling, until the ACK and not after (RFC 3261 13.3.1.4)", "udp")
@case("200 is repeated over TCP too (RFC 3261 13.3.1.4)", "tcp")
def repeats_200(transport):
    with Room() as room:
        callee, stalls = Callee(room, transport), pace.Stalls()
        invite = callee.invite()
        is_ok = sip.response(200, "INVITE")
        third = callee.peer.wait(is_ok, 4, 3, "200")
        times = [m.time for m in callee.peer.found(is_ok)]
        gaps = [b - a for a, b in zip(times, times[1:])]
        late = stalls.seconds()  # of one, and so much less in the gap behind it
        expect(0.3 - late < gaps[0] < 1.0 + late, f"the second came after {gaps[0]:.2f}")
        expect(0.7 - late < gaps[1] < 2.0 + late, f"the third came after {gaps[1]:.2f}")
        equal(len({m.tag for m in callee.peer.found(is_ok)}), 1, "number of To tags")
        callee.peer.send(callee.peer.ack(invite, third))
        time.sleep(0.3)
        before = len(callee.peer.found(is_ok))
        time.sleep(2.5)
        equal(len(callee.peer.found(is_ok)), before, "number of 200s after the ACK")
        end(callee, invite, third)


@case("a 200 without ACK is given up after 64*T1 and the call ended by BYE (RFC 3261 13.3.1.4)")
def no_ack():
    with Room() as room:
        callee = Callee(room)
        invite = callee.invite()
        callee.answered(invite)
        bye = callee.peer.wait(sip.request("BYE"), 40, what="BYE")
        callee.peer.respond(bye, 200)
        took = bye.time - callee.peer.found(sip.response(200))[0].time
        expect(28 < took < 38, f"BYE came after {took:.1f} s")


@case("a repeated INVITE gets the same answer again, not a second call (RFC 3261 17.2.1)")
def repeated_invite():
    with Room() as room:
        callee = Callee(room, delay=1)
        invite = callee.invite()
        callee.peer.send(invite)
        ok = callee.answered(invite)
        callee.peer.send(callee.peer.ack(invite, ok))
        callee.peer.send(invite)
        time.sleep(0.5)
        equal({m.status // 100 for m in callee.peer.messages}, {1, 2}, "kinds of answers")
        equal(len({m.tag for m in callee.peer.found(sip.response(200))}), 1, "number of To tags")
        end(callee, invite, ok)


@case("a repeated OPTIONS gets the same answer again (RFC 3261 17.2.2)")
def repeated_options():
    with Room() as room:
        callee = Callee(room)
        options = callee.peer.request("OPTIONS", callee.uri)
        first = status(callee, options, 200)
        expect("INVITE" in first.get("Allow"), "Allow does not name INVITE")
        callee.peer.send(options)
        again = callee.peer.wait(sip.response(200, "OPTIONS"), 3, 2, "the second 200")
        equal(again.get("To"), first.get("To"), "To of the second")


@case("486 is repeated until the ACK (RFC 3261 17.2.1)")
def repeats_486():
    with Room() as room:
        callee = Callee(room, code=486)
        invite = callee.invite()
        busy = callee.peer.wait(sip.response(486), 3, 2, "486")
        callee.peer.send(callee.peer.ack(invite, busy))
        time.sleep(0.3)
        before = len(callee.peer.found(sip.response(486)))
        time.sleep(2)
        equal(len(callee.peer.found(sip.response(486))), before, "486s after the ACK")


# --- called: CANCEL and BYE ---------------------------------------------------------------------

@case("CANCEL is answered 200 and ends the INVITE with 487 (RFC 3261 9.2)")
def cancel():
    with Room() as room:
        callee = Callee(room, delay=10)
        invite = callee.invite()
        callee.peer.wait(sip.response(180), what="180")
        stalls = pace.Stalls()
        sent = callee.peer.send(callee.peer.cancel(invite))
        callee.peer.wait(sip.response(200, "CANCEL"), what="200 to CANCEL")
        gone = callee.peer.wait(sip.response(487, "INVITE"), what="487")
        expect(gone.time - sent < 0.4 + stalls.seconds(), f"487 took {gone.time - sent:.2f} s")
        callee.peer.send(callee.peer.ack(invite, gone))
        callee.peer.none(sip.response(200, "INVITE"), 1, "200 to a cancelled INVITE")


@case("CANCEL behind the 200 changes nothing (RFC 3261 9.2)")
def late_cancel():
    with Room() as room:
        callee = Callee(room)
        invite = callee.invite()
        ok = callee.answered(invite)
        callee.peer.send(callee.peer.cancel(invite))
        callee.peer.wait(sip.response(200, "CANCEL"), what="200 to CANCEL")
        callee.peer.send(callee.peer.ack(invite, ok))
        callee.peer.none(sip.request("BYE"), 0.7, "BYE")
        end(callee, invite, ok)


@case("CANCEL of nothing gets 481 (RFC 3261 9.2)")
def cancel_nothing():
    with Room() as room:
        callee = Callee(room)
        status(callee, callee.peer.cancel(callee.peer.invite(callee.uri)), 481)


@case("BYE is answered 200, its copy too, and one more BYE answered as well (RFC 3261 15.1.2)")
def bye():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up()
        bye = callee.peer.within("BYE", invite, ok, 2)
        status(callee, bye, 200)
        callee.peer.send(bye)
        callee.peer.wait(sip.response(200, "BYE"), 3, 2, "the second 200 to BYE")
        late = callee.asked(callee.peer.within("BYE", invite, ok, 3)).status
        expect(late in (200, 481), f"one more BYE got {late}")


@case("SIGINT ends the call with BYE; unanswered, the phone is gone in 3 s all the same")
def interrupted():
    with Room() as room:
        callee = Callee(room)
        callee.up()
        callee.phone.process.signal(SIGINT)
        callee.peer.wait(sip.request("BYE"), 3, what="BYE")
        callee.phone.status(4)


# --- called: what is refused --------------------------------------------------------------------

def _bare(method, callee, **more):
    return callee.peer.request(method, callee.uri, **more)


REFUSED = [
    ("an unknown method: 501 (RFC 3261 21.5.2)", 501, lambda c: _bare("FLY", c)),
    ("a method that a phone does not take: 405 (RFC 3261 8.2.1)", 405,
     lambda c: _bare("REGISTER", c)),
    ("an unknown Require: 420 (RFC 3261 8.2.2.3)", 420,
     lambda c: c.peer.invite(c.uri, Require="teleport")),
    ("BYE within no dialog: 481 (RFC 3261 15.1.2)", 481,
     lambda c: _bare("BYE", c, To=f"<{c.uri}>;tag=nobody")),
    ("INVITE within no dialog: 481 (RFC 3261 12.2.2)", 481,
     lambda c: c.peer.invite(c.uri, To=f"<{c.uri}>;tag=nobody")),
    ("a body that is not SDP: 415 (RFC 3261 8.2.3)", 415,
     lambda c: c.peer.invite(c.uri, Content_Type="text/plain")),
    ("a body that is packed: 415 (RFC 3261 8.2.3)", 415,
     lambda c: c.peer.invite(c.uri, Content_Encoding="gzip")),
    ("SDP without a codec in common: 488 (RFC 3261 13.3.1.3)", 488,
     lambda c: c.peer.invite(c.uri, body=sip.sdp(formats="96", extra="a=rtpmap:96 EVRC/8000"))),
    ("a body that claims to be SDP: 400 (RFC 3261 21.4.1)", 400,
     lambda c: c.peer.invite(c.uri, body=b"What a lovely day\r\n")),
    ("CSeq of another method: 400 (RFC 3261 8.1.1.5)", 400,
     lambda c: _bare("OPTIONS", c, CSeq="1 INVITE")),
    ("a From that cannot be read: 400 (RFC 3261 21.4.1)", 400,
     lambda c: _bare("OPTIONS", c, From="\"Anna <sip:anna@127.0.0.1>;tag=1")),
    ("a Contact that cannot be read: 400 (RFC 3261 21.4.1)", 400,
     lambda c: c.peer.invite(c.uri, Contact="<sip:")),
    ("two Call-IDs: 400 (RFC 3261 7.3.1)", 400, lambda c: _two_call_ids(c)),
    ("a Content-Length beyond the datagram: 400 (RFC 3261 18.3)", 400,
     lambda c: c.peer.invite(c.uri, Content_Length="9999")),
    ("another version of SIP: 505 (RFC 3261 21.5.6)", 505, lambda c: _version_7(c)),
    ("a Request-URI that is no SIP URI: 416 (RFC 3261 8.2.2.1)", 416,
     lambda c: c.peer.request("OPTIONS", "http://127.0.0.1/")),
]


def _two_call_ids(callee):
    message = _bare("OPTIONS", callee)
    message.headers.append(("Call-ID", "another"))
    return message


def _version_7(callee):
    message = _bare("OPTIONS", callee)
    message.start = message.start.replace("SIP/2.0", "SIP/7.0")
    return message


def refused(wanted, make):
    with Room() as room:
        callee = Callee(room)
        message = make(callee)
        got = status(callee, message, wanted)
        if message.start.startswith("INVITE"):
            callee.peer.send(callee.peer.ack(message, got))
        if wanted == 405:
            expect("INVITE" in got.get("Allow"), "405 without Allow (RFC 3261 21.4.6)")
        if wanted == 420:
            equal(got.get("Unsupported"), "teleport", "Unsupported")
        if wanted == 415:
            expect(got.get("Accept") or got.get("Accept-Encoding"), "415 says not what it accepts")
        equal(callee.asked(_bare("OPTIONS", callee)).status, 200, "OPTIONS afterwards")


for name, wanted, make in REFUSED:
    case(name, wanted, make)(refused)


@case("a second way of the same request gets 482 (RFC 3261 8.2.2.2)")
def merged():
    with Room() as room:
        callee = Callee(room, delay=2)
        invite = callee.invite()
        callee.peer.wait(sip.response(1), what="a provisional answer")
        branch = f"SIP/2.0/UDP 127.0.0.1:{callee.peer.port};rport;branch=z9hG4bK{sip.unique()}"
        other = sip.Message(invite.start, invite.headers, invite.body).set("Via", branch)
        got = status(callee, other, 482)
        callee.peer.send(callee.peer.ack(other, got))


@case("a lower CSeq within the dialog gets 500 (RFC 3261 12.2.2)")
def lower_cseq():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up(CSeq="100 INVITE")
        status(callee, callee.peer.within("OPTIONS", invite, ok, 99), 500)
        status(callee, callee.peer.within("OPTIONS", invite, ok, 101), 200)
        end(callee, invite, ok, 102)


@case("an unknown tag under our Call-ID gets 481 and harms nothing (RFC 3261 12.2.2)")
def stranger_in_dialog():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up()
        fake = callee.peer.within("BYE", invite, ok, 50)
        fake.set("From", "<sip:mallory@127.0.0.1>;tag=mallory")
        status(callee, fake, 481)
        end(callee, invite, ok)


@case("junk is dropped and the phone goes on", "udp")
def junk(_):
    with Room() as room:
        callee = Callee(room)
        for data in (b"\0" * 400, b"\r\n\r\n", b"INVITE", b"SIP/2.0 200 OK\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 1400,
                     b"INVITE sip:a SIP/2.0\r\nVia: ;;;\r\n\r\n", b"a" * 60000):
            callee.peer.send(data)
        equal(callee.asked(_bare("OPTIONS", callee)).status, 200, "OPTIONS afterwards")


# --- called: addresses, routes, the rules of RFC 2543 -------------------------------------------

@case("answers go back where the request came from, with received and rport (RFC 3581)")
def rport():
    with Room() as room:
        callee = Callee(room)
        options = _bare("OPTIONS", callee,
                        Via=f"SIP/2.0/UDP 192.0.2.7:5999;rport;branch=z9hG4bK{sip.unique()}")
        got = status(callee, options, 200)
        expect("received=127.0.0.1" in got.get("Via"), f"no received in {got.get('Via')}")
        expect(f"rport={callee.peer.port}" in got.get("Via"), f"wrong rport in {got.get('Via')}")


@case("every Via comes back in its order, compact names and folded lines are read (RFC 3261 7.3)")
def vias():
    with Room() as room:
        callee = Callee(room)
        port, branch = callee.peer.port, sip.unique()
        data = (f"OPTIONS {callee.uri} SIP/2.0\r\n"
                f"v: SIP / 2.0 / UDP 127.0.0.1:{port} ;branch=z9hG4bK{branch};rport,\r\n"
                f"   SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
                f"VIA:SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKy\r\n"
                f"f : \"A \\\" B\" <sip:a@192.0.2.1>\r\n ;tag=1\r\nt: <{callee.uri}>\r\n"
                f"i: {branch}\r\nCSEQ:   7\r\n  OPTIONS\r\nmax-forwards: 9\r\nl: 0\r\n\r\n")
        callee.peer.send(data.encode())
        got = callee.peer.wait(sip.response(200, "OPTIONS", branch), what="200")
        hosts = re.findall(r"(?:UDP|TCP)\s+([\d.]+)", ", ".join(got.all("Via")))
        equal(hosts, ["127.0.0.1", "192.0.2.1", "192.0.2.2"], "hosts of the Vias")
        equal(got.cseq, 7, "CSeq")


@case("BYE follows the route set, loose router first (RFC 3261 12.2.1.1)", ";lr")
@case("BYE follows the route set, strict router first (RFC 3261 12.2.1.1)", "")
def routes(lr):
    with Room() as room:
        callee = Callee(room)
        me = f"sip:127.0.0.1:{callee.peer.port}{lr}"
        far = "sip:192.0.2.1;lr"
        invite, ok = callee.up(Record_Route=f"<{me}>, <{far}>",
                               Contact="<sip:far@192.0.2.9:5061>")
        equal(", ".join(ok.all("Record-Route")).replace(" ", ""),
              f"<{me}>,<{far}>", "Record-Route of the 200")
        callee.phone.process.signal(SIGINT)
        bye = callee.peer.wait(sip.request("BYE"), what="BYE")
        callee.peer.respond(bye, 200)
        route = re.findall(r"<([^>]+)>", ", ".join(bye.all("Route")))
        if lr:
            equal(bye.uri, "sip:far@192.0.2.9:5061", "Request-URI")
            equal(route, [me, far], "Route")
        else:
            equal(bye.uri, me, "Request-URI")
            equal(route, [far, "sip:far@192.0.2.9:5061"], "Route")


@case("without the cookie requests match by RFC 2543's rules (RFC 3261 17.2.3)")
def rfc2543():
    with Room() as room:
        callee = Callee(room, delay=10)
        via = f"SIP/2.0/UDP 127.0.0.1:{callee.peer.port}"
        invite = callee.invite(Via=via)
        callee.peer.wait(sip.response(180), what="180")
        callee.peer.send(invite)
        callee.peer.wait(sip.response(180), 3, 2, what="the second 180")
        callee.peer.send(callee.peer.cancel(invite))
        callee.peer.wait(sip.response(200, "CANCEL"), what="200 to CANCEL")
        gone = callee.peer.wait(sip.response(487), what="487")
        callee.peer.send(callee.peer.ack(invite, gone))
        time.sleep(0.3)
        before = len(callee.peer.found(sip.response(487)))
        time.sleep(1.5)
        equal(len(callee.peer.found(sip.response(487))), before, "487s after the ACK")


# --- called: SDP --------------------------------------------------------------------------------

def _media_lines(message):
    return re.findall(r"(?m)^m=(\w+) (\d+)", message.body.decode())


@case("every m-line is answered, what cannot be had with port 0 (RFC 3264 6)")
def all_media():
    with Room() as room:
        callee = Callee(room)
        body = sip.sdp() + b"m=video 30000 RTP/AVP 31\r\nm=audio 30002 RTP/AVP 0\r\n" \
            b"m=application 9 TCP/FOO x\r\n"
        invite, ok = callee.up(body=body)
        lines = _media_lines(ok)
        equal([k for k, _ in lines], ["audio", "video", "audio", "application"], "kinds of media")
        expect(lines[0][1] != "0", "the audio stream was refused")
        equal([p for _, p in lines[1:]], ["0", "0", "0"], "ports of the others")
        end(callee, invite, ok)


@case("an INVITE without offer gets one in the 200 (RFC 3261 13.3.1.4)")
def late_offer():
    with Room() as room:
        callee = Callee(room)
        invite = callee.invite(body=b"")
        ok = callee.answered(invite)
        expect(_media_lines(ok) and _media_lines(ok)[0][1] != "0", "the 200 offers no audio")
        ack = callee.peer.ack(invite, ok).set("Content-Type", "application/sdp")
        ack.body = sip.sdp()
        callee.peer.send(ack)
        end(callee, invite, ok)


@case("hold: sendonly is answered recvonly, inactive inactive (RFC 3264 8.4)")
def hold():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up()
        versions = []
        for cseq, (ours, theirs) in enumerate([("sendonly", "recvonly"), ("inactive", "inactive"),
                                               ("sendrecv", "sendrecv")], 2):
            again = callee.peer.within("INVITE", invite, ok, cseq, sip.sdp(direction=ours))
            got = status(callee, again, 200)
            callee.peer.send(callee.peer.ack(again, got))
            text = got.body.decode()
            versions.append(int(re.search(r"(?m)^o=\S+ \d+ (\d+)", text).group(1)))
            said = re.search(r"(?m)^a=(sendrecv|sendonly|recvonly|inactive)", text)
            equal(said.group(1) if said else "sendrecv", theirs, f"answer to {ours}")
        expect(versions == sorted(versions), f"o= versions went back: {versions}")
        end(callee, invite, ok)


@case("a re-INVITE that cannot be met gets 488 and the call goes on (RFC 3261 14.2)")
def bad_reinvite():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up()
        again = callee.peer.within("INVITE", invite, ok, 2,
                                   sip.sdp(formats="96", extra="a=rtpmap:96 EVRC/8000"))
        got = status(callee, again, 488)
        callee.peer.send(callee.peer.ack(again, got))
        end(callee, invite, ok)


# --- called: TCP --------------------------------------------------------------------------------

@case("TCP: many messages in a segment and one in many (RFC 3261 18.3)")
def framing():
    with Room() as room:
        callee = Callee(room, "tcp")
        three = [_bare("OPTIONS", callee) for _ in range(3)]
        callee.peer.send(b"\r\n\r\n" + b"".join(m.bytes() for m in three))
        callee.peer.wait(sip.response(200, "OPTIONS"), 5, 3, "three 200s")
        slow = callee.peer.invite(callee.uri)
        data = slow.bytes()
        for i in range(0, len(data), 37):
            callee.peer.send(data[i:i + 37])
            time.sleep(0.002)
        ok = callee.answered(slow)
        callee.peer.send(callee.peer.ack(slow, ok))
        end(callee, slow, ok)


@case("TCP: an early close ends an unanswered INVITE like a CANCEL")
def early_close():
    with Room() as room:
        callee = Callee(room, "tcp", delay=30, times=1)
        callee.invite()
        callee.peer.wait(sip.response(180), what="180")
        callee.peer.stop()
        callee.phone.status(5)


@case("TCP: a message without Content-Length is answered 400 or the connection closed")
def no_length():
    with Room() as room:
        callee = Callee(room, "tcp")
        data = _bare("OPTIONS", callee).set("Content-Length", "7").bytes()
        callee.peer.send(data.replace(b"Content-Length: 7\r\n", b""))
        end_by = time.monotonic() + 5
        while not callee.peer.closed.is_set() and time.monotonic() < end_by and \
                not callee.peer.found(sip.final("OPTIONS")):
            time.sleep(0.02)
        other = room.keep(sip.TcpPeer(callee.phone.port))
        options = other.request("OPTIONS", callee.uri)
        other.send(options)
        other.wait(sip.response(200, "OPTIONS"), what="200 on another connection")


# --- what is shown of hostile text --------------------------------------------------------------

NASTY = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\u200b\x9b31m\x7f"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e]")


def _expect_clean(phone, what):
    bad = [l for l in phone.process.lines if RAW.search(l)]
    expect(not bad, f"{what} reached the terminal raw: {bad[:1]!r}")


@case("a caller's hostile name reaches no terminal raw")
def nasty_name():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up(From=f"\"{NASTY}\" <sip:evil@127.0.0.1>;tag=1",
                               Subject=NASTY, User_Agent=NASTY)
        end(callee, invite, ok)
        callee.phone.wait_line(r"evil@127\.0\.0\.1")
        _expect_clean(callee.phone, "the caller's name")


@case("a hostile reason phrase reaches no terminal raw")
def nasty_reason():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 486, f"Busy {NASTY}", tag="b")
        caller.phone.expect_status(tphone.BUSY)
        _expect_clean(caller.phone, "the reason phrase")


@case("nor does the trace print it raw on standard error")
def nasty_trace():
    with Room() as room:
        peer = room.keep(sip.Peer())
        phone = room.start("tphone call --trace", [
            tphone.program(), "call", f"sip:peer@127.0.0.1:{peer.port}", "--device", "none",
            "--config", room.write("empty.conf", ""), "--trace"])
        invite = peer.wait(sip.request("INVITE"), what="INVITE")
        peer.respond(invite, 486, f"Busy {NASTY}", tag="b", Server=NASTY)
        equal(phone.status(), tphone.BUSY, "exit status")
        bad = [l for l in phone.lines if RAW.search(l)]
        expect(not bad, f"the trace printed raw: {bad[:1]!r}")
        expect(phone.said("INVITE sip:peer@"), "the trace shows no INVITE", *phone.tail())


if __name__ == "__main__":
    tap.run(jobs=6)
