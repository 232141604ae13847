"""A linphonec of the distribution as the stranger on the other end.

It has a home of its own, speaks from a file, keeps what it hears in a file, and is told what to do
over its standard input; what it says on its standard output is what it does.
"""
import os
import re
import subprocess
import time

from lib import room as rooms
from lib import sound

# It finds no addresses in certificates, and no localhost where there is no /etc/hosts.
SETTINGS = """[sip]
sip_port={port}
sip_tcp_port={port}
sip_tls_port={tls_port}
root_ca={ca}
verify_server_certs=1
verify_server_cn=0
bind_address=127.0.0.1
use_ipv6=0
guess_hostname=0
default_proxy={default}
media_encryption={encryption}
media_encryption_mandatory={mandatory}
{keys}
[net]
enable_nat_helper={nat}
[rtp]
audio_rtp_port={rtp}-{rtp_last}
[video]
automatically_initiate=0
automatically_accept=0
[sound]
{sound}
{codecs}{account}"""
CODEC = """[audio_codec_{n}]
mime={mime}
rate={rate}
enabled={enabled}
"""

# By ALSA as the others: on its own way to PulseAudio sound comes a second late, in pieces. Echoes
# are not what is measured.
SOUND = """playback_dev_id=ALSA Unknown: default
capture_dev_id=ALSA Unknown: default
echocancellation=0"""

ACCOUNT = """[proxy_0]
reg_proxy=<{server}>
reg_route=<{route}>
reg_identity={uri}
reg_expires=600
reg_sendregister=1
publish=0
[auth_info_0]
username={user}
passwd={password}
realm={domain}
"""
# How it sends keys; where no telephone-events are offered to it they are tones.
KEYS = {"rtp": "", "info": "use_info=1\nuse_rfc2833=0"}
OTHERS = [("speex", 16000), ("speex", 8000), ("G729", 8000)]
CODECS = {"pcmu": ("PCMU", 8000), "pcma": ("PCMA", 8000), "opus": ("opus", 48000)}


def _codecs(codec, alone):
    """codec first; alone: and no other, for all are offered that are not spoken of."""
    others = [c for n, c in CODECS.items() if n != codec] + OTHERS if alone else []
    return "".join(CODEC.format(n=n, mime=mime, rate=rate, enabled=int(n == 0))
                   for n, (mime, rate) in enumerate([CODECS[codec], *others]))


class Linphone:
    """account: one that it registers (lib/kamailio.py); it then goes by that address. encryption:
    "srtp" by SDES; mandatory: else it makes no call. ca: a Paper (lib/papers.py) that vouches for
    servers over TLS. keys: how it sends them, by KEYS. card: the environment of a sound card
    (lib/pulse.py), which it speaks and hears by in place of files."""

    def __init__(self, room, name, spoken, codec="pcmu", answers=False, account=None,
                 encryption="none", mandatory=False, ca=None, card=None, keys="rtp"):
        self.name, self.room = name, room
        self.port, rtp = rooms.free_port(), rooms.free_port(10)
        self.folder = room.path(name)
        self.recording = self.folder + "/heard.wav"
        for part in (".local/share/linphone", ".config/linphone"):
            os.makedirs(f"{self.folder}/{part}")
        self.uri = account.uri if account else f"sip:{name}@127.0.0.1:{self.port}"
        text = ACCOUNT.format(server=account.server, user=account.user, uri=account.uri,
                              password=account.password, domain=account.domain,
                              route=account.server + ";lr") if account else ""
        room.write(f"{name}/settings", SETTINGS.format(
            port=self.port, rtp=rtp, rtp_last=rtp + 8, codecs=_codecs(codec, bool(card)), account=text,
            keys=KEYS[keys],
            encryption=encryption, mandatory=int(mandatory), ca=ca.pem if ca else "",
            tls_port=rooms.free_port() if ca else 0, nat=int(bool(ca)),
            default=0 if account else -1, sound=SOUND if card else ""))
        command = ["linphonec", "-c", self.folder + "/settings", "-d", "1", "-S"]
        env = dict(card or os.environ, HOME=self.folder, TERM="dumb")
        for word in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            env.pop(word, None)
        self.process = room.start(f"linphonec {name}", command + ["-a"] * answers, env=env,
                                  stdin=subprocess.PIPE)
        if not card:
            said = sound.write(self.folder + "/spoken.wav", spoken)
            for words in ("soundcard use files", f"play {said}", f"record {self.recording}"):
                self.tell(words)
        rooms.wait_udp(self.port)
        if account:
            self.wait(r"to \[LinphoneRegistrationOk\]")

    def tell(self, words):
        self.process.popen.stdin.write(words.encode() + b"\n")
        self.process.popen.stdin.flush()

    def wait(self, pattern, seconds=15, after=0):
        return self.process.wait_line(pattern, seconds, after)

    def dial(self, uri):
        self.tell("call " + uri)

    def wait_ringing(self, count=1):
        """Somebody calls it, for the count-th time."""
        rooms.wait_until(lambda: len(self.process.said("Receiving new incoming call from"))
                         >= count, 15, f"{self.process.name} does not ring {count} times")

    def wait_up(self):
        self.wait("Media streams established")

    def wait_ended(self, seconds=10):
        self.wait(r"Call \d+ with .* (ended|error)", seconds)

    def answer(self):
        self.tell("answer")

    def record_anew(self):
        """What it hears in later calls goes to another file."""
        self.recording = self.recording.replace("heard", "heard-next")
        self.tell(f"record {self.recording}")

    def press(self, digits):
        for digit in digits:
            self.tell(digit)
            time.sleep(0.3)

    def digits(self):
        """Those that came."""
        return "".join(re.findall(r"Receiving tone (\S) from", "\n".join(self.process.lines)))

    def hang_up(self):
        self.tell("terminate")

    def caller(self):
        """Who calls, as it shows him."""
        return re.sub(r".*call from (.*?),? assigned.*", r"\1",
                      self.process.said("Receiving new incoming call from")[-1])

    def heard(self):
        """The file with all that it heard, to be asked for when the call is over."""
        rooms.wait_until(lambda: os.path.exists(self.recording)
                         and sound.read(self.recording).seconds > 0, 5,
                         f"{self.process.name} heard nothing")
        return self.recording

    def stop(self):
        self.process.stop()
