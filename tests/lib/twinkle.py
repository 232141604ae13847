"""A twinkle-console of the distribution as the stranger on the other end.

It has a home of its own and a sound card of lib/pulse.py, for it speaks and listens on nothing
else; it is told what to do over its standard input.
"""
import os
import subprocess

from lib import room as rooms

PROFILE = """user_name={user}
user_domain={domain}
user_display={user}
auth_name={user}
auth_pass={password}
outbound_proxy={server}
registrar={server}
all_requests_to_proxy=no
register_at_startup=yes
registration_time=600
sip_transport={transport}
pres_publish_startup=no
codecs=g711u
speex_dsp_vad=no
speex_dsp_agc=no
speex_dsp_aec=no
speex_dsp_nrd=no
"""

SYSTEM = """dev_speaker=alsa:default
dev_mic=alsa:default
dev_ringtone=alsa:default
validate_audio_dev=no
sip_port={port}
rtp_port={rtp}
play_ringtone=no
play_ringback=no
log_show_sip=yes
"""


class Twinkle:
    """pulse: has a card of this name. account: what it registers (lib/kamailio.py); it goes by
    that address and speaks PCMU only."""

    def __init__(self, room, name, pulse, account, answers=False):
        self.name, self.pulse = name, pulse
        self.port, rtp = rooms.free_port(), rooms.free_port(10)
        self.folder = room.path(name)
        self.uri = account.uri
        # It puts "sip:" before an address of its settings itself.
        room.write(f"{name}/.twinkle/own.cfg", PROFILE.format(
            user=account.user, domain=account.domain, password=account.password,
            server=account.server[len("sip:"):], transport=account.transport))
        room.write(f"{name}/.twinkle/twinkle.sys", SYSTEM.format(port=self.port, rtp=rtp))
        self.process = room.start(f"twinkle {name}", ["twinkle-console", "own.cfg"],
                                  env=dict(pulse.card(name), HOME=self.folder, TERM="dumb"),
                                  stdin=subprocess.PIPE)
        if self.wait("registration (succeeded|failed)")[1] == "failed":
            self.tell("register")  # it takes a challenge to what it has said again for a refusal
            self.wait("registration succeeded")
        if answers:
            self.tell("auto_answer -a on")
            self.wait("Auto answer enabled")

    def tell(self, words):
        self.process.popen.stdin.write(words.encode() + b"\n")
        self.process.popen.stdin.flush()

    def wait(self, pattern, seconds=20, after=0):
        return self.process.wait_line(pattern, seconds, after)

    def dial(self, uri):
        self.tell("call " + uri)

    def wait_ringing(self):
        """Somebody calls it."""
        self.wait("incoming call")

    def wait_up(self):
        """Answered, by whichever side."""
        self.wait("(?i)call established|answered call")

    def wait_ended(self, seconds=10):
        self.wait("(?i)call (ended|released|failed|cancelled)|ended call", seconds)

    def answer(self):
        self.tell("answer")

    def hang_up(self):
        self.tell("bye")

    def log(self):
        with open(os.path.join(self.folder, ".twinkle/twinkle.log"), errors="replace") as f:
            return f.read()

    def stop(self):
        self.process.popen.kill()  # it would take its time to write what nobody reads
        self.process.stop()
