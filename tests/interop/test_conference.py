#!/usr/bin/env python3
"""Conferences: each speaks a tone of its own, and what each has heard is asked for all of them."""
import math
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone
from lib.attack import GOALS, cpu_seconds
from lib.baresip import Baresip, recordings
from lib.control import Piped
from lib.linphone import Linphone
from lib.pulse import Pulse
from lib.room import Room
from lib.tap import Failure, case, expect

LEVEL = 5000
LEAST = LEVEL / 5  # strangers play and record a little louder or softer
MOST_OF_OTHERS = LEVEL / 20
TOGETHER_S = 2.0
# A tone may be heard that much shorter or longer: machines are busy, commands on their way.
SLACK_S = 0.8


def _say(room, name, hz, seconds=40, rate=8000):
    return sound.write(room.path(name + ".wav"), sound.tone(hz, seconds, rate, LEVEL))


def _heard(recording, hz):
    return sound.spans(sound.amplitudes(recording, hz), LEAST, gap_s=0.5)


def _never(recording, hz, who, level=LEVEL):
    """Nor for a moment as loud as half of the others, whose tones have that level."""
    levels = sound.amplitudes(recording, hz)
    found = sound.spans(levels, MOST_OF_OTHERS)
    # A break in other tones has a little of each, for a moment; an echo is there for seconds.
    if sum(end - start for start, end in found) > 0.5 or max(levels) > level / 2:
        raise Failure(f"{who} heard {hz} Hz at {found}, {max(levels):.0f} of {level}")


def _twice(recording, hz, who):
    """While they were together, and not meanwhile."""
    found = _heard(recording, hz)
    lengths = [end - start for start, end in found]
    if len(found) != 2 or any(abs(s - TOGETHER_S) > SLACK_S for s in lengths):
        raise Failure(f"{who} heard {hz} Hz at {found}, wanted twice {TOGETHER_S} s")
    return f"{who} heard {hz} Hz for " + " and ".join(f"{s:.1f} s" for s in lengths)


def _throughout(recording, hz, who):
    """But for its beginning and end."""
    found = _heard(recording, hz)
    heard_s = sum(end - start for start, end in found)
    if heard_s < 0.8 * recording.seconds:
        raise Failure(f"{who} heard {hz} Hz at {found} of {recording.seconds:.1f} s")


def _connect(hub, target, **sounds):
    call = hub.client.do("call", target=target, **sounds)["call"]
    hub.client.event("answered", call=call)
    return call


@case("baresip with Opus and linphonec with PCMU hear each other and us, not themselves; one parts "
      "and comes back, one ends")
def strangers():
    with Room() as room:
        bob = Baresip(room, "bob", "opus", sound.tone(500, 40, 48000, LEVEL), answers=True)
        lin = Linphone(room, "lin", sound.tone(800, 40, 8000, LEVEL), answers=True)
        hub = Piped(room, "hub", device="none")
        ours = _say(room, "ours", 1200)
        calls = [_connect(hub, peer.uri, play=ours, record=room.path(f"{peer.name}.wav"),
                          sides="heard") for peer in (bob, lin)]
        lin.wait_up()
        time.sleep(1.5)
        hub.client.do("conference", calls=calls)
        time.sleep(TOGETHER_S)
        hub.client.do("part", call=calls[0])
        time.sleep(1.5)
        hub.client.do("conference", calls=calls)
        time.sleep(TOGETHER_S)
        before = hub.client.mark()
        lin.hang_up()
        hub.client.event("parted", call=calls[0], after=before)
        time.sleep(1.5)
        bob.hang_up()
        hub.client.event("ended", call=calls[0])
        heard = {"baresip": recordings(room, "bob", bob.process)[-1],
                 "linphonec": sound.read(lin.heard())}
        notes = [_twice(heard["baresip"], 800, "baresip"),
                 _twice(heard["linphonec"], 500, "linphonec")]
        _never(heard["baresip"], 500, "baresip")
        _never(heard["linphonec"], 800, "linphonec")
        for who, recording in heard.items():
            _throughout(recording, 1200, who)
        # What we record of a call is what that one said.
        of_bob = sound.read(room.path("bob.wav"))
        _throughout(of_bob, 500, "our recording of baresip")
        _never(of_bob, 800, "our recording of baresip")
        return "\n".join(notes)


# Of a core, for eight calls of which four are Opus; with other work beside it all takes longer.
MOST_CPU = 0.6 if GOALS else 1.0


@case("eight phones in one conference, half of them with Opus: each hears the seven others, none "
      "itself")
