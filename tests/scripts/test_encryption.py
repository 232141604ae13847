#!/usr/bin/env python3
"""Who encrypts with whom, what each side is told of it, and that nothing weakens a call that has
begun: two phones, a conference, and a peer that tries. SIP is in the clear but in one case,
so keys are offered with sdes = always only."""
import glob
import os
import re
import signal
import socket
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap, tphone
from lib.account import Account
from lib.control import Piped
from lib.papers import Paper
from lib.room import Room, free_port, wait_until
from lib.tap import case, equal, expect

CLEAR, KEYED, DTLS = "none", "sdes-in-the-clear", "dtls-unverified"
WORDS = {CLEAR: "not encrypted", KEYED: "encrypted, but the keys went in the clear"}
NOT_WITHOUT = "the other side takes no encrypted call, or has no codec in common with us"
KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
LINE = "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + KEY
# wanted by the caller and by the callee: what becomes of the call, or the sentence of each.
TWO = {
    ("off", "off"): CLEAR, ("off", "prefer"): CLEAR, ("prefer", "off"): CLEAR,
    ("prefer", "prefer"): KEYED, ("prefer", "require"): KEYED,
    ("require", "prefer"): KEYED, ("require", "require"): KEYED,
    ("off", "require"): ("or it takes only encrypted calls",
                         "there is no encryption that both sides can"),
    ("require", "off"): (NOT_WITHOUT, "the caller takes only encrypted calls"),
}


def look(caller, callee, wanted):
    if isinstance(wanted, tuple):
        caller.expect_status(tphone.OTHER)
        for phone, words in zip((caller, callee), wanted):
            expect(words in phone.output(), f"it does not say {words!r}", phone.process.tail())
        return
    caller.expect_status(tphone.OK)
    for phone in caller, callee:
        expect(re.search(rf"answered, \S+, {WORDS[wanted]}, sound to", phone.output()),
               f"it does not say {WORDS[wanted]!r}", phone.process.tail())
        equal(tphone.results(phone)[-1]["encryption"], wanted, "in the result")


@case("the callee wants off: each caller, and what both are told", "off")
@case("the callee wants prefer: each caller, and what both are told", "prefer")
@case("the callee wants require: each caller, and what both are told", "require")
def combinations(theirs):
    with Room() as room:
        pairs = []
        for ours in ("off", "prefer", "require"):
            callee = tphone.Answer(room, name=f"callee-{ours}", times=1, sdes="always",
                                   encryption=theirs)
            caller = tphone.Call(room, callee.uri, name=f"caller-{ours}", sdes="always",
                                 encryption=ours, seconds=0.5)
            pairs.append((caller, callee, TWO[ours, theirs]))
        for caller, callee, wanted in pairs:
            callee.expect_status(tphone.OK)
            look(caller, callee, wanted)


@case("by itself a call is encrypted by DTLS; no key leaves in the clear unasked, for require neither")
def by_itself():
    with Room() as room:
        callee = tphone.Answer(room, times=3, sdes="always")
        for dtls, wanted in (None, DTLS), ("take", CLEAR), ("never", CLEAR):
            caller = tphone.Call(room, callee.uri, f"dtls-{dtls}", seconds=0.3, dtls=dtls)
            caller.expect_status(tphone.OK)
            equal(tphone.results(caller)[0]["encryption"], wanted, f"of a call, dtls {dtls}")
        trace = open(callee.trace, encoding="utf-8").read()
        expect("m=audio" in trace and "crypto" not in trace, "keys were sent in the clear")
        equal(trace.count("a=setup:actpass"), 1, "offers of DTLS")
        caller = tphone.Call(room, callee.uri, name="strict", encryption="require",
                             dtls="never")
        caller.expect_status(tphone.OTHER)
        expect("its keys may not be sent in the clear" in caller.output(), "why it does not call",
               caller.process.tail())
        expect("INVITE" not in open(caller.trace, encoding="utf-8").read(), "it called")


@case("the certificate is made before the first call, where there may be one")
def prepared():
    with Room() as room:
        phones = [Piped(room, "phone"), Piped(room, "off", encryption="off")]
        wait_until(lambda: glob.glob(phones[0].home + "/**/dtls.pem", recursive=True), 20,
                   "there is no certificate")
        for phone in phones:
            phone.client.do("quit")
            phone.status()
        equal(glob.glob(phones[1].home + "/**/dtls.pem", recursive=True), [], "what nobody needs")


