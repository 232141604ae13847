"""A baresip of the distribution as the stranger on the other end.

It runs from a configuration of its own, speaks from a file, keeps what it decodes in a file, and is
told what to do over its control port (JSON in netstrings); its events come back the same way.
"""
import glob
import json
import os
import socket
import threading
import time

from lib import pace
from lib import room as rooms
from lib import sound
from lib.tap import Failure

MODULES = "/usr/lib/baresip/modules"
CODECS = {"opus": "opus.so", "g722": "g722.so", "pcmu": "g711.so", "pcma": "g711.so",
          "l16": "l16.so"}
RATES = {"opus": 48000, "g722": 16000, "l16": 16000}


def _module_folder():
    for folder in [MODULES] + glob.glob("/usr/lib/*/baresip/modules"):
        if os.path.isdir(folder):
            return folder
    raise Failure("baresip's modules are not installed, so no call with it can be tested; "
                  "scripts/install-deps brings baresip-core")


def _config(port, control, rtp, folder, codec, player, source=None):
    rate = RATES.get(codec, 8000)
    lines = [
        "poll_method epoll", f"sip_listen 127.0.0.1:{port}", "call_local_timeout 30",
        "call_max_calls 8", "net_interface 127.0.0.1",
        f"audio_source {source or f'aufile,{folder}/spoken.wav'}", f"audio_player {player}",
        "audio_alert aubridge,nowhere", f"ausrc_srate {rate}", "ausrc_channels 1",
        "ausrc_format s16", "auplay_format s16", "auenc_format s16", "audec_format s16",
        f"rtp_ports {rtp}-{rtp + 18}", "rtcp_mux no", "jitter_buffer_delay 2-5",
        f"module_path {_module_folder()}", f"module {CODECS[codec]}", "module sndfile.so",
        "module aubridge.so", "module aufile.so", "module alsa.so", "module_tmp account.so",
        "module_app menu.so", "module_app ctrl_tcp.so",
        f"ctrl_tcp_listen 127.0.0.1:{control}", f"snd_path {folder}/heard",
        "opus_inbandfec yes", "opus_bitrate 28000", "opus_application voip",
        "ringback_disabled yes", "menu_bell no",
        "statmode_default off",
    ]
    return rate, "\n".join(lines) + "\n"


def start_alone(room, name, codec, spoken, host, under):
    """One that answers by itself on port 5060 of another network, where no control port can be
    reached: its process, once it listens."""
    folder = room.path(name)
    os.makedirs(folder + "/heard")
    rate, config = _config(5060, 5062, 20000, folder, codec, "aubridge,nowhere")
    sound.write(folder + "/spoken.wav", spoken.at(rate))
    config = config.replace("127.0.0.1", host)
    room.write(f"{name}/config", config)
    room.write(f"{name}/accounts", f"<sip:{name}@{host}>;audio_codecs={_codec_list(codec)}"
                                   ";answermode=auto;regint=0\n")
    room.write(f"{name}/contacts", "")
    process = room.start(f"baresip {name}", [*under, "baresip", "-f", folder, "-v"])
    process.wait_line("baresip is ready", 15)
    return process


def recordings(room, name, process):
    """What it decoded, one sound for each agreement, oldest first."""
    process.wait_line("audio: destroyed", 5)
    time.sleep(0.3)
    files = glob.glob(room.path(name) + "/heard/*dec*.wav")
    return [sound.read(f) for f in sorted(files, key=os.path.getmtime)]