def eight():
    tones, level = [400, 600, 850, 1150, 1450, 1800, 2200, 2700], 3000
    with Room() as room:
        peers = [tphone.Answer(room, f"p{hz}", spoken=sound.tone(hz, 15, 8000, level), times=1,
                               codec="opus" if i % 2 else "pcmu") for i, hz in enumerate(tones)]
        hub = Piped(room, "hub", device="none")
        calls = [_connect(hub, peer.uri) for peer in peers]
        hub.client.do("conference")
        for call in calls:
            hub.client.event("joined", call=call, conference=1)
        before, began = cpu_seconds(hub.process.popen.pid), time.monotonic()
        time.sleep(3)
        share = (cpu_seconds(hub.process.popen.pid) - before) / (time.monotonic() - began)
        hub.client.do("quit")
        for peer in peers:
            peer.expect_status(tphone.OK)
        for peer, own in zip(peers, tones):
            recording = sound.read(peer.recording)
            together = recording.cut(recording.seconds - 2.3, recording.seconds - 0.3)
            _never(recording, own, peer.name, level)
            for hz in tones:
                if hz != own:
                    _throughout(together, hz, peer.name)
        expect(share < MOST_CPU, f"the conference takes {100 * share:.0f} % of a core")
        return f"{100 * share:.0f} % of a core"


def _level(recording, hz):
    """Where nothing is missing: a hop with a gap in it is softer than it was said."""
    levels = sorted(sound.amplitudes(recording, hz))
    return levels[len(levels) * 4 // 5]


def _change_db(recording, hz, who):
    """How much louder a tone has become while it was first heard, from its first second to its
    last."""
    found = [s for s in sound.spans(sound.amplitudes(recording, hz), LEVEL / 10)
             if s[1] - s[0] > 3]
    expect(found, f"{who} never heard {hz} Hz for 3 s")
    start, end = found[0]
    before = _level(recording.cut(start + 0.2, start + 1.7), hz)
    after = _level(recording.cut(end - 1.7, end - 0.2), hz)
    return 20 * math.log10(after / before)


def _about(got_db, wanted_db, what):
    expect(abs(got_db - wanted_db) < 2, f"{what}: {got_db:.1f} dB, wanted {wanted_db}")
    return f"{what}: {got_db:+.1f} dB"


def _turns(recording, tones, who):
    turns = sound.turns(recording, tones, LEVEL / 10)
    expect(turns, f"{who} heard nothing of {tones}")
    return turns


@case("a sound card: the microphone goes to all, the loudspeaker has all; volume changes both and "
      "no recording; another call holds the conference as a whole")
def card():
    tones, voice_hz = [500, 800, 1700], 1200
    with Room() as room:
        pulse = Pulse(room, ["hub"])
        peers = [tphone.Answer(room, f"p{hz}", spoken=sound.tone(hz, 30, 8000, LEVEL), times=1,
                               codec="pcmu")
                 for hz in tones]
        hub = Piped(room, "hub", device="default", env=pulse.card("hub"))
        calls = [_connect(hub, p.uri, device=True, record=room.path(f"{p.name}.wav"), sides="heard")
                 for p in peers[:2]]
        hub.client.event("on-hold", call=calls[0])
        hub.client.do("conference", calls=calls)
        hub.client.event("off-hold", call=calls[0])
        voice = pulse.speak("hub", sound.tone(voice_hz, 14, 48000, LEVEL))
        ear = pulse.listen("hub")
        time.sleep(2.5)
        hub.client.do("volume", microphone_db=-12, speaker_db=-6)
        hub.client.event("volume", microphone_db=-12, speaker_db=-6)
        time.sleep(2.5)
        before = hub.client.mark()
        _connect(hub, peers[2].uri, device=True)
        for call in calls:
            hub.client.event("on-hold", call=call, after=before)
        time.sleep(1.5)
        hub.client.do("swap", call=calls[0])
        time.sleep(1.5)
        ear.stop()
        voice.stop()
        hub.client.do("quit")
        for phone in [hub, *peers]:
            phone.expect_status(tphone.OK)
        aloud = sound.read(ear.path).at(8000)
        heard = {p.name: sound.read(p.recording) for p in peers}
        turns = _turns(aloud, tones, "the loudspeaker")
        expect(turns == [{500, 800}, {1700}, {500, 800}], f"the loudspeaker played {turns}")
        for name, other in (("p500", 800), ("p800", 500)):
            found = _turns(heard[name], tones, name)
            expect(found == [{other}], f"{name} heard {found}")
        expect(not any(_heard(heard["p1700"], hz) for hz in tones), "p1700 heard the conference")
        loudest = max(sound.amplitudes(heard["p1700"], voice_hz))
        expect(loudest > LEVEL / 10, "p1700 did not hear us")
        return "\n".join([
            _about(_change_db(aloud, 500, "the loudspeaker"), -6, "the loudspeaker"),
            _about(_change_db(heard["p500"], voice_hz, "p500"), -12, "the microphone"),
            _about(_change_db(heard["p500"], 800, "p500"), 0, "what others say"),
            _about(_change_db(sound.read(room.path("p500.wav")), 500, "a recording"), 0,
                   "a recording")])


if __name__ == "__main__":
    tap.run(jobs=2, in_time=True)