def codecs(body):
    """Those of an offer, by a=rtpmap or, where that is left out, by RFC 3551."""
    known = {b"0": b"PCMU/8000", b"8": b"PCMA/8000"}
    known.update(re.findall(rb"a=rtpmap:(\d+) ([PL]\w+/\d+)", body))
    formats = re.search(rb"m=audio \d+ \S+ ([\d ]+)", body).group(1).split()
    return tuple(known[f] for f in formats if f in known)


@case("what a call wants outweighs its account, and that the phone")
def whose_word():
    with Room() as room:
        peer = room.keep(sip.Peer())
        where = f"sip:x@127.0.0.1:{peer.port}"
        alice = Account("alice", "secret", "example.test", f"sip:127.0.0.1:{peer.port}")
        config = room.write("phone.conf", "encryption = off\nsdes = always\ndtls = never\n"
                            "codec = pcmu\n" + alice.settings(encryption="require", register="no",
                                                             codec="pcma"))
        os.chmod(config, 0o600)
        phone = Piped(room, "phone", config=config)
        offers, known = [], set()
        for target, more in ((where, {}), ("bob", {}), ("bob", {"encryption": "off"}),
                             (where, {"encryption": "prefer"}),  # bob by way of the account
                             ("bob", {"encryption": "off", "codecs": "l16/8000, pcmu"})):
            phone.client.do("call", target=target, **more)
            invite = peer.invited(known)
            peer.respond(invite, 486, "Busy Here")
            offers.append((b"RTP/SAVP " in invite.body, b"a=crypto:" in invite.body,
                           *codecs(invite.body)))
        equal(offers, [(False, False, b"PCMU/8000"), (True, True, b"PCMA/8000"),
                       (False, False, b"PCMA/8000"), (False, True, b"PCMU/8000"),
                       (False, False, b"L16/8000", b"PCMU/8000")],
              "whether keys are demanded, and offered; the codecs")
        reply = phone.client.ask("call", target=where, codecs="opus,mp3")
        expect("unknown codec" in reply.get("text", ""), f"a codec that is none: {reply}")


@case("over TLS keys are offered by themselves; verified is who was called, not who opened the way")
def by_tls():
    with Room() as room:
        root = Paper(room, "root")
        server = Paper(room, "server", ("DNS:localhost", "IP:127.0.0.1"), root)
        callee = tphone.Answer(room, transport="tls", times=1, tls_certificate=server.pem,
                               tls_key=server.key)
        caller = tphone.Call(room, f"sips:x@localhost:{callee.port}", tls_ca=root.pem, seconds=0.8)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        for phone, kind, words in ((caller, "sdes", "encrypted"),
                                   (callee, "sdes-unverified", "encrypted, not verified")):
            expect(f"opus/48000, {words}, sound to" in phone.output(), "it does not say so",
                   phone.output())
            equal(tphone.results(phone)[0]["encryption"], kind, "in the result")


@case("who is sent on from TLS to UDP takes no keys along")
def sent_on():
    with Room() as room:
        root = Paper(room, "root")
        server = Paper(room, "server", ("DNS:localhost", "IP:127.0.0.1"), root)
        listener, plain = room.keep(sip.TcpListener(paper=server)), room.keep(sip.Peer())
        phones = [tphone.Call(room, f"sip:x@localhost:{listener.port};transport=tls", name=wanted,
                              encryption=wanted, tls_ca=root.pem, dtls="never", json=True)
                  for wanted in ("prefer", "require")]
        for _ in phones:
            peer = listener.accept(10)
            invite = peer.wait(lambda m: m.method == "INVITE", 10, what="an INVITE by TLS")
            expect(b"a=crypto" in invite.body, "no keys over TLS")
            if b"RTP/SAVP" not in invite.body:
                peer.respond(invite, 183, body=sip.sdp(free_port(2)), tag="early")
                early = phones[0].wait_event("media", early=True)
                expect("localhost verified" in early.get("signalling_encryption", ""), str(early))
            peer.respond(invite, 302, "Elsewhere", Contact=f"<sip:x@127.0.0.1:{plain.port}>")
        invite = plain.wait(lambda m: m.method == "INVITE", 10, what="an INVITE by UDP")
        expect(b"crypto" not in invite.body, "keys in the clear", [invite.body.decode()])
        plain.respond(invite, 200, "OK", body=sip.sdp(free_port(2)), tag="late")
        answered = phones[0].wait_event("answered")
        expect("signalling_encryption" not in answered, f"it is told as safe: {answered}")
        phones[0].process.signal(signal.SIGTERM)
        phones[1].expect_status(tphone.OTHER)
        expect("its keys may not be sent in the clear" in phones[1].output(), "why it gave up",
               phones[1].process.tail())
        equal(len({m.get("Call-ID") for m in plain.messages}), 1, "calls by UDP")
        equal(listener.asked_for, ["localhost", "localhost"], "names said before the certificate")


