#!/usr/bin/env python3
"""Keys by SIP INFO and as tones in the sound, and one press that comes by two ways."""
import math
import os
import re
import struct
import sys
import time
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap, tphone
from lib.account import Account
from lib.baresip import Baresip, recordings
from lib.control import Piped
from lib.ends import Callee, Caller, media
from lib.linphone import Linphone
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

EVENTS = "a=rtpmap:101 telephone-event/8000"
RELAY = "application/dtmf-relay"
ROWS, COLS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = "123A456B789C*0#D"


def linear(byte):
    """A sample of PCMU (G.711)."""
    byte = ~byte & 0xff
    value = ((byte & 15) << 3) + 132 << (byte >> 4 & 7)
    return (132 - value if byte & 0x80 else value - 132)


def ulaw(sample):
    sign, value = (0x80, -sample) if sample < 0 else (0, sample)
    value = min(value, 32635) + 132
    exponent = value.bit_length() - 8
    return ~(sign | exponent << 4 | value >> exponent + 3 & 15) & 0xff


def tone(key, ms):
    """A key as PCMU."""
    low, high = ROWS[KEYS.index(key) // 4], COLS[KEYS.index(key) % 4]
    return bytes(ulaw(int(8000 * (math.sin(2 * math.pi * low * i / 8000) +
                                  math.sin(2 * math.pi * high * i / 8000))))
                 for i in range(8 * ms))


def share(samples, hz):
    """Of the energy that lies at hz (Goertzel)."""
    step = 2 * math.cos(2 * math.pi * hz / 8000)
    a = b = 0.0
    for s in samples:
        a, b = s + step * a - b, a
    energy = sum(s * s for s in samples) * len(samples) / 2
    return (a * a + b * b - step * a * b) / energy if energy else 0


def keys_in(pieces):
    """The keys in pieces of sound, 20 ms each: those that two in a row have."""
    found, last, told = "", None, None
    for samples in pieces:
        lows, highs = ([share(samples, hz) for hz in group] for group in (ROWS, COLS))
        key = None
        if max(lows) + max(highs) > 0.8 and min(max(lows), max(highs)) > 0.1:
            key = KEYS[4 * lows.index(max(lows)) + highs.index(max(highs))]
        if key and key == last and key != told:
            found, told = found + key, key
        if not key and not last:
            told = None
        last = key
    return found


def heard_keys(packets):
    """The keys in packets of PCMU."""
    return keys_in([linear(b) for b in p.payload] for p in packets)


def recorded_keys(heard):
    """The keys in a recording."""
    samples = heard.at(8000).samples
    return keys_in(samples[i:i + 160] for i in range(0, len(samples) - 159, 160))


# --- by INFO --------------------------------------------------------------------------------------

def infos(caller):
    """One that waits for its answer for long comes again, and is the same one."""
    first = {}
    for message in caller.peer.found(sip.request("INFO")):
        first.setdefault(message.branch, message)
    return list(first.values())


def answer_infos(caller, count, status=200):
    """Answers each INFO once; all of them."""
    seen = []
    while len(seen) < count:
        wait_until(lambda: len(infos(caller)) > len(seen), 12, f"INFO {len(seen) + 1} did not come")
        seen.append(infos(caller)[len(seen)])
        caller.peer.respond(seen[-1], status, "OK" if status == 200 else "Refused")
    return seen


@case("dtmf-mode info: one INFO behind the other, with a pause between them")
def by_info():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, dtmf="1#,D", codec="pcmu", dtmf_mode="info", json=True)
        invite = caller.invite()
        ok = caller.answer(invite, body=sip.sdp(end.port, formats="0 101", extra=EVENTS))
        got = answer_infos(caller, 3)
        equal([m.body for m in got], [f"Signal={k}\r\nDuration=100\r\n".encode() for k in "1#D"],
              "bodies")
        equal({m.get("Content-Type") for m in got}, {RELAY}, "types")
        took_s = got[-1].time - got[0].time  # 1.4 s where we read all of them at once
        expect(took_s > 1, f"the pause of a second was not kept: {took_s:.2f} s")
        sent = caller.phone.wait_event("dtmf-sent", 5)
        equal(sent["way"], "info", "way")
        equal({p.kind for p in end.packets}, {0}, "payload types")
        caller.leave(invite, ok)


