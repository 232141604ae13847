"""Two encrypted calls at the same time, one each way, with strangers that speak and listen."""
from lib import sound, tphone
from lib.baresip import Baresip
from lib.tap import equal

SPEECH_S = 4.0
# What strangers speak begins with the call, and what of it comes before the keys nobody hears: so
# they are silent first, for longer than a lost packet delays a handshake. We end both calls, as our
# own words begin with the keys.
SILENT_S = 1.5
WINDOW = {"first_ms": -900, "last_ms": 4500}


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
    theirs = sound.speech("caller", SPEECH_S)
    long = sound.silence(SILENT_S, theirs.rate) + theirs + sound.silence(20, theirs.rate)
    ours = sound.speech("callee", SPEECH_S)
    speaks = {"spoken": ours, "behind_s": SILENT_S + 1}
    phones = [tphone.Answer(room, name="called", times=1, **speaks, **called or {})]
    caller, callee = make_caller(long), make_callee(long)
    caller.dial(phones[0].uri)
    phones.append(tphone.Call(room, callee.uri, name="calling", **speaks, **calling or {}))
    _wait_up(caller)
    for phone in phones:
        phone.expect_status(tphone.OK, 30)
    return "\n".join(str(f) for phone, stranger in zip(phones, (caller, callee))
                     for f in _expect_heard(phone, stranger, theirs, ours, encryption, words))