@case("without libsrtp2 nothing is promised: prefer calls in the clear, require not at all, in words")
def no_library():
    with Room() as room:
        os.makedirs(room.path("empty"))
        room.write("empty/libsrtp2.so.1", "")
        without = {"env": {"LD_LIBRARY_PATH": room.path("empty")}}
        callee = tphone.Answer(room, times=1, **without)
        caller = tphone.Call(room, callee.uri, seconds=0.3)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        for phone in caller, callee:
            equal(tphone.results(phone)[0]["encryption"], CLEAR, "of a call without")
        callee = tphone.Answer(room, "other", times=1)
        tphone.Call(room, callee.uri, "offers", seconds=0.3, **without).expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        trace = open(callee.trace, encoding="utf-8").read()
        expect("m=audio" in trace and "fingerprint" not in trace, "keys were promised")
        callee = tphone.Answer(room, "asked", **without)
        tphone.Call(room, callee.uri, "asks", encryption="require").expect_status(tphone.OTHER)
        callee.wait_line(r"refused: the call must be encrypted \(488\), and .*libsrtp2.*libsrtp2-1")
        caller = tphone.Call(room, callee.uri, "strict", encryption="require", **without)
        caller.expect_status(tphone.OTHER)
        expect("libsrtp2, is not installed (Debian: libsrtp2-1)" in caller.output(), "why not",
               caller.process.tail())
        expect("INVITE" not in open(caller.trace, encoding="utf-8").read(), "it called")


def _media(client, call, after=0, **members):
    return client.event("media", call=call, after=after, early=False, **members)


@case("hold, resume and digits in an encrypted call; the client is told the suite, nobody a key")
def held():
    with Room() as room:
        us = Piped(room, "us", device="none", sdes="always")
        them = Piped(room, "them", device="none", sdes="always", encryption="require")
        here, there = us.client, them.client
        there.do("trace", on=True)
        call = here.do("call", target=them.uri, encryption="require")["call"]
        other = there.event("incoming")["call"]
        there.do("answer", call=other)
        equal(here.event("answered", call=call)["encryption"], KEYED, "when it is answered")
        for client, number in (here, call), (there, other):
            told = _media(client, number, encryption=KEYED)
            equal(told["suite"], "AEAD_AES_256_GCM", "suite")
            equal(client.do("status")["calls"][0]["encryption"], KEYED, "in status")
        here.do("hold", call=call)
        there.event("held", call=other)
        here.do("resume", call=call)
        there.event("resumed", call=other)
        here.do("dtmf", call=call, digits="42")
        for digit in "42":
            there.event("dtmf", call=other, digit=digit)
        here.wait(lambda l: l.get("event") == "quality" and l["received"] > 5, what="their packets")
        there.do("hangup", call=other)
        ended = here.event("ended", call=call)
        equal((ended["outcome"], ended["encryption"]), ("answered", KEYED), "at the end")
        expect(ended["received"] > 5, f"only {ended['received']} packets were genuine")
        for phone in us, them:
            trace = open(phone.trace, encoding="utf-8").read()
            lines = re.findall(r"a=crypto:.*", trace)
            expect(len(lines) >= 8, f"{len(lines)} lines of keys in the trace")
            shown = [l for l in lines if re.search(r"inline:[A-Za-z0-9+/=]{4}", l)]
            equal(shown, [], "keys in the trace")
        messages = "".join(e["message"] for e in there.events("sip"))
        expect("a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:" in messages, "no keys in messages")
        expect(not re.search(r"inline:[A-Za-z0-9+/=]{4}", messages), "keys in messages", messages)
        here.refused("call", "bad-member", target=them.uri, encryption="maybe")


