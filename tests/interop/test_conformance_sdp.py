#!/usr/bin/env python3
"""Offer and answer against RFC 3264, 6337 and 8866: what is said about sound, in which order."""
import atexit
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap
from lib.ends import SharedCallee, direction, media, sdp_lines, sdp_version
from lib.room import Room
from lib.tap import case, equal, expect

shared = SharedCallee()
atexit.register(shared.close)

OPUS = "a=rtpmap:{0} opus/48000/2"
EVENT = "a=rtpmap:{0} telephone-event/8000"


def description(*media_lines, session="", host="127.0.0.1", version=1):
    lines = ["v=0", f"o=- 7 {version} IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
    lines += [session] + list(media_lines)
    return "".join(l + "\r\n" for l in lines if l).encode()


def answer_to(body):
    """The SDP that a 200 to this offer has; the call is ended again."""
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up(body=body)
        callee.end(invite, ok)
        return ok


# --- which format is answered ---------------------------------------------------------------------

ANSWERS = [
    ("PCMU alone", ("0",), ["0"]),
    ("PCMA alone", ("8",), ["8"]),
    ("the order of the offer counts: PCMA first", ("8 0",), ["8"]),
    ("the order of the offer counts: PCMU first", ("0 8",), ["0"]),
    ("unknown formats in front are passed by", ("3 4 18 0",), ["0"]),
    ("opus under 96", ("96 0", OPUS.format(96)), ["96"]),
    ("opus under 127", ("127", OPUS.format(127)), ["127"]),
    ("OPUS in capitals", ("111", "a=rtpmap:111 OPUS/48000/2"), ["111"]),
    ("opus behind PCMU is not taken", ("0 111", OPUS.format(111)), ["0"]),
    ("opus with one channel is not opus (RFC 7587 7): PCMU", ("96 0", "a=rtpmap:96 opus/48000/1"),
     ["0"]),
    ("PCMU under a dynamic number", ("97", "a=rtpmap:97 PCMU/8000"), ["97"]),
    ("PCMU with its channel said", ("0", "a=rtpmap:0 PCMU/8000/1"), ["0"]),
    ("PCMU of another rate is another codec", ("97 8", "a=rtpmap:97 PCMU/16000"), ["8"]),
    ("a dynamic number without rtpmap is passed by", ("100 0",), ["0"]),
    ("a number that rtpmap gives another meaning counts as said", ("0 8", "a=rtpmap:0 G729/8000"),
     ["8"]),
    ("telephone-event comes along", ("0 101", EVENT.format(101), "a=fmtp:101 0-15"), ["0", "101"]),
    ("telephone-event under 96", ("0 96", EVENT.format(96)), ["0", "96"]),
    ("telephone-event in front of the codec", ("101 0", EVENT.format(101)), ["0", "101"]),
    ("telephone-event at the rate of the codec",
     ("111 100 101", OPUS.format(111), EVENT.format(100), "a=rtpmap:101 telephone-event/48000"),
     ["111", "101"]),
    ("comfort noise comes along with G.711 (RFC 3389)", ("13 0",), ["0", "13"]),
    ("comfort noise is not for Opus", ("111 13", OPUS.format(111)), ["111"]),
    ("red comes along with the codec that it carries (RFC 2198)",
     ("63 0", "a=rtpmap:63 red/8000", "a=fmtp:63 0/0"), ["0", "63"]),
    ("red of another codec and fec are passed by",
     ("63 64 0", "a=rtpmap:63 red/8000", "a=fmtp:63 3/3", "a=rtpmap:64 ulpfec/8000"), ["0"]),
    ("formats from 128 on mean nothing", ("300 0",), ["0"]),
]


def formats(row, wanted):
    ok = answer_to(description(f"m=audio 20000 RTP/AVP {row[0]}", *row[1:]))
    kind, port, got = media(ok)[0]
    equal((kind, got), ("audio", wanted), "answered m-line")
    expect(port != 0 and port % 2 == 0, f"port is {port}")
    for number in wanted:
        if int(number) >= 96:
            expect(re.search(rf"(?m)^a=rtpmap:{number} ", ok.body.decode()),
                   f"no rtpmap for {number}")


for name, row, wanted in ANSWERS:
    case(f"answer: {name}", row, wanted)(formats)


# --- every m-line ---------------------------------------------------------------------------------

AUDIO = "m=audio 20000 RTP/AVP 0"
LINES = [
    ("video in front of audio", ["m=video 20002 RTP/AVP 31", AUDIO], [0, 1]),
    ("audio and T.38", [AUDIO, "m=image 20004 udptl t38", "a=T38FaxVersion:0"], [1, 0]),
    ("SAVP and AVP", ["m=audio 20006 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
                      "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", AUDIO], [1, 0]),
    ("AVP and SAVP", [AUDIO, "m=audio 20006 RTP/SAVP 0"], [1, 0]),
    ("UDP/TLS/RTP/SAVPF of a browser and AVP", ["m=audio 9 UDP/TLS/RTP/SAVPF 111",
                                                OPUS.format(111), AUDIO], [0, 1]),
    ("two streams of audio: the first", [AUDIO, "m=audio 20010 RTP/AVP 8"], [1, 0]),
    ("a first stream of audio that has no codec of ours", ["m=audio 20010 RTP/AVP 3", AUDIO],
     [0, 1]),
    ("a refused stream (port 0) in front", ["m=audio 0 RTP/AVP 0", AUDIO], [0, 1]),
    ("a kind that nobody knows", ["m=smell 9 RTP/AVP 0", AUDIO], [0, 1]),
    ("message, text and application", ["m=message 7 TCP/MSRP *", "m=text 9 RTP/AVP 98",
                                       "a=rtpmap:98 t140/1000", AUDIO,
                                       "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"],
     [0, 0, 1, 0]),
    ("a port with a count (RFC 8866 5.14)", ["m=audio 20000/1 RTP/AVP 0"], [1]),
    ("RTP/AVPF, which a phone without feedback can answer", ["m=audio 20000 RTP/AVPF 0"], [1]),
    ("eight m-lines", ["m=video 9 RTP/AVP 31"] * 7 + [AUDIO], [0] * 7 + [1]),
]


def every_line(offered, wanted):
    ok = answer_to(description(*offered))
    got = media(ok)
    equal([int(port != 0) for _, port, _ in got], wanted, "accepted m-lines")
    asked = [re.match(r"m=(\w+) \S+ (\S+)", l).groups() for l in offered if l.startswith("m=")]
    equal(re.findall(r"(?m)^m=(\w+) \S+ (\S+)", ok.body.decode()), asked, "kinds and protocols")
    expect(all(f for _, _, f in got), "an m-line has no format")


for name, offered, wanted in LINES:
    case(f"every m-line is answered: {name}", offered, wanted)(every_line)


# --- direction ------------------------------------------------------------------------------------

DIRECTIONS = [
    ("nothing", "", "", "sendrecv"), ("sendrecv", "", "sendrecv", "sendrecv"),
    ("sendonly", "", "sendonly", "recvonly"), ("recvonly", "", "recvonly", "sendonly"),
    ("inactive", "", "inactive", "inactive"), ("sendonly for the session", "sendonly", "",
                                               "recvonly"),
    ("inactive for the session, sendrecv for the stream", "inactive", "sendrecv", "sendrecv"),
    ("sendrecv for the session, inactive for the stream", "sendrecv", "inactive", "inactive"),
]


def directions(session, own, wanted):
    ok = answer_to(description(AUDIO, own and f"a={own}", session=session and f"a={session}"))
    equal(direction(ok), wanted, "direction")


for name, session, own, wanted in DIRECTIONS:
    case(f"direction: {name} is answered {wanted} (RFC 3264 6.1)", session, own,
         wanted)(directions)


# --- the form of an answer ------------------------------------------------------------------------

@case("an answer has v, o, s, c, t, m in this order, and one o= of ours (RFC 8866 5)")
def form():
    ok = answer_to(sip.sdp())
    letters = re.findall(r"(?m)^(\w)=", ok.body.decode())
    order = [l for l in letters if l != "a"]
    equal("".join(order), "vosctm", "lines")
    expect(ok.body.endswith(b"\r\n") and b"\n\n" not in ok.body.replace(b"\r", b""), "line ends")
    origin = sdp_lines(ok, "o")[0].split()
    equal(origin[3:], ["IN", "IP4", "127.0.0.1"], "o=")
    equal(sdp_lines(ok, "c"), ["IN IP4 127.0.0.1"], "c=")
    equal(sdp_lines(ok, "t"), ["0 0"], "t=")
    expect(sdp_lines(ok, "s")[0] != "", "s= is empty (RFC 8866 5.3)")


@case("rtcp-mux is answered where it was offered, and only there (RFC 5761 5.1.1)")
def mux():
    expect("a=rtcp-mux" not in answer_to(sip.sdp()).body.decode(), "not offered, but answered")
    with_mux = answer_to(sip.sdp(extra="a=rtcp-mux"))
    expect("a=rtcp-mux" in with_mux.body.decode(), "offered, but not answered")


@case("what a browser offers beside is not answered: ICE, DTLS, BUNDLE, extmap, ssrc")
def browser():
    ok = answer_to(description(
        AUDIO, "a=mid:0", "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv",
        "a=candidate:1 1 udp 2130706431 127.0.0.1 20000 typ host", "a=setup:actpass",
        "a=fingerprint:sha-256 00:11", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=ssrc:1 cname:x", "a=rtcp-fb:0 nack", "b=AS:64", "a=msid:a b",
        session="a=group:BUNDLE 0"))
    for word in ("candidate", "fingerprint", "ice-", "BUNDLE", "extmap", "ssrc", "crypto", "setup"):
        expect(word not in ok.body.decode(), f"{word} was answered")


# --- odd descriptions -----------------------------------------------------------------------------

def odd(name, body, wanted):
    @case(f"{name}: {' or '.join(str(w) for w in wanted)}", body, wanted)
    def run(body, wanted):
        with Room() as room:
            callee = shared.get(room)
            invite = callee.peer.invite(callee.uri, body=body)
            got = callee.asked(invite)
            callee.peer.send(callee.peer.ack(invite, got))
            expect(got.status in wanted, f"answer was {got}")
            if got.status == 200:
                callee.end(invite, got)
            callee.alive()


good = sip.sdp()
odd("lines that end in LF alone", good.replace(b"\r\n", b"\n"), (200,))
odd("no line end behind the last line", good.rstrip(), (200,))
odd("an empty line at the end", good + b"\r\n", (200,))
odd("no s=", good.replace(b"s=-\r\n", b""), (200, 400))
odd("no t=", good.replace(b"t=0 0\r\n", b""), (200, 400))
odd("no o=", re.sub(rb"o=[^\n]*\n", b"", good), (200, 400))
odd("no v=", good.replace(b"v=0\r\n", b""), (200, 400))
odd("v=1", good.replace(b"v=0", b"v=1"), (400, 488))
odd("no c= at all", re.sub(rb"c=[^\n]*\n", b"", good), (400, 488))
odd("c= of the stream alone", re.sub(rb"c=[^\n]*\n", b"", good) + b"c=IN IP4 127.0.0.1\r\n", (200,))
odd("c= of the stream goes before that of the session",
    good.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 192.0.2.1") + b"c=IN IP4 127.0.0.1\r\n", (200,))
odd("c= of IPv6 towards a phone on IPv4", good.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP6 ::1"),
    (200, 400, 488))
odd("c= of another network", good.replace(b"c=IN IP4", b"c=ATM NSAP"), (400, 488))
odd("c= with a name", good.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 localhost"), (200,))
odd("c= of a group", good.replace(b"IP4 127.0.0.1\r\nt", b"IP4 224.2.1.1/127\r\nt"),
    (200, 400, 488))
odd("c=0.0.0.0 in the first offer", good.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0.0.0.0"),
    (200,))
odd("c= of no address", good.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 999.1.1.1"), (200, 400, 488))
odd("port 0 alone", sip.sdp(port=0), (200, 488))
odd("port 65536", sip.sdp(port=65536), (400, 488))
odd("port 99999999999999999999", sip.sdp(port=99999999999999999999), (400, 488))
odd("port -1", sip.sdp(port=-1), (400, 488))
odd("port 65535, next to which there is none for RTCP", sip.sdp(port=65535), (200, 488))
odd("no formats", good.replace(b"RTP/AVP 0", b"RTP/AVP"), (400, 488))
odd("no m-line", description(), (200, 400, 488))
odd("telephone-event alone", sip.sdp(formats="101", extra=EVENT.format(101)), (488,))
odd("SAVP alone", good.replace(b"RTP/AVP", b"RTP/SAVP"), (488,))
odd("video alone", good.replace(b"m=audio", b"m=video"), (488,))
odd("100 formats", sip.sdp(formats=" ".join(str(i) for i in range(100))), (200, 400, 488))
odd("300 attributes", good + b"".join(b"a=x%d\r\n" % i for i in range(300)), (200, 400, 488))
odd("100 m-lines", good + b"m=video 9 RTP/AVP 31\r\n" * 100, (200, 400, 488))
odd("a line of 20 kB", good + b"a=" + b"x" * 20000 + b"\r\n", (200, 400, 488))
odd("lines of unknown letters", good.replace(b"t=0 0", b"q=x\r\nt=0 0\r\nw=y"), (200, 400))
odd("rtpmap without a number", good + b"a=rtpmap:\r\na=rtpmap: x\r\na=rtpmap:0\r\n", (200, 400))
odd("rtpmap with a rate of 0", sip.sdp(formats="97 0", extra="a=rtpmap:97 opus/0/2"), (200,))
odd("rtpmap with a rate above 2^32", sip.sdp(formats="97 0",
                                             extra="a=rtpmap:97 opus/48000000000/2"), (200,))
odd("ptime of 0", sip.sdp(extra="a=ptime:0"), (200,))
odd("ptime of 100000", sip.sdp(extra="a=ptime:100000"), (200,))
odd("ptime that is no number", sip.sdp(extra="a=ptime:soon"), (200,))
odd("maxptime below ptime", sip.sdp(extra="a=ptime:60\r\na=maxptime:10"), (200,))
odd("fmtp of nonsense", sip.sdp(formats="111", extra=OPUS.format(111) + "\r\na=fmtp:111 ;;=;x==;"
                                "maxaveragebitrate=99999999999;useinbandfec"), (200,))
odd("a=rtcp of nonsense", sip.sdp(extra="a=rtcp:x\r\na=rtcp:99999\r\na=rtcp:53020 IN"), (200,))
odd("NUL in a value", good.replace(b"s=-", b"s=\0"), (200, 400))
odd("UTF-8 in s=", good.replace(b"s=-", "s=H\u00e4rtetest \u2603".encode()), (200,))
odd("Latin-1 in s=", good.replace(b"s=-", b"s=H\xe4rte"), (200, 400))
odd("o= with a number of 30 digits", re.sub(rb"o=- 1 1", b"o=- " + b"9" * 30 + b" 1", good),
    (200, 400))
odd("o= too short", re.sub(rb"o=[^\r]*", b"o=-", good), (200, 400))
odd("a whole body of m=", b"m=\r\n" * 50, (400,))


# --- offers within a call -------------------------------------------------------------------------

def session(offers, **first):
    """Sends one offer after the other in re-INVITEs; the answers, and what is checked of each."""
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up(**first)
        got = [ok]
        for n, body in enumerate(offers):
            got.append(callee.within("INVITE", invite, ok, n + 2, body))
        callee.end(invite, ok)
        return got


@case("the same offer again: the same answer, o= version and all (RFC 3264 8)")
def same():
    answers = session([sip.sdp(), sip.sdp()])
    equal(len({a.body for a in answers}), 1, "number of different answers")


@case("a changed answer has the same o= id and a version that grew by one (RFC 3264 8)")
def versions():
    answers = session([sip.sdp(direction="sendonly"), sip.sdp(direction="sendonly"), sip.sdp()])
    equal(len({sdp_lines(a, "o")[0].split()[1] for a in answers}), 1, "number of ids")
    first = sdp_version(answers[0])
    equal([sdp_version(a) - first for a in answers], [0, 1, 1, 2], "versions")


@case("another codec by re-INVITE: the answer names it")
def recode():
    answers = session([sip.sdp(formats="8"), sip.sdp(formats="96", extra=OPUS.format(96)),
                       sip.sdp(formats="0")])
    equal([media(a)[0][2] for a in answers], [["0"], ["8"], ["96"], ["0"]], "formats")
    equal(len({media(a)[0][1] for a in answers}), 1, "number of ports of ours")


@case("an m-line added by re-INVITE is answered with port 0, and stays there")
def added():
    more = sip.sdp() + b"m=video 30000 RTP/AVP 31\r\n"
    answers = session([more, more])
    equal([[p != 0 for _, p, _ in media(a)] for a in answers],
          [[True], [True, False], [True, False]], "accepted m-lines")


@case("the stream taken out (port 0) and brought back by re-INVITE (RFC 3264 8.2)")
def taken_out():
    answers = session([sip.sdp(port=0), sip.sdp()])
    equal([a.status for a in answers], [200, 200, 200], "statuses")
    equal([media(a)[0][1] != 0 for a in answers], [True, False, True], "accepted")


@case("hold as RFC 2543 had it (c=0.0.0.0) is answered, and undone")
def old_hold():
    held = sip.sdp().replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0.0.0.0")
    answers = session([held, sip.sdp()])
    equal([a.status for a in answers], [200, 200, 200], "statuses")
    expect(direction(answers[1]) in ("recvonly", "inactive"), f"hold: {direction(answers[1])}")
    equal(direction(answers[2]), "sendrecv", "after it")


@case("an offer with fewer m-lines than before harms nothing (RFC 3264 8)")
def fewer():
    answers = session([sip.sdp()], body=sip.sdp() + b"m=video 30000 RTP/AVP 31\r\n")
    expect(answers[1].status in (200, 400, 488), f"answer was {answers[1]}")


@case("a re-INVITE that is refused leaves the session as it was (RFC 3261 14.2)")
def refused():
    answers = session([sip.sdp(formats="3"), sip.sdp()])
    equal([a.status for a in answers], [200, 488, 200], "statuses")
    equal(answers[2].body, answers[0].body, "answer afterwards")


@case("a re-INVITE with broken SDP: 400 or 488, the call goes on")
def broken():
    answers = session([b"v=0\r\nx\r\n", sip.sdp()])
    expect(answers[1].status in (400, 488), f"answer was {answers[1]}")
    equal(answers[2].status, 200, "status afterwards")


@case("a re-INVITE with a body that is no SDP: 415, the call goes on")
def no_sdp():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        got = callee.within("INVITE", invite, ok, 2, b"hello", Content_Type="text/plain")
        equal(got.status, 415, "status")
        callee.end(invite, ok)


def late(callee, invite, ok, cseq, answer):
    """A re-INVITE without an offer; the 200 to it."""
    again = callee.peer.within("INVITE", invite, ok, cseq)
    got = callee.asked(again)
    ack = callee.peer.ack(again, got)
    if answer:
        ack.set("Content-Type", "application/sdp")
        ack.body = answer
    callee.peer.send(ack)
    return got


@case("a re-INVITE without an offer gets one of our whole session, sendrecv (RFC 6337 5.2.5)")
def reoffer():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up(body=sip.sdp(formats="8 101", extra=EVENT.format(101)))
        got = late(callee, invite, ok, 2, sip.sdp(formats="8 101", extra=EVENT.format(101)))
        kind, port, formats = media(got)[0]
        equal((kind, port), ("audio", media(ok)[0][1]), "m-line")
        expect({"0", "8"} <= set(formats), f"formats are {formats}")
        expect("101" in formats, "telephone-event has another number than before")
        equal(direction(got), "sendrecv", "direction")
        equal(sdp_lines(got, "o")[0].split()[1], sdp_lines(ok, "o")[0].split()[1], "o= id")
        expect(sdp_version(got) >= sdp_version(ok), "version went back")
        equal(callee.within("INVITE", invite, ok, 3, sip.sdp()).status, 200, "re-INVITE afterwards")
        callee.end(invite, ok)


@case("on hold by the other side, our offer is sendrecv again (RFC 6337 5.3)")
def reoffer_on_hold():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        callee.within("INVITE", invite, ok, 2, sip.sdp(direction="sendonly"))
        equal(direction(late(callee, invite, ok, 3, sip.sdp())), "sendrecv", "direction")
        callee.end(invite, ok)


@case("our offer has as many m-lines as the session had (RFC 3264 8)")
def reoffer_lines():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up(body=b"".join((sip.sdp().replace(b"m=audio", b"m=video"),
                                              b"m=audio 20000 RTP/AVP 0\r\n")))
        got = late(callee, invite, ok, 2, sip.sdp().replace(b"m=audio 20000", b"m=video 0")
                   + b"m=audio 20000 RTP/AVP 0\r\n")
        equal([(k, p != 0) for k, p, _ in media(got)], [("video", False), ("audio", True)],
              "m-lines")
        callee.end(invite, ok)


@case("a late offer has PCMU, PCMA, opus with rtpmap, and telephone-event")
def late_offer():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite(body=b"")
        ok = callee.answered(invite)
        text = ok.body.decode()
        formats = media(ok)[0][2]
        expect({"0", "8"} <= set(formats), f"formats are {formats}")
        opus = re.search(r"(?m)^a=rtpmap:(\d+) opus/48000/2", text)
        event = re.search(r"(?m)^a=rtpmap:(\d+) telephone-event/8000", text)
        expect(opus and event, "no opus or no telephone-event")
        expect({opus.group(1), event.group(1)} <= set(formats), "rtpmap without a format")
        for number in formats:
            expect(int(number) < 96 or re.search(rf"(?m)^a=rtpmap:{number} ", text),
                   f"{number} has no rtpmap")
        ack = callee.peer.ack(invite, ok).set("Content-Type", "application/sdp")
        ack.body = sip.sdp(formats="8")
        callee.peer.send(ack)
        equal(callee.within("INVITE", invite, ok, 2, sip.sdp()).status, 200, "re-INVITE")
        callee.end(invite, ok)


for name, body in (("no answer", b""), ("SDP that cannot be read", b"v=0\r\nx\r\n"),
                   ("a codec that we do not have", sip.sdp(formats="3"))):
    @case(f"ACK to our late offer with {name}: the call is ended with BYE", body)
    def late_useless(body):
        with Room() as room:
            callee = shared.get(room)
            invite = callee.invite(body=b"")
            ok = callee.answered(invite)
            ack = callee.peer.ack(invite, ok)
            if body:
                ack.set("Content-Type", "application/sdp")
                ack.body = body
            callee.peer.send(ack)
            callee.peer.respond(callee.peer.wait(sip.request("BYE"), what="BYE"), 200)


@case("the same ACK with its answer twice does no harm")
def ack_twice():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite(body=b"")
        ok = callee.answered(invite)
        ack = callee.peer.ack(invite, ok).set("Content-Type", "application/sdp")
        ack.body = sip.sdp()
        callee.peer.send(ack)
        callee.peer.send(ack)
        callee.end(invite, ok)


# --- multipart ------------------------------------------------------------------------------------

def parts(*bodies, boundary="frontier"):
    out = b"preamble\r\n"
    for kind, body in bodies:
        out += f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode() + body + b"\r\n"
    return out + f"--{boundary}--\r\nepilogue".encode()


@case("SDP as a part of multipart/mixed is found (RFC 5621 3)")
def multipart():
    with Room() as room:
        callee = shared.get(room)
        body = parts(("text/plain", b"hello"), ("application/sdp", sip.sdp()))
        invite, ok = callee.up(body=body, Content_Type='multipart/mixed; boundary="frontier"')
        expect(media(ok)[0][1] != 0, "audio was refused")
        callee.end(invite, ok)


@case("multipart without SDP or without a boundary: 415 or 400")
def multipart_without():
    with Room() as room:
        callee = shared.get(room)
        for kind, body in (("multipart/mixed;boundary=frontier", parts(("text/plain", b"x"))),
                           ("multipart/mixed", parts(("application/sdp", sip.sdp()))),
                           ("multipart/mixed;boundary=other",
                            parts(("application/sdp", sip.sdp())))):
            invite = callee.peer.invite(callee.uri, body=body, Content_Type=kind)
            got = callee.refused(invite)
            expect(got.status in (400, 415, 488), f"{kind} was answered {got}")


if __name__ == "__main__":
    tap.run(jobs=8)
