"""A bad network between two phones, the same from the same seed.

A Relay is one UDP socket that both sides take for the other: what comes from the callee's address
goes to the caller, everything else is the caller and goes to the callee. Each datagram may be lost,
delayed, doubled or put behind its successor. The fate of the n-th datagram of a direction depends
on the seed and n alone; where the weather changes or the way is narrow, also on when it comes.

A CallRelay also reads the SIP that passes: it puts itself into Contact and into the SDP, so that
requests within the dialog and the media pass through it too.
"""
import heapq
import random
import re
import selectors
import socket
import threading
import time


class Weather:
    """What may happen to a datagram: chances from 0 to 1, times in milliseconds. burst: how many
    are lost together on average, in between none (Gilbert and Elliott); later: from so many seconds
    behind the first datagram on each takes so many milliseconds longer; kbps: what fits through,
    with a queue of queue_ms before it."""

    def __init__(self, loss=0.0, double=0.0, reorder=0.0, delay_ms=(0, 0), hold_ms=60, burst=1,
                 later=(0, 0), kbps=None, queue_ms=200):
        self.loss, self.double, self.reorder = loss, double, reorder
        self.delay_ms, self.hold_ms, self.burst, self.later = delay_ms, hold_ms, burst, later
        self.kbps, self.queue_ms = kbps, queue_ms


class Sky:
    """The weather over one direction: what it was like until now decides what comes."""

    def __init__(self, weather, seed):
        self.weather, self.rng = weather, random.Random(seed)
        self.bad, self.first, self.narrow_until = False, None, 0.0

    def _loses(self, chance):
        w = self.weather
        if w.burst <= 1 or not 0 < w.loss < 1:
            return chance < w.loss
        self.bad = chance >= 1 / w.burst if self.bad else chance < w.loss / (1 - w.loss) / w.burst
        return self.bad

    def _through(self, size, now):
        """How long it waits before a narrow place and takes through it; None: there is no room."""
        w = self.weather
        if not w.kbps:
            return 0.0
        begin = max(now, self.narrow_until)
        if begin - now > w.queue_ms / 1000:
            return None
        self.narrow_until = begin + (size + 28) * 8 / 1000 / w.kbps  # with the headers of IP and UDP
        return self.narrow_until - now

    def fate(self, size, now):
        """The delays in seconds of each copy that arrives."""
        w = self.weather
        lost, doubled, held = (self.rng.random() for _ in range(3))
        delays = [self.rng.uniform(*w.delay_ms) / 1000 for _ in range(2)]
        self.first = now if self.first is None else self.first
        if held < w.reorder:
            delays[0] += w.hold_ms / 1000
        more = self._through(size, now)
        if self._loses(lost) or more is None:
            return []
        if w.later[1] and now - self.first >= w.later[0]:
            more += w.later[1] / 1000
        return [d + more for d in (delays if doubled < w.double else delays[:1])]


CLEAR = Weather()


