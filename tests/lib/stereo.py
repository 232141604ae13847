"""A tone for the left ear and another one for the right, and where each of them has come to; what
is said and sent of two channels of Opus."""
import array

from lib import sound
from lib.tap import equal, expect

RATE = 16000
LEVEL = 8000
APART = 3  # times as loud as the tone of the other ear, which a codec leaves some of
OURS, THEIRS = (440, 660), (550, 880)  # for the left ear and the right one
OPUS = "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1"
WANTED = OPUS + ";stereo=1"
STEREO_BIT = 4  # of the first byte of a packet (RFC 6716 3.1)


def two_tones(left_hz, right_hz, seconds=2.0, rate=RATE):
    """Frames of two channels."""
    each = [sound.tone(hz, seconds, rate, LEVEL).samples for hz in (left_hz, right_hz)]
    return sound.Sound(rate, array.array("h", [v for frame in zip(*each) for v in frame]))


def middle(levels):
    """As most of it is: a busy machine has gaps, and each call a beginning and an end."""
    loud = sorted(l for l in levels if l > LEVEL / 20)
    return loud[len(loud) // 2] if len(loud) >= 10 else 0


def levels(channel, tones):
    return [middle(sound.amplitudes(channel.at(8000), hz)) for hz in tones]


def in_each_ear(channels, tones, what):
    """The one tone left, the other one right, as loud as they were sent."""
    equal(len(channels), 2, f"channels of {what}")
    left, right = (levels(c, tones) for c in channels)
    told = f"{what}: left {left}, right {right}"
    expect(LEVEL / 2 < left[0] < LEVEL * 2 and LEVEL / 2 < right[1] < LEVEL * 2, told)
    expect(left[0] > APART * left[1] and right[1] > APART * right[0], told)


def mixed(channels, tones, what, n=1):
    """Both tones in each of n channels, half as loud, as that is their mean."""
    equal(len(channels), n, f"channels of {what}")
    for channel in channels:
        for level in levels(channel, tones):
            expect(LEVEL / 4 < level < LEVEL * 3 / 4, f"{what}: {levels(channel, tones)}")


def fmtp_of(message):
    return [l.split(" ", 1)[1] for l in message.body.decode().split("\r\n")
            if l.startswith("a=fmtp:") and "useinband" in l]


def in_stereo(packet):
    return bool(packet.payload[0] & STEREO_BIT)
