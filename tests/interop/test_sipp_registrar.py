#!/usr/bin/env python3
"""SIPp as a registrar that does not behave: what the phone makes of it, what it says, and that it
never asks more often than it should."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import tap, tphone
from lib.account import Account
from lib.room import SIGINT, Room
from lib.sipp import Sipp
from lib.tap import case, equal, expect

REALM = 'Digest realm="example.test", nonce="n1"'


def registering(room, sipp, once=True, settings=None):
    account = Account("alice", "secret", "example.test", f"sip:127.0.0.1:{sipp.port}")
    return tphone.Register(room, account, once=once, settings=settings)


def came(sipp):
    """How many, where those that were sent again, as SIPp was late, count once."""
    return len(set(re.findall(r"^REGISTER [^\n]*\nVia:[^\n]*;branch=([^;\s]+)", sipp.messages(), re.M)))


def challenge(rest, name="WWW-Authenticate"):
    return f"{name}: {REALM}, {rest}"


# --- what leads to a registration in the end

def second_try(status, reason, header, wanted, least_s=0.0):
    with Room() as room:
        sipp = Sipp(room, "reg_then", status=status, reason=reason, header=header, wanted=wanted)
        began = time.monotonic()
        phone = registering(room, sipp, once=False)
        sipp.expect_success(30)
        took = time.monotonic() - began
        expect(took > least_s, f"the second REGISTER came after {took:.1f} s, too early")
        phone.wait_line(r"(?i)registered")
        equal(came(sipp), 2, "number of REGISTERs")


MD5, SHA = challenge('algorithm=MD5, qop="auth"'), challenge('algorithm=SHA-256, qop="auth"')
UNKNOWN = challenge('algorithm=TWISTER-9, qop="auth"')
for name, arguments in [
        ("423: the longer time that it wants is asked for",
         (423, "Interval Too Brief", "Min-Expires: 7200", "xpires[:=] *7200")),
        ("an MD5 challenge as in RFC 2069, without qop",
         (401, "Unauthorized", challenge("opaque=\"x,y\""), 'opaque="x,y"')),
        ("several challenges: the topmost is answered (RFC 8760 2.4)",
         (401, "Unauthorized", SHA + "\n      " + MD5, "algorithm=\"?SHA-256")),
        ("an unknown algorithm is passed over, the next one is answered",
         (401, "Unauthorized", UNKNOWN + "\n      " + SHA, "algorithm=\"?SHA-256")),
        ("an unknown scheme is passed over, too",
         (401, "Unauthorized", "WWW-Authenticate: Negotiate\n      " + MD5, "algorithm=\"?MD5")),
        ("auth-int, where there is nothing else, is answered with auth-int",
         (401, "Unauthorized", challenge('qop="auth-int"'), "qop=\"?auth-int")),
        ("auth is taken where auth-int is offered as well",
         (401, "Unauthorized", challenge('qop="auth-int,auth"'), "qop=\"?auth\"?[,\r]")),
        ("407 is answered in Proxy-Authorization",
         (407, "Proxy Authentication Required",
          challenge('qop="auth"', "Proxy-Authenticate"), "Proxy-Authorization: Digest")),
        ("500: tried again before long", (500, "Server Error", "X-Test: 1", "REGISTER", 1.0)),
        ("503 with Retry-After: not before that time",
         (503, "Unavailable", "Retry-After: 4 (lunch)", "REGISTER", 4.0))]:
    case(name, *arguments)(second_try)


# --- what does not: with --once, for everybody to see the exit status

def refused(status, reason, header, exit_status, word, most, **settings):
    with Room() as room:
        sipp = Sipp(room, "reg_answer", status=status, reason=reason, header=header)
        phone = registering(room, sipp, settings=settings)
        phone.expect_status(exit_status, 20)
        expect(re.search(word, phone.output()), f"{word!r} was not said", phone.output())
        expect("again in" not in phone.output(), "it is not tried again", phone.output())
        number = came(sipp)
        expect(1 <= number <= most, f"{number} REGISTERs came, wanted {most} at most")
        if most == 1:
            equal(sipp.count(r"^(Proxy-)?Authorization:"), 0, "credentials told")


for name, arguments in [
        ("a challenge of unknown algorithms only is not answered",
         (401, "Unauthorized", UNKNOWN, tphone.REFUSED, "TWISTER-9", 1)),
        ("a 401 without a challenge",
         (401, "Unauthorized", "X-Test: 1", tphone.REFUSED, "does not say how", 1)),
        ("stale for ever: a few tries, then a word",
         (401, "Unauthorized", challenge('stale=true, qop="auth"'), tphone.REFUSED,
          "calls each answer outdated", 4)),
        ("a password that is refused: two tries",
         (401, "Unauthorized", challenge('qop="auth"'), tphone.REFUSED, "refused the password",
          3)),
        ("403: no second try",
         (403, "Forbidden", "X-Test: 1", tphone.REFUSED, "403 Forbidden", 1)),
        ("404: no second try",
         (404, "Not Found", "X-Test: 1", tphone.NOT_FOUND, "does not know this account", 1)),
        ("500", (500, "Oh dear", "X-Test: 1", tphone.OTHER, "500 Oh dear", 1)),
        ("503 with Retry-After",
         (503, "Closed", "Retry-After: 1800", tphone.UNREACHABLE, "503 Closed", 1)),
        ("302 to another registrar: the proxy is asked for that one, once",
         (302, "Moved", "Contact: <sip:registrar.example.test>", tphone.OTHER, "302 Moved", 2)),
        ("a 200 without our Contact is no registration",
         (200, "OK", "X-Test: 1", tphone.OTHER, "did not keep our address", 1)),
        ("a 200 with a Contact that is not ours is none",
         (200, "OK", "Contact: <sip:other@192.0.2.7>;expires=60", tphone.OTHER,
          "did not keep our address", 1)),
        ("423 for ever", (423, "Too Brief", "Min-Expires: 7200", tphone.OTHER, "423 Too Brief", 2)),
        ("423 that wants a hundred years",
         (423, "Too Brief", "Min-Expires: 4294967295", tphone.OTHER, "423 Too Brief", 2))]:
    case(name, *arguments)(refused)


@case("the challenge of another realm than the one that is configured is not answered")
def other_realm():
    refused(401, "Unauthorized", 'WWW-Authenticate: Digest realm="elsewhere", nonce="n"',
            tphone.REFUSED, "elsewhere", 1, realm="example.test")


@case("401, then 403 to the credentials: the password is refused, status 7", 403, "Forbidden")
def forbidden(status, reason):
    with Room() as room:
        sipp = Sipp(room, "reg_refused", status=status, reason=reason)
        phone = registering(room, sipp)
        phone.expect_status(tphone.REFUSED, 20)
        expect(re.search("(?i)password", phone.output()), "no word of it", phone.output())
        equal(came(sipp), 2, "number of REGISTERs")


def patience(status, header, seconds, most):
    """A phone that stays: how often it asks in that time."""
    with Room() as room:
        sipp = Sipp(room, "reg_answer", status=status, reason="No", header=header)
        phone = registering(room, sipp, once=False)
        time.sleep(seconds)
        number = came(sipp)
        expect(1 <= number <= most, f"{number} REGISTERs in {seconds} s, wanted {most} at most")
        expect(phone.process.alive(), "the phone has left", phone.output())
        phone.process.signal(SIGINT)
        phone.status(5)
        return f"{number} REGISTERs in {seconds} s"


for name, arguments in [
        ("500 for ever: a try every 2 s at most", (500, "X-Test: 1", 16, 9)),
        ("503 with Retry-After: silence until then", (503, "Retry-After: 60", 10, 1)),
        ("a 200 without Contact: some tries", (200, "X-Test: 1", 12, 6))]:
    case("a phone that stays; " + name, *arguments)(patience)


@case("a phone that stays, its password refused: no further try", 12)
def refused_for_good(seconds):
    with Room() as room:
        sipp = Sipp(room, "reg_answer", status=401, reason="No", header=challenge('qop="auth"'))
        phone = registering(room, sipp, once=False)
        phone.wait_line("(?i)password")
        time.sleep(1)
        before = came(sipp)
        time.sleep(seconds)
        equal(came(sipp), before, "number of REGISTERs later")
        expect(before <= 3, f"{before} REGISTERs")


if __name__ == "__main__":
    tap.run(jobs=8)
