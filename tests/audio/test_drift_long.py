#!/usr/bin/env python3
"""Half an hour with a far end whose clock is 200 ppm quick, another with one that is slow, at once:
what comes out of the sound card is as late at the end as at the beginning, and does not click.
DRIFT_SECONDS makes it shorter, DRIFT_PPM takes other clocks."""
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, tap
from lib.ends import Callee, media
from lib.pulse import Pulse
from lib.room import Room
from lib.tap import Failure, case, expect

JUDGE = os.path.abspath(os.path.join(os.environ.get("builddir", "."), "tests/audio/drift_judge"))
SECONDS = int(os.environ.get("DRIFT_SECONDS", 1800))
PPM = int(os.environ.get("DRIFT_PPM", 200))
RATE, CARD_RATE, PACKET_MS = 16000, 48000, 20
PACKET = RATE // 1000 * PACKET_MS
EARLY_S = 0.3  # by so much earlier it is looked for, as nobody knows when a recorder began
MOST_MS = 10   # about the middle


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


def record(pulse):
    """(the process, its file, when that began, to a tenth of a second)"""
    path = pulse.room.path("heard.raw")
    process = pulse.room.start("parec", [
        "parec", "--device=desk_loudspeaker.monitor", "--raw", "--format=s16le", f"--rate={CARD_RATE}",
        "--channels=1", "--latency-msec=100", path], env=pulse.env)
    for _ in range(1500):
        size = os.path.getsize(path) if os.path.exists(path) else 0
        if size > CARD_RATE // 5:
            return process, path, time.monotonic() - size / 2 / CARD_RATE
        time.sleep(0.01)
    raise Failure("parec records nothing", process.tail())


def judged(path, start_s, ppm):
    said = subprocess.run([JUDGE, "heard", path, str(int(start_s * RATE)),
                           repr(1 / (1 + ppm / 1e6))], stdout=subprocess.PIPE, text=True, check=True)
    return {k: float(v) for k, v in (w.split("=") for w in said.stdout.split())}


@case("the far end's clock is quick", PPM)
@case("the far end's clock is slow", -PPM)
def drift(ppm):
    with Room() as room:
        pulse, end = Pulse(room, ["desk"]), room.keep(rtp.RtpPeer())
        callee = Callee(room, device="default", env=pulse.card("desk"), codec="l16", times=1,
                        echo="off", noise_suppression="off", level_control="off")
        invite, ok = callee.up(body=sip.sdp(end.port, formats="96",
                                            extra="a=rtpmap:96 L16/16000"))
        talk = room.path("talk.raw")
        subprocess.run([JUDGE, "talk", talk], check=True)
        recorder, path, began = record(pulse)
        time.sleep(2 * EARLY_S)
        with open(talk, "rb") as f:
            speaker = Speaker(end, media(ok)[0][1], f.read(), ppm)
        speaker.start()
        time.sleep(SECONDS)
        speaker.on = False
        recorder.stop()
        callee.end(invite, ok)
        found = judged(path, speaker.began - began - EARLY_S, ppm)
        told = ", ".join(f"{k} {v:g}" for k, v in found.items())
        expect(found["seconds"] > SECONDS / 2, f"it was not heard for long enough: {told}")
        expect(found["most"] - found["least"] <= 2 * MOST_MS, f"it creeps: {told}")
        expect(found["jumps"] == 0 and found["clicks"] == 0, f"it jumps or clicks: {told}")
        return told


if __name__ == "__main__":
    tap.run(jobs=2, in_time=True)
