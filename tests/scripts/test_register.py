#!/usr/bin/env python3
"""tphone register as a person and a script see it: what it prints, how it ends, what it does when
the server is away, and that nobody learns the password from it."""
import os
import re
import stat
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, pace, sip, tap, tphone
from lib.dns import Dns
from lib.registrar import Registrar
from lib.room import SIGINT, SIGTERM, Room, wait_until
from lib.tap import case, equal, expect

REGISTER = sip.request("REGISTER")


def register(room, server, user="alice", transport="udp", password=None, settings=None, **more):
    """tphone register with one account in its configuration."""
    return tphone.Register(room, account.of(server, user, transport, password), settings=settings,
                           listen=f"{transport}:127.0.0.1:0", **more)


def line_of(phone, word="registered"):
    phone.wait_line(f"^{word} .*account=")
    line = phone.process.said(f"^{word} .*account=")[-1]
    return dict(tuple(w.split("=", 1)) for w in line.split(" ")[1:])


def good_server(server):
    equal(server.faults, [], "what the server finds wrong")


# --- registered --------------------------------------------------------------------------------

def granted(transport):
    with Room() as room:
        server = room.keep(Registrar(granted_s=600))
        phone = register(room, server, transport=transport)
        told = line_of(phone)
        binding = server.bound("alice")[0]
        equal({n: told[n] for n in ("account", "uri", "expires", "bindings", "server",
                                    "transport")},
              {"account": "alice", "uri": "sip:alice@example.test", "expires": "600",
               "bindings": "1", "server": f"127.0.0.1:{server.port}", "transport": transport},
              "what is printed")
        equal(told["contact"], binding.uri, "contact")
        expect(re.match(r"sip:alice-[0-9A-Za-z]{8}@127\.0\.0\.1:\d+", binding.uri), binding.uri)
        time.sleep(0.3)
        expect(phone.process.alive(), "it did not stay")
        phone.process.signal(SIGINT)
        phone.expect_status(0, 3)
        equal(server.bindings("alice"), [], "bindings when it has gone")
        good_server(server)


for transport in ("udp", "tcp"):
    case(f"by {transport}: what the server granted is printed; it stays, and un-registers at "
         "SIGINT", transport)(granted)


@case("where its free port is it says with -v only; a port that was asked for always")
def free_port_is_quiet():
    with Room() as room:
        server = room.keep(Registrar())
        for more, told in (({}, False), ({"verbose": True}, True),
                           ({"listen": "udp:127.0.0.1:0"}, True)):
            phone = tphone.Register(room, account.of(server, "alice"), once=True, **more)
            phone.expect_status(0, 5)
            equal(bool(phone.process.said("^listening on ")), told, f"lines with {more}")
        phone = tphone.Phone(room, "callee", "answer", account=account.of(server, "alice"))
        phone.wait_line("^registered ")
        equal(phone.process.said("^listening on "), [], "lines of answer")


@case("a server that has not answered for two seconds: it says what it waits for, once")
def patience():
    with Room() as room:
        server = room.keep(Registrar())
        server.silent = True
        phone = register(room, server)
        phone.wait_line("^waiting for the server of sip:alice@example.test to register us$", 8)
        server.silent = False
        line_of(phone)
        equal(len(phone.process.said("^waiting for")), 1, "lines of waiting")


@case("--once: it leaves with status 0 and stays registered")
def once():
    with Room() as room:
        server = room.keep(Registrar())
        phone = register(room, server, once=True)
        phone.expect_status(0, 5)
        equal(len(server.bindings("alice")), 1, "bindings")
        expect("bindings" in line_of(phone), "no line was printed")


@case("every account of the configuration is registered, but those that say register = no")
def several():
    with Room() as room:
        server = room.keep(Registrar({"alice": "secret", "bob": "hidden", "carol": "x"}))
        text = "".join(account.of(server, u).settings(register="no" if u == "carol" else None)
                       for u in ("alice", "bob", "carol"))
        phone = tphone.Phone(room, "phone", "register", once=True,
                             config=room.write("three.conf", text))
        phone.expect_status(0, 5)
        lines = phone.process.said("^registered ")
        equal(sorted(re.findall(r"account=(\S+)", "\n".join(l for l in lines if "=" in l))),
              ["alice", "bob"], "accounts in the lines")
        equal([len(server.bindings(u)) for u in ("alice", "bob", "carol")], [1, 1, 0], "bindings")
        one = tphone.Phone(room, "one", "register", once=True, account_="bob",
                           config=room.path("three.conf"))
        one.expect_status(0, 5)
        equal(len(one.process.said("^registered account=")), 1, "lines with --account bob")
        equal(line_of(one)["bindings"], "2", "bindings of two phones")


