#!/usr/bin/env python3
"""Opus in two channels, where both sides want them: a tone for the left ear and another one for the
right, and what becomes of each on its way to files, pipes and those who have one channel only."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, sound, tap, tphone
from lib.baresip import Baresip
from lib.control import Piped
from lib.ends import Callee, Caller
from lib.pipes import Reader, Writer, popen
from lib.room import Room
from lib.stereo import (OPUS, OURS, RATE, THEIRS, WANTED, fmtp_of, in_each_ear, in_stereo, mixed,
                        two_tones)
from lib.talk import Talk, steps, steps_of_time
from lib.tap import case, equal, expect

# Copies, on a machine that loses packets, would take the bits for two channels.
STEREO = {"opus_stereo": "yes", "redundancy": "off"}


def file_of(room, name, tones, **more):
    return sound.write(room.path(name), two_tones(*tones, **more), stereo=True)


def call(ours, theirs):
    """Each, with these options, plays to the other, until the file of the caller ends. The channels
    that either one has recorded."""
    with Room() as room:
        heard = room.path("heard-a.wav"), room.path("heard-b.wav")
        callee = tphone.Answer(room, times=1, play=file_of(room, "theirs.wav", THEIRS),
                               codec="opus,pcmu", record=heard[1], **theirs)
        caller = tphone.Call(room, callee.uri, play=file_of(room, "ours.wav", OURS),
                             hangup_at_eof=True, record=heard[0], **ours)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        return [sound.read_channels(path) for path in heard]


# --- what is said ---------------------------------------------------------------------------------

@case("stereo is asked for in offer and answer where it is wanted, and else not; that it is sent "
      "is not said to who does not ask for it (RFC 7587 6.1)")
def said():
    with Room() as room:
        for name, setting, theirs, offer, answer in (
                ("both", "yes", WANTED, ";stereo=1;sprop-stereo=1", ";stereo=1;sprop-stereo=1"),
                ("we", "yes", OPUS, ";stereo=1;sprop-stereo=1", ";stereo=1"),
                ("they", "no", WANTED, "", "")):
            caller = Caller(room, name=f"{name}-a", opus_stereo=setting)
            invite = caller.invite()
            _, ok = Callee(room, name=f"{name}-b", opus_stereo=setting).up(
                body=sip.sdp(formats="96", extra=theirs))
            for message, fmtp in (invite, offer), (ok, answer):
                equal(fmtp_of(message), ["useinbandfec=1" + fmtp], f"fmtp where {name} want it")
            caller.peer.respond(invite, 486, tag="b")


ROWS = (("both want it", WANTED, "yes", True, True), ("they do not", OPUS, "yes", True, False),
        ("we do not", WANTED, "no", True, False), ("the file is mono", WANTED, "yes", False, False))


@case("two channels are sent where both sides want them and there are two, and else one")
def sent():
    with Room() as room:
        talks = []
        for i, (name, extra, setting, stereo, wanted) in enumerate(ROWS):
            path = file_of(room, f"{i}.wav", OURS) if stereo else \
                sound.write(room.path(f"{i}.wav"), sound.tone(440, 2, RATE))
            talks.append((name, wanted, Talk(room, "96", extra, name=f"us{i}", play=path,
                                             opus_stereo=setting,
                                             redundancy="off")))
        for name, wanted, talk in talks:
            if wanted:  # what goes before its file is open is silence in one channel
                talk.rtp.wait(holds=in_stereo)
            begin = [in_stereo(p) for p in talk.rtp.wait(60)].index(True) if wanted else 30
            packets = talk.rtp.wait(begin + 30)[begin:begin + 30]
            equal({in_stereo(p) for p in packets}, {wanted}, name)
            talk.end()


@case("stereo goes and comes by re-INVITE while a file plays, no packet missing, and its answer "
      "says what is sent")
def again():
    with Room() as room:
        talk = Talk(room, "96", WANTED, opus_stereo="yes", redundancy="off",
                    play=file_of(room, "long.wav", OURS, seconds=20))
        talk.rtp.wait(holds=in_stereo)
        changes = [(OPUS, False), (WANTED, True)] * 2
        for extra, stereo in changes:
            answer = talk.again(extra=extra)
            equal("sprop-stereo=1" in fmtp_of(answer)[0], stereo, "whether it says so")
            packets = talk.rtp.wait_more(40)
            equal({in_stereo(p) for p in packets[-20:]}, {stereo}, f"stereo behind {extra}")
        packets = talk.rtp.wait()
        begin = [in_stereo(p) for p in packets].index(True)
        kinds = [in_stereo(p) for p in packets[begin:]]
        equal(sum(a != b for a, b in zip(kinds, kinds[1:])), len(changes), "changes")
        equal(set(steps(packets, "seq")), {1}, "steps of the sequence number")
        equal(steps_of_time(packets), {960}, "steps of the time")
        talk.end()


# --- what is heard --------------------------------------------------------------------------------

@case("files, both ways: each tone in its ear")
def files():
    ours, theirs = call(STEREO, STEREO)
    in_each_ear(ours, THEIRS, "what the caller heard")
    in_each_ear(theirs, OURS, "what the callee heard")


@case("baresip with stereo: each tone in its ear, both ways")
def stranger():
    with Room() as room:
        heard = room.path("heard.wav")
        phone = tphone.Answer(room, times=1, play=file_of(room, "ours.wav", OURS, seconds=4.0),
                              record=heard, codec="opus", **STEREO)
        other = Baresip(room, "stranger", "opus", two_tones(*THEIRS, seconds=6.0, rate=48000),
                        stereo=True)
        other.dial(phone.uri)
        other.wait("CALL_ESTABLISHED")
        time.sleep(3)
        other.hang_up()
        phone.expect_status(tphone.OK)
        in_each_ear(sound.read_channels(heard), THEIRS, "what we heard")
        in_each_ear(sound.read_channels(other.heard()), OURS, "what baresip heard")


@case("to a side without stereo all goes mixed, and comes as it sent it")
def one_sided():
    ours, theirs = call(STEREO, {})
    mixed(ours, THEIRS, "what the caller heard", 2)
    mixed(theirs, OURS, "what the callee heard")


@case("with another codec there is one channel, whatever is wanted")
def pcmu():
    ours, theirs = call({**STEREO, "codec": "pcmu"}, STEREO)
    mixed(ours, THEIRS, "what the caller heard")
    mixed(theirs, OURS, "what the callee heard")


@case("both sides of a call in one file have a channel each, mixed")
def apart():
    ours, both = call({"record_sides": "apart", **STEREO}, {"record_sides": "mixed", **STEREO})
    left, right = ours
    mixed([left], THEIRS, "the left channel, theirs")
    mixed([right], OURS, "the right channel, ours")
    mixed(both, OURS + THEIRS, "both in one")


# --- pipes ----------------------------------------------------------------------------------------

def ogg(room, path):
    program = os.path.join(os.environ.get("builddir", "."), "tests/lib/decode")
    subprocess.run([program, path, path + ".ogg", "vorbis"], check=True)
    with open(path + ".ogg", "rb") as f:
        return f.read()


def piped(kind):
    with Room() as room:
        data = two_tones(*OURS).samples.tobytes() if kind == "raw" else \
            ogg(room, file_of(room, "in.wav", OURS))
        reader, writer = Reader(room), Writer(room, data)
        options = {"rate": RATE, "channels": 2, **STEREO}
        callee = tphone.Answer(room, times=1, record="-", popen=popen(stdout=reader.writes),
                               **options)
        reader.begun()
        caller = tphone.Call(room, callee.uri, play="-", hangup_at_eof=True,
                             popen=popen(stdin=writer.reads), **options)
        writer.begun()
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        samples = sound.native(reader.data)
        in_each_ear([sound.Sound(RATE, samples[c::2]) for c in (0, 1)], OURS, "what was piped out")


for kind in "raw", "Ogg":
    case(f"pipes of two channels: {kind} in, raw out", kind)(piped)


# --- one channel in between -----------------------------------------------------------------------

@case("a key as a tone is in both ears, and the stereo is there again behind it")
def key():
    with Room() as room:
        heard = room.path("heard.wav")
        callee = tphone.Answer(room, times=1, record=heard, codec="opus", **STEREO)
        us = Piped(room, "us", codec="opus", dtmf_mode="inband", **STEREO).client
        ours = us.do("call", target=callee.uri,
                     play=file_of(room, "long.wav", OURS, seconds=3.0))["call"]
        us.event("playing", call=ours)
        us.do("dtmf", call=ours, digits="5")
        us.event("dtmf-sent", call=ours)
        us.event("play-ended", call=ours)
        us.do("hangup", call=ours)
        callee.expect_status(tphone.OK)
        channels = sound.read_channels(heard)
        in_each_ear(channels, OURS, "the tones")
        for channel in channels:
            expect(max(sound.amplitudes(channel.at(8000), 1336, 20)) > 500, "no key in one ear")


@case("in a conference each is heard in one channel, of two who have stereo, too")
def conference():
    with Room() as room:
        us = Piped(room, "us", codec="opus", **STEREO).client
        heard, calls = [room.path(f"{n}.wav") for n in ("one", "two")], []
        for name, tones, path in zip(("one", "two"), (OURS, THEIRS), heard):
            callee = tphone.Answer(room, name, times=1, record=path, **STEREO,
                                   play=file_of(room, f"{name}-says.wav", tones, seconds=20))
            calls.append((us.do("call", target=callee.uri)["call"], callee))
            us.event("answered", call=calls[-1][0])
        us.do("conference", calls=[number for number, _ in calls])
        for number, _ in calls:
            us.event("joined", call=number)
        time.sleep(2.5)
        for number, callee in calls:
            us.do("hangup", call=number)
            callee.expect_status(tphone.OK)
        mixed(sound.read_channels(heard[0]), THEIRS, "what the first one heard", 2)
        mixed(sound.read_channels(heard[1]), OURS, "what the second one heard", 2)


if __name__ == "__main__":
    tap.run(jobs=5, in_time=True)
