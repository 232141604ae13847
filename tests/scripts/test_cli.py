#!/usr/bin/env python3
"""What a script relies on: exit statuses, what goes to which stream, and one clear line where
something is wrong."""
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import room as rooms
from lib import pace, sip, sound, tap, tphone
from lib.room import SIGHUP, SIGINT, SIGTERM, Room, free_port
from lib.tap import case, equal, expect


def run(room, *arguments, seconds=60, env=None):
    """Status, standard output, standard error."""
    done = subprocess.run([tphone.program(), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=seconds, cwd=room.folder,
                          env=dict(os.environ, **(env or {})))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


WRONG = [
    ("an unknown option", ["call", "a@127.0.0.1", "--plau", "x"], tphone.USAGE, "plau"),
    ("an unknown command", ["cal", "a@127.0.0.1"], tphone.USAGE, "cal"),
    ("an option without its value", ["call", "a@127.0.0.1", "--play"], tphone.USAGE, "play"),
    ("no target", ["call"], tphone.USAGE, "call"),
    ("two targets", ["call", "a@127.0.0.1", "b@127.0.0.1"], tphone.USAGE, "b@127.0.0.1"),
    ("a target that is no address", ["call", "sip:@"], tphone.USAGE, "address"),
    ("a scheme that cannot be called", ["call", "http://127.0.0.1/"], tphone.USAGE, "address"),
    ("an unknown codec", ["call", "a@127.0.0.1", "--codec", "mp3"], tphone.USAGE, "mp3"),
    ("digits that are none", ["call", "a@127.0.0.1", "--dtmf", "12x"], tphone.USAGE, "12x"),
    ("a time that is none", ["call", "a@127.0.0.1", "--for", "soon"], tphone.USAGE, "soon"),
    ("a port that is none", ["answer", "--listen", "127.0.0.1:99999"], tphone.USAGE, "99999"),
    ("ports the wrong way round", ["answer", "--rtp-ports", "30000-20000"], tphone.USAGE,
     "30000-20000"),
    ("a status that does not refuse", ["answer", "--code", "200"], tphone.USAGE, "200"),
    ("a missing configuration", ["call", "a@127.0.0.1", "--config", "none.conf"], tphone.USAGE,
     "none.conf"),
    ("a password as an option", ["call", "a@127.0.0.1", "--password", "x"], tphone.USAGE,
     "--password-command"),
    ("a password in an address", ["call", "a@127.0.0.1", "--account", "a:x@127.0.0.1"],
     tphone.USAGE, "password"),
    ("an account that is not there", ["answer", "--account", "work"], tphone.USAGE, "work"),
    ("a missing sound file", ["call", "a@127.0.0.1", "--device", "none", "--play", "none.wav"],
     tphone.SOUND, "none.wav"),
    ("a recording where there is no folder", ["call", "a@127.0.0.1", "--device", "none",
                                              "--record", "none/heard.wav"], tphone.SOUND,
     "none/heard.wav"),
]


def wrong(arguments, status, named):
    with Room() as room:
        got, out, err = run(room, *arguments)
        equal(got, status, "exit status")
        equal(out, "", "standard output")
        expect(named in err, f"standard error does not name {named!r}", *err.splitlines())
        expect(len(err.splitlines()) == 1, "it is not one line", *err.splitlines())


for name, arguments, status, named in WRONG:
    case(f"{name}: one line that names it, status {status}", arguments, status, named)(wrong)


def user_file(room, text, mode=0o600):
    """Writes the user's own tphone.conf; the environment in which it is found."""
    path = room.write("home/config/tphone/tphone.conf", text)
    os.chmod(path, mode)
    return rooms.home_in(room.path("home"))


@case("the user's own file is read, and what is wrong in it has its place: status 2")
def wrong_user_file():
    with Room() as room:
        env = user_file(room, "[account a]\nuri = a@example.org\n\nexpiers = 1\n")
        got, out, err = run(room, "devices", env=env)
        equal((got, out), (tphone.USAGE, ""), "status and standard output")
        expect("tphone.conf:4:1: " in err and "expires" in err, "the place is not told", err)
        got, _, err = run(room, "devices", "--config", "/dev/null", env=env)
        expect(got != tphone.USAGE, "--config does not replace it", err)


@case("without an account to register it names the file that wants one")
def no_account():
    with Room() as room:
        env = rooms.home_in(room.path("home"))
        got, out, err = run(room, "register", env=env)
        equal((got, out), (tphone.USAGE, ""), "status and standard output")
        expect(room.path("home/config/tphone/tphone.conf") in err, "the file is not named", err)


@case("a password that others can read is told in one line, not with -q, and is not shown")
def open_password():
    with Room() as room:
        text = "[account a]\nuri = a@example.org\npassword = tell-nobody\n"
        for mode, options, lines in ((0o644, [], 1), (0o644, ["-q"], 0), (0o600, [], 0)):
            env = user_file(room, text, mode)
            _, _, err = run(room, "devices", *options, env=env)
            told = [l for l in err.splitlines() if "chmod 600" in l]
            equal(len(told), lines, f"lines with mode {mode:o} and {options}")
            expect("tell-nobody" not in err, "the password is shown", err)


@case("a file that cannot be recorded to is told before the call is placed")
def record_first():
    with Room() as room:
        peer = room.keep(sip.Peer())
        target = f"sip:a@127.0.0.1:{peer.port}"
        for path in ("/proc/nothing.wav", room.folder, "none/x.wav", "x.mp3"):
            got, _, err = run(room, "call", target, "--device", "none", "--record", path)
            equal(got, tphone.SOUND, f"exit status for {path}")
            expect(f"cannot record to {path}: " in err, "the file is not named", err)
        equal(len(peer.messages), 0, "messages that were sent")


@case("a file that is no sound is told before the call is placed")
def play_first():
    with Room() as room:
        peer = room.keep(sip.Peer())
        text = room.write("text.wav", "This is no sound.\n")
        got, _, err = run(room, "call", f"sip:a@127.0.0.1:{peer.port}", "--device", "none",
                          "--play", text)
        equal(got, tphone.SOUND, "exit status")
        expect("text.wav" in err, "the file is not named", err)
        equal(len(peer.messages), 0, "messages that were sent")


@case("a port that is taken ends answer at once", "udp")
@case("a TCP port that is taken ends answer at once", "tcp")
def port_taken(transport):
    with Room() as room:
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as s:
            s.bind(("127.0.0.1", 0))
            if transport == "tcp":
                s.listen(1)
            port = s.getsockname()[1]
            got, out, err = run(room, "answer", "--listen", f"{transport}:127.0.0.1:{port}")
        expect(got in (tphone.OTHER, tphone.USAGE), f"status {got}")
        equal(out, "", "standard output")
        expect(str(port) in err, "the port is not named", err)


@case("--help and --version go to standard output, status 0")
def help_and_version():
    with Room() as room:
        for arguments in (["--help"], ["call", "--help"], ["answer", "--help"], ["--version"]):
            got, out, err = run(room, *arguments)
            equal((got, err), (0, ""), f"status and standard error of {arguments}")
            expect(out.strip(), f"{arguments} prints nothing")


@case("help that does not arrive says why, status 1")
def help_is_lost():
    for arguments in (["--help"], ["call", "--help"], ["--version"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([tphone.program(), *arguments], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
        equal(done.returncode, tphone.OTHER, f"status of {arguments}")
        expect("No space left" in done.stderr, f"{arguments} does not say why", done.stderr)


@case("results go to standard output, the rest to standard error, -q leaves only results")
def streams():
    with Room() as room:
        callee = tphone.Answer(room)
        arguments = ["call", callee.uri, "--device", "none", "--for", "0.5"]
        got, out, err = run(room, *arguments)
        equal(got, 0, "exit status")
        equal(len(out.splitlines()), 1, "lines on standard output")
        expect(out.startswith("answered "), f"the result is {out!r}")
        for word in ("calling", "answered", "ended"):
            expect(word in err, f"standard error does not say {word}", *err.splitlines())
        got, out, err = run(room, *arguments, "-q")
        equal((got, err), (0, ""), "status and standard error with -q")
        expect(out.startswith("answered "), f"the result is {out!r}")


@case("a reader that has gone away harms no call")
def broken_pipe():
    with Room() as room:
        callee = tphone.Answer(room)
        read, write = os.pipe()
        os.close(read)
        process = subprocess.Popen([tphone.program(), "call", callee.uri, "--device", "none",
                                    "--for", "1"], stdin=subprocess.DEVNULL, stdout=write,
                                   stderr=write)
        os.close(write)
        equal(pace.ended(process, 10), 0, "exit status")
        equal(tphone.results(callee), tphone.results(callee), "results")


@case("answer takes --times calls and ends with status 0; its recordings are numbered")
def times():
    with Room() as room:
        callee = tphone.Answer(room, spoken=sound.silence(1), times=2)
        for _ in range(2):
            tphone.Call(room, callee.uri, seconds=0.5).expect_status(0)
        callee.expect_status(0)
        second = callee.recording.replace(".wav", "-2.wav")
        for path in (callee.recording, second):
            expect(sound.read(path).seconds > 0.2, f"{path} is too short")


def refuses(code, status):
    with Room() as room:
        callee = tphone.Answer(room, code=code, times=1)
        tphone.Call(room, callee.uri).expect_status(status)
        callee.status(5)


for code, status in ((486, tphone.BUSY), (603, tphone.DECLINED), (404, tphone.NOT_FOUND),
                     (480, tphone.NO_ANSWER)):
    case(f"answer --code {code} gives the caller status {status}", code, status)(refuses)


@case("answer --delay rings first")
def delay():
    with Room() as room:
        callee = tphone.Answer(room, delay=1)
        caller = tphone.Call(room, callee.uri, seconds=0.5)
        caller.wait_line("ringing")
        caller.expect_status(0)


@case("answer refuses more calls than --max-calls: status 3")
def max_calls():
    with Room() as room:
        callee = tphone.Answer(room, max_calls=1)
        first = tphone.Call(room, callee.uri, name="first")
        first.wait_line("answered")
        tphone.Call(room, callee.uri, name="second").expect_status(tphone.BUSY)
        first.process.signal(SIGINT)
        first.expect_status(0)


@case("SIGTERM and SIGHUP end a call like SIGINT", SIGTERM)
def sigterm(number):
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        caller = tphone.Call(room, callee.uri)
        caller.wait_line("answered")
        caller.process.signal(number)
        caller.status(4)
        callee.expect_status(0)


@case("nohup: a SIGHUP that is switched off does not end a call")
def nohup():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        caller = room.start("tphone call under nohup",
                            ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", tphone.program(), "call",
                             callee.uri, "--device", "none", "--for", "1"])
        caller.wait_line("answered")
        caller.signal(SIGHUP)
        equal(caller.status(4), 0, "exit status")
        expect(float(caller.said("seconds=[0-9.]+")[0].split("seconds=")[1].split()[0]) >= 1,
               "the call ended early", *caller.tail())


@case("a call to IPv6")
def ipv6():
    with Room() as room:
        port = free_port()
        callee = room.start("tphone answer on ::1", [tphone.program(), "answer", "--listen",
                                                     f"udp:[::1]:{port}", "--times", "1"])
        callee.wait_line(f":{port}")
        tphone.Call(room, f"alice@[::1]:{port}", seconds=0.5).expect_status(0)
        equal(callee.status(), 0, "status of answer")


if __name__ == "__main__":
    tap.run(jobs=4)