@case("auto: INFO where that is allowed and telephone-event was not agreed")
def auto_info():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, dtmf="5", codec="pcmu", json=True)
        invite = caller.invite()
        ok = caller.answer(invite, body=sip.sdp(end.port), Allow="INVITE, ACK, BYE, INFO")
        equal(answer_infos(caller, 1)[0].body, b"Signal=5\r\nDuration=100\r\n", "body")
        equal(caller.phone.wait_event("dtmf-sent", 5)["way"], "info", "way")
        caller.leave(invite, ok)


@case("auto: what is left goes as tones where INFO is refused after all")
def auto_refused():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, dtmf="58", codec="pcmu", json=True)
        invite = caller.invite()
        ok = caller.answer(invite, body=sip.sdp(end.port), Allow="INVITE, ACK, BYE, INFO")
        answer_infos(caller, 1, 415)
        equal(caller.phone.wait_event("dtmf-sent", 8)["way"], "inband", "way")
        end.wait_more(10)
        equal(heard_keys(list(end.packets)), "58", "keys in the sound")
        caller.leave(invite, ok)


@case("dtmf-mode info where INFO is refused: a notice says so, and the call goes on")
def info_refused():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, dtmf="58", codec="pcmu", dtmf_mode="info", json=True)
        invite = caller.invite()
        ok = caller.answer(invite, body=sip.sdp(end.port))
        answer_infos(caller, 1, 405)
        expect("INFO (405)" in caller.phone.wait_event("notice", 5)["text"], "another notice")
        end.wait_more(10)
        caller.leave(invite, ok)


# --- as tones -------------------------------------------------------------------------------------

@case("auto: tones where neither telephone-event nor INFO was agreed, in place of what is said")
def auto_tones():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, dtmf="1590D#", codec="pcmu", json=True,
                        spoken=sound.speech("caller", 6, lead_s=0))
        invite = caller.invite()
        ok = caller.answer(invite, body=sip.sdp(end.port))
        equal(caller.phone.wait_event("dtmf-sent", 8)["way"], "inband", "way")
        end.wait_more(5)
        equal(heard_keys(list(end.packets))[:6], "1590D#", "keys in the sound")
        caller.leave(invite, ok)


def find(told, press, wanted):
    """Keys in the sound. A machine that stands still for a tenth of a second tears a hole in any
    sound, and a key in two; so there are three tries, and a fault would show in each."""
    for _ in range(3):
        before, until = len(told()), time.monotonic() + 10
        press()
        while len(told()) - before < len(wanted) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
        got = told()[before:]
        if got == wanted:
            return
    equal(got, wanted, "keys that were found")


def press_tones(talk, keys, ms=100, gap_ms=100):
    data = b"".join(tone(k, ms) + b"\xff" * (8 * gap_ms) for k in keys) + b"\xff" * 2400
    for i in range(0, len(data), 160):
        talk.sent += 1
        talk.rtp.send(rtp.packet(talk.sent, 160 * talk.sent, 0x77, data[i:i + 160]), talk.port)
        time.sleep(0.02)


class Talk:
    """A call to tphone answer --json with a peer for its sound."""

    def __init__(self, room, formats="0", extra="", **more):
        self.rtp = room.keep(rtp.RtpPeer())
        self.callee = Callee(room, json=True, times=1, **more)
        self.invite = self.callee.invite(body=sip.sdp(self.rtp.port, formats=formats, extra=extra))
        self.ok = self.callee.answered(self.invite)
        self.port = media(self.ok)[0][1]
        self.cseq, self.sent = 1, 1000
        self.callee.peer.send(self.callee.peer.ack(self.invite, self.ok))
        self.rtp.wait(3)

    def info(self, body, kind=RELAY):
        self.cseq += 1
        return self.callee.within("INFO", self.invite, self.ok, self.cseq, body, Content_Type=kind)

    def keys(self, wanted):
        """What came, with the ways, when so many have been told."""
        wait_until(lambda: len(self.told()) >= len(wanted), 8, f"keys told: {self.told()}")
        return self.told()

    def told(self):
        return [(e["digit"], e["way"]) for e in self.callee.phone.events("dtmf")]

    def end(self):
        self.cseq += 1
        self.callee.end(self.invite, self.ok, self.cseq)
        self.callee.phone.expect_status(0)


@case("tones are found where nothing better was agreed, each key once")
def tones_found():
    with Room() as room:
        talk = Talk(room)
        find(talk.told, lambda: press_tones(talk, KEYS), [(k, "inband") for k in KEYS])
        talk.end()


