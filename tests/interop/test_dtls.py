#!/usr/bin/env python3
"""Encrypted calls with baresip and with each other, keys by DTLS-SRTP, both roles and directions:
what was spoken must be heard at the other end, and the calls are told as what they are. Where SIP
is in the clear nobody vouches for the certificates. baresip has RTCP on a port of its own, and with
it a second handshake."""
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import both_ways, pace, rtp, sip, sound, tap, tphone
from lib.baresip import Baresip
from lib.control import Piped
from lib.papers import Paper
from lib.room import Room, free_port
from lib.tap import case, equal, expect

TOLD = "encrypted, not verified"


@case("baresip calls us, and we call baresip; either must have it, and the other can: all are heard")
def with_baresip():
    with Room() as room:
        return both_ways.expect_both_heard(
            room, lambda says: Baresip(room, "caller", "pcmu", says, encryption="dtls_srtp"),
            lambda says: Baresip(room, "callee", "opus", says, answers=True,
                                 encryption="dtls_srtp"),
            "dtls-unverified", TOLD, calling={"encryption": "require"})


@case("we put baresip on hold, who called us and answers that with a question: the keys stay")
def hold():
    with Room() as room:
        phone = Piped(room, "us", device="none")
        caller = Baresip(room, "caller", "pcmu", sound.tone(440, 20), encryption="dtls_srtp")
        caller.dial(phone.uri)
        call = phone.client.event("incoming")["call"]
        phone.client.do("answer", call=call)
        phone.client.event("media", call=call, encryption="dtls-unverified")
        phone.client.do("hold", call=call)
        phone.client.event("on-hold", call=call)
        phone.client.do("resume", call=call)
        phone.client.event("off-hold", call=call)
        phone.client.do("hangup", call=call)
        ended = phone.client.event("ended", call=call)
        equal((ended["outcome"], ended["encryption"]), ("answered", "dtls-unverified"), "at the end")


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


FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)


def _sdp(port, setup, profile):
    extra = "\r\n".join((FINGERPRINT, f"a=setup:{setup}", "a=rtcp-mux"))
    return sip.sdp(port=port, extra=extra).replace(b"RTP/AVP", profile)


def _listen(media, until):
    """The first bytes of all datagrams that come before until() says something."""
    firsts = set()
    while not until():
        try:
            firsts.add(media.recv(2048)[0])
        except socket.timeout:
            pass
    return firsts


def _expect_given_up(phone, peer, media, answered):
    """Words, a BYE within seconds, and not a packet of sound."""
    byes = []

    def over():
        expect(time.monotonic() - answered < 15, "the call never ends")
        byes.extend(peer.found(lambda m: m.method == "BYE"))
        return byes
    equal(_listen(media, over), {22}, "first bytes of what came")
    expect(time.monotonic() - answered > 3, "it gave up too soon")
    peer.respond(byes[0], 200)
    phone.wait_line("ended: no keys for its sound could be agreed on: "
                    "the other side takes no part in it", 5)


@case("who promised keys and takes no part gets no sound in the clear: the call ends in words")
def silence():
    with Room() as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind(("127.0.0.1", free_port(2)))
        media.settimeout(0.1)
        port = media.getsockname()[1]
        phone = tphone.Answer(room, times=1, encryption="require")
        peer = room.keep(sip.Peer(phone.port))
        invite = peer.invite(phone.uri, _sdp(port, "passive", b"UDP/TLS/RTP/SAVP"))
        peer.send(invite)
        ok = peer.wait(lambda m: m.status == 200, what="the answer")
        peer.send(peer.ack(invite, ok))
        expect(b"a=setup:active" in ok.body and b"UDP/TLS/RTP/SAVP " in ok.body, "our answer")
        _expect_given_up(phone, peer, media, time.monotonic())
        peer = room.keep(sip.Peer())
        phone = tphone.Call(room, f"sip:x@127.0.0.1:{peer.port}", seconds=30)
        invite = peer.wait(lambda m: m.method == "INVITE", what="our call")
        expect(b"a=setup:actpass" in invite.body and b" RTP/AVP " in invite.body, "our offer")
        peer.respond(invite, 200, body=_sdp(port, "passive", b"RTP/AVP"), tag="x")
        _expect_given_up(phone, peer, media, time.monotonic())