@case("an account of the command line needs no file")
def command_line():
    with Room() as room:
        server = room.keep(Registrar())
        phone = tphone.Phone(room, "phone", "register", once=True,
                             account_="sip:alice@example.test", proxy=server.uri,
                             password_command="printf '%s\\n' secret")
        phone.expect_status(0, 5)
        equal(line_of(phone)["uri"], "sip:alice@example.test", "uri")


@case("the least that people type: --account and --registrar")
def registrar_alone():
    with Room() as room:
        server = room.keep(Registrar({"alice": None}))
        phone = tphone.Phone(room, "phone", "register", once=True,
                             account_="alice@example.test", registrar=server.uri)
        phone.expect_status(0, 5)


def digests(**how):
    with Room() as room:
        server = room.keep(Registrar(granted_s=4, **how))
        phone = register(room, server)
        line_of(phone)
        server.wait(REGISTER, 8, 3, "the refresh")
        phone.process.signal(SIGTERM)
        phone.expect_status(0, 3)
        equal(server.bindings("alice"), [], "bindings")
        good_server(server)


for name, how in (("MD5", {"algorithms": ("MD5",)}), ("SHA-256", {"algorithms": ("SHA-256",)}),
                  ("SHA-512-256", {"algorithms": ("SHA-512-256",)}),
                  ("MD5-sess", {"algorithms": ("MD5-sess",)}),
                  ("an unknown algorithm and SHA-256", {"algorithms": ("SHA3-512", "SHA-256")}),
                  ("auth-int", {"qop": "auth-int"}), ("auth or auth-int", {"qop": "auth-int,auth"}),
                  ("RFC 2069, no qop", {"qop": None, "algorithms": ("MD5",)}),
                  ("nonces that are good for one request", {"nonce_uses": 1})):
    case(f"the password is shown, renewed and taken back with {name}")(
        lambda how=how: digests(**how))


# --- failures ------------------------------------------------------------------------------------

def failure(prepare, status, word, sentence, limit=5, settings=None):
    with Room() as room:
        server = room.keep(Registrar())
        prepare(server)
        phone = register(room, server, password="secret", once=True, settings=settings)
        phone.expect_status(status, limit)
        expect(phone.process.said(f"^{word}( status=[0-9]+)? account=alice"),
               f"no line {word}", *phone.process.lines)
        expect(phone.process.said(sentence), f"no line has {sentence!r}", *phone.process.lines)
        equal(server.bindings("alice"), [], "bindings")


def say(status, reason, **headers):
    return lambda server: server.say("REGISTER", status, reason, None, **headers)


FAILURES = [
    ("the wrong password", lambda s: s.users.update(alice="other"), 7, "not-allowed",
     "alice@example.test: the server refused the password .*; check password"),
    ("403 to the right password", lambda s: setattr(s, "refused", 403), 7, "not-allowed",
     "alice@example.test: the server refused"),
    ("a challenge for ever", lambda s: setattr(s, "stale_for_ever", True), 7, "not-allowed",
     "alice@example.test: "),
    ("a challenge of algorithms that nobody has", lambda s: setattr(s, "algorithms", ("X-1",)), 7,
     "not-allowed", "alice@example.test: .*not answered"),
    ("an unknown account", lambda s: s.users.pop("alice"), 6, "not-found",
     "does not know this account"),
    ("a server that is not there", lambda s: s.away(), 8, "unreachable",
     "the server at 127.0.0.1:[0-9]+ is not there .connection refused.*check registrar and its port$"),
    ("503", say(503, "Busy"), 8, "unreachable", "registers nobody now .503 Busy."),
    ("500", say(500, "Database"), 1, "failed", "trouble of its own .500 Database."),
    ("a 200 without our Contact", lambda s: setattr(s, "no_contact", True), 1, "failed",
     "did not keep our address"),
]
for name, prepare, status, word, sentence in FAILURES:
    case(f"{name}: status {status}, {word}, and a sentence", prepare, status, word, sentence)(failure)


@case("a silent server: status 5 after 64*T1")
def silence():
    failure(lambda s: setattr(s, "silent", True), 5, "no-answer",
            "does not answer; check registrar, or a firewall", limit=36)


