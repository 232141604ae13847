#!/usr/bin/env python3
"""Encrypted calls with baresip and with each other, keys by DTLS-SRTP, both roles and directions:
what was spoken must be heard at the other end, and the calls are told as what they are. SIP is in
the clear here, so nobody vouches for the certificates. baresip has RTCP on a port of its own, and
with it a second handshake."""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, sound, tap, tphone
from lib.baresip import Baresip
from lib.control import Piped
from lib.room import Room, free_port
from lib.tap import case, equal, expect

SPEECH_S = 4.0
WINDOW = {"first_ms": -900, "last_ms": 3000}
TOLD = "encrypted, but not verified with whom"


def _texts():
    return sound.speech("caller", SPEECH_S, tail_s=20), sound.speech("caller", SPEECH_S), \
        sound.speech("callee", SPEECH_S)


def _expect_result(phone, who):
    equal(tphone.results(phone)[-1]["encryption"], "dtls-unverified", f"what is told of {who}")
    phone.wait_line(TOLD, 1)


def _heard(phone, stranger, theirs, ours):
    who = stranger.process.name
    found = [sound.expect_heard(ours, stranger.heard(), f"what {who} heard of us", **WINDOW),
             sound.expect_heard(theirs, phone.recording, f"what we heard of {who}", **WINDOW)]
    _expect_result(phone, who)
    return "\n".join(map(str, found))


@case("baresip calls us, and we call baresip where encryption is required: all are heard")
def with_baresip():
    with Room() as room:
        long, theirs, ours = _texts()
        called = tphone.Answer(room, name="called", spoken=ours, times=1, encryption="require")
        caller = Baresip(room, "caller", "pcmu", long, encryption="dtls_srtp")
        callee = Baresip(room, "callee", "opus", theirs, answers=True, encryption="dtls_srtp")
        caller.dial(called.uri)
        calling = tphone.Call(room, callee.uri, name="calling", spoken=ours,
                              seconds=SPEECH_S + 1.5, encryption="require")
        caller.wait("CALL_ESTABLISHED")
        time.sleep(SPEECH_S + 1)
        caller.hang_up()
        called.expect_status(tphone.OK)
        calling.expect_status(tphone.OK)
        return _heard(called, caller, theirs, ours) + "\n" + _heard(calling, callee, theirs, ours)


ALERT = bytes([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 5, 0, 2, 2, 40])
FINISHED = bytes([22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 40]) + bytes(40)
HELLO = bytes([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42,
               0xfe, 0xfd]) + bytes(40)


def _disturb(addresses):
    """Two hundred datagrams of DTLS from a stranger to each of them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(200 // 4):
            for host, port in addresses:
                for datagram in HELLO, ALERT, FINISHED, HELLO[:20]:
                    s.sendto(datagram, (host, port))
            time.sleep(0.005)


def _address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


@case("two phones: the suite is told, hold and digits go on with the keys, strangers change nothing")
def two_phones():
    with Room() as room:
        us, them = Piped(room, "us", device="none"), Piped(room, "them", device="none")
        here, there = us.client, them.client
        call = here.do("call", target=them.uri, encryption="require")["call"]
        other = there.event("incoming")["call"]
        there.do("answer", call=other)
        equal(here.event("answered", call=call)["encryption"], "dtls-unverified", "when answered")
        told = [client.event("media", call=number, early=False, encryption="dtls-unverified")
                for client, number in ((here, call), (there, other))]
        equal([t["suite"] for t in told], ["AEAD_AES_256_GCM"] * 2, "suites")
        _disturb([_address(t["local"]) for t in told])
        here.do("hold", call=call)
        there.event("held", call=other)
        here.do("resume", call=call)
        there.event("resumed", call=other)
        _disturb([_address(t["local"]) for t in told])
        here.do("dtmf", call=call, digits="42")
        for digit in "42":
            there.event("dtmf", call=other, digit=digit)
        there.do("hangup", call=other)
        ended = here.event("ended", call=call)
        equal((ended["outcome"], ended["encryption"]), ("answered", "dtls-unverified"), "at the end")
        expect(ended["received"] > 5, f"only {ended['received']} packets were genuine")


def _offer(port, *lines):
    text = sip.sdp(port=port, extra="\r\n".join(lines)).decode()
    return text.replace("RTP/AVP", "UDP/TLS/RTP/SAVP").encode()


@case("a far end that takes no part in it: no sound leaves in the clear, and the call ends in words")
def silence():
    fingerprint = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)
    with Room() as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind(("127.0.0.1", free_port(2)))
        media.settimeout(0.2)
        phone = tphone.Answer(room, times=1, encryption="require")
        peer = room.keep(sip.Peer(phone.port))
        invite = peer.invite(phone.uri, _offer(media.getsockname()[1], fingerprint,
                                               "a=setup:passive", "a=rtcp-mux"))
        peer.send(invite)
        ok = peer.wait(lambda m: m.status == 200, what="the answer")
        peer.send(peer.ack(invite, ok))
        body = ok.body.decode()
        expect("a=setup:active" in body and "UDP/TLS/RTP/SAVP " in body, "our answer", body)
        firsts = set()
        end = time.monotonic() + 11
        while time.monotonic() < end:
            try:
                firsts.add(media.recv(2048)[0])
            except socket.timeout:
                pass
        equal(firsts, {22}, "first bytes of what came")
        bye = peer.wait(lambda m: m.method == "BYE", what="the end of the call")
        peer.respond(bye, 200)
        phone.wait_line("no keys could be agreed on", 5)
        phone.wait_line("the other side takes no part in it", 1)


if __name__ == "__main__":
    tap.run(jobs=3)