# --- a server in between --------------------------------------------------------------------------


class Server(sip.Peer):
    """Joins phones by offers and answers alone, as it likes: their sound goes from one to the
    other."""

    def ask(self, phone, body, dialog=None):
        """INVITE, or re-INVITE in a dialog: with a body that is answered, without for an offer."""
        self.target = ("127.0.0.1", phone.port)
        if dialog:
            invite = self.within("INVITE", *dialog[:2], dialog[1].cseq + 1, body)
        else:
            invite = self.invite(phone.uri, body)
        self.send_to(invite, self.target)
        ok = self.wait(lambda m: m.status == 200 and m.get("Call-ID") == invite.get("Call-ID")
                       and m.cseq == invite.cseq, what=f"200 of {phone.name}")
        return invite, ok

    def answer(self, phone, dialog, body=b""):
        ack = self.ack(*dialog)
        if body:
            ack.set("Content-Type", "application/sdp")
            ack.body = body
        self.send_to(ack, ("127.0.0.1", phone.port))

    def join(self, phone, other, dialog=None, change=lambda body: body):
        """The offer of phone is answered by other; change: what becomes of that answer."""
        first = self.ask(phone, b"", dialog)
        second = self.ask(other, first[1].body)
        self.answer(other, second)
        self.answer(phone, first, change(second[1].body))
        return first, second

    def insist(self, phone, dialog, cseq, body):
        """A re-INVITE that may be refused: the status."""
        self.target = ("127.0.0.1", phone.port)
        invite = self.within("INVITE", *dialog, cseq, body)
        self.send(invite)
        final = self.wait(lambda m: m.status >= 200 and m.get("Call-ID") == invite.get("Call-ID")
                          and m.cseq == cseq, what=f"an answer of {phone.name}")
        self.send(self.ack(invite, final))
        return final.status

    def end(self, phone, dialog):
        bye = self.within("BYE", *dialog, dialog[1].cseq + 1)
        self.send_to(bye, ("127.0.0.1", phone.port))


def _keys(message):
    return set(re.findall(rb"inline:([^|\s]+)", message.body))


@case("joined with another phone in mid-call: another fingerprint, and a handshake of its own",
      "dtls-unverified", {})
@case("the same with keys by SDES: a re-INVITE brings another one, and both are heard on",
      "sdes-in-the-clear", {"sdes": "always", "dtls": "never", "encryption": "require"})
def another_phone(encryption, wanted):
    with Room() as room:
        phones = [tphone.Answer(room, name, times=1, spoken=sound.tone(440, 20), **wanted)
                  for name in ("moved", "first", "second")]
        moved, first, second = phones
        server = room.keep(Server())
        dialog, with_first = server.join(moved, first)
        pace.sleep(1.5)
        again, with_second = server.join(moved, second, dialog)
        server.end(first, with_first)
        offered = [_keys(ok) for _, ok in (dialog, again)]
        equal(not offered[0], encryption == "dtls-unverified", "without a key")
        equal(offered[0] & offered[1], set(), "keys that the first one knows, too")
        pace.sleep(1.5)
        server.end(second, with_second)
        server.end(moved, again)
        for phone in phones:
            phone.expect_status(tphone.OK)
            result = tphone.results(phone)[0]
            equal(result["encryption"], encryption, f"of {phone.name}")
            expect(int(result["received"]) > (80 if phone is moved else 30), f"heard: {result}")


@case("joined with another call of the same phone, as one is that was parked: the certificate is the "
      "same, the tls-id is not, and both are heard on")
