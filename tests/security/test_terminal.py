#!/usr/bin/env python3
"""What strangers say never reaches a terminal raw: no escape sequence, no C1, nothing that turns
text around or hides it, nothing that is not UTF-8, from no part of any message.

Every place of a message that can hold text is tried with every kind of harm, once by itself, in
both directions; standard output, standard error, --trace and the trace file are looked at as
bytes.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap, tphone
from lib.ends import Caller
from lib.harm import HARMS, MARK, Sink, bad_bytes, put
from lib.room import Room
from lib.tap import case, expect

# --- places ----------------------------------------------------------------------------------

SDP = sip.sdp(extra="@@")
CALLED = {  # (header or part, its value) of an INVITE that comes in
    "display name": ("From", '"n@@m" <sip:a@127.0.0.1>;tag=1'),
    "display name without quotes": ("From", 'n@@m <sip:a@127.0.0.1>;tag=1'),
    "user of From": ("From", "<sip:a@@b@127.0.0.1>;tag=1"),
    "host of From": ("From", "<sip:a@ho@@st>;tag=1"),
    "parameter of From": ("From", "<sip:a@127.0.0.1;x=@@>;tag=1;y=@@"),
    "escaped user of From": ("From", "<sip:a%1b[2J%00%9b%e2%80%ae@127.0.0.1>;tag=1"),
    "escaped display name": ("From", '"a\\@@b" <sip:a@127.0.0.1>;tag=1'),
    "tag": ("From", "<sip:a@127.0.0.1>;tag=@@"),
    "To": ("To", '"x@@" <sip:x@@y@127.0.0.1>'),
    "Request-URI": ("start", "INVITE sip:x@@y@127.0.0.1 SIP/2.0"),
    "method": ("start", "IN@@VITE sip:xy@127.0.0.1 SIP/2.0"),
    "version": ("start", "INVITE sip:xy@127.0.0.1 SIP/@@"),
    "Call-ID": ("Call-ID", "a@@b"),
    "Contact": ("Contact", '"c@@" <sip:p@@q@127.0.0.1:5;t=@@>'),
    "Via host": ("Via", "SIP/2.0/UDP ho@@st:{port};rport;branch=z9hG4bK{n}"),
    "Via branch": ("Via", "SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{n}@@"),
    "CSeq": ("CSeq", "1 INV@@ITE"),
    "Subject": ("Subject", "s@@"),
    "User-Agent": ("User-Agent", "u@@"),
    "a header's name": ("X-@@", "v"),
    "an unknown header": ("X-Y", "v@@"),
    "Require": ("Require", "r@@"),
    "Content-Type": ("Content-Type", "application/@@"),
    "P-Asserted-Identity": ("P-Asserted-Identity", '"p@@" <sip:p@@@127.0.0.1>'),
    "Call-Info": ("Call-Info", "<http://127.0.0.1:1/@@>;purpose=icon"),
    "session name": ("body", SDP.replace(b"s=-", b"s=@@")),
    "origin": ("body", SDP.replace(b"o=-", b"o=@@")),
    "address": ("body", SDP.replace(b"IP4 127.0.0.1", b"IP4 ho@@st")),
    "attribute": ("body", SDP.replace(b"@@\r\n", b"a=x@@:y@@\r\n")),
    "codec": ("body", sip.sdp(formats="0 97", extra="a=rtpmap:97 X@@/8000")),
    "media line": ("body", SDP.replace(b"m=audio", b"m=au@@dio")),
}
ANSWERED = {  # of an answer to an INVITE of ours: (status, header or part, its value)
    "reason of 180": (180, "start", "SIP/2.0 180 r@@"),
    "reason of 200": (200, "start", "SIP/2.0 200 r@@"),
    "reason of 302": (302, "start", "SIP/2.0 302 r@@"),
    "reason of 486": (486, "start", "SIP/2.0 486 r@@"),
    "reason of 500": (500, "start", "SIP/2.0 500 r@@"),
    "reason of 603": (603, "start", "SIP/2.0 603 r@@"),
    "Contact of 302": (302, "Contact", '"c@@" <sip:x@@y@127.0.0.1:1;p=@@>'),
    "host of a 302's Contact": (302, "Contact", "<sip:x@ho@@st:1>"),
    "escapes in a 302's Contact": (302, "Contact", "<sip:x%1b%5b2J%9b@127.0.0.1:1>"),
    "a 302's scheme": (302, "Contact", "<ht@@tp:x>"),
    "To": (200, "To", '"t@@" <sip:x@127.0.0.1>;tag=x@@'),
    "Warning": (488, "Warning", '399 h@@ "w@@"'),
    "Reason": (503, "Reason", 'SIP;cause=1;text="@@"'),
    "Retry-After": (503, "Retry-After", "5 (@@)"),
    "Server": (200, "Server", "s@@"),
    "WWW-Authenticate": (401, "WWW-Authenticate", 'Digest realm="r@@", nonce="n@@"'),
    "Error-Info": (404, "Error-Info", "<sip:e@@@127.0.0.1>"),
    "Contact of 200": (200, "Contact", '"c@@" <sip:x@@y@127.0.0.1:1>'),
    "codec in the answer": (200, "body", sip.sdp(extra="a=rtpmap:0 P@@/8000\r\na=y@@")),
    "address in the answer": (200, "body", SDP.replace(b"IP4 127.0.0.1", b"IP4 h@@")),
}


class Answer(tphone.Answer):
    """Its output is read from the file that it goes to."""

    def __init__(self, room, sink, **more):
        self.sink = sink
        super().__init__(room, popen=sink.popen, **more)

    def wait_line(self, pattern, seconds=15):
        self.sink.wait(pattern.encode(), seconds)


@case("a call that comes in: every part of INVITE and SDP, every harm")
def comes_in():
    with Room() as room:
        sink = Sink(room)
        phone = Answer(room, sink, verbose=True, times=100000)
        peer = room.keep(sip.Peer(phone.port))
        count = 0
        for part, value in CALLED.values():
            for harm in HARMS.values():
                count += 1
                invite = peer.invite(phone.uri)
                data = put(invite, part, value, harm, port=str(peer.port), n=str(count))
                peer.send(data)
                peer.send(data.replace(b"INVITE", b"OPTIONS").replace(b"call-", b"opt-"))
                if not count % 4:
                    time.sleep(0.01)
                    for ok in peer.found(sip.response(2, "INVITE")):  # so that many may come
                        peer.send(peer.within("BYE", invite.set("Call-ID", ok.get("Call-ID")).set(
                            "From", ok.get("From")), ok, 2))
                    peer.messages.clear()
        time.sleep(0.5)
        expect(phone.process.alive(), "the phone died")
        phone.process.signal(15)
        phone.process.status(10)
        return f"{count} INVITEs; " + sink.check(phone.trace)


def strings(value):
    """All text in a value of JSON, names of members too."""
    if isinstance(value, str):
        return [value]
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    return [s for v in parts for s in strings(v)] if isinstance(parts, list) else []


@case("the same told by --json: neither its bytes nor what they stand for do harm")
def told():
    with Room() as room:
        sink = Sink(room)
        phone = Answer(room, sink, json=True, code=486)
        for n, (part, value) in enumerate(CALLED.values(), 1):
            peer = room.keep(sip.Peer(phone.port, host=f"127.0.5.{n}"))  # each may have so many open
            for harm in HARMS.values():
                invite = peer.invite(phone.uri)
                peer.send(put(invite, part, value, harm, port=str(peer.port), n=sip.unique()))
            time.sleep(0.01)
        time.sleep(0.5)
        phone.process.signal(15)
        phone.process.status(10)
        said, lines = sink.check(), 0
        with open(sink.paths[0], "rb") as f:
            for line in f:
                lines += 1
                bad = [b for s in strings(json.loads(line)) for b in bad_bytes(s.encode())]
                expect(not bad and b"\n" not in line[:-1], f"harm in {line!r}", *bad[:3])
        expect(lines > 150, f"only {lines} lines were told")
        return f"{lines} lines; {said}"


@case("--trace on standard error shows what came without harm")
def traced():
    with Room() as room:
        sink = Sink(room)
        phone = Answer(room, sink, trace=True)
        peer = room.keep(sip.Peer(phone.port))
        for part, value in CALLED.values():
            for harm in HARMS.values():
                peer.send(put(peer.invite(phone.uri), part, value, harm, port=str(peer.port),
                              n=sip.unique()))
            time.sleep(0.01)
        sink.wait(rb"received from", 5)
        time.sleep(0.5)
        phone.process.signal(15)
        phone.process.status(10)
        return sink.check()


def goes_out(names):
    """Calls that meet harm in their answers; several beside each other, as each is a process."""
    said = []
    for name in names:
        status, part, value = ANSWERED[name]
        with Room() as room:
            sinks = []
            for n, harm in enumerate(HARMS.values()):
                sink = Sink(room, n)
                call = Caller(room, popen=sink.popen, name=f"caller{n}", verbose=True, seconds=1)
                sinks.append((sink, call, harm))
            for sink, call, harm in sinks:
                invite = call.invite()
                head = [("Via", v) for v in invite.all("Via")]
                head += [(h, invite.get(h)) for h in ("From", "Call-ID", "CSeq")]
                head += [("To", invite.get("To") + ";tag=x"),
                         ("Contact", f"<sip:p@127.0.0.1:{call.peer.port}>")]
                ok = sip.Message(f"SIP/2.0 {status} Said", head)
                if 180 < status < 300:
                    ok.headers.append(("Content-Type", "application/sdp"))
                    ok.body = sip.sdp()
                call.peer.socket.sendto(put(ok, part, value, harm), invite.source)
            time.sleep(0.3)
            for _, call, _ in sinks:
                call.phone.process.signal(15)
            for sink, call, _ in sinks:
                call.phone.process.status(10)
                said.append(sink.check(call.phone.trace, wanted=MARK in str(value)))
    return f"{len(said)} calls, the last: {said[-1]}"


for n in range(4):
    case(f"a call that goes out: every part of answers, every harm, {n + 1} of 4",
         list(ANSWERED)[n::4])(goes_out)


if __name__ == "__main__":
    tap.run(jobs=2)
