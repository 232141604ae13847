#!/usr/bin/env python3
"""What a phone knows stays with it: the password is in one place of its memory and nowhere else.
And the files beside which it lives harm nothing, whatever somebody has put in their place."""
import hashlib
import os
import re
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import attack, control, room as rooms, sip, tap, tphone
from lib.ends import Caller
from lib.harm import bad_bytes
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect
from lib.terminal import Terminal

SECRET = "Wf7-plover;xyzzy\"2#\\"  # nothing that stands anywhere by itself
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
PATIENCE = 3 * attack.SLOW


# --- memory ----------------------------------------------------------------------------------

def regions(pid):
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            words = line.split()
            first, last = (int(n, 16) for n in words[0].split("-"))
            # A sanitizer's own books are larger than any memory.
            if words[1].startswith("rw") and last - first < 1 << 28:
                yield first, last, words[-1]


def copies(pid, text):
    """Where in the memory of a process this text stands."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for first, last, what in regions(pid):
            try:
                memory.seek(first)
                data = memory.read(last - first)
            except OSError:
                continue
            found += [f"{first + m.start():#x} in {what}"
                      for m in re.finditer(re.escape(text), data)]
    return found


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return f.read().split()


def a1(algorithm):
    """The hash of user, realm and password, which opens as many doors as the password."""
    return hashlib.new(HASHES[algorithm], f"alice:example.test:{SECRET}".encode()).hexdigest()


def settings(room, server, source):
    lines = ["[account alice]", "uri = sip:alice@example.test", f"proxy = {server.uri}"]
    if source == "a program":
        lines.append(f"password-command = cat {room.write('password', SECRET + chr(10))}")
    elif source == "the configuration":
        lines.append(f"password = {SECRET}")
    path = room.write("phone.conf", "\n".join(lines) + "\n")
    os.chmod(path, 0o600)
    return path


def seen_nowhere(pid, *texts):
    """No word of it in what any user of the machine can read of a process."""
    for name in ("cmdline", "environ", "comm", "status"):
        with open(f"/proc/{pid}/{name}", "rb") as f:
            data = f.read()
        for text in texts:
            expect(text not in data, f"the secret stands in /proc/PID/{name}")


def in_memory(source, algorithm, most):
    """Registered and refreshed; then the memory, the files and all that was said."""
    with Room() as room:
        server = room.keep(Registrar({"alice": SECRET, "bob": None}, algorithms=(algorithm,),
                                     granted_s=2))
        config = settings(room, server, source)
        home = room.path("alice-home")
        trace_file = room.path("alice-sip.txt")
        if source == "a person":
            phone = Terminal(room, [tphone.program(), "register", "-vv", "--device", "none",
                                    "--config", config, "--trace=" + trace_file],
                             env=rooms.home_in(home))
            phone.wait("assword")
            phone.type(SECRET + "\n")
            pid, said = phone.popen.pid, lambda: phone.text
        elif source == "a client":
            phone = control.Piped(room, "alice", config=config, verbose=True)
            phone.client.event("password-wanted")
            phone.client.do("password", password=SECRET)
            pid = phone.process.popen.pid
            said = lambda: phone.output() + str(phone.client.lines)
        else:
            phone = tphone.Register(room, None, name="alice", config=config, verbose=True)
            pid, said = phone.process.popen.pid, lambda: phone.output()
        server.bound("alice")
        server.wait(lambda m: m.method == "REGISTER" and m.get("Authorization") and m.cseq >= 4, 8,
                    what="the second refresh")
        texts = [SECRET.encode(), a1(algorithm).encode(), bytes.fromhex(a1(algorithm))]
        where = copies(pid, texts[0][:16])  # of what needs no escapes in JSON
        expect(0 < len(where) <= most, f"{len(where)} copies of the password", *where)
        for text in texts[1:]:
            equal(copies(pid, text), [], "copies of its hash")
        for helper in children(pid):
            equal(copies(helper, texts[0][:16]), [], "copies that the helper has")
        seen_nowhere(pid, *texts)
        files = [os.path.join(folder, f) for folder, _, names in os.walk(room.folder)
                 for f in names if f not in ("phone.conf", "password")]
        for path in files:
            with open(path, "rb") as f:
                data = f.read()
            expect(not any(t in data for t in texts), f"the secret stands in {path}")
        expect(SECRET not in said() and a1(algorithm) not in said(), "the secret was said")
        equal(server.faults, [], "what the server finds wrong")
        return f"{len(where)} in memory; {len(files)} files"


for source, most in (("a program", 1), ("a person", 1), ("a client", 1), ("the configuration", 2)):
    for algorithm in HASHES:
        case(f"a password of {source}, {algorithm}: in one place of the memory"
             + (" and one of the configuration" if most > 1 else "") + ", and nowhere else",
             source, algorithm, most)(in_memory)


@case("a call through the account: neither history nor trace nor output know the password")
def in_history():
    with Room() as room:
        server = room.keep(Registrar({"alice": SECRET, "bob": None}))
        call = tphone.Call(room, "sip:bob@example.test", name="alice", verbose=True,
                           config=settings(room, server, "a program"))
        expect(call.status(15) in range(tphone.INTERRUPTED), "it died", *call.process.tail())
        expect([m for m in server.requests("INVITE") if m.get("Proxy-Authorization")],
               "the INVITE had no credentials")
        response = re.search(r'response="(\w+)"',
                             server.requests("INVITE")[-1].get("Proxy-Authorization")).group(1)
        count = 0
        for folder, _, names in os.walk(call.home):
            for name in names:
                count += 1
                with open(os.path.join(folder, name), "rb") as f:
                    data = f.read()
                for text in (SECRET, response, a1("SHA-256")):
                    expect(text.encode() not in data, f"{name} has a secret in it")
        expect(count, "no history was written")
        with open(call.trace, encoding="utf-8") as f:
            traced = f.read()
        expect(SECRET not in traced and response not in traced, "the trace has a secret in it")
        expect(SECRET not in call.output(), "it was said")


# --- programs that give the password ---------------------------------------------------------

@case("SIGTERM while a password-command runs that hears no signal: both are gone")
def deaf_program():
    with Room() as room:
        server = room.keep(Registrar({"alice": SECRET}))
        mark = room.path("pid")
        config = room.write("deaf.conf", "[account alice]\nuri = sip:alice@example.test\n"
                            f"proxy = {server.uri}\npassword-command = sh -c \"trap '' TERM INT "
                            f"HUP QUIT; echo $$ > {mark}; exec 1>&-; while :; do sleep 0.1; "
                            "done\"\n")
        phone = tphone.Register(room, None, config=config)
        wait_until(lambda: os.path.exists(mark) and open(mark).read().strip(), 8,
                   "the program did not start")
        server.wait(sip.request("REGISTER"), 8)
        pid = int(open(mark).read())
        seen_nowhere(phone.process.popen.pid, SECRET.encode())
        start = time.monotonic()
        phone.process.signal(15)
        phone.process.status(5)
        expect(time.monotonic() - start < 2.5 * attack.SLOW, "it took long to go")
        wait_until(lambda: not os.path.exists(f"/proc/{pid}") or
                   open(f"/proc/{pid}/stat").read().split()[2] == "Z", 3, "the program goes on")


# --- files -----------------------------------------------------------------------------------

def symlink(path):
    with open(path + ".victim", "w") as f:
        f.write("precious\n")
    os.symlink(path + ".victim", path)


def sparse(path):
    with open(path, "wb") as f:
        f.truncate(2 << 30)


def text_of(text):
    def write(path):
        with open(path, "wb") as f:
            f.write(text)
    return write


def foreign_database(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE calls (x)")
        db.execute("INSERT INTO calls VALUES ('precious')")


def tampered_database(path):
    """Ours by its marks, and then views and triggers where tables are wanted."""
    with sqlite3.connect(path) as db:
        db.executescript("""
            CREATE TABLE real (id INTEGER PRIMARY KEY, x);
            CREATE VIEW calls AS SELECT id, 1 AS run, 1 AS number, 0 AS began_us, 1 AS outgoing,
                char(27)||'[2J' AS account, char(27)||']0;x' AS peer, zeroblob(50000000) AS name,
                '' AS contact, 'answered' AS outcome, 200 AS status, '' AS text, 0 AS talk_ms,
                '' AS file FROM real;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
                INSERT INTO real SELECT i, '' FROM n;
            PRAGMA application_id = 1953523823; PRAGMA user_version = 1;""")


def raw_text(path):
    """Ours in all, but what stands in it would take over a terminal."""
    with sqlite3.connect(path) as db:
        db.executescript("""
            CREATE TABLE calls (id INTEGER PRIMARY KEY, run, number, began_us, outgoing, account,
                peer, name, contact, outcome, status, text, talk_ms, file);
            INSERT INTO calls VALUES (1, 1, 1, 9223372036854775807, 1, char(27)||'[2J',
                char(155)||'x'||char(8238), x'1b5b324aff', 7, 'answered', 1e308, char(10)||'x',
                -9223372036854775808, NULL);
            PRAGMA application_id = 1953523823; PRAGMA user_version = 1;""")


KINDS = {
    "a symbolic link": symlink,
    "a symbolic link to itself": lambda p: os.symlink(p, p),
    "a symbolic link to /dev/zero": lambda p: os.symlink("/dev/zero", p),
    "a pipe": os.mkfifo,
    "a folder": os.mkdir,
    "nothing": text_of(b""),
    "two gigabytes of nothing": sparse,
    "junk": text_of(bytes(range(256)) * 300),
    "an escape": text_of(b"\x1b[2J = sip:x\x9b@y\n\xe2\x80\xae = \x1b]0;x\x07\n"),
    "one line without end": text_of(b"x" * 3000000),
    "the database of somebody else": foreign_database,
    "a database with views": tampered_database,
    "a database with harm in it": raw_text,
}
FILES = {"history.db": ("state", "tphone", "history.db"),
         "contacts": ("config", "tphone", "contacts")}


def plain(data):
    """Nothing that a terminal must not get."""
    bad = bad_bytes(data)
    expect(not bad, "raw on the terminal", *[what for _, what in bad[:5]])


def untouched(before, after, kind):
    """The same file; to a database that can be read calls may be added."""
    same = (before.st_mode, before.st_ino) == (after.st_mode, after.st_ino)
    return same and (kind == "a database with harm in it" or before.st_size == after.st_size)


def run(home, *arguments):
    try:
        done = subprocess.run([tphone.program(), *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=PATIENCE * 2,
                              env={**os.environ, **rooms.home_in(home)})
    except subprocess.TimeoutExpired:
        raise tap.Failure(f"tphone {' '.join(arguments)} did not end") from None
    expect(0 <= done.returncode < 10, f"{arguments} ended with status {done.returncode}",
           done.stderr.decode("utf-8", "replace"))
    expect(not re.search(attack.REPORTS.encode(), done.stderr), "it reports", done.stderr.decode())
    plain(done.stdout + done.stderr)
    return done


def in_its_place(which, kind):
    """The file is something else: a call is placed all the same, and lists end with a sentence."""
    with Room() as room:
        home = room.path("caller-home")
        path = os.path.join(home, *FILES[which])
        os.makedirs(os.path.dirname(path))
        KINDS[kind](path)
        before = os.lstat(path)
        call = Caller(room)
        invite = call.invite(seconds=PATIENCE * 2)
        call.peer.respond(invite, 486, tag="b")
        call.phone.expect_status(tphone.BUSY, PATIENCE * 2)
        plain(call.phone.output().encode("utf-8", "surrogateescape"))
        done = run(home, "contacts" if which == "contacts" else "history")
        run(home, "contacts" if which == "contacts" else "history", "--plain")
        if which == "contacts":
            run(home, "call", "nobody", "--device", "none")
        if kind == "a symbolic link":
            with open(path + ".victim", encoding="utf-8") as f:
                equal(f.read(), "precious\n", "what the link leads to")
        if kind == "the database of somebody else":
            with sqlite3.connect(path) as db:
                equal(db.execute("SELECT * FROM calls").fetchall(), [("precious",)], "its table")
        expect(kind == "nothing" or untouched(before, os.lstat(path), kind), "the file was replaced")
        return f"status {done.returncode}: {done.stderr.decode().strip()[:90]}"


for which in FILES:
    for kind in KINDS:
        case(f"{which} is {kind}", which, kind)(in_its_place)


if __name__ == "__main__":
    tap.run(jobs=4)
