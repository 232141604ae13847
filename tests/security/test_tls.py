#!/usr/bin/env python3
"""Strangers at a port of TLS, in the middle of a good call: the limits of TCP hold, hands shaken or
not, and who does not shake them is gone soon."""
import os
import resource
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone
from lib.attack import Pinger, Target, sanitized
from lib.papers import Paper
from lib.room import Room, wait_until
from lib.tap import case, expect

HERE = ("DNS:localhost", "IP:127.0.0.1")
FLOODER = "127.0.0.2"
SHAKE_S = 5


def first_words():
    """What a client says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    said = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), said, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return said.read()


def connect(port, host=FLOODER):
    s = socket.socket()
    s.settimeout(3)
    s.bind((host, 0))
    s.connect(("127.0.0.1", port))
    return s


def is_open(s):
    s.settimeout(0)
    try:
        while s.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def good_call(room, port, root, name):
    began = time.monotonic()
    call = tphone.Call(room, f"sips:a@localhost:{port}", name, tls_ca=root.pem, seconds=0.2)
    call.expect_status(tphone.OK)
    return time.monotonic() - began


@case("600 who shake hands half, 200 who say rubbish, 50 who shake them and fall silent: 8 stay "
      "of each address, none that does not shake hands for longer than 5 s")
def half_way():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Room() as room:
        root = Paper(room, "root")
        own = Paper(room, "own", HERE, root)
        t = Target(room, spoken=sound.tone(440, 60), tls_certificate=own.pem, tls_key=own.key)
        port = t.phone.port + 1
        pinger, hello = Pinger(t), first_words()
        opened = []
        began = time.monotonic()
        for n in range(800):
            try:
                s = connect(port)
                s.sendall((hello, hello[:len(hello) // 2], b"", b"OPTIONS sip:x SIP/2.0\r\n")[n % 4])
                opened.append(s)
            except OSError:
                pass
        time.sleep(0.3)
        kept = sum(is_open(s) for s in opened)
        expect(kept <= 8, f"{kept} connections of one address stay")
        silent = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        silent.load_verify_locations(root.pem)
        shaken = []
        for _ in range(50):
            try:
                shaken.append(silent.wrap_socket(connect(port, "127.0.0.3"),
                                                 server_hostname="localhost"))
            except OSError:
                pass
        expect(1 <= len(shaken) <= 8, f"{len(shaken)} of 50 who shook hands were let in")
        took = good_call(room, port, root, "meanwhile")
        wait_until(lambda: not any(is_open(s) for s in opened), SHAKE_S + 3,
                   "who did not shake hands is still there")
        gone = time.monotonic() - began
        for s in opened + shaken:
            s.close()
        grown = t.grown_mb()
        said = (f"{kept} and {len(shaken)} stayed, the last was gone after {gone:.1f} s; a call in "
                f"{took:.2f} s; {pinger.verdict()}; {t.media.verdict()}; memory {grown:+.1f} MB")
        expect(sanitized() or grown < 16, said)
        t.unharmed()
        t.finish()
        return said


if __name__ == "__main__":
    tap.run()
