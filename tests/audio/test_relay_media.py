#!/usr/bin/env python3
"""Two phones with a bad network between them: speech still arrives, both ways."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone
from lib.relay import CLEAR, CallRelay, Weather
from lib.room import Room
from lib.tap import case, expect

SPEECH_S = 8.0


def sides(phone):
    """What it heard and what it sent, in one time."""
    return sound.read_channels(phone.recording)


def delay_ms(caller, callee):
    """Of sound on its way, the mean of both ways: each heard later than the other sent, whatever
    the moment at which either began to record. A machine that stands still lets a file wait; that
    is in what was sent, so it is no delay."""
    (heard_by_caller, of_caller), (heard_by_callee, of_callee) = sides(caller), sides(callee)
    ways = ((of_caller, heard_by_callee), (of_callee, heard_by_caller))
    return sum(sound.match(*way, first_ms=-1500).lag_ms for way in ways) / 2


def talk(codec, weather, seed, most_delay_ms):
    with Room() as room:
        ours, theirs = sound.speech("caller", SPEECH_S), sound.speech("callee", SPEECH_S)
        callee = tphone.Answer(room, spoken=theirs, times=1, codec=codec, record_sides="apart")
        relay = room.keep(CallRelay(("127.0.0.1", callee.port), CLEAR, weather, seed))
        caller = tphone.Call(room, f"sip:callee@127.0.0.1:{relay.port}", spoken=ours, codec=codec,
                             seconds=SPEECH_S + 2, record_sides="apart")
        caller.expect_status(tphone.OK, 30)
        callee.expect_status(tphone.OK)
        found = [sound.expect_heard(ours, sides(callee)[0], "what the called side heard"),
                 sound.expect_heard(theirs, sides(caller)[0], "what the caller heard")]
        passed, lost = relay.media_counts()
        expect(passed > 2 * SPEECH_S * 45, f"only {passed} RTP packets passed")
        delay = delay_ms(caller, callee)
        expect(delay < most_delay_ms, f"sound took {delay:.0f} ms on the way")
        return "\n".join([f"{passed} RTP packets, {lost} lost, {delay:.0f} ms on the way"]
                         + [str(f) for f in found])


for name, codec, weather, seed, most in [
        ("Opus, nothing lost", "opus", CLEAR, 1, 150),
        ("PCMU, nothing lost", "pcmu", CLEAR, 2, 150),
        ("PCMA, nothing lost", "pcma", CLEAR, 3, 150),
        ("Opus, 5 % lost", "opus", Weather(loss=0.05), 4, 250),
        ("PCMU, 5 % lost", "pcmu", Weather(loss=0.05), 5, 250),
        ("Opus, 5 % lost, delays from 20 to 60 ms, doubles and disorder", "opus",
         Weather(loss=0.05, double=0.05, reorder=0.03, delay_ms=(20, 60), hold_ms=40), 6, 500)]:
    case(name, codec, weather, seed, most)(talk)


if __name__ == "__main__":
    tap.run(jobs=3, in_time=True)