@case("tones are left alone where telephone-event was agreed, but not with dtmf-mode inband")
def tones_not_wanted():
    with Room() as room:
        one, other = Talk(room, "0 101", EVENTS), Talk(room, "0 101", EVENTS, name="two",
                                                       dtmf_mode="inband")
        press_tones(one, "12", ms=80, gap_ms=80)
        find(other.told, lambda: press_tones(other, "12", ms=80, gap_ms=80),
             [("1", "inband"), ("2", "inband")])
        equal(one.told(), [], "keys that nobody sent as events")
        one.end()
        other.end()


# --- both -----------------------------------------------------------------------------------------

def press_event(talk, code, ts, seq, kind=101):
    for i, d in enumerate((160, 320, 480, 640, 640, 640)):
        talk.rtp.send(rtp.packet(seq + i, ts, 0x55, struct.pack("!BBH", code, 10 | (i > 2) << 7, d),
                                 kind, i == 0), talk.port)
        time.sleep(0.01)


@case("keys by INFO: both types, and what is no key is refused")
def info_comes():
    with Room() as room:
        talk = Talk(room)
        equal(talk.info(b"Signal=5\r\nDuration=160\r\n").status, 200, "relay")
        equal(talk.info(b"#\r\n", "application/dtmf").status, 200, "dtmf")
        refused = talk.info(b"<x/>", "application/media_control+xml")
        equal((refused.status, refused.get("Accept")),
              (415, "application/dtmf-relay, application/dtmf"), "another type")
        equal(talk.info(b"Signal=many\r\n").status, 400, "no key")
        equal(talk.keys("5#"), [("5", "info"), ("#", "info")], "keys")
        talk.end()