@case("a conference of an encrypted call and a plain one: each hears the other")
def conference():
    with Room() as room:
        tones = {"keyed": 500, "plain": 900}
        hub = Piped(room, "hub", device="none", sdes="always")
        phones, calls = {}, []
        for name, hz in tones.items():
            phones[name] = tphone.Answer(room, name=name, spoken=sound.tone(hz, 20, level=5000),
                                         encryption="off" if name == "plain" else "require",
                                         sdes="always")
            calls.append(hub.client.do("call", target=phones[name].uri)["call"])
            hub.client.event("answered", call=calls[-1],
                             encryption=CLEAR if name == "plain" else KEYED)
        hub.client.do("conference", calls=calls)
        hub.client.event("joined", call=calls[1])
        wait_until(lambda: _heard_for(phones, tones), 10, "they do not hear each other")
        for call in calls:
            hub.client.do("hangup", call=call)


def _heard_for(phones, tones):
    for name, phone in phones.items():
        hz = next(h for n, h in tones.items() if n != name)
        try:
            levels = sound.amplitudes(sound.read(phone.recording), hz)
        except (OSError, ValueError, IndexError):
            return False
        if sum(s[1] - s[0] for s in sound.spans(levels, 1000, gap_s=0.5)) < 0.8:
            return False
    return True


def _sdp(profile, *lines, version=1, direction="", port=None):
    text = sip.sdp(port=port or free_port(2), extra="\r\n".join(lines),
                   direction=direction).decode()
    return text.replace("RTP/AVP", profile).replace("- 1 1 IN", f"- 1 {version} IN").encode()


SEALED = 160 + 10  # bytes: 20 ms of PCMU and the tag of HMAC_SHA1_80


def _expect_goes_on(media, count=10):
    """Sound comes, and all that has come so far is encrypted: the tone in PCMU has eight values."""
    media.wait_more(count)
    odd = [str(p) for p in list(media.packets) if len(p.payload) != SEALED or
           len(set(p.payload)) < 60]
    expect(not odd, f"sound in the clear: {odd[:5]}")


@case("who wants to go on without encryption gets 488, and the call goes on as it was, its sound too")
def downgrade():
    with Room() as room:
        phone = tphone.Answer(room, times=1, spoken=sound.tone(1000, 20))
        peer = room.keep(sip.Peer(phone.port))
        media, elsewhere = room.keep(rtp.RtpPeer()), room.keep(rtp.RtpPeer())
        invite = peer.invite(phone.uri, _sdp("RTP/SAVP", LINE, port=media.port))
        peer.send(invite)
        ok = peer.wait(lambda m: m.status == 200, what="the answer")
        peer.send(peer.ack(invite, ok))
        ours = re.findall(r"a=crypto:.*", ok.body.decode())
        equal([l.split(" inline:")[0] for l in ours], [LINE.split(" inline:")[0]], "our keys")
        expect(KEY not in ours[0], "our key is theirs")
        _expect_goes_on(media)

        def again(cseq, *how, **more):
            message = peer.within("INVITE", invite, ok, cseq, _sdp(*how, version=cseq, **more))
            peer.send(message)
            answer = peer.wait(lambda m: m.status >= 200 and m.cseq == cseq and
                               m.method == "INVITE", what=f"the answer to INVITE {cseq}")
            peer.send(peer.ack(message, answer))
            return answer

        equal(again(2, "RTP/AVP", port=elsewhere.port).status, 488,
              "status for a description without keys")
        phone.wait_line("wanted to go on without encryption; refused", 3)
        _expect_goes_on(media)
        equal(again(3, "RTP/SAVP", port=elsewhere.port).status, 488,
              "status for RTP/SAVP without keys")
        _expect_goes_on(media)
        equal(len(elsewhere.packets), 0, "packets to where it was to go without keys")
        kept = again(4, "RTP/SAVP", LINE, direction="sendonly", port=media.port)
        equal((kept.status, re.findall(r"a=crypto:.*", kept.body.decode())), (200, ours),
              "hold leaves the keys")
        phone.wait_line("on hold by the other side", 3)
        other = LINE.replace("WVN", "AAA")
        equal(again(5, "RTP/SAVP", other, port=media.port).status, 200,
              "status for another key of theirs")
        _expect_goes_on(media)
        peer.send(peer.within("BYE", invite, ok, 6))
        phone.expect_status(tphone.OK)
        equal(tphone.results(phone)[0]["encryption"], KEYED, "in the result")