class _Path:
    """One socket between two addresses; learns the caller's from what it sends."""

    def __init__(self, callee, weather, seed, port=0, rewrite=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.address = self.socket.getsockname()
        self.callee, self.caller = callee, None
        self.rewrite = rewrite
        self.skies = [Sky(weather, f"{seed}/{way}") for way in ("there", "back")]
        self.passed, self.lost, self.doubled = [0, 0], [0, 0], [0, 0]
        self.octets = [0, 0]

    def take(self, data, source, now):
        """(delay, data, destination) for each copy of a datagram that came from source."""
        back = source == self.callee
        if not back:
            self.caller = source
        target = self.caller if back else self.callee
        if self.rewrite:
            data = self.rewrite(data, back)
        delays = self.skies[back].fate(len(data), now)
        self.passed[back] += 1
        self.octets[back] += len(data)
        self.lost[back] += not delays
        self.doubled[back] += len(delays) > 1
        return [(d, data, target) for d in delays] if target else []


class Relay:
    def __init__(self, callee, weather=CLEAR, seed=1, port=0):
        self.seed, self.weather = seed, weather
        self._selector = selectors.DefaultSelector()
        self._waiting, self._count = [], 0
        self._lock = threading.Lock()
        self._stopped = False
        self._wake = socket.socketpair()
        self._wake[0].setblocking(False)
        self._selector.register(self._wake[0], selectors.EVENT_READ, None)
        self.path = self.add(callee, port=port)
        self.port = self.path.address[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, callee, weather=None, port=0, name="sip", rewrite=None):
        path = _Path(callee, weather or self.weather, f"{self.seed}/{name}", port, rewrite)
        with self._lock:
            self._selector.register(path.socket, selectors.EVENT_READ, path)
        self._wake[1].send(b"x")
        return path

    def _receive(self, path):
        while True:
            try:
                data, source = path.socket.recvfrom(65536)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an ICMP error for what was sent before: not a datagram
            now = time.monotonic()
            for delay, copy, target in path.take(data, source, now):
                self._count += 1
                heapq.heappush(self._waiting, (now + delay, self._count, path, copy, target))

    def _send_due(self):
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, _, path, data, target = heapq.heappop(self._waiting)
            try:
                path.socket.sendto(data, target)
            except OSError:
                pass  # nobody listens there any more: a network says nothing either

    def _run(self):
        while not self._stopped:
            wait = None
            if self._waiting:
                wait = max(0, self._waiting[0][0] - time.monotonic())
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    self._wake[0].recv(4096)
                else:
                    self._receive(key.data)
            self._send_due()

    def stop(self):
        self._stopped = True
        self._wake[1].send(b"x")
        self._thread.join(2)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._wake[1].close()
        self._selector.close()

    def __str__(self):
        p = self.path
        return (f"seed {self.seed}: {sum(p.passed)} SIP datagrams, {sum(p.lost)} lost, "
                f"{sum(p.doubled)} doubled")


class CallRelay(Relay):
    """sip: the weather of the signalling; media: that of RTP; rtcp: that of RTCP. For one call at a
    time."""

    def __init__(self, callee, sip=CLEAR, media=CLEAR, seed=1, rtcp=CLEAR):
        super().__init__(callee, sip, seed)
        self.rtp = self._open_media(media, rtcp)
        self.path.rewrite = self._rewrite

    def _open_media(self, weather, rtcp):
        """Two neighbouring paths, RTP and RTCP. The same port stands for either phone, so that each
        is sent to from where it sends."""
        while True:
            rtp = self.add(None, weather, name="rtp")
            if rtp.address[1] % 2 == 0:
                try:
                    self.rtcp = self.add(None, rtcp, rtp.address[1] + 1, name="rtcp")
                    return rtp
                except OSError:
                    continue

    def _signalled(self, back, host, port):
        for path, number in ((self.rtp, port), (self.rtcp, port + 1)):
            if back:
                path.callee = (host, number)
            else:
                path.caller = (host, number)

    def _rewrite(self, data, back):
        head, gap, body = data.partition(b"\r\n\r\n")
        if not gap:
            return data
        head = self._rewrite_head(head, back)
        media = re.search(rb"(?m)^m=audio (\d+)", body)
        if media and int(media.group(1)):
            # linphonec may name any address of the machine; it is on loopback all the same.
            self._signalled(back, "127.0.0.1", int(media.group(1)))
            port = self.rtp.address[1]
            body = re.sub(rb"(?m)^m=audio \d+", b"m=audio %d" % port, body)
            body = re.sub(rb"(?m)^c=IN IP[46] \S+", b"c=IN IP4 127.0.0.1", body)
            body = re.sub(rb"(?m)^a=rtcp:\d+[^\r\n]*", b"a=rtcp:%d" % (port + 1), body)
        head = re.sub(rb"(?im)^(Content-Length|l)([ \t]*:[ \t]*)\d+",
                      rb"\g<1>\g<2>%d" % len(body), head)
        return head + gap + body

    def _rewrite_head(self, head, back):
        me = f"127.0.0.1:{self.port}".encode()
        head = re.sub(rb"(?im)^((?:Contact|m)[ \t]*:.*?sips?:(?:[^@<>;\r\n]*@)?)[^;>\r\n]+",
                      rb"\g<1>" + me, head)
        if back:
            return head
        callee = ("%s:%d" % self.path.callee).encode()
        return re.sub(rb"\A(\S+ sips?:(?:[^@ ]*@)?)[^; ]+", rb"\g<1>" + callee, head)

    def media_counts(self):
        """(RTP datagrams that came in, that were lost) over both directions."""
        return sum(self.rtp.passed), sum(self.rtp.lost)


class ServerRelay(CallRelay):
    """Between a phone and its server: requests within the dialog pass by, and the media through.
    asked: the INVITEs of the phone."""

    def __init__(self, server, media=CLEAR, seed=1):
        self.asked = []
        super().__init__(server, media=media, seed=seed)

    def _rewrite_head(self, head, back):
        return head

    def _rewrite(self, data, back):
        if not back and data.startswith(b"INVITE "):
            self.asked.append(data)
        return super()._rewrite(data, back)