def another_call():
    with Room() as room:
        moved = tphone.Answer(room, "moved", times=1, spoken=sound.tone(440, 20))
        parks = tphone.Answer(room, "parks", times=2, spoken=sound.tone(440, 20))
        server = room.keep(Server())
        dialog, parked = server.join(moved, parks)
        pace.sleep(1.5)
        again, retrieved = server.join(moved, parks, dialog)
        server.end(parks, parked)
        pace.sleep(2)
        server.end(parks, retrieved)
        server.end(moved, again)
        for phone in moved, parks:
            phone.expect_status(tphone.OK)
        calls = tphone.results(parks) + tphone.results(moved)
        equal({c["encryption"] for c in calls}, {"dtls-unverified"}, "encryption")
        for call, least in zip(calls, (40, 60, 110)):
            expect(int(call["received"]) > least, f"heard: {calls}")
        said = [re.findall(rb"a=(fingerprint|tls-id):(.*)", m.body) for _, m in (parked, retrieved)]
        first, second = (dict(lines) for lines in said)
        equal(first[b"fingerprint"], second[b"fingerprint"], "the certificate of both calls")
        expect(re.fullmatch(rb"[0-9A-Za-z]{24,}", first[b"tls-id"].strip()) and
               first[b"tls-id"] != second[b"tls-id"], f"what tells them apart: {first} {second}")


@case("asked for an offer again and again, keys by SDES: ours is another one, both are heard on")
def other_keys():
    wanted = {"sdes": "always", "dtls": "never", "encryption": "require"}
    with Room() as room:
        us, them = [tphone.Answer(room, name, times=1, spoken=sound.tone(440, 20), **wanted)
                    for name in ("us", "them")]
        server = room.keep(Server())
        asked, answers, offered = None, None, []
        for _ in range(4):
            asked = server.ask(us, b"", asked)
            answers = server.ask(them, asked[1].body, answers)
            server.answer(them, answers)
            server.answer(us, asked, answers[1].body)
            offered.append(_keys(asked[1]) | _keys(answers[1]))
            pace.sleep(0.8)
        equal(len(set.union(*offered)), sum(map(len, offered)), "different keys")
        server.end(them, answers)
        server.end(us, asked)
        for phone in us, them:
            phone.expect_status(tphone.OK)
        results = [tphone.results(phone)[0] for phone in (us, them)]
        for mine, other in zip(results, reversed(results)):
            sent, came = int(other["sent"]), int(mine["received"])
            expect(sent > 120 and came > 0.85 * sent, f"of {sent} packets {came} were genuine")


CRYPTO = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"


@case("who then wants it in the clear, or with keys in the clear, gets 488: it is heard on, encrypted")
def downgraded():
    with Room() as room:
        phones = [tphone.Answer(room, name, times=1, spoken=sound.tone(440, 20))
                  for name in ("asked", "other")]
        elsewhere = room.keep(rtp.RtpPeer())
        server = room.keep(Server())
        dialogs = server.join(*phones)
        pace.sleep(0.5)
        for cseq, (profile, extra) in enumerate(((b"RTP/AVP", ""), (b"RTP/AVP", CRYPTO),
                                                 (b"RTP/SAVP", CRYPTO)), 10):
            body = sip.sdp(elsewhere.port, extra=extra).replace(b"RTP/AVP", profile)
            body = body.replace(b"- 1 1 IN", b"- 1 %d IN" % cseq)
            equal(server.insist(phones[0], dialogs[0], cseq, body), 488, f"status for {body}")
        phones[0].wait_line("wanted to go on without encryption; refused", 3)
        pace.sleep(1.5)
        dialogs[0][1].set("CSeq", "20 INVITE")
        for phone, dialog in zip(phones, dialogs):
            server.end(phone, dialog)
            phone.expect_status(tphone.OK)
        results = [tphone.results(phone)[0] for phone in phones]
        for mine, theirs in zip(results, reversed(results)):
            equal(mine["encryption"], "dtls-unverified", "at the end")
            sent, came = int(theirs["sent"]), int(mine["received"])
            expect(sent > 60 and came > 0.8 * sent, f"of {sent} packets {came} were genuine")
        equal(len(elsewhere.packets), 0, "packets to where it was to go")