class Baresip:
    """codec: the only one it offers and takes; spoken: what it says from the start of the call.
    card: the environment of a sound card (lib/pulse.py) that it plays on; spoken None: that it
    hears by, too. account: one that it registers (lib/kamailio.py); it then goes by that address.
    paper: its certificate (lib/papers.py), with which it takes calls by TLS one port above; ca:
    whom it trusts there. encryption: "srtp", "srtp-mand", "dtls_srtp" …; stereo: what it says are
    frames of two channels at its rate, which it wants to hear, too."""

    def __init__(self, room, name, codec, spoken, answers=False, card=None, account=None,
                 paper=None, ca=None, encryption=None, stereo=False):
        self.name, self.codec = name, codec
        self.port, control = rooms.free_port(), rooms.free_port()
        self.uri = account.uri if account else f"sip:{name}@127.0.0.1:{self.port}"
        self.folder = room.path(name)
        os.makedirs(self.folder + "/heard")
        rate, config = _config(self.port, control, rooms.free_port(20), self.folder, codec,
                               "alsa,default" if card else "aubridge,nowhere",
                               None if spoken else "alsa,default")
        if spoken:
            sound.write(self.folder + "/spoken.wav", spoken if stereo else spoken.at(rate),
                        stereo=stereo)
        if stereo:
            config = config.replace("ausrc_channels 1", "ausrc_channels 2")
            config = config.replace("opus_bitrate 28000", "opus_bitrate 64000")
            config += "auplay_channels 2\nopus_stereo yes\nopus_sprop_stereo yes\n"
        mode = ";answermode=auto" if answers else ""
        if encryption:
            mode += f";mediaenc={encryption}"
            config += f"module {encryption.split('-')[0]}.so\n"
        if paper:
            both = "".join(open(p, encoding="ascii").read() for p in (paper.pem, paper.key))
            config += f"sip_certificate {room.write(f'{name}/own.pem', both)}\n"
        if ca:
            config += f"sip_cafile {ca.pem}\n"
        room.write(f"{name}/config", config)
        room.write(f"{name}/accounts", f"<{self.uri}>{_server(account)}"
                                       f";audio_codecs={_codec_list(codec)}{mode}\n")
        room.write(f"{name}/contacts", "")
        self.process = room.start(f"baresip {name}", ["baresip", "-f", self.folder, "-v"],
                                  env=card)
        self.events, self._news = [], threading.Condition()
        self._socket = self._connect(control)
        room.keep(self)
        threading.Thread(target=self._read, daemon=True).start()
        rooms.wait_udp(self.port)
        if account:
            self.process.wait_line(r"200 OK .*binding")

    def _connect(self, control):
        def attempt():
            if not self.process.alive():
                raise Failure(f"{self.process.name} ended at once", self.process.tail())
            s = socket.socket()
            try:
                s.connect(("127.0.0.1", control))
                return s
            except OSError:
                s.close()
                return None
        return rooms.wait_until(attempt, 15, f"{self.process.name} opens no control port")

    def _read(self):
        data = b""
        while True:
            try:
                got = self._socket.recv(65536)
            except OSError:
                return
            if not got:
                return
            data += got
            while b":" in data:
                size, rest = data.split(b":", 1)
                if len(rest) <= int(size):
                    break
                with self._news:
                    self.events.append(json.loads(rest[:int(size)]))
                    self._news.notify_all()
                data = rest[int(size) + 1:]

    def tell(self, command, params=""):
        line = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        self._socket.sendall(b"%d:%s," % (len(line), line))

    def wait(self, kind, seconds=15, count=1, **fields):
        """The count-th event of this kind ("CALL_ESTABLISHED") whose fields hold these values."""
        end = pace.now() + seconds
        with self._news:
            while True:
                found = [e for e in self.events if e.get("type") == kind and
                         all(e.get(k) == v for k, v in fields.items())]
                if len(found) >= count:
                    return found[count - 1]
                left = end - pace.now()
                if left <= 0:
                    kinds = [e.get("type") or str(e) for e in self.events]
                    raise Failure(f"{self.process.name} told no {kind} {fields or ''} in "
                                  f"{seconds} s", [f"told: {kinds}"] + self.process.tail())
                self._news.wait(left)

    def dial(self, uri):
        self.tell("dial", uri)

    def answer(self):
        self.tell("accept")

    def hang_up(self):
        self.tell("hangup")

    def hold(self):
        self.tell("hold")

    def resume(self):
        self.tell("resume")

    def press(self, digits):
        """The menu takes digits as single keys while a call is up."""
        for digit in digits:
            self.tell("sndcode", digit)
            time.sleep(0.25)

    def digits(self):
        with self._news:
            return "".join(e.get("param", "") for e in self.events
                           if e.get("type") == "CALL_DTMF_START")

    def heard(self):
        """The file with what it decoded, up to the first re-INVITE; of several calls the last."""
        self.process.wait_line("audio: destroyed", 5)  # it writes the file out at the end
        files = glob.glob(self.folder + "/heard/*dec*.wav")
        if not files:
            raise Failure(f"{self.process.name} decoded nothing", self.process.tail())
        path = max(files, key=os.path.getmtime)
        rooms.wait_until(lambda: sound.read(path).seconds > 0, 5, f"{path} stays empty")
        return path

    def stop(self):
        try:
            self._socket.close()
        except OSError:
            pass
        self.process.stop()


def _server(account):
    if not account:
        return ";regint=0"
    return (f";outbound=\"{account.server}\";regint=60;auth_user={account.user}"
            f";auth_pass={account.password}")


def _codec_list(codec):
    return {"opus": "opus/48000/2", "g722": "G722/16000/1", "pcmu": "PCMU/8000/1",
            "pcma": "PCMA/8000/1", "l16": "L16/16000/1"}[codec]