@case("a press that comes by RTP and by INFO is told once, two presses twice")
def both_ways():
    with Room() as room:
        talk = Talk(room, "0 101", EVENTS)
        ts = 0

        def press():
            nonlocal ts
            long = b"Signal=%c\r\nDuration=5000\r\n"  # so it counts for longer as one
            for i in range(2):
                press_event(talk, 7, ts + 8000 + 4000 * i, ts // 400 + 100 + 10 * i)
                equal(talk.info(long % b"7").status, 200, "INFO")
            equal(talk.info(long % b"9").status, 200, "INFO")  # this one by INFO first
            press_event(talk, 9, ts + 20000, ts // 400 + 140)
            press_event(talk, 0, ts + 30000, ts // 400 + 160)
            ts += 40000

        # Of 7 either may be first.
        find(lambda: [(d, w) if d != "7" else d for d, w in talk.told()], press,
             ["7", "7", ("9", "info"), ("0", "rtp")])
        talk.end()


@case("keys come under each number that we offered, and under the other side's own (RFC 3264 6.1)")
def other_numbers():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, codec="opus, pcmu", json=True)
        invite = caller.invite()
        ours = {int(rate): int(kind) for kind, rate in
                re.findall(rb"a=rtpmap:(\d+) telephone-event/(\d+)", invite.body)}
        theirs = f"a=rtpmap:97 telephone-event/8000\r\na=rtpmap:{ours[48000]} telephone-event/48000"
        ok = caller.answer(invite, body=sip.sdp(end.port, formats=f"0 97 {ours[48000]}",
                                                extra=theirs))
        caller.wait("ACK")
        talk = SimpleNamespace(rtp=end, port=media(invite)[0][1])
        for i, kind in enumerate((ours[8000], ours[48000], 97)):
            press_event(talk, i + 1, 8000 * (i + 1), 100 + 6 * i, kind)
        we_took(caller.phone, "123", "rtp")
        caller.leave(invite, ok)


@case("what a call wants outweighs its account, and that the phone: events are offered or not")
def whose_word():
    with Room() as room:
        peer = room.keep(sip.Peer())
        where = f"sip:x@127.0.0.1:{peer.port}"
        alice = Account("alice", "secret", "example.test", f"sip:127.0.0.1:{peer.port}")
        config = room.write("phone.conf", "dtmf-mode = inband\nencryption = off\ncodec = pcmu\n" +
                            alice.settings(dtmf_mode="rtp", register="no"))
        os.chmod(config, 0o600)
        phone = Piped(room, "phone", config=config)
        offers, known = [], set()
        for target, more in ((where, {}), ("bob", {}), ("bob", {"dtmf_mode": "inband"}),
                             (where, {"dtmf_mode": "info"})):
            phone.client.do("call", target=target, **more)
            invite = peer.invited(known)
            peer.respond(invite, 486, "Busy Here")
            offers.append(b"telephone-event" in invite.body)
        equal(offers, [False, True, False, True], "whether events were offered")
        expect("inband" in phone.client.refused("call", "bad-member", target=where,
                                                dtmf_mode="loud"), "another sentence")


# --- with others ----------------------------------------------------------------------------------

def took(stranger, wanted):
    wait_until(lambda: len(stranger.digits()) >= len(wanted), 12,
               f"{stranger.name} took our keys for {stranger.digits()!r}")
    equal(stranger.digits(), wanted, f"what {stranger.name} took for our keys")


def we_took(phone, wanted, way):
    told = lambda: [(e["digit"], e["way"]) for e in phone.events("dtmf")]
    wait_until(lambda: len(told()) >= len(wanted), 12, f"we took its keys for {told()}")
    equal(told(), [(k, way) for k in wanted], "what we took for its keys")


OURS, THEIRS = "159#*0D", "42#"
THREE_TIMES = ",".join([OURS] * 3)  # as find() has three tries


def expect_tones(stranger, heard):
    """Our keys as tones in what it recorded."""
    keys = recorded_keys(heard)
    expect(OURS in keys, f"{stranger.name} heard {keys!r}, not {OURS!r}")


@case("keys go both ways with baresip, as tones: heard in its recording, and said by it")
def baresip_tones():
    with Room() as room:
        said = sound.silence(2)
        for _ in range(3):
            for key in THEIRS:
                said += sound.Sound(8000, map(linear, tone(key, 100))) + sound.silence(0.1)
            said += sound.silence(1)
        stranger = Baresip(room, "stranger", "pcmu", said, answers=True)
        phone = tphone.Call(room, stranger.uri, dtmf=THREE_TIMES, dtmf_mode="inband", json=True,
                            seconds=60)
        told = lambda: "".join(e["digit"] for e in phone.events("dtmf") if e["way"] == "inband")
        wait_until(lambda: THEIRS in told(), 20, "we did not find its tones")
        phone.wait_event("dtmf-sent")
        time.sleep(0.5)  # of the last one on its way
        stranger.hang_up()
        phone.expect_status(tphone.OK)
        expect_tones(stranger, recordings(room, "stranger", stranger.process)[0])


@case("baresip takes our keys by INFO, and sends us events (it sends no INFO)")
def baresip_info():
    with Room() as room:
        stranger = Baresip(room, "stranger", "pcmu", sound.silence(30), answers=True)
        phone = tphone.Call(room, stranger.uri, dtmf=OURS, dtmf_mode="info", json=True,
                            seconds=60)
        stranger.wait("CALL_ESTABLISHED")
        took(stranger, OURS)
        stranger.press(THEIRS)
        we_took(phone, THEIRS, "rtp")
        stranger.hang_up()
        phone.expect_status(tphone.OK)


@case("keys go both ways with linphonec, by events", "rtp", "rtp", "rtp")
@case("keys go both ways with linphonec, by INFO", "info", "info", "info")
def linphone(theirs, ours, heard):
    with Room() as room:
        stranger = Linphone(room, "stranger", sound.silence(30), answers=True, keys=theirs)
        phone = tphone.Call(room, stranger.uri, dtmf=OURS, dtmf_mode=ours, json=True,
                            codec="pcmu", encryption="off", seconds=60)
        stranger.wait_up()
        took(stranger, OURS)
        stranger.press(THEIRS)
        we_took(phone, THEIRS, heard)
        wait_until(lambda: any("their_mos" in e for e in phone.events("quality")), 15,
                   "linphonec sends no extended reports (RFC 3611)")
        stranger.hang_up()
        phone.expect_status(tphone.OK)


@case("keys go both ways with linphonec, as tones: where no events are offered it sends some")
def linphone_tones():
    with Room() as room:
        stranger = Linphone(room, "stranger", sound.silence(30), answers=True)
        phone = tphone.Call(room, stranger.uri, dtmf=THREE_TIMES, dtmf_mode="inband", json=True,
                            codec="pcmu", encryption="off", seconds=60)
        stranger.wait_up()
        phone.wait_event("answered")
        find(lambda: [(e["digit"], e["way"]) for e in phone.events("dtmf")],
             lambda: stranger.press(THEIRS), [(k, "inband") for k in THEIRS])
        phone.wait_event("dtmf-sent")
        time.sleep(0.5)
        stranger.hang_up()
        phone.expect_status(tphone.OK)
        expect_tones(stranger, sound.read(stranger.heard()))


if __name__ == "__main__":
    tap.run(jobs=6)
