"""A sound card made of a PulseAudio server of our own with null sinks.

A phone's card is two sinks: what is played into the microphone sink is what the phone captures,
what the phone plays is what the loudspeaker sink's monitor gives. PortAudio reaches them through
ALSA and its pulse plugin, as it does on many desktops.
"""
import math
import os
import time

from lib import room as rooms
from lib import sound
from lib.tap import equal

# One device and no other, so that nothing else can be taken for the default.
ALSA = """
pcm.!default {{
    type asym
    playback.pcm {{ type pulse server "{server}" device "{name}_loudspeaker" }}
    capture.pcm {{ type pulse server "{server}" device "{name}_microphone.monitor" }}
}}
ctl.!default {{ type pulse server "{server}" }}
"""

# Cards by name, beside the default one.
PCM = """
pcm.{name} {{
    type asym
    playback.pcm {{ type pulse server "{server}" device "{name}_loudspeaker" }}
    capture.pcm {{ type pulse server "{server}" device "{name}_microphone.monitor" }}
    hint {{ show on description "{name}" }}
}}
"""


# A null sink looks up every two seconds until somebody wants less delay, one that cannot rewind 20
# times a second. So long a phone would wait for the first sound of its microphone, unlike with a
# real card, and in ALSA's plugin at the cost of a whole processor.
AWAKE = "norewinds=1"


def _sinks(channels, *names):
    for name in names:
        for part in ("microphone", "loudspeaker"):
            yield f"module-null-sink sink_name={name}_{part} rate=48000 channels={channels} {AWAKE}"


class Pulse:
    """names: of the cards, which have so many channels each way; modules: what else the server
    loads; folder: its own in the room."""

    alsa = ALSA

    def __init__(self, room, names, modules=(), channels=1, folder="pulse"):
        self.room, self.channels = room, channels
        home = room.path(folder)
        os.makedirs(home, 0o700)
        self.server = "unix:" + home + "/native"
        self.env = dict(os.environ, PULSE_SERVER=self.server, PULSE_RUNTIME_PATH=home,
                        PULSE_STATE_PATH=home, XDG_RUNTIME_DIR=home, HOME=home,
                        PULSE_COOKIE=home + "/cookie")
        self.env.pop("DISPLAY", None)
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                   "--disable-shm=yes", "--high-priority=yes", "--realtime=yes",
                   "--log-target=stderr", "-L",
                   f"module-native-protocol-unix socket={home}/native auth-anonymous=1"]
        for module in [*_sinks(channels, *names), *modules]:
            command += ["-L", module]
        self.command = command
        self.begin()

    def begin(self):
        """Starts it, and once more where it has ended."""
        server_env = {k: v for k, v in self.env.items() if k != "PULSE_SERVER"}
        self.process = self.room.start("pulseaudio", self.command, env=server_env)
        rooms.wait_until(self._answers, 15, "PulseAudio does not answer")

    def _answers(self):
        if not self.process.alive():
            raise rooms.Failure("PulseAudio ended at once", self.process.tail())
        ask = self.room.start("pactl", ["pactl", "info"], env=self.env)
        return ask.status(10) == 0

    def _pactl(self, *words):
        ask = self.room.start("pactl", ["pactl", *words], env=self.env)
        equal(ask.status(10), 0, f"status of pactl {' '.join(words)}")
        return ask.lines

    def streams(self, kind):
        """Who is at the cards: kind is source-outputs (microphone) or sink-inputs (loudspeaker)."""
        return self._pactl("list", "short", kind)

    def unplug(self, name):
        """Its sinks are gone, and so is what played or recorded there."""
        for line in self._pactl("list", "short", "modules"):
            number, *words = line.split()
            if any(w.startswith(f"sink_name={name}_") for w in words):
                self._pactl("unload-module", number)

    def plug(self, name):
        for module in _sinks(self.channels, name):
            self._pactl("load-module", *module.split())

    def card(self, name, echoes=False):
        """The environment in which a phone's default sound card is that of name. echoes: its
        microphone hears its loudspeaker, as loud as that plays, and nothing else."""
        config = self.alsa.format(server=self.server, name=name)
        if echoes:
            config = config.replace(f"{name}_microphone", f"{name}_loudspeaker")
        config = self.room.write(f"alsa-{name}.conf", config)
        return dict(self.env, ALSA_CONFIG_PATH=config)

    def speak(self, name, spoken, stereo=False):
        """Plays into the microphone of name, stereo: frames of two channels; the process ends when
        all is said."""
        path = sound.write(self.room.path(f"{name}-spoken.wav"), spoken, stereo=stereo)
        return self.room.start(f"paplay to {name}", [
            "paplay", f"--device={name}_microphone", "--latency-msec=300", path], env=self.env)

    def listen(self, name, part="loudspeaker"):
        return Ear(self, f"{name}_{part}")


