#!/usr/bin/env python3
"""Requests of strangers within a call that is not theirs do nothing to it, whatever they know.

The stranger sits at another address of loopback and has read every header; or it sits at the same
one and lacks a tag.
"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap
from lib.attack import Target
from lib.ends import Caller
from lib.room import Room
from lib.tap import Failure, case, equal, expect

SPEECH = sound.tone(440, 40)
STRANGER = "127.0.0.2"


def body(where):
    return sip.sdp(where.port, STRANGER).replace(b"- 1 1 IN", b"- 1 9 IN")


def change(message, how):
    """The request with what the stranger does not know."""
    def tag(header):
        message.set(header, re.sub(r"tag=[^;>]+", "tag=guess", message.get(header)))
    if how == "wrong From tag":
        tag("From")
    elif how == "wrong To tag":
        tag("To")
    elif how == "both tags wrong":
        tag("From")
        tag("To")
    elif how == "tags exchanged":
        f, t = message.get("From"), message.get("To")
        tags = [re.search(r"tag=([^;>]+)", v).group(1) for v in (f, t)]
        message.set("From", f.replace(tags[0], tags[1]))
        message.set("To", t.replace(tags[1], tags[0]))
    elif how == "no To tag":
        message.set("To", re.sub(r";tag=[^;>]+", "", message.get("To")))
    elif how == "another Call-ID":
        message.set("Call-ID", message.get("Call-ID") + "x")
    elif how == "a CSeq of the past":
        message.set("CSeq", f"0 {message.method}")
    return message


HOWS = ("another address", "wrong From tag", "wrong To tag", "both tags wrong", "tags exchanged",
        "no To tag", "another Call-ID", "a CSeq of the past")


def untouched(t, before, what):
    try:
        t.media.rtp.wait_more(6, 2)
    except Failure as e:
        raise Failure(f"{what}: {e}") from None
    equal(len(t.phone.process.said("ended")), before, f"{what}: calls that ended")


def strange_requests(how):
    with Room() as room:
        t = Target(room, spoken=SPEECH, max_calls=9)
        victim = room.keep(rtp.RtpPeer(STRANGER))
        far = how == "another address"
        peer = room.keep(sip.Peer(t.phone.port, host=STRANGER if far else "127.0.0.1"))
        said = []
        for n, method in enumerate(("BYE", "INVITE", "UPDATE", "ACK", "CANCEL", "OPTIONS", "INFO")):
            sdp = body(victim) if method in ("INVITE", "UPDATE", "ACK") else b""
            message = t.media.peer.within(method, t.media.invite, t.media.ok, 10 + n, sdp)
            if method == "CANCEL":  # with the INVITE's branch and number, as if it still rang
                message.set("CSeq", f"{t.media.invite.cseq} CANCEL")
                message.set("Via", t.media.invite.get("Via"))
            if method == "INFO":  # a key that nobody has pressed
                message.body = b"Signal=5\r\nDuration=160\r\n"
                message.set("Content-Type", "application/dtmf-relay")
            message.set("Contact", f"<sip:thief@{STRANGER}:{peer.port}>")
            if not (method == "CANCEL" and how == "a CSeq of the past"):
                change(message, how)
            if method == "INVITE" and how in ("no To tag", "another Call-ID"):
                message.set("From", "<sip:x@y>;tag=" + sip.unique())  # a call of its own
                message.set("To", f"<{t.uri}>;tag=guess")
            peer.send(message)
            untouched(t, 0, method)
            said += [f"{m.status} to {m.method}" for m in peer.found(sip.final(method))]
        expect(not [s for s in said if re.match("200 to (BYE|UPDATE|INVITE|INFO)", s)],
               f"answered: {said}")
        equal(len(victim.packets), 0, "packets that went to where the stranger pointed")
        moved = t.phone.process.said("sound changed|hold|moved")
        expect(not moved, f"the phone says {moved}")
        t.finish()
        return ", ".join(said)


for h in HOWS:
    case(f"requests in the call: {h}", h)(strange_requests)


def moved_request(t, peer, method, cseq, body=b""):
    message = t.media.peer.within(method, t.media.invite, t.media.ok, cseq, body)
    message.set("Via", f"SIP/2.0/UDP {STRANGER}:{peer.port};rport;branch=z9hG4bK" + sip.unique())
    return message.set("Contact", f"<sip:peer@{STRANGER}:{peer.port}>")


@case("the other side moves: believed when its old address is silent, and only as INVITE")
def moves():
    with Room() as room:
        t = Target(room, spoken=SPEECH, max_calls=9)
        media = room.keep(rtp.RtpPeer(STRANGER))
        peer = room.keep(sip.Peer(t.phone.port, host=STRANGER))
        t.media.peer.answers, t.media._going = (), False
        peer.send(moved_request(t, peer, "BYE", 10))
        equal(peer.wait(sip.final("BYE")).status, 481, "answer to a BYE from elsewhere")
        asked = moved_request(t, peer, "INVITE", 11, body(media))
        peer.send(asked)
        probe = t.media.peer.wait(sip.request("OPTIONS"), 2, what="the question at the old address")
        ok = peer.wait(sip.final("INVITE"), 4)
        equal(ok.status, 200, "answer to the INVITE")
        took = ok.time - probe.time
        expect(took >= 0.9, f"believed after {took:.2f} s of silence")
        ack = peer.ack(asked, ok)
        peer.send(ack)
        media.wait(5)
        t.media.peer.send(t.media.peer.within("BYE", t.media.invite, t.media.ok, 12))
        old = t.media.peer.wait(sip.final("BYE"), 2)
        equal(old.status, 481, "answer to a BYE from the address that was left")
        t.media.peer, t.media.invite, t.media.ok = peer, asked, ok
        t.media.peer.within = lambda method, *_: moved_request_in(peer, asked, ok, method, 13)
        t.finish()
        return f"believed after {took:.2f} s"


def moved_request_in(peer, invite, ok, method, cseq):
    message = sip.Peer.within(peer, method, invite, ok, cseq)
    return message.set("Via", f"SIP/2.0/UDP {STRANGER}:{peer.port};rport;branch=z9hG4bK"
                       + sip.unique())


@case("the other side moves and can be asked at both addresses: believed at once, as it says so")
def moves_with_two():
    with Room() as room:
        t = Target(room, spoken=SPEECH, max_calls=9)
        media = room.keep(rtp.RtpPeer(STRANGER))
        peer = room.keep(sip.Peer(t.phone.port, host=STRANGER))
        t.media.peer.answers, t.media._going = (), False
        asked = moved_request(t, peer, "INVITE", 11, body(media))
        peer.send(asked)
        probe = t.media.peer.wait(sip.request("OPTIONS"), 2, what="the question at the old address")
        t.media.peer.respond(probe, 200, "OK", Contact=f"<sip:peer@{STRANGER}:{peer.port}>")
        ok = peer.wait(sip.final("INVITE"), 0.8)
        equal(ok.status, 200, "answer to the INVITE")
        peer.send(peer.ack(asked, ok))
        media.wait(5)
        t.media.peer = peer
        t.media.peer.within = lambda method, *_: moved_request_in(peer, asked, ok, method, 13)
        t.finish()


def ring_cancelled(how):
    """A call that rings is ended only by its own caller."""
    with Room() as room:
        t = Target(room, spoken=SPEECH, max_calls=9, delay=2)
        invite = t.peer.invite(t.uri)
        t.peer.send(invite)
        t.peer.wait(sip.response(180, "INVITE"))
        cancel = t.peer.cancel(invite)
        sender = t.peer
        if how == "another address":
            sender = room.keep(sip.Peer(t.phone.port, host=STRANGER))
        elif how == "another branch":
            cancel.set("Via", cancel.get("Via") + "x")
        elif how == "another sent-by":
            cancel.set("Via", cancel.get("Via").replace(f":{t.peer.port};", ":9;"))
        sender.send(cancel)
        ok = t.peer.wait(lambda m: m.status >= 200 and m.method == "INVITE" and
                         m.branch == invite.branch, 5)
        equal(ok.status, 200, "answer to the INVITE behind a stranger's CANCEL")
        t.peer.send(t.peer.ack(invite, ok))
        t.end(invite, ok)
        t.finish()


for h in ("another address", "another branch", "another sent-by"):
    case(f"CANCEL of a call that rings: {h}", h)(ring_cancelled)


@case("answers of a stranger to our INVITE with a guessed branch or number, and its BYE")
def calling():
    with Room() as room:
        call = Caller(room, spoken=SPEECH)
        invite = call.invite()
        stranger = room.keep(sip.Peer(host=STRANGER))
        call.peer.respond(invite, 180, "Ringing", tag="a")
        for wrong in ("branch", "call", "cseq"):
            message = sip.Message("SIP/2.0 486 Busy Here", list(invite.headers))
            message.set("To", invite.get("To") + ";tag=s")
            if wrong == "branch":
                via = re.sub(r"branch=z9hG4bK\w", "branch=z9hG4bK-", message.get("Via"))
                message.set("Via", via)
            elif wrong == "call":
                message.set("Via", message.get("Via").replace("branch=z9hG4bK", "branch=z9hG4bKx"))
                message.set("Call-ID", "x")
            else:
                message.set("CSeq", f"{invite.cseq} BYE")
            stranger.send_to(message, invite.source)
        time.sleep(0.2)
        ok = call.answer(invite)
        call.wait("ACK")
        bye = call.within("BYE", invite, ok, 5)
        stranger.send_to(bye, invite.source)
        again = call.within("INVITE", invite, ok, 6, sip.sdp(host=STRANGER))
        stranger.send_to(again, invite.source)
        time.sleep(0.5)
        expect(call.phone.process.alive(), "the call has ended", *call.phone.process.tail())
        statuses = [m.status for m in stranger.found(lambda m: m.status)]
        expect(200 not in statuses, f"the stranger was answered {statuses}")
        call.leave(invite, ok)


@case("guessing: 500 BYEs with tags of the right length")
def guessing():
    with Room() as room:
        t = Target(room, spoken=SPEECH, max_calls=9)
        ours = re.search(r"tag=([^;>]+)", t.media.ok.get("To")).group(1)
        expect(len(ours) >= 8, f"the tag {ours} is short")
        for n in range(500):
            message = t.media.peer.within("BYE", t.media.invite, t.media.ok, 10)
            message.set("To", re.sub(r"tag=[^;>]+", f"tag={n:0{len(ours)}x}", message.get("To")))
            t.peer.send(message)
        untouched(t, 0, "500 BYEs")
        t.finish()


if __name__ == "__main__":
    tap.run(jobs=4)