@case("one rings for six seconds and never shakes hands, another answers: with that one it is talked")
def forked():
    with Room() as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind(("127.0.0.1", free_port(2)))
        other = tphone.Answer(room, "other", times=1, spoken=sound.tone(440, 20))
        server = room.keep(Server())
        phone = tphone.Call(room, f"sip:x@127.0.0.1:{server.port}", spoken=sound.tone(440, 20))
        invite = server.wait(lambda m: m.method == "INVITE", what="our call")
        server.respond(invite, 183, tag="one",
                       body=_sdp(media.getsockname()[1], "active", b"RTP/AVP"))
        time.sleep(6)
        with_other = server.ask(other, invite.body)
        server.answer(other, with_other)
        server.respond(invite, 200, tag="two", body=with_other[1].body)
        server.wait(lambda m: m.start.startswith("ACK"), what="our ACK")
        time.sleep(1.5)
        server.end(other, with_other)
        other.expect_status(tphone.OK)
        phone.stop()
        for who in other, phone:
            result = tphone.results(who)[0]
            equal((result["outcome"] in ("answered", "interrupted"), result["encryption"]),
                  (True, "dtls-unverified"), f"of {who.name}")
            expect(int(result["received"]) > 30, f"heard: {result}")


def _another_digit(body):
    at = body.index(b"sha-256 ") + 8
    return body[:at] + (b"B" if body[at:at + 1] == b"A" else b"A") + body[at + 1:]


@case("whose certificate is another one than was said is not talked to, and that is told")
def somebody_else():
    with Room() as room:
        phones = [tphone.Answer(room, name, times=1, spoken=sound.tone(440, 20))
                  for name in ("cheated", "other")]
        server = room.keep(Server())
        server.join(*phones, change=_another_digit)
        phones[0].wait_line("no keys for its sound could be agreed on: who took part is not whom "
                            "SIP named: is somebody in between", 15)
        phones[1].wait_line("ended: no keys for its sound could be agreed on", 15)
        for phone in phones:
            phone.status()
            equal(tphone.results(phone)[0]["received"], "0", f"what {phone.name} heard")
            equal(tphone.results(phone)[0]["sent"], "0", f"what {phone.name} sent")


@case("who calls over TLS has verified the other end; who is called has seen no certificate")
def by_tls():
    with Room() as room:
        root = Paper(room, "root")
        server = Paper(room, "server", ("DNS:localhost", "IP:127.0.0.1"), root)
        callee = tphone.Answer(room, transport="tls", times=1, tls_certificate=server.pem,
                               tls_key=server.key, sdes="never", spoken=sound.tone(440, 5))
        caller = tphone.Call(room, f"sips:x@localhost:{callee.port}", tls_ca=root.pem, seconds=1,
                             sdes="never", encryption="require", spoken=sound.tone(440, 5))
        for phone, word, text in (caller, "dtls", "encrypted, sound to"), \
                (callee, "dtls-unverified", TOLD):
            phone.expect_status(tphone.OK)
            expect(text in phone.output(), "it does not say so", phone.output())
            result = tphone.results(phone)[0]
            equal(result["encryption"], word, f"in the result of {phone.name}")
            expect(int(result["received"]) > 20, f"heard: {result}")
        offer = open(caller.trace, encoding="utf-8").read()
        expect(" UDP/TLS/RTP/SAVP " in offer, "the offer of who must have it by DTLS alone")


if __name__ == "__main__":
    tap.run(jobs=3)