class Ear:
    """Records what a sink plays, in all its channels, until it is stopped, and hears from the
    moment that it is made."""

    def __init__(self, pulse, sink):
        self.bytes_a_second = 96000 * pulse.channels
        self.path = pulse.room.path(f"{sink}.wav")
        while os.path.exists(self.path):
            self.path = self.path[:-4] + "-again.wav"
        self.process = pulse.room.start(f"parec of {sink}", [
            "parec", f"--device={sink}.monitor", "--format=s16le", "--rate=48000",
            f"--channels={pulse.channels}", "--latency-msec=100", "--file-format=wav", self.path],
            env=pulse.env)
        size = rooms.wait_until(self._hears, 15, f"{self.process.name} records nothing")
        self.began = time.monotonic() - size / self.bytes_a_second  # to a tenth of a second

    def _hears(self):
        size = os.path.getsize(self.path) if os.path.exists(self.path) else 0
        return size if size > 9600 else 0

    def level(self, seconds=0.5):
        """How loud the last of it is, in dB of full scale; -96: silence."""
        n = int(self.bytes_a_second * seconds) // 2 * 2
        with open(self.path, "rb") as f:
            size = f.seek(0, os.SEEK_END) // 2 * 2
            f.seek(max(44, size - n))
            heard = sound.Sound(48000, sound.native(f.read(n)))
        return max(-96.0, 20 * math.log10(sound.rms(heard) / 32768 + 1e-5))

    def stop(self):
        self.process.stop()


def _one_channel(kind, name, master, channel):
    return (f"module-remap-{kind} {kind}_name={name} master={master} channels=1 channel_map=mono "
            f"master_channel_map={channel} remix=no {kind}_properties=device.description={name}")


class Air(Pulse):
    """The cards of two phones, caller and callee, on two null sinks: one for what is said to the
    callee, one for the way back. Each has on its left what goes into the microphone and on its
    right what comes out of the other's loudspeaker, so that both are recorded by one clock."""

    alsa = ALSA.replace(".monitor", "")

    def __init__(self, room):
        modules = []
        for way, mouth, ear in (("there", "caller", "callee"), ("back", "callee", "caller")):
            modules += [f"module-null-sink sink_name={way} rate=48000 channels=2 {AWAKE}",
                        _one_channel("source", f"{mouth}_microphone", f"{way}.monitor",
                                     "front-left"),
                        _one_channel("sink", f"{ear}_loudspeaker", way, "front-right")]
        super().__init__(room, [], modules)

    def say(self, way, spoken):
        """Into the microphone; the process ends when all is said."""
        samples = sound.array.array("h", bytes(4 * len(spoken.samples)))
        samples[0::2] = spoken.samples
        path = sound.write(self.room.path(f"{way}-spoken.wav"),
                           sound.Sound(spoken.rate, samples), stereo=True)
        return self.room.start(f"paplay {way}", ["paplay", f"--device={way}",
                                                 "--latency-msec=300", path], env=self.env)

    def record(self, way):
        """(the process, the file of raw samples at 48 kHz) of both channels."""
        path = self.room.path(f"{way}.raw")
        process = self.room.start(f"parec {way}", [
            "parec", f"--device={way}.monitor", "--raw", "--format=s16le", "--rate=48000",
            "--channels=2", "--latency-msec=100", path], env=self.env)
        rooms.wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 0, 15,
                         f"{process.name} records nothing")
        return process, path


def list_cards(env, pulse, *names):
    """Has a phone with this environment see cards of this server, beside its default."""
    with open(env["ALSA_CONFIG_PATH"], "a", encoding="utf-8") as f:
        for name in names:
            f.write(PCM.format(name=name, server=pulse.server))


def cards(room, *names):
    """A server with these cards, the first being the default, and the environment to see them."""
    pulse = Pulse(room, names)
    env = pulse.card(names[0])
    list_cards(env, pulse, *names[1:])
    return pulse, env
