#!/usr/bin/env python3
"""SIPp with scenarios of our own, as caller and as called side, also through a bad network."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone
from lib.relay import CallRelay, Relay, Weather
from lib.room import SIGINT, Room
from lib.sipp import Sipp
from lib.tap import case, equal, expect

STORM = Weather(loss=0.15, double=0.1, reorder=0.1, delay_ms=(5, 120))


def refused(code, reason, status):
    with Room() as room:
        sipp = Sipp(room, "uas_refuse", status=code, reason=reason)
        phone = tphone.Call(room, sipp.uri)
        phone.expect_status(status)
        equal([r.get("status") for r in tphone.results(phone)], [str(code)], "status in the result")
        sipp.expect_success()


for code, reason, status in [
        (404, "Not Found", tphone.NOT_FOUND), (486, "Busy Here", tphone.BUSY),
        (603, "Decline", tphone.DECLINED), (480, "Temporarily Unavailable", tphone.NO_ANSWER),
        (403, "Forbidden", tphone.REFUSED), (600, "Busy Everywhere", tphone.BUSY),
        (410, "Gone", tphone.NOT_FOUND), (503, "Service Unavailable", tphone.UNREACHABLE),
        (488, "Not Acceptable Here", tphone.OTHER)]:
    case(f"SIPp refuses with {code}: exit status {status}", code, reason, status)(refused)


@case("SIPp answers; sound goes there until we hang up")
def answered():
    with Room() as room:
        sipp = Sipp(room, "uas_call")
        phone = tphone.Call(room, sipp.uri, spoken=sound.speech("caller", 2), seconds=2,
                            codec="pcmu")
        phone.expect_status(tphone.OK)
        sipp.expect_success()
        result = tphone.results(phone)[-1]
        expect(75 <= int(result["sent"]) <= 110, f"{result['sent']} packets left in 2 s")


@case("SIPp redirects with 302: the call goes to the new place")
def redirect():
    with Room() as room:
        target = Sipp(room, "uas_call")
        sipp = Sipp(room, "uas_redirect", elsewhere=target.uri)
        tphone.Call(room, sipp.uri, seconds=1).expect_status(tphone.OK)
        sipp.expect_success()
        target.expect_success()


@case("SIPp rings and rings: SIGINT cancels, status 130")
def cancel():
    with Room() as room:
        sipp = Sipp(room, "uas_silent")
        phone = tphone.Call(room, sipp.uri)
        phone.wait_line("(?i)ringing")
        phone.process.signal(SIGINT)
        phone.expect_status(tphone.INTERRUPTED)
        sipp.expect_success()


@case("SIPp re-INVITEs us: hold, another address, an offer of ours, then BYE")
def reinvited():
    with Room() as room:
        sipp = Sipp(room, "uas_reinvite")
        tphone.Call(room, sipp.uri).expect_status(tphone.OK)
        sipp.expect_success()


def calls_us(scenario, **more):
    with Room() as room:
        phone = tphone.Answer(room, **more)
        Sipp(room, scenario, target=phone.port).expect_success()
        phone.process.signal(SIGINT)
        phone.status(5)


case("SIPp calls and hangs up", "uac_call")(calls_us)
case("SIPp calls without an offer: ours is in the 200", "uac_late_offer")(calls_us)
case("SIPp calls and re-INVITEs: hold, inactive, back, without offer", "uac_reinvite")(calls_us)


@case("SIPp calls and cancels while we ring")
def cancels():
    calls_us("uac_cancel", delay=20)


@case("twelve calls of SIPp through a network that loses, delays, doubles and reorders", 11)
@case("and another twelve, of another seed", 12)
def storm(seed):
    with Room() as room:
        phone = tphone.Answer(room)
        relay = room.keep(Relay(("127.0.0.1", phone.port), STORM, seed))
        sipp = Sipp(room, "uac_call", target=relay.port, calls=12, at_once=4, seconds=60)
        sipp.expect_success(70)
        phone.process.signal(SIGINT)
        phone.status(5)
        results = tphone.results(phone)
        equal(len(results), 12, "calls that the phone counted")
        expect(all(r["outcome"] == "answered" for r in results), f"{results}")
        return str(relay)


@case("we call SIPp through the same network", 21)
@case("and once more, of another seed", 22)
def our_storm(seed):
    with Room() as room:
        sipp = Sipp(room, "uas_call", seconds=60)
        relay = room.keep(CallRelay(("127.0.0.1", sipp.port), STORM, STORM, seed))
        phone = tphone.Call(room, f"sip:callee@127.0.0.1:{relay.port}", seconds=2)
        phone.expect_status(tphone.OK, 60)
        sipp.expect_success(60)
        return str(relay)


if __name__ == "__main__":
    tap.run(jobs=5)
