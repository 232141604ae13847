#!/usr/bin/env python3
"""Broken answers to a call of ours: with the right branch and Call-ID, so that they are looked at.

The bytes come from a seed, which is printed; TPHONE_SEED gives it again.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap
from lib.attack import Mutator, seed
from lib.ends import Caller
from lib.reports import REPORTS
from lib.room import Room
from lib.tap import case, expect

SEED = seed()
SDP = sip.sdp(formats="0 101", extra="a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
              "a=rtcp:20001\r\na=sendrecv\r\nm=video 0 RTP/AVP 96").rstrip() + b"\r\n"


def answers(peer, invite):
    """Every kind of answer, and requests of the called side."""
    out = []
    for status in (100, 180, 183, 200, 302, 401, 407, 420, 422, 486, 488, 491, 503, 603):
        head = [("Via", v) for v in invite.all("Via")]
        head += [(h, invite.get(h)) for h in ("From", "Call-ID", "CSeq")]
        head += [("To", invite.get("To") + ";tag=x"),
                 ("Contact", f'"x" <sip:p@127.0.0.1:{peer.port};x=y>;q=0.5'),
                 ("Record-Route", f"<sip:127.0.0.1:{peer.port};lr>"),
                 ("Retry-After", "5"), ("RSeq", "1"), ("Require", ""), ("Allow", "INVITE, BYE"),
                 ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')]
        message = sip.Message(f"SIP/2.0 {status} Said the test", head)
        if status in (183, 200):
            message.headers.append(("Content-Type", "application/sdp"))
            message.body = SDP
        out.append(message.bytes())
    for method in ("BYE", "INVITE", "UPDATE", "CANCEL"):
        message = peer.request(method, "sip:tphone@127.0.0.1", call=invite.get("Call-ID"), body=SDP)
        message.set("From", invite.get("To") + ";tag=x").set("To", invite.get("From"))
        out.append(message.bytes())
    return out


def broken(number):
    """Calls beside each other, each with answers until it has ended."""
    with Room() as room:
        mutator, sent, calls = Mutator(SEED + number), 0, []
        for n in range(12):
            calls.append(Caller(room, name=f"caller{n}", seconds=1))
        invites = [c.invite() for c in calls]
        for _ in range(60):
            for call, invite in zip(calls, invites):
                if not call.phone.process.alive():
                    continue
                data = mutator.change(mutator.random.choice(answers(call.peer, invite)))
                call.peer.socket.sendto(data, invite.source)
                sent += 1
            time.sleep(0.005)
        ended = sum(not c.phone.process.alive() for c in calls)
        for call in calls:
            call.phone.process.signal(15)
        for call in calls:
            status = call.phone.process.status(8)
            expect(status in (*range(10), 130), f"ended with status {status}",
                   *call.phone.process.tail())
            found = call.phone.process.said(REPORTS)
            expect(not found, f"seed {SEED}: the phone reports {found[:3]}",
                   *call.phone.process.tail(60))
        return f"seed {SEED}, {sent} broken answers, {ended} of {len(calls)} calls ended by them"


for n in range(6):
    case(f"broken answers to our INVITE, {n + 1} of 6", n)(broken)


if __name__ == "__main__":
    tap.run(jobs=2)