def unknown_name(silent, sentence):
    with Room() as room:
        names = room.keep(Dns())
        names.silent = silent
        phone = tphone.Phone(room, "phone", "register", once=True, dns_server=names.address,
                             account_="sip:alice@example.test")
        phone.expect_status(6, 8)
        expect(phone.process.said(sentence), f"no line has {sentence!r}", *phone.process.lines)


for silent, sentence in ((False, "no address was found for the server; check uri and registrar"),
                         (True, "the name server did not answer; check the network")):
    case(f"{'a silent name server' if silent else 'a domain that does not exist'}: status 6",
         silent, sentence)(unknown_name)


@case("a refused password is tried twice at most; then it is said, and nothing more is sent")
def hammering():
    with Room() as room:
        server = room.keep(Registrar(granted_s=60))
        phone = register(room, server, password="wrong")
        phone.expect_status(7, 5)
        tried = server.requests("REGISTER")
        with_password = [m for m in tried if m.get("Authorization")]
        expect(1 <= len(with_password) <= 2, f"{len(with_password)} tries with the password")
        expect(len(tried) <= 3, f"{len(tried)} requests")


@case("a password in quotes: it is told that they belong to it")
def quoted():
    failure(lambda s: None, 7, "not-allowed", "refused the password .*; quotes belong to the value",
            settings={"password": '"secret"'})


@case("without a password and a person to ask it is status 7")
def nobody_to_ask():
    failure(lambda s: None, 7, "not-allowed", "asks for a password .*set password-command",
            settings={"password": None})


# --- what a server may ask -----------------------------------------------------------------------

@case("423: the shortest time that the server takes is asked for")
def too_brief():
    with Room() as room:
        server = room.keep(Registrar(min_expires_s=1800))
        phone = register(room, server, settings={"expires": 60})
        equal(line_of(phone)["expires"], "1800", "what was granted")


@case("503 with Retry-After: not before, and soon after")
def retry_after():
    with Room() as room:
        server = room.keep(Registrar())
        server.say("REGISTER", 503, "Later", Retry_After="3")
        phone = register(room, server)
        first = server.wait(REGISTER)
        second = server.wait(REGISTER, 8, 2)
        expect(3 <= second.time - first.time < 6, f"again after {second.time - first.time:.1f} s")
        line_of(phone)


# --- passwords -----------------------------------------------------------------------------------

def script(room, text):
    path = room.write("password.sh", "#!/bin/sh\n" + text)
    os.chmod(path, stat.S_IRWXU)
    return path


@case("password-command: any characters but the end of a line")
def any_characters():
    with Room() as room:
        password = "a\"b\\c' $(x) %s é\t;#="
        server = room.keep(Registrar({"alice": password}))
        room.write("secret.txt", password + "\nsecond line\n")
        phone = register(room, server, once=True, settings={
            "password": None, "password-command": f"cat {room.path('secret.txt')}"})
        phone.expect_status(0, 5)
        good_server(server)


@case("password-command that fails: status 7, and what it said")
def failing_command():
    with Room() as room:
        server = room.keep(Registrar())
        command = script(room, f"echo x >> {room.path('runs')}\n"
                               "echo the safe is locked >&2\nexit 3\n")
        server.silent = True  # until the command has ended: it is not to run again for the challenge
        phone = register(room, server, once=True,
                         settings={"password": None, "password-command": command})
        wait_until(lambda: os.path.exists(room.path("runs")), 5, "the command does not run")
        time.sleep(0.3)
        server.silent = False
        phone.expect_status(7, 5)
        expect(phone.process.said("the safe is locked"), "not what it said", *phone.process.lines)
        with open(room.path("runs"), encoding="utf-8") as f:
            equal(len(f.readlines()), 1, "how often it was run")


@case("password-command runs while the first REGISTER is on its way")
def parallel():
    with Room() as room:
        server = room.keep(Registrar())
        command = script(room, f"until test -e {room.path('go')}; do sleep 0.1; done\necho secret\n")
        phone = register(room, server, settings={"password": None, "password-command": command})
        server.wait(REGISTER, 10, what="the first REGISTER while the command runs")
        room.write("go", "")
        line_of(phone)
        shown = [bool(m.get("Authorization")) for m in server.requests("REGISTER")]
        expect(shown[-1] and not any(shown[:-1]), f"credentials in the requests: {shown}")


