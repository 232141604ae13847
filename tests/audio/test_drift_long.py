#!/usr/bin/env python3
"""Half an hour with a far end whose clock is 200 ppm quick, another with one that is slow, at once:
what a real phone has heard, as it records it, is no later at the end than at the beginning. There
is no sound card, and clicks are not judged, as both depend on what else the machine does: that is
for tests/audio/test_drift.
DRIFT_SECONDS makes it shorter, DRIFT_PPM takes other clocks."""
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap
from lib.ends import Callee, media
from lib.room import Room
from lib.tap import case, equal, expect

JUDGE = os.path.abspath(os.path.join(os.environ.get("builddir", "."), "tests/audio/drift_judge"))
SECONDS = int(os.environ.get("DRIFT_SECONDS", 1800))
PPM = int(os.environ.get("DRIFT_PPM", 200))
RATE, PACKET_MS = 16000, 20
PACKET = RATE // 1000 * PACKET_MS
EARLY_S = 0.3  # by so much earlier it is looked for, as it is told late when a recording began
MOST_MS = 10  # more in the last quarter of a minute than in the first


class Speaker(threading.Thread):
    """Says the talk over and over, in L16, by a clock of its own."""

    def __init__(self, end, port, talk, ppm):
        super().__init__(daemon=True)
        self.end, self.port, self.ppm, self.on = end, port, ppm, True
        swapped = bytearray(talk)
        swapped[0::2], swapped[1::2] = talk[1::2], talk[0::2]
        self.talk, self.began = bytes(swapped), time.monotonic()

    def run(self):
        step, k, size = PACKET_MS / 1000 / (1 + self.ppm / 1e6), 0, 2 * PACKET
        while self.on:
            time.sleep(max(0, self.began + k * step - time.monotonic()))
            at = k * size % len(self.talk)
            self.end.send(rtp.packet(k, k * PACKET, 0x5151, self.talk[at:at + size], 96, k == 0),
                          self.port)
            k += 1


def judged(path, start_s, ppm):
    said = subprocess.run([JUDGE, "heard", path, str(int(start_s * RATE)),
                           repr(1 / (1 + ppm / 1e6))], stdout=subprocess.PIPE, text=True, check=True)
    return {k: float(v) for k, v in (w.split("=") for w in said.stdout.split())}


@case("the far end's clock is quick", PPM)
@case("the far end's clock is slow", -PPM)
def drift(ppm):
    with Room() as room:
        end, path = room.keep(rtp.RtpPeer()), room.path("heard.wav")
        callee = Callee(room, device="none", codec="l16", times=1, record=path)
        talk, raw = room.path("talk.raw"), room.path("heard.raw")
        subprocess.run([JUDGE, "talk", talk], check=True)
        invite, ok = callee.up(body=sip.sdp(end.port, formats="96", extra="a=rtpmap:96 L16/16000"))
        began = time.monotonic()
        time.sleep(2 * EARLY_S)
        with open(talk, "rb") as f:
            speaker = Speaker(end, media(ok)[0][1], f.read(), ppm)
        speaker.start()
        time.sleep(SECONDS)
        speaker.on = False
        callee.end(invite, ok)
        callee.phone.expect_status(0)
        heard = sound.read(path)
        equal(heard.rate, RATE, "rate of the recording")
        with open(raw, "wb") as f:
            heard.samples.tofile(f)
        found = judged(raw, speaker.began - began - EARLY_S, ppm)
        told = ", ".join(f"{k} {v:g}" for k, v in found.items())
        expect(found["seconds"] > SECONDS / 2, f"it was not heard for long enough: {told}")
        expect(found["last"] <= found["first"] + MOST_MS, f"it comes later and later: {told}")
        return told


if __name__ == "__main__":
    tap.run(jobs=2, in_time=True)
