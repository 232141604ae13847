#!/usr/bin/env python3
"""Servers by TCP that mean it ill: whatever they do to the connection of a registration, the phone
keeps little, is not hurried, and hears others meanwhile."""
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import attack, sip, tap
from lib.attack import Pinger
from lib.hostile import Server, accounts, answering, leaves, unharmed
from lib.room import Room, wait_until
from lib.tap import case, expect


def closes(connection, request):
    pass


def resets(connection, request):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says(*pieces, times=1, pause=0.0):
    """Sends these bytes, the whole so many times, or until the phone has had enough."""
    def act(connection, request):
        for _ in range(times):
            for piece in pieces:
                connection.sendall(piece)
            if pause:
                time.sleep(pause)
        connection.settimeout(1)
        while connection.recv(65536):
            pass
    return act


def grants(*after, times=1):
    """Registers the phone; and then, or instead of more, the same answer again."""
    def act(connection, request):
        contact = request.get("Contact").split(",")[0]
        answer = Server.answer(None, request, 200, "OK", Contact=f"{contact};expires=60").bytes()
        connection.sendall(answer)
        says(*(after or [answer * 20]), times=times)(connection, request)
    return act


OPTIONS = (b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%d\r\n"
           b"From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n"
           b"Content-Length: 0\r\n\r\n")
BY_TCP = {
    "closes each connection": closes,
    "resets each connection": resets,
    "sends junk": says(os.urandom(100000)),
    "sends a header without end": says(b"SIP/2.0 200 OK\r\nX: ", b"x" * 60000, times=100),
    "sends headers without end": says(b"SIP/2.0 200 OK\r\n", *[b"X: y\r\n" * 1000] * 100),
    "sends a byte now and then": says(b"S", times=30, pause=0.1),
    "says four gigabytes will follow": says(b"SIP/2.0 200 OK\r\nContent-Length: 4294967296\r\n\r\n",
                                            b"x" * 60000, times=100),
    "says a body follows, and closes": says(b"SIP/2.0 200 OK\r\nContent-Length: 9999\r\n\r\n"),
    "sends ends of lines for ever": grants(b"\r\n\r\n" * 5000, times=40),
    "sends requests for ever": grants(b"".join(OPTIONS % n for n in range(1000)), times=10),
    "sends the same answer for ever": grants(times=500),
}


def by_tcp(how):
    """The phone registers by TCP with somebody who does that to each of its connections."""
    seen, looked_at = [], threading.Event()

    def serve(connection):
        with connection:
            try:
                connection.settimeout(5)
                data = connection.recv(65536)
                while b"\r\n\r\n" in data.lstrip():
                    request = sip.Message.parse(data.lstrip())
                    request.source = connection.getpeername()
                    seen.append(request)
                    looked_at.wait(8)
                    BY_TCP[how](connection, request)
                    return
            except OSError:
                pass

    def listen(listener):
        while True:
            try:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
            except OSError:
                return

    with Room() as room, socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=listen, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        # A trace waits in memory for a disk that is busy, which is none of the server's doing.
        target = answering(room, accounts(f"sip:127.0.0.1:{port};transport=tcp", 1), transport="",
                           trace_file="/dev/null")
        wait_until(lambda: seen, 8, "no REGISTER came")
        start, cpu = attack.memory_kb(target.pid), attack.cpu_seconds(target.pid)
        looked_at.set()
        pinger = Pinger(target)
        time.sleep(4)
        grown = (attack.memory_kb(target.pid) - start) / 1024
        cpu = attack.cpu_seconds(target.pid) - cpu
        said = pinger.verdict()
        unharmed(target.phone)
        expect(len(seen) <= 10, f"{len(seen)} REGISTERs in 4 s")
        if not attack.sanitized():
            expect(grown <= 1, f"memory grew by {grown:.1f} MB")
            expect(cpu < 2, f"{cpu:.1f} s of the processor in 4 s")
        listener.shutdown(socket.SHUT_RDWR)
        return f"{len(seen)} REGISTERs, memory +{grown:.1f} MB, {cpu:.1f} s of processor; " \
            f"{said}; " + leaves(target.phone)


for how in BY_TCP:
    case(f"a server by TCP that {how}: few connections, nothing kept", how)(by_tcp)


if __name__ == "__main__":
    tap.run(jobs=4)
