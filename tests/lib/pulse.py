"""A sound card made of a PulseAudio server of our own with null sinks.

A phone's card is two sinks: what is played into the microphone sink is what the phone captures,
what the phone plays is what the loudspeaker sink's monitor gives. PortAudio reaches them through
ALSA and its pulse plugin, as it does on many desktops.
"""
import os

from lib import room as rooms
from lib import sound

# One device and no other, so that nothing else can be taken for the default.
ALSA = """
pcm.!default {{
    type asym
    playback.pcm {{ type pulse server "{server}" device "{name}_loudspeaker" }}
    capture.pcm {{ type pulse server "{server}" device "{name}_microphone.monitor" }}
}}
ctl.!default {{ type pulse server "{server}" }}
"""


class Pulse:
    def __init__(self, room, names):
        self.room = room
        home = room.path("pulse")
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
        for name in names:
            for part in ("microphone", "loudspeaker"):
                command += ["-L", f"module-null-sink sink_name={name}_{part} rate=48000 channels=1"]
        server_env = {k: v for k, v in self.env.items() if k != "PULSE_SERVER"}
        self.process = room.start("pulseaudio", command, env=server_env)
        rooms.wait_until(self._answers, 15, "PulseAudio does not answer")

    def _answers(self):
        if not self.process.alive():
            raise rooms.Failure("PulseAudio ended at once", self.process.tail())
        ask = self.room.start("pactl", ["pactl", "info"], env=self.env)
        return ask.status(10) == 0

    def card(self, name):
        """The environment in which a phone's default sound card is that of name."""
        config = self.room.write(f"alsa-{name}.conf", ALSA.format(server=self.server, name=name))
        return dict(self.env, ALSA_CONFIG_PATH=config)

    def speak(self, name, spoken):
        """Plays into the microphone of name; the process ends when all is said."""
        path = sound.write(self.room.path(f"{name}-spoken.wav"), spoken)
        return self.room.start(f"paplay to {name}", [
            "paplay", f"--device={name}_microphone", "--latency-msec=300", path], env=self.env)

    def listen(self, name):
        """Records the loudspeaker of name until it is stopped; its file. Hears when it returns."""
        path = self.room.path(f"{name}-loudspeaker.wav")
        process = self.room.start(f"parec of {name}", [
            "parec", f"--device={name}_loudspeaker.monitor", "--format=s16le", "--rate=48000",
            "--channels=1", "--latency-msec=100", "--file-format=wav", path], env=self.env)
        rooms.wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 9600, 15,
                         f"{process.name} records nothing")
        return process, path
