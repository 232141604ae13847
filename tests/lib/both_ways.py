"""Two encrypted calls at the same time, one each way, with strangers that speak and listen."""
import time

from lib import sound, tphone
from lib.baresip import Baresip
from lib.tap import equal

SPEECH_S = 4.0
# What is spoken when the call comes up may be cut by the time that strangers take to start sending.
WINDOW = {"first_ms": -900, "last_ms": 3000}


def _wait_up(stranger):
    if isinstance(stranger, Baresip):
        stranger.wait("CALL_ESTABLISHED")
    else:
        stranger.wait_up()


def _expect_heard(phone, stranger, theirs, ours, encryption, words):
    who = stranger.process.name
    found = [sound.expect_heard(ours, stranger.heard(), f"what {who} heard of us", **WINDOW),
             sound.expect_heard(theirs, phone.recording, f"what we heard of {who}", **WINDOW)]
    equal(tphone.results(phone)[-1]["encryption"], encryption, f"what the result says of {who}")
    phone.wait_line(words, 1)
    return found


def expect_both_heard(room, make_caller, make_callee, encryption, words, called=None, calling=None):
    """A stranger, made by make_caller(what it says), calls us, and we call another one. encryption
    and words: as what both calls are told; called, calling: options of our phones."""
    long, theirs = sound.speech("caller", SPEECH_S, tail_s=20), sound.speech("caller", SPEECH_S)
    ours = sound.speech("callee", SPEECH_S)
    phones = [tphone.Answer(room, name="called", spoken=ours, times=1, **called or {})]
    caller, callee = make_caller(long), make_callee(long)
    caller.dial(phones[0].uri)
    phones.append(tphone.Call(room, callee.uri, name="calling", spoken=ours,
                              behind_s=1, **calling or {}))
    _wait_up(caller)
    time.sleep(SPEECH_S + 1)
    caller.hang_up()
    for phone in phones:
        phone.expect_status(tphone.OK)
    return "\n".join(str(f) for phone, stranger in zip(phones, (caller, callee))
                     for f in _expect_heard(phone, stranger, theirs, ours, encryption, words))