@case("who answers our hold without keys has ended the call, and that is told", "hold")
@case("or the resume behind it", "resume")
def downgraded_answer(when):
    with Room() as room:
        phone = Piped(room, "us", device="none", sdes="always", dtls="never")
        peer = room.keep(sip.Peer())
        call = phone.client.do("call", target=f"sip:x@127.0.0.1:{peer.port}")["call"]
        invite = peer.wait(sip.request("INVITE"), 8, what="our call")
        peer.respond(invite, 200, body=_sdp("RTP/AVP", LINE), tag="x")
        equal(phone.client.event("answered", call=call)["encryption"], KEYED, "when it is answered")
        for number, command in enumerate(("hold", "resume"), 2):
            phone.client.do(command, call=call)
            again = peer.wait(sip.request("INVITE"), 8, number, what=command)
            expect(b"a=crypto:" in again.body, f"no keys are offered by {command}", [again.body])
            weak = command == when
            peer.respond(again, 200, tag="x", body=_sdp("RTP/AVP", *([] if weak else [LINE]),
                                                        version=number))
            if weak:
                break
        bye = peer.wait(sip.request("BYE"), 8, what="BYE")
        peer.respond(bye, 200)
        ended = phone.client.event("ended", call=call)
        expect("without encryption" in ended["text"], f"it does not say why: {ended}")
        equal(ended["encryption"], KEYED, "at the end")


def _call_by_tls(room, *lines, dtls="never", encryption="sdes", **more):
    """A call of ours that is answered by TLS, by a Contact for UDP: the client, our call, our INVITE,
    the answer, and who is there from then on."""
    root = Paper(room, "root")
    server = Paper(room, "server", ("DNS:localhost", "IP:127.0.0.1"), root)
    phone = Piped(room, "us", port=free_port(2), device="none", tls_ca=root.pem, dtls=dtls,
                  tls_certificate=server.pem, tls_key=server.key, **more)
    listener, plain = room.keep(sip.TcpListener(paper=server)), room.keep(sip.Peer(phone.port))
    call = phone.client.do("call", target=f"sip:x@localhost:{listener.port};transport=tls")["call"]
    peer = listener.accept(10)
    invite = peer.wait(sip.request("INVITE"), 8, what="our call")
    ok = peer.respond(invite, 200, body=_sdp("RTP/AVP", *lines), tag="x",
                      Contact=f"<sip:x@127.0.0.1:{plain.port}>")
    equal(phone.client.event("answered", call=call)["encryption"], encryption if lines else CLEAR,
          "when it is answered")
    plain.wait(sip.request("ACK"), 8, what="our ACK by UDP")
    return phone.client, call, invite, ok, plain


def _again(peer, invite, ok, cseq, body):
    """The status for a re-INVITE of the other side."""
    theirs = peer.request("INVITE", invite.get("Contact").split("<")[1].split(">")[0],
                          call=invite.get("Call-ID"), body=body)
    theirs.set("From", ok.get("To")).set("To", invite.get("From")).set("CSeq", f"{cseq} INVITE")
    peer.send(theirs)
    answer = peer.wait(lambda m: m.status >= 200 and m.cseq == cseq, 8, what="an answer")
    peer.send(peer.ack(theirs, answer))
    return answer.status


def _told(client, call, wanted, what):
    wait_until(lambda: client.do("status", call=call)["calls"][0]["encryption"] == wanted, 4,
               f"it is not told as {wanted} {what}")


def _end(client, call, plain, encryption):
    client.do("hangup", call=call)
    plain.respond(plain.wait(sip.request("BYE"), 8, what="our BYE"), 200)
    equal(client.event("ended", call=call)["encryption"], encryption, "at the end")
    equal([str(m) for m in plain.messages if b"crypto" in m.body], [], "keys by UDP")


@case("no key of a call by TLS leaves by UDP, where its other side is from then on: a hold is not told "
      "there, and that is said")
def held_elsewhere():
    with Room() as room:
        client, call, _, _, plain = _call_by_tls(room, LINE)
        client.do("hold", call=call)
        client.event("on-hold", call=call)
        text = client.event("notice", call=call)["text"]
        expect("takes no note of the hold" in text, text)
        _end(client, call, plain, "sdes")


