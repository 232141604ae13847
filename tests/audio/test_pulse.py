#!/usr/bin/env python3
"""PulseAudio with null sinks as the sound card, through PortAudio and ALSA's pulse plugin: what is
said into one phone's microphone comes out of the other's loudspeaker."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from bench import heard
from lib import pace, sound, tap, tphone
from lib.control import Piped
from lib.daemon import Daemon
from lib.pulse import Pulse
from lib.room import SIGINT, Room
from lib.tap import case, equal, expect

SPEECH_S = 7.0
# Generous: a card whose two directions drift apart is late by seconds before long.
MOST_LATE_S = 1.0


def _heard(spoken, mouth, ear, what):
    found = sound.expect_heard(spoken, ear.path, what)
    said = sound.expect_heard(spoken, mouth.path, "what the microphone played")
    late = (ear.began + found.lag_ms / 1000) - (mouth.began + said.lag_ms / 1000)
    expect(late < MOST_LATE_S, f"{what} came {late:.1f} s late")
    return f"{what}: {found}, mouth to ear about {late * 1000:.0f} ms"



@case("two phones with sound cards, Opus: each hears what is said into the other", "opus")
@case("two phones with sound cards, PCMU: each hears what is said into the other", "pcmu")
def cards(codec):
    with Room() as room:
        pulse = Pulse(room, ["caller", "callee"])
        callee = tphone.Answer(room, device="default", env=pulse.card("callee"), codec=codec,
                               **tphone.UNTOUCHED)
        caller = tphone.Call(room, callee.uri, device="default", env=pulse.card("caller"),
                             codec=codec, **tphone.UNTOUCHED)
        caller.wait_line("(?i)answered")
        spoken = {n: sound.speech(n, SPEECH_S, 48000) for n in ("caller", "callee")}
        ears = {n: pulse.listen(n) for n in spoken}
        mouths = {n: pulse.listen(n, "microphone") for n in spoken}
        time.sleep(0.5)  # the cards are opened behind the answer
        for voice in [pulse.speak(n, text) for n, text in spoken.items()]:
            voice.status(30)
        time.sleep(1)
        for ear in [*ears.values(), *mouths.values()]:
            ear.stop()
        notes = [_heard(spoken[a], mouths[a], ears[b], f"what the {b} heard")
                 for a, b in (("caller", "callee"), ("callee", "caller"))]
        caller.process.signal(SIGINT)
        caller.expect_status(tphone.OK)
        return "\n".join(notes)


@case("make bench-heard judges a call: how late sound comes, how good it is")
def judged():
    row = heard.Row("PCMU", "pcmu", heard.CLEAR, (None, None, None), redundancy="off")
    notes, stalls = [], pace.Stalls()
    for way, found in heard.call(row, ("tphone", "tphone"), 1, heard.voices(3)).items():
        # What it is worth on a machine with other work nobody knows; that it was heard shows.
        expect(found["frames"] > 50 and 0 < found["delay"] < 1500, f"{found}")
        least = 40 * max(0.0, 1 - 2 * stalls.seconds())  # where nobody runs nobody speaks
        expect(1 <= found["score"] < 4.65 and least < found["kbps"] < 100, f"{found}")
        notes.append(f"{way}: " + " ".join(f"{k}={v:g}" for k, v in found.items()))
    return "\n".join(notes)


@case("a file takes the microphone's place, and gives it back at its end or when it is stopped, as "
      "loud as is wanted")
def microphone_again():
    with Room() as room:
        pulse = Pulse(room, ["caller"])
        callee = Piped(room, "callee")
        caller = Piped(room, "caller", device="default", env=pulse.card("caller"))
        files = [sound.write(room.path(f"{n}.wav"), sound.tone(1600, n)) for n in (1, 20)]
        at_them, at_us = room.path("callee.wav"), room.path("caller.wav")
        caller.client.do("volume", microphone_db=-96)
        call = caller.client.do("call", target=callee.uri, record=at_us, play=files[1])["call"]
        theirs = callee.client.event("incoming")["call"]
        callee.client.do("answer", call=theirs, record=at_them, sides="heard")
        caller.client.event("answered", call=call)
        voice = pulse.speak("caller", sound.tone(400, 12, 48000))
        time.sleep(3)  # until the card is open and the voice has begun
        caller.client.do("stop", call=call)
        time.sleep(1)
        caller.client.do("play", call=call, file=files[0])
        caller.client.event("play-ended", call=call, file=files[0])
        caller.client.do("volume", microphone_db=0)
        time.sleep(1)
        caller.client.do("play", call=call, file=files[1])
        time.sleep(1)
        caller.client.do("stop", call=call)
        time.sleep(1)
        caller.client.do("hangup", call=call)
        callee.client.event("ended", call=theirs)
        voice.stop()
        for path, channel in ((at_them, 0), (at_us, 1)):
            heard = sound.tones(sound.read_channels(path)[channel], (400, 1600))
            # The first stands for two files, with a microphone between them that is turned down.
            equal(heard, [1600, 400, 1600, 400], f"tones in {path}")


def _speaks(line):
    return line.get("level_out_db", -96) > -35 and "level_in_db" in line


@case("a loudspeaker's echo is not heard by the other side, but where it is switched off; events say "
      "how much softer it is")
def echo():
    with Room() as room:
        pulse = Pulse(room, ["caller"])
        callee = Piped(room, "callee")
        caller = Piped(room, "caller", device="default", env=pulse.card("caller", echoes=True))
        me, far = caller.client, callee.client
        far.do("events", quality=True)
        me.do("events", quality=True)
        me.do("call", target=callee.uri)
        theirs = far.event("incoming")["call"]
        spoken = sound.write(room.path("spoken.wav"), sound.speech("callee", 90, 16000))
        far.do("answer", call=theirs, record=room.path("heard.wav"), sides="heard", play=spoken)
        me.wait(lambda l: l.get("echo_less_db", 0) > 10 and "echo_delay_ms" in l, 40,
                what="an echo that has become softer")
        softer = []
        for _ in range(3):  # seconds; in others a busy machine may have delayed the echo anew
            line = far.wait(lambda l: _speaks(l) and l["level_in_db"] < l["level_out_db"] - 20, 30,
                            after=far.mark(), what="a second in which it hardly hears itself")
            softer.append(round(line["level_out_db"] - line["level_in_db"]))
        equal(me.do("voice", echo="off")["echo"], "off", "the echo")
        me.event("voice", echo="off", noise="auto", level="auto")
        far.wait(lambda l: _speaks(l) and l["level_in_db"] > l["level_out_db"] - 8, 30,
                 after=far.mark(), what="a second in which it hears itself")
        return f"softer by {softer} dB"


@case("tphone devices names the card, and ctl devices says the same of a daemon's")
def devices():
    with Room() as room:
        pulse = Pulse(room, ["caller"])
        card = {k: v for k, v in pulse.card("caller").items() if not k.startswith("XDG_")}
        daemon = Daemon(room, env=card)
        run = daemon.start("devices", env=card)
        status = run.status(15)
        expect(status == 0 and run.said("default"), f"status {status}", *run.tail())
        told = daemon.expect(0, "ctl", "devices").out.splitlines()
        equal(told, run.lines, "the daemon's devices")


@case("where the sound card cannot be opened the phone says so once and goes on with files")
def no_card():
    with Room() as room:
        card = 'pcm.!default { type pulse server "unix:/nonexistent" }\n'
        env = dict(os.environ, ALSA_CONFIG_PATH=room.write("alsa.conf", card))
        spoken = sound.speech("callee", 3)
        callee = tphone.Answer(room, spoken=spoken, times=1)
        caller = tphone.Call(room, callee.uri, device=None, env=env, record=room.path("heard.wav"),
                             seconds=5)
        caller.expect_status(tphone.OK)
        sound.expect_heard(spoken, room.path("heard.wav"), "the caller heard")
        said = caller.process.said("(?i)(device|sound card|microphone)")
        expect(len(said) == 1, f"it said {len(said)} times that there is no card", *said,
               *caller.process.tail())


if __name__ == "__main__":
    tap.run(jobs=3, in_time=True)
