"""Sound for tests: speech to play, recordings to read, and how well one matches the other.

A Sound is mono: a rate and signed 16-bit samples. Whether speech arrived is judged by its envelope
(the RMS of every 10 ms), for that survives codecs, filters and concealment; how late it arrived is
then refined on the waveform. A machine that stands still for a moment, as with many tests at once,
moves or swallows some of what is said; that is no fault of the phone, and lib/align follows it.
"""
import array
import math
import operator
import os
import pickle
import struct
import subprocess
import sys

from lib.align import follow, slide
from lib.tap import Failure

HOP_MS = 10


class Sound:
    def __init__(self, rate, samples):
        self.rate = rate
        self.samples = samples if isinstance(samples, array.array) else array.array("h", samples)

    @property
    def seconds(self):
        return len(self.samples) / self.rate

    def cut(self, start_s, end_s):
        return Sound(self.rate, self.samples[int(start_s * self.rate):int(end_s * self.rate)])

    def __add__(self, other):
        return Sound(self.rate, self.samples + other.at(self.rate).samples)

    def at(self, rate):
        """The same at another rate, by straight lines between averaged points: good enough for
        envelopes and for material to speak."""
        if rate == self.rate:
            return self
        s, step = self.samples, self.rate / rate
        if step > 1 and step == int(step):
            k = int(step)
            sums = [sum(s[i:i + k]) // k for i in range(0, len(s) - k + 1, k)]
            return Sound(rate, array.array("h", sums))
        out = array.array("h")
        for i in range(int((len(s) - 1) / step)):
            at = i * step
            n = int(at)
            out.append(int(s[n] + (s[n + 1] - s[n]) * (at - n)))
        return Sound(rate, out)


def silence(seconds, rate=8000):
    return Sound(rate, array.array("h", bytes(2 * int(seconds * rate))))


def tone(hz, seconds, rate=8000, level=8000):
    return Sound(rate, [int(level * math.sin(2 * math.pi * hz * i / rate))
                        for i in range(int(seconds * rate))])


def native(data):
    """Samples of 16 bits, little-endian."""
    samples = array.array("h")
    samples.frombytes(data[:len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _chunks(data):
    at = 12
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack_from("<I", data, at + 4)[0]
        # A recorder that was killed leaves the size that it began with.
        size = min(size, len(data) - at - 8)
        yield name, data[at + 8:at + 8 + size]
        at += 8 + size + (size & 1)


def read_channels(path, raw_rate=8000):
    """The channels of a WAV file of 16-bit samples or 32-bit floats, or of raw samples."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] != b"RIFF":
        return [Sound(raw_rate, native(data))]
    chunks = dict(_chunks(data))
    if b"fmt " not in chunks:
        raise Failure(f"{path} says nothing of its format")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    body = chunks.get(b"data", b"")
    if kind in (1, 0xfffe) and bits == 16:
        samples = native(body)
    elif kind == 3 and bits == 32:
        floats = array.array("f")
        floats.frombytes(body[:len(body) // 4 * 4])
        samples = array.array("h", [int(max(-1, min(1, x)) * 32767) for x in floats])
    else:
        raise Failure(f"{path} is WAV of a kind ({kind}, {bits} bits) that these tests do not read")
    return [Sound(rate, samples[c::channels]) for c in range(channels)]


def read(path, raw_rate=8000):
    """A file as one channel: the mean of all that it has."""
    channels = read_channels(path, raw_rate)
    if len(channels) == 1:
        return channels[0]
    mixed = [sum(v) // len(channels) for v in zip(*(c.samples for c in channels))]
    return Sound(channels[0].rate, array.array("h", mixed))


def write(path, sound, channels=1, stereo=False):
    """stereo: the samples are of two channels already, in turns."""
    samples = sound.samples
    if channels > 1:
        samples = array.array("h", [v for v in samples for _ in range(channels)])
    if sys.byteorder == "big":
        samples = array.array("h", samples)
        samples.byteswap()
    channels = 2 if stereo else channels
    body = samples.tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", 16, 1,
                       channels, sound.rate, sound.rate * 2 * channels, 2 * channels, 16,
                       b"data", len(body))
    with open(path, "wb") as f:
        f.write(head + body)
    return path


# Two people, two texts: a man on the radio, a woman reading Sense and Sensibility.
CODEC2 = "/usr/share/codec2/raw/"
LIBRIVOX = "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-"
VOICES = {
    "caller": [CODEC2 + "ve9qrp_10s.raw"],
    "callee": [LIBRIVOX + "0870.wav", LIBRIVOX + "0930.wav"],
}


def speech(who, seconds=8.0, rate=8000, lead_s=0.3, tail_s=0.0):
    """What the caller or the callee says: lead_s of silence, seconds of speech, silence."""
    spoken = None
    for path in VOICES[who]:
        if not os.path.exists(path):
            raise Failure(f"the recording {path} is missing, so no speech can be sent; "
                          "scripts/install-deps brings codec2-examples and pocketsphinx-testdata")
        part = read(path).at(rate)
        spoken = part if spoken is None else spoken + part
    text = spoken.cut(0, seconds)
    while text.seconds < seconds - 0.01:
        text = text + spoken.cut(0, seconds - text.seconds)
    return silence(lead_s, rate) + levelled(text) + silence(tail_s, rate)


def levelled(sound, level=2000):
    """At one level, so that two voices are heard alike; a click may be clipped."""
    gain = level / max(rms(sound), 1)
    return Sound(sound.rate, array.array("h", [max(-30000, min(30000, int(v * gain)))
                                               for v in sound.samples]))


def envelope(sound, hop_ms=HOP_MS):
    """The RMS of every hop_ms."""
    n = sound.rate * hop_ms // 1000
    s = sound.samples
    out = []
    for i in range(0, len(s) - n + 1, n):
        part = s[i:i + n]
        out.append(math.sqrt(sum(map(operator.mul, part, part)) / n))
    return out


def rms(sound):
    s = sound.samples
    return math.sqrt(sum(map(operator.mul, s, s)) / len(s)) if s else 0.0


def amplitudes(sound, hz, hop_ms=100):
    """How loud a tone of hz is in every hop_ms, as the level of tone()."""
    n = sound.rate * hop_ms // 1000
    waves = [[f(2 * math.pi * hz * i / sound.rate) for i in range(n)] for f in (math.cos, math.sin)]
    out = []
    for at in range(0, len(sound.samples) - n + 1, n):
        part = sound.samples[at:at + n]
        out.append(2 / n * math.hypot(*(sum(map(operator.mul, part, w)) for w in waves)))
    return out


def spans(levels, least, hop_ms=100, gap_s=0.25):
    """When levels, one each hop_ms, reach least: (from, to) in seconds, oldest first. What is
    missing for no more than gap_s is a glitch."""
    out = []
    for i, level in enumerate(levels):
        start, end = i * hop_ms / 1000, (i + 1) * hop_ms / 1000
        if level < least:
            continue
        if out and start - out[-1][1] <= gap_s:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def tones(heard, known):
    """Which of the known tones follow one another, each for 200 ms at least."""
    out, piece, last = [], heard.rate // 10, None
    for at in range(0, len(heard.samples) - piece, piece):
        part = heard.samples[at:at + piece]
        crossings = sum((a < 0) != (b < 0) for a, b in zip(part, part[1:]))
        tone = next((hz for hz in known if abs(crossings * 5 - hz) < hz / 10), None)
        if rms(Sound(heard.rate, part)) < 3000:
            tone = None
        if tone and tone == last and out[-1:] != [tone]:
            out.append(tone)
        last = tone
    return out


def turns(heard, known, least):
    """Which of the known tones is heard, one after the other, as sets: together where they overlap.
    Silence is left out, and what does not last for half a second is a change from one to the
    next."""
    each = [{hz for hz, level in zip(known, levels) if level > least}
            for levels in zip(*(amplitudes(heard, hz) for hz in known))]
    steady = [now for i, now in enumerate(each) if each[i:i + 5] == [now] * 5 and now]
    return [now for i, now in enumerate(steady) if i == 0 or steady[i - 1] != now]


class Match:
    """correlation: of the envelopes at the best lag, stalls forgiven; lag_ms: how much later than
    in spoken a sound stands in heard, to a fraction of a millisecond where the waveform allows."""

    def __init__(self, correlation, lag_ms, heard_seconds):
        self.correlation, self.lag_ms, self.heard_seconds = correlation, lag_ms, heard_seconds

    def __str__(self):
        return (f"envelopes correlate {self.correlation:.3f} at {self.lag_ms:.1f} ms, "
                f"{self.heard_seconds:.1f} s heard")


def _refined_ms(spoken, heard, lag_ms):
    """The lag at which the waveforms fit best within 15 ms of lag_ms, on the loudest half second; a
    codec that keeps no waveform leaves lag_ms as it is."""
    rate = 8000
    a, b = spoken.at(rate).samples, heard.at(rate).samples
    loud = envelope(Sound(rate, a), 100)
    start = max(range(len(loud)), key=lambda i: sum(loud[i:i + 5])) * rate // 10
    part = a[start:start + rate // 2]
    around = start + int(lag_ms * rate / 1000)
    reach = rate * 15 // 1000
    if around < reach or not part:
        return lag_ms
    fits = slide(part, b[around - reach:around + reach + len(part)], 0, 2 * reach)
    best, lag = max(fits)
    if best < 0.4:
        return lag_ms
    return (around - reach + lag - start) * 1000 / rate


def _bands(sound):
    """The loudness of all of a sound, of its depths and of its heights, at 8 kHz: they tell voices
    apart where one row of loudness does not."""
    sound = sound.at(8000)
    s = sound.samples
    heights = map(lambda v: max(-32768, min(32767, v)), map(operator.sub, s[1:], s))
    return [envelope(part) for part in (sound, sound.at(1000),
                                        Sound(8000, array.array("h", heights)))]


def match(spoken, heard, first_ms=-500, last_ms=4000):
    """How well heard holds what was spoken, wherever it begins between first_ms and last_ms. That
    is worked out in a process of its own that nobody waits for: here it would stop the threads of
    other cases, as relays, and go before the phones whose sound is to be judged."""
    if not heard.samples:
        return Match(0.0, 0.0, 0.0)
    told = pickle.dumps((spoken.rate, spoken.samples.tobytes(), heard.rate, heard.samples.tobytes(),
                         first_ms, last_ms))
    here = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run([sys.executable, "-S", "-c", _APART, os.path.dirname(here)], input=told,
                          stdout=subprocess.PIPE, check=True)
    return Match(*pickle.loads(done.stdout))


_APART = """if True:
    import os, pickle, sys
    if os.getpriority(os.PRIO_PROCESS, 0) < 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    sys.path.insert(0, sys.argv[1])
    from lib import sound
    told = pickle.load(sys.stdin.buffer)
    found = sound.match_here(*(sound.Sound(told[i], sound.array.array("h", told[i + 1]))
                               for i in (0, 2)), *told[4:])
    sys.stdout.buffer.write(pickle.dumps(found))
"""


def match_here(spoken, heard, first_ms, last_ms):
    """What a Match is made of."""
    a, b = envelope(spoken), envelope(heard)
    best, lag = max(slide(a, b, first_ms // HOP_MS, last_ms // HOP_MS))
    lag_ms = _refined_ms(spoken, heard, lag * HOP_MS)
    # Once more on windows that begin where the sound does, not up to half a hop beside it.
    start = int(lag_ms * heard.rate / 1000)
    aligned = silence(max(0, -start) / heard.rate, heard.rate) + heard.cut(
        max(0, start) / heard.rate, heard.seconds)
    best = max(best, slide(a, envelope(aligned), 0, 0)[0][0])
    if best < 0.95:
        best = max(best, follow(list(zip(_bands(spoken), _bands(aligned)))))
    return best, lag_ms, heard.seconds


def enough(least):
    """How alike sound must be. Programs that are several times slower than ours (TPHONE_SLOW: they
    have sanitizers in them) make packets late on a busy machine, and so sound is stretched; the
    words of others are less alike even then."""
    return min(least, 0.8) if os.environ.get("TPHONE_SLOW") else least


def expect_heard(spoken, path, what, least=0.85, **window):
    """Fails unless the recording at path, or the Sound that it is, holds what was spoken; the
    Match."""
    if not isinstance(path, Sound) and not os.path.exists(path):
        raise Failure(f"{what}: {path} was not written")
    heard = path if isinstance(path, Sound) else read(path)
    found = match(spoken, heard, **window)
    if found.correlation < enough(least):
        raise Failure(f"{what}: {found}, wanted {enough(least)}", [f"level {rms(heard):.0f}"])
    return found