@case("where none was agreed the hold is told there, without keys")
def held_without():
    with Room() as room:
        client, call, _, _, plain = _call_by_tls(room)
        client.do("hold", call=call)
        again = plain.wait(sip.request("INVITE"), 8, what="the hold")
        plain.respond(again, 200, tag="x", body=_sdp("RTP/AVP", version=2))
        client.event("on-hold", call=call)
        _end(client, call, plain, CLEAR)


@case("with sdes = always they go there, and the call is told as one whose keys were seen")
def held_in_the_clear():
    with Room() as room:
        client, call, _, _, plain = _call_by_tls(room, LINE, sdes="always")
        client.do("hold", call=call)
        again = plain.wait(sip.request("INVITE"), 8, what="the hold")
        expect(b"a=crypto:" in again.body, "no keys", [again.body])
        plain.respond(again, 200, tag="x", body=_sdp("RTP/AVP", LINE, version=2))
        client.event("media", call=call, encryption=KEYED)


@case("who sends keys of a call by TLS by UDP, or asks there for ours, gets 488: it goes on as it was")
def asked_elsewhere():
    with Room() as room:
        client, call, invite, ok, plain = _call_by_tls(room, LINE)
        for cseq, body in enumerate((_sdp("RTP/AVP", LINE.replace("WVN", "AAA"), version=2), b""), 1):
            equal(_again(plain, invite, ok, cseq, body), 488, "their re-INVITE")
            client.event("notice", call=call, text="the other side wanted keys for the sound to go in "
                         "the clear, which have gone by TLS so far; refused")
        _end(client, call, plain, "sdes")


@case("a fingerprint that comes by UDP, in a call by TLS, is nobody's who was verified: so it is told, but "
      "where it is the one of before")
def named_elsewhere():
    ours, others = (f"a=fingerprint:sha-256 {':'.join(['%02X' % n] * 32)}" for n in (1, 2))
    with Room() as room:
        client, call, invite, ok, plain = _call_by_tls(room, ours, "a=setup:active", dtls="offer",
                                                       encryption="dtls")
        for number, command, line in (2, "hold", ours), (3, "resume", others):
            client.do(command, call=call)
            again = plain.wait(sip.request("INVITE"), 8, number - 1, what=command)
            plain.respond(again, 200, tag="x", body=_sdp("RTP/AVP", line, "a=setup:active",
                                                         version=number))
            plain.wait(sip.request("ACK"), 8, number, what="our ACK")
            _told(client, call, "dtls" if line == ours else "dtls-unverified",
                  f"behind their answer to {command}")
        for cseq, line, wanted in (1, ours, "dtls"), (2, others, "dtls-unverified"):
            body = _sdp("RTP/AVP", line, "a=setup:actpass", version=3 + cseq)
            equal(_again(plain, invite, ok, cseq, body), 200, "their re-INVITE")
            _told(client, call, wanted, "behind their re-INVITE")
        _end(client, call, plain, "dtls-unverified")


def _opened_to(invite):
    """A connection by TLS to the phone that sent it, which shows no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = int(re.search(r"127\.0\.0\.1:(\d+)", invite.get("Contact")).group(1))
    peer = sip.TcpPeer(connection=context.wrap_socket(socket.create_connection(("127.0.0.1", port))))
    peer.transport = "TLS"
    return peer


@case("nor is who sends them on a connection that he has opened to us, and keys of his are told so")
def named_by_whom():
    ours, others = (f"a=fingerprint:sha-256 {':'.join(['%02X' % n] * 32)}" for n in (1, 2))
    with Room() as room:
        client, call, invite, ok, plain = _call_by_tls(room, ours, "a=setup:active", dtls="offer",
                                                       encryption="dtls")
        stranger = room.keep(_opened_to(invite))
        for cseq, line, wanted in (1, ours, "dtls"), (2, others, "dtls-unverified"):
            body = _sdp("RTP/AVP", line, "a=setup:actpass", version=1 + cseq)
            equal(_again(stranger, invite, ok, cseq, body), 200, "their re-INVITE")
            _told(client, call, wanted, "behind their re-INVITE")
    with Room() as room:
        client, call, invite, ok, plain = _call_by_tls(room, LINE)
        stranger = room.keep(_opened_to(invite))
        body = _sdp("RTP/AVP", LINE.replace("WVN", "AAA"), version=2)
        equal(_again(stranger, invite, ok, 1, body), 200, "their re-INVITE")
        _told(client, call, "sdes-unverified", "behind their re-INVITE")


if __name__ == "__main__":
    tap.run(jobs=3)
