#!/usr/bin/env python3
"""The offer of a call against RFC 3264 and 8866, and what is made of the answer to it."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap, tphone
from lib.account import Account
from lib.control import Piped
from lib.ends import Callee, Caller, direction, media, sdp_lines, sdp_version
from lib.room import Room
from lib.tap import case, equal, expect

OPUS = "a=rtpmap:{0} opus/48000/2"


@case("the offer of a call: form, codecs in our order, ports, ptime")
def our_offer():
    with Room() as room:
        caller = Caller(room, rtp_ports="24000-24998")
        invite = caller.invite()
        equal("".join(l for l in re.findall(r"(?m)^(\w)=", invite.body.decode()) if l != "a"),
              "vosctm", "lines")
        kind, port, formats = media(invite)[0]
        equal(kind, "audio", "kind of media")
        expect(24000 <= port <= 24998 and port % 2 == 0, f"port {port}")
        text = invite.body.decode()
        opus = re.search(r"(?m)^a=rtpmap:(\d+) opus/48000/2", text).group(1)
        wanted = [opus, "9", "0", "8"] if "9" in formats else [opus, "0", "8"]
        equal(formats[:len(wanted)], wanted, "codecs")
        equal(re.findall(rf"(?m)^a=fmtp:{opus} (.*?)\r?$", text), ["useinbandfec=1"], "fmtp of Opus")
        equal(direction(invite), "sendrecv", "direction")
        expect(re.search(r"(?m)^a=rtcp-mux", text), "no rtcp-mux")
        for number in formats:
            expect(re.search(rf"(?m)^a=rtpmap:{number} ", text), f"{number} has no rtpmap")
        expect(re.search(r"(?m)^a=fmtp:\d+ 0-1[56]", text), "telephone-event has no fmtp")
        caller.peer.respond(invite, 486, tag="b")


@case("what we want of Opus is said in its fmtp, and in an answer, too (RFC 7587 6.1)")
def opus_wanted():
    said = "useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000;" \
           "maxaveragebitrate=20000;cbr=1;usedtx=1"
    ours = {"opus_rate": 16000, "opus_bitrate": 20000, "opus_cbr": "yes", "dtx": "yes",
            "ptime": 40, "maxptime": 60}
    with Room() as room:
        invite = Caller(room, **ours).invite()
        callee = Callee(room, **ours)
        _, ok = callee.up(body=sip.sdp(formats="111", extra=OPUS.format(111)))
        for message in invite, ok:
            text = message.body.decode()
            equal(re.findall(r"(?m)^a=fmtp:\d+ (use.*?)\r?$", text), [said], "fmtp of Opus")
            expect("a=ptime:40" in text, f"our packet time is not said: {text}")
            expect("a=maxptime:60" in text, f"nor the longest: {text}")


@case("what a call wants of its sound outweighs its account, and that the phone")
def sound_of_one():
    with Room() as room:
        peer = room.keep(sip.Peer())
        where = f"sip:x@127.0.0.1:{peer.port}"
        alice = Account("alice", "secret", "example.test", f"sip:127.0.0.1:{peer.port}")
        config = room.write("phone.conf", "encryption = off\nptime = 30\nopus-cbr = yes\n" +
                            alice.settings(register="no", ptime=40, maxptime=80, opus_cbr="no",
                                           opus_bitrate=24000))
        os.chmod(config, 0o600)
        phone = Piped(room, "phone", config=config)
        offers, known = [], set()
        for target, more in ((where, {}), ("bob", {}),  # bob by way of the account
                             ("bob", {"settings": "ptime=60, dtx=yes, opus-bitrate=16000"})):
            phone.client.do("call", target=target, **more)
            invite = peer.invited(known)
            peer.respond(invite, 486, "Busy Here")
            offers.append(re.findall(r"(?m)^a=(?:fmtp:\d+ (use.*?)|(m?a?x?ptime:.*?))\r?$",
                                     invite.body.decode()))
        equal([["".join(line) for line in o] for o in offers],
              [["useinbandfec=1;cbr=1", "ptime:30"],
               ["useinbandfec=1;maxaveragebitrate=24000", "ptime:40", "maxptime:80"],
               ["useinbandfec=1;maxaveragebitrate=16000;usedtx=1", "ptime:60", "maxptime:80"]],
              "what is said of the sound")
        why = phone.client.ask("call", target=where, settings="ptime=15").get("text", "")
        expect("settings: ptime: not the time of a packet" in why, f"a packet of 15 ms: {why}")


@case("where libspandsp is broken a call that speaks G.722 ends in words, and none is offered again")
def broken_library():
    with Room() as room:
        os.makedirs(room.path("broken"))
        for number in 2, 3:
            room.write(f"broken/libspandsp.so.{number}", "")
        us = Piped(room, "us", device="none", env={"LD_LIBRARY_PATH": room.path("broken")}).client
        first = tphone.Answer(room, "first", codec="g722")
        second = tphone.Answer(room, "second", codec="g722,pcmu", times=1)
        ended = us.event("ended", call=us.do("call", target=first.uri)["call"])
        expect("the codec that was agreed cannot be used" in ended["text"], f"why it ended: {ended}")
        call = us.do("call", target=second.uri)["call"]
        equal(us.event("answered", call=call)["codec"], "PCMU/8000", "the codec of the next call")
        us.do("hangup", call=call)
        second.expect_status(tphone.OK)


@case("--codec says what is offered and in which order")
def codec_option():
    with Room() as room:
        caller = Caller(room, codec="pcma,pcmu")
        invite = caller.invite()
        equal(media(invite)[0][2][:2], ["8", "0"], "codecs")
        expect("opus" not in invite.body.decode(), "opus is offered")
        caller.peer.respond(invite, 486, tag="b")


for name, body in (
        ("PCMA alone", sip.sdp(formats="8")), ("several codecs", sip.sdp(formats="8 0 101")),
        ("with rejected lines behind", sip.sdp() + b"m=video 0 RTP/AVP 31\r\n"),
        ("with c= of the stream", sip.sdp().replace(b"c=IN IP4 127.0.0.1\r\n", b"")
         + b"c=IN IP4 127.0.0.1\r\n"),
        ("without rtcp-mux", sip.sdp()), ("sendonly", sip.sdp(direction="sendonly")),
        ("inactive", sip.sdp(direction="inactive")),
        ("with LF alone", sip.sdp().replace(b"\r\n", b"\n")),
        ("c=0.0.0.0", sip.sdp().replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0.0.0.0"))):
    @case(f"an answer {name} makes a call", body)
    def answers(body):
        with Room() as room:
            caller = Caller(room, seconds=1)
            caller.answer(caller.invite(), body=body)
            caller.phone.wait_line("(?i)answered")
            caller.peer.respond(caller.wait("BYE"), 200)
            caller.phone.expect_status(tphone.OK)


# RFC 3261 13.2.2.4: what cannot be accepted is acknowledged all the same, then ended.
for name, body, word in (
        ("no codec of ours", sip.sdp(formats="3"), "--codec"),
        ("the audio refused", sip.sdp(port=0), "--codec"),
        ("a group as address", sip.sdp(host="224.2.1.1"), "--codec"),
        ("an address of IPv6", sip.sdp().replace(b"IP4 127.0.0.1", b"IP6 ::1"), "--codec"),
        ("no m= line", sip.sdp().split(b"m=")[0], "did not say"),
        ("what is no SDP", b"hello\r\n", "did not say"),
        ("nothing", b"", "did not say")):
    @case(f"an answer with {name}: ACK, then BYE, and {word!r} is told", body, word)
    def bad_answer(body, word):
        with Room() as room:
            caller = Caller(room)
            caller.answer(caller.invite(), body=body)
            caller.peer.respond(caller.wait("BYE"), 200)
            equal([m.method for m in caller.peer.messages if m.method != "INVITE"],
                  ["ACK", "BYE"], "what followed the INVITE")
            caller.phone.expect_status(tphone.OTHER, 4)
            last = [l for l in caller.phone.process.lines if l.startswith("ended")]
            expect(len(last) == 1 and word in last[0], f"{word!r} is not told",
                   caller.phone.output())
            equal(tphone.results(caller.phone)[0]["outcome"], "failed", "result")


@case("a re-INVITE of the called side is answered with the same port, hold and back")
def caller_held():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        first = sdp_version(invite)
        for cseq, (theirs, ours) in enumerate((("sendonly", "recvonly"), ("inactive", "inactive"),
                                               ("", "sendrecv")), 1):
            again = caller.within("INVITE", invite, ok, cseq, sip.sdp(direction=theirs))
            got = caller.asked(again, invite.source)
            caller.peer.send_to(caller.peer.ack(again, got), invite.source)
            equal((got.status, direction(got)), (200, ours), "answer")
            equal(media(got)[0][1], media(invite)[0][1], "port")
            equal(sdp_lines(got, "o")[0].split()[1], sdp_lines(invite, "o")[0].split()[1], "o= id")
            expect(sdp_version(got) > first, "the version did not grow")
            first = sdp_version(got)
        caller.leave(invite, ok)


@case("a hold whose answer comes when they have moved, and agreed on something else: held again")
def taken_too_late():
    elsewhere = "127.0.0.2"
    with Room() as room:
        us = Piped(room, "us", device="none", encryption="off").client
        there, moved = room.keep(sip.Peer()), room.keep(sip.Peer(host=elsewhere))
        call = us.do("call", target=f"sip:peer@127.0.0.1:{there.port}")["call"]
        invite = there.invited(set())
        ok = there.respond(invite, 200, "OK", sip.sdp(), tag="b")
        us.event("answered", call=call)
        us.do("hold", call=call)
        hold = there.wait(lambda m: sip.request("INVITE")(m) and m.cseq > invite.cseq)
        update = moved.request("UPDATE", re.search(r"<(sip:[^>]+)>", hold.get("Contact")).group(1),
                               call=invite.get("Call-ID"), body=sip.sdp(host=elsewhere))
        update.set("From", ok.get("To")).set("To", invite.get("From"))
        moved.send_to(update, hold.source)
        agreed = moved.wait(sip.final("UPDATE"))
        equal((agreed.status, direction(agreed)), (200, "sendonly"), "answer to their UPDATE")
        late = moved.respond(hold, 200, "OK", sip.sdp(host=elsewhere, direction="recvonly"))
        moved.wait(lambda m: sip.request("ACK")(m) and m.cseq == late.cseq, what="ACK")
        again = moved.wait(sip.request("INVITE"), 1.5, what="one more offer")
        equal(direction(again), "sendonly", "what it offers")
        moved.respond(again, 200, "OK", sip.sdp(host=elsewhere, direction="recvonly"))
        moved.wait(lambda m: sip.request("ACK")(m) and m.cseq == again.cseq, what="ACK")
        us.event("on-hold", call=call)
        moved.respond(hold, 200, "OK", sip.sdp(host=elsewhere, direction="recvonly"))
        moved.wait(lambda m: sip.request("ACK")(m) and m.cseq == late.cseq, count=2, what="ACK")
        moved.none(lambda m: sip.request("INVITE")(m) and m.cseq > again.cseq, 1, "a third offer")
        moved.answers = ("BYE",)
        us.do("hangup", call=call)
        us.event("ended", call=call)


if __name__ == "__main__":
    tap.run(jobs=8)