@case("the password is seen nowhere: arguments, environment, output, trace")
def secrecy():
    with Room() as room:
        server = room.keep(Registrar({"alice": "xyzzy-plugh-42"}))
        room.write("secret.txt", "xyzzy-plugh-42\n")
        phone = register(room, server, arguments=["-vv"], settings={
            "password": None, "password-command": f"cat {room.path('secret.txt')}"})
        line_of(phone)
        process = f"/proc/{phone.process.popen.pid}"
        for name in ("cmdline", "environ"):
            with open(f"{process}/{name}", "rb") as f:
                expect(b"xyzzy" not in f.read(), f"it stands in {name}")
        phone.process.signal(SIGTERM)
        phone.expect_status(0, 3)
        with open(phone.trace, encoding="utf-8") as f:
            trace = f.read()
        for where, text in (("output", phone.output()), ("trace", trace)):
            expect("xyzzy" not in text, f"it stands in the {where}")
            expect(not re.search(r"response=\"[0-9a-f]", text),
                   f"a response, from which it can be guessed, stands in the {where}")
        expect("Authorization: Digest" in trace, "the trace has no credentials at all")


@case("password-command that never ends: it goes when we go")
def endless_command():
    with Room() as room:
        server = room.keep(Registrar())
        command = script(room, f"echo $$ > {room.path('pid')}\nexec sleep 77\n")
        phone = register(room, server, settings={"password": None, "password-command": command})
        server.wait(REGISTER)
        phone.wait_line("waiting for the password-command of sip:alice@example.test$", 8)
        start = pace.now()
        phone.process.signal(SIGTERM)
        phone.expect_status(130, 4)
        took = pace.now() - start
        expect(took < 2, f"it took {took:.2f} s")
        with open(room.path("pid"), encoding="utf-8") as f:
            pid = f.read().strip()
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 2, "the command is still there")


@case("--once where no password is asked for: the command that still runs goes, too")
def needless_command():
    with Room() as room:
        server = room.keep(Registrar({"alice": None}))
        command = script(room, "exec sleep 77\n")
        phone = tphone.Phone(room, "phone", "register", once=True, proxy=server.uri,
                             account_="sip:alice@example.test", password_command=command)
        phone.expect_status(0, 3)


# --- the end ------------------------------------------------------------------------------------

def leaving(transport, number, silent):
    with Room() as room:
        server = room.keep(Registrar())
        phone = register(room, server, transport=transport)
        line_of(phone)
        server.silent = silent
        start = pace.now()
        phone.process.signal(number)
        phone.expect_status(0, 4)
        took = pace.now() - start
        expect(took < 2, f"it took {took:.2f} s")
        last = server.requests("REGISTER")[-1]
        expect("expires=0" in last.get("Contact") or last.get("Expires") == "0",
               f"the last REGISTER is not one that un-registers: {last.get('Contact')}")


for transport in ("udp", "tcp"):
    for number, name in ((SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")):
        for silent in (False, True):
            case(f"{name}, {transport}: it un-registers and is gone within 2 s"
                 + (", though the server is silent" if silent else ""),
                 transport, number, silent)(leaving)


# --- servers that come and go ---------------------------------------------------------------------

def restarted(transport, seconds):
    with Room() as room:
        server = room.keep(Registrar(granted_s=4))
        phone = register(room, server, transport=transport)
        line_of(phone)
        server.away()
        phone.wait_line("alice@example.test: .*tried again", 8)
        time.sleep(seconds)
        server.forget()
        server.back()
        start = pace.now()
        server.bound("alice", 5)
        took = pace.now() - start
        expect(took < 3, f"it took {took:.2f} s")
        wait_until(lambda: len(phone.process.said("^registered account=")) == 2, 3,
                   "it is not told that it is registered again")
        good_server(server)
        return f"{took:.2f} s"


for transport in ("udp", "tcp"):
    case(f"the server is restarted, {transport}: registered again within 3 s of its return",
         transport, 6)(restarted)


@case("the server has been silent: registered again within T2 + 1 s")
def silent_for_a_while():
    with Room() as room:
        server = room.keep(Registrar(granted_s=4))
        phone = register(room, server)
        line_of(phone)
        server.silent = True
        count = len(server.requests("REGISTER", copies=True))
        server.wait(REGISTER, 8, count + 4, "the copies of the refresh", copies=True)
        server.forget()
        start = time.monotonic()
        server.silent = False
        server.bound("alice", 5)
        return f"{time.monotonic() - start:.2f} s"


if __name__ == "__main__":
    tap.run(jobs=24)
