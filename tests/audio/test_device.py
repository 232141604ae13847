#!/usr/bin/env python3
"""audio/device against a PulseAudio server with null sinks, by PortAudio and ALSA's pulse plugin:
what is played comes out, what is said goes in, and the card's death is noticed."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap
from lib.pulse import Pulse
from lib.room import Room
from lib.tap import case, expect

PROBE = os.path.abspath(os.path.join(os.environ.get("builddir", "."), "tests/audio/device_probe"))
SPEECH_S = 4.0


def counts(process):
    line = process.wait_line(r"running after", 20).string
    return {name.strip(): int(n) for name, n in re.findall(r"([a-z ]+) (\d+)", line)}


@case("played speech comes out of the loudspeaker, spoken comes in by the microphone", 48000)
@case("a file of 8 kHz comes out as well", 8000)
def both_ways(rate):
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        played = sound.speech("caller", SPEECH_S, rate)
        spoken = sound.speech("callee", SPEECH_S, 48000)
        path = sound.write(room.path("played.wav"), played)
        ear = pulse.listen("desk")
        probe = room.start("device_probe", [PROBE, "default", SPEECH_S + 4, path,
                                            room.path("captured.wav")], env=pulse.card("desk"))
        time.sleep(1)
        pulse.speak("desk", spoken).status(20)
        got = counts(probe)
        tap.equal(probe.status(20), 0, "status of the probe")
        ear.stop()
        found = [sound.expect_heard(played, ear.path, "the loudspeaker gave"),
                 sound.expect_heard(spoken, room.path("captured.wav"), "the microphone took")]
        expect(got["callbacks"] > 300, f"the card called {got['callbacks']} times only")
        expect(got["queued"] < 48000 / 5, f"{got['queued']} samples of delay have built up")
        return "\n".join(map(str, found)) + f"\n{got}"


@case("the card is listed as default")
def listed():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        probe = room.start("device_probe", [PROBE, "list"], env=pulse.card("desk"),
                           stderr=open(os.devnull, "wb"))
        probe.wait_line(r"ALSA: default, \d+ in \(default\), \d+ out \(default\)")
        tap.equal(probe.status(), 0, "status of the list")


@case("a name that no device has is said")
def unknown():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        path = sound.write(room.path("played.wav"), sound.silence(1))
        probe = room.start("device_probe", [PROBE, "Gramophone", "1", path, room.path("c.wav")],
                           env=pulse.card("desk"))
        probe.wait_line(r"there is no sound device named Gramophone")
        tap.equal(probe.status(), 1, "status of the probe")


@case("no sound card at all is said", "pcm.default { type hw card 77 }\n")
@case("nor is there one where ALSA's configuration is empty", "")
@case("nor where it has devices and no default", "pcm.silence { type null }\n")
def none_there(text):
    with Room() as room:
        config = room.write("alsa.conf", text)
        path = sound.write(room.path("played.wav"), sound.silence(1))
        probe = room.start("device_probe", [PROBE, "default", "1", path, room.path("c.wav")],
                           env=dict(os.environ, ALSA_CONFIG_PATH=config))
        probe.wait_line(r"this machine has no sound device")
        tap.equal(probe.status(), 1, "status of the probe")


@case("the end of the sound server is noticed")
def dies():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        path = sound.write(room.path("played.wav"), sound.silence(1))
        probe = room.start("device_probe", [PROBE, "default", "20", path, room.path("c.wav")],
                           env=pulse.card("desk"))
        time.sleep(3)
        pulse.process.stop()
        probe.wait_line(r"failed after", 6)
        tap.equal(probe.status(), 1, "status of the probe")


tap.run(jobs=3, in_time=True)
