#!/usr/bin/env python3
"""make bench: how quick and how small tphone is, beside the baresip of the distribution.

Both phones get the same work from the same program (bench_sip) in the same run, one after the other
and in turns, as absolute times wander on shared machines: what counts is the ratio. The last column
is what we set ourselves. BENCH_QUICK=1 takes a tenth of the time, and its figures are rough.
"""
import glob
import os
import signal
import statistics
import subprocess
import sys
import time

srcdir = os.environ.get("srcdir", ".")
builddir = os.environ.get("builddir", ".")
sys.path.insert(0, os.path.join(srcdir, "tests"))
from lib import room as rooms  # noqa: E402
from lib import sound  # noqa: E402
from lib.dns import Dns  # noqa: E402
from lib.tap import Failure  # noqa: E402

QUICK = os.environ.get("BENCH_QUICK", "") not in ("", "0")
ROUNDS = 1 if QUICK else 3  # of which the median counts
STARTS = 5 if QUICK else 20
SETUPS = 50 if QUICK else 200
HOLDS = 3 if QUICK else 5  # calls for the time to the first RTP packet
MANY = 10 if QUICK else 30  # calls at once, for memory
CALL_S = 5 if QUICK else 15
ACCOUNTS = 100 if QUICK else 1000  # registered by one process
GRANTED_S = 10  # to each of them, so that every one is refreshed within this time
REFRESH_S = 10 if QUICK else 20
HELPER = os.path.join(builddir, "tests/bench/bench_sip")
REGISTRAR = os.path.join(builddir, "tests/bench/bench_registrar")
RATES = {"pcmu": 8000, "opus": 48000}
OPUS = "CPU-s per call-minute, Opus"


class Tphone:
    name = "tphone"
    program = os.path.join(builddir, "tphone")

    def __init__(self, room):
        self.room = room

    def answering(self, codec, port):
        return [self.program, "answer", "--listen", f"udp:127.0.0.1:{port}", "--device", "none",
                "--codec", codec, "--max-calls", "2000",
                "--play", self.room.path(f"{codec}.wav")]

    def calling(self, codec, port):
        return [self.program, "call", f"sip:bob@127.0.0.1:{port}", "--device", "none",
                "--codec", codec, "--play", self.room.path(f"{codec}.wav"), "--for", "5"]

    def calling_contact(self, codec, port):
        contacts = self.room.write(f"contacts-{port}", "".join(
            f"friend {i} = sip:f{i}@192.0.2.{i}\n" for i in range(1, 100))
            + f"bob = sip:bob@127.0.0.1:{port}\n")
        return ["bob" if w.startswith("sip:") else w for w in self.calling(codec, port)] + \
            ["--contacts-file", contacts]

    def calling_domain(self, codec, domain, names):
        command = self.calling(codec, 0)
        command[2] = f"sip:bob@{domain}"
        return command + ["--dns-server", names.address]

    def registering(self, port, accounts):
        text = "".join(f"[account a{i}]\nuri = sip:a{i}@127.0.0.1:{port}\npassword = x\n"
                       for i in range(accounts))
        return [self.program, "register", "--device", "none", "--config",
                self.room.write(f"accounts-{port}.conf", text)]


    def talking(self, port, encryption):
        """The commands of two phones that talk to each other, PCMU; who answers comes first."""
        both = ["--device", "none", "--codec", "pcmu", "--play", self.room.path("pcmu.wav"),
                "--encryption", encryption, "--sdes", "always"]
        return ([self.program, "answer", "--listen", f"udp:127.0.0.1:{port}", *both],
                [self.program, "call", f"sip:bob@127.0.0.1:{port}", "--for", str(CALL_S + 2), *both])


class Baresip:
    name = "baresip"
    program = "baresip"

    def __init__(self, room):
        self.room = room

    def calling_domain(self, codec, domain, names):
        folder = self._configure(codec, 0, f"-{names.port}")
        with open(f"{folder}/config", "a") as f:
            f.write(f"dns_server {names.address}\n")
        return [self.program, "-f", folder, "-e", f"d sip:bob@{domain}"]

    def registering(self, port, accounts):
        folder = self._configure("pcmu", 0, f"-{port}")
        with open(f"{folder}/accounts", "w") as f:
            for i in range(accounts):
                f.write(f"<sip:a{i}@127.0.0.1:{port}>;auth_pass=x;regint=3600\n")
        return [self.program, "-f", folder]

    def _configure(self, codec, port, more=""):
        folder = self.room.path(f"baresip-{codec}-{port}{more}")
        if os.path.isdir(folder):
            return folder
        os.makedirs(folder)
        modules = [p for p in ["/usr/lib/baresip/modules"] + glob.glob("/usr/lib/*/baresip/modules")
                   if os.path.isdir(p)]
        if not modules:
            raise Failure("baresip's modules are missing: scripts/install-deps brings baresip-core")
        with open(f"{folder}/config", "w") as f:
            f.write(f"poll_method epoll\nsip_listen 127.0.0.1:{port}\n"
                    f"call_max_calls 240\nnet_interface 127.0.0.1\n"
                    f"audio_source aufile,{self.room.path(codec + '.wav')}\n"
                    "audio_player aubridge,nowhere\naudio_alert aubridge,nowhere\n"
                    f"ausrc_srate {RATES[codec]}\nausrc_channels 1\n"
                    "rtp_ports 32800-38000\nrtcp_mux no\n"
                    f"module_path {modules[0]}\n"
                    f"module {'opus.so' if codec == 'opus' else 'g711.so'}\n"
                    "module aubridge.so\nmodule aufile.so\nmodule_tmp account.so\n"
                    "module_app menu.so\nopus_bitrate 28000\nopus_application voip\n"
                    "opus_inbandfec yes\nringback_disabled yes\nmenu_bell no\n")
        with open(f"{folder}/accounts", "w") as f:
            name = "opus/48000/2" if codec == "opus" else "PCMU/8000/1"
            f.write(f"<sip:bob@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs={name}\n")
        open(f"{folder}/contacts", "w").close()
        return folder

    def answering(self, codec, port):
        return [self.program, "-f", self._configure(codec, port)]

    def calling(self, codec, port):
        return [self.program, "-f", self._configure(codec, 0),
                "-e", f"d sip:bob@127.0.0.1:{port}"]


class Answering:
    """A phone that answers, for as long as the with statement lasts."""

    def __init__(self, phone, codec, warm=True):
        self.codec, self.warm = codec, warm
        self.port = rooms.free_port()
        self.name = phone.name
        self.log = open(phone.room.path(f"{phone.name}.log"), "a")
        self.process = subprocess.Popen(phone.answering(codec, self.port), stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def __enter__(self):
        try:
            rooms.wait_udp(self.port)
            if self.warm:
                run_helper("callee", self.port, 3, 0, self.codec)
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        end_process(self.process)
        self.log.close()


class Registered:
    """A phone with accounts that are registered with a registrar of ours, for as long as the with
    statement lasts."""

    def __init__(self, phone, accounts, granted_s):
        self.name, self.port = phone.name, rooms.free_port()
        self.log = open(phone.room.path(f"{phone.name}.log"), "a")
        self.registrar = subprocess.Popen([REGISTRAR, "serve", str(self.port), str(granted_s)],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.registrar.stdout.readline()
        self.process = subprocess.Popen(phone.registering(self.port, accounts),
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.accounts = accounts

    def granted(self):
        self.registrar.stdin.write("\n")
        self.registrar.stdin.flush()
        return int(self.registrar.stdout.readline())

    def __enter__(self):
        try:
            rooms.wait_until(lambda: self.granted() >= self.accounts, 30,
                             f"{self.name} did not register {self.accounts} accounts")
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        end_process(self.process)
        self.registrar.stdin.close()
        self.registrar.wait()
        self.registrar.stdout.close()
        self.log.close()


def end_process(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def memory_kib(process):
    """Resident, and what is its alone: written to, so not the code of a library that just nobody
    else happens to use."""
    values = {"Rss": 0, "Private_Dirty": 0}
    with open(f"/proc/{process.pid}/smaps_rollup") as f:
        for line in f:
            key = line.split(":")[0]
            if key in values:
                values[key] = int(line.split()[1])
    return values["Rss"], values["Private_Dirty"]


def cpu_s(process):
    """Of all threads, those that have ended too: the process's own CPU clock (Linux)."""
    return time.clock_gettime((~process.pid << 3) | 2)


def run_helper(*args, program=HELPER):
    """The lines of figures that a helper prints."""
    done = subprocess.run([program, *map(str, args)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise Failure(f"{os.path.basename(program)} {args[0]} failed", done.stderr.splitlines())
    return [[int(v) for v in line.split()] for line in done.stdout.splitlines()
            if line and line[0] in "-0123456789"]


class Hold:
    """Calls that last, with speech both ways; arrivals of the first call's packets."""

    def __init__(self, room, phone, codec, calls, seconds):
        self.process = subprocess.Popen(
            [HELPER, "hold", str(phone.port), str(calls), str(seconds), codec,
             room.path(f"{codec}.raw")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "up\n":
            raise Failure(f"{phone.name}: {calls} calls did not come about",
                          self.process.stderr.read().splitlines())

    def finish(self):
        out, err = self.process.communicate(timeout=120)
        if not out.endswith("down\n"):
            raise Failure("the calls did not end", err.splitlines())
        received = [int(x.split()[1]) for x in out.splitlines() if x.startswith("received")]
        return received[0], [int(x.split()[1]) for x in out.splitlines()
                             if x.startswith("packet")]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


# Each measurement returns {row: value}; rows are in TABLE.

def starts(room, phone):
    port = rooms.free_port()
    figures = run_helper("caller", port, STARTS, *phone.calling("pcmu", port))
    return {"exec to INVITE, ms": statistics.median(f[0] for f in figures) / 1000,
            "200 to ACK, ms": statistics.median(f[1] for f in figures) / 1000,
            "BYE to 200, caller, ms": statistics.median(f[2] for f in figures) / 1000}


def starts_by_name(room, phone):
    if not hasattr(phone, "calling_contact"):
        return {}
    port = rooms.free_port()
    figures = run_helper("caller", port, STARTS, *phone.calling_contact("pcmu", port))
    return {"exec to INVITE, a contact, ms": statistics.median(f[0] for f in figures) / 1000}


def starts_by_domain(room, phone):
    """NAPTR, SRV and A, one after the other, from a name server that is in no hurry (Python)."""
    port = rooms.free_port()
    names = Dns(f"""
        bench.test            NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.bench.test
        _sip._udp.bench.test  SRV 1 0 {port} host.bench.test
        host.bench.test       A 127.0.0.1
    """)
    try:
        figures = run_helper("caller", port, STARTS,
                             *phone.calling_domain("pcmu", "bench.test", names))
    finally:
        names.stop()
    return {"exec to INVITE, by SRV, ms": statistics.median(f[0] for f in figures) / 1000}


def registers(room, phone):
    port = rooms.free_port()
    figures = run_helper("start", port, STARTS, *phone.registering(port, 1), program=REGISTRAR)
    return {"exec to REGISTER, ms": statistics.median(f[0] for f in figures) / 1000,
            "exec to registered, ms": statistics.median(f[1] for f in figures) / 1000}


def crowd(room, phone):
    """All at once would overrun the server's socket, and come again half a second later."""
    port = rooms.free_port()
    figures = run_helper("crowd", port, 1, ACCOUNTS, *phone.registering(port, ACCOUNTS),
                         program=REGISTRAR)
    return {f"exec to {ACCOUNTS} registered, s": figures[0][0] / 1e6,
            f"REGISTERs for these {ACCOUNTS}": figures[0][1]}


def registered(room, phone):
    with Registered(phone, 1, 3600) as at:
        time.sleep(1)
        idle = memory_kib(at.process)
    return {"idle, registered, resident, MiB": idle[0] / 1024,
            "idle, registered, private, MiB": idle[1] / 1024}


def refreshes(room, phone):
    """Each refresh is a REGISTER with credentials, or where a phone does not keep the challenge two
    of them, and its answer."""
    with Registered(phone, ACCOUNTS, GRANTED_S) as at:
        before, granted = cpu_s(at.process), at.granted()
        time.sleep(REFRESH_S)
        used, granted = cpu_s(at.process) - before, at.granted() - granted
    if granted < ACCOUNTS:
        raise Failure(f"{phone.name} refreshed {granted} times in {REFRESH_S} s")
    return {f"CPU of a refresh among {ACCOUNTS}, us": used / granted * 1e6}


def setups(room, phone):
    with Answering(phone, "pcmu") as at:
        before = cpu_s(at.process)
        figures = run_helper("callee", at.port, SETUPS, 0, "pcmu")
        used = cpu_s(at.process) - before
        media = run_helper("callee", at.port, HOLDS, 300, "pcmu")
    answers = [f[0] for f in figures]
    return {"INVITE to 200, p50, ms": statistics.median(answers) / 1000,
            "INVITE to 200, p99, ms": percentile(answers, 0.99) / 1000,
            "BYE to 200, p50, ms": statistics.median(f[2] for f in figures) / 1000,
            "200 to first RTP, ms": statistics.median(f[1] for f in media) / 1000,
            "CPU of a call set up and ended, ms": used / SETUPS * 1000}


def memory(room, phone):
    with Answering(phone, "pcmu", warm=False) as at:
        idle = memory_kib(at.process)
        held = []
        for calls in (1, MANY):
            hold = Hold(room, at, "pcmu", calls, 3)
            time.sleep(2)
            held.append(memory_kib(at.process))
            hold.finish()
        time.sleep(1)
        after = memory_kib(at.process)
    return {"idle, resident, MiB": idle[0] / 1024, "idle, private, MiB": idle[1] / 1024,
            "one more call, private, KiB": (held[1][1] - held[0][1]) / (MANY - 1),
            f"kept after {MANY} calls, private, KiB": after[1] - idle[1]}


def pacing(arrivals_us):
    """Median deviation from 20 ms; sd and 99th percentile in the quietest 100 packets of it."""
    off = [(b - a - 20000) / 1000 for a, b in zip(arrivals_us, arrivals_us[1:])]
    windows = [off[i:i + 100] for i in range(25, max(26, len(off) - 99), 25)]
    best = min(windows, key=lambda w: statistics.pstdev(w))
    return {"pacing, median deviation, ms": statistics.median(abs(v) for v in off),
            "pacing, best sd, ms": statistics.pstdev(best),
            "pacing, best p99, ms": percentile([abs(v) for v in best], 0.99)}


def speech(codec, row):
    def measure(room, phone):
        with Answering(phone, codec) as at:
            hold = Hold(room, at, codec, 1, CALL_S + 1)
            time.sleep(0.5)
            before, start = cpu_s(at.process), time.monotonic()
            time.sleep(CALL_S - 0.5)
            used, lasted = cpu_s(at.process) - before, time.monotonic() - start
            received, arrivals = hold.finish()
        if received < CALL_S * 45:
            raise Failure(f"{phone.name} sent {received} packets in {CALL_S + 1} s")
        figures = {row: used * 60 / lasted}
        if codec == "pcmu":
            figures.update(pacing(arrivals))
        return figures
    return measure


def encrypted(room, phone):
    """With another one of its kind, in the clear and with keys (SDES, AES-256 in GCM)."""
    figures = {}
    for row, encryption in ("us to us, clear", "off"), ("us to us, SRTP", "require"):
        if not hasattr(phone, "talking"):
            continue
        port = rooms.free_port()
        with open(room.path("talking.log"), "a") as log:
            processes = []
            for command in phone.talking(port, encryption):
                processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                                  stderr=log))
                rooms.wait_udp(port)
            time.sleep(1)
            before, start = cpu_s(processes[0]), time.monotonic()
            time.sleep(CALL_S)
            used, lasted = cpu_s(processes[0]) - before, time.monotonic() - start
            for process in reversed(processes):
                end_process(process)
        figures[f"CPU-s per call-minute, {row}"] = used * 60 / lasted
    if figures:
        clear, keyed = figures.values()
        figures["the second of them by the first"] = keyed / clear
    return figures


MEASUREMENTS = [starts, starts_by_name, starts_by_domain, registers, crowd, registered,
                refreshes, setups, memory,
                speech("pcmu", "CPU-s per call-minute, PCMU"),
                encrypted,
                speech("opus", OPUS)]

# Row, digits behind the point, goal. Less is better everywhere.
TABLE = [
    ("exec to REGISTER, ms", 2, 6.0),
    ("exec to registered, ms", 2, None),
    (f"exec to {ACCOUNTS} registered, s", 2, None),
    (f"REGISTERs for these {ACCOUNTS}", 0, 2 * ACCOUNTS),
    ("exec to INVITE, ms", 2, 6.0),
    ("exec to INVITE, a contact, ms", 2, 6.0),
    ("exec to INVITE, by SRV, ms", 2, None),
    ("200 to ACK, ms", 3, 0.2),
    ("BYE to 200, caller, ms", 3, 0.09),
    ("INVITE to 200, p50, ms", 3, 0.2),
    ("INVITE to 200, p99, ms", 3, 0.6),
    ("BYE to 200, p50, ms", 3, 0.09),
    ("200 to first RTP, ms", 2, 2.0),
    ("CPU of a call set up and ended, ms", 3, 0.3),
    (f"CPU of a refresh among {ACCOUNTS}, us", 0, None),
    ("idle, registered, resident, MiB", 2, 8.0),
    ("idle, registered, private, MiB", 2, 1.5),
    ("idle, resident, MiB", 2, 8.0),
    ("idle, private, MiB", 2, 1.5),
    ("one more call, private, KiB", 1, 30.0),
    (f"kept after {MANY} calls, private, KiB", 0, None),
    ("CPU-s per call-minute, PCMU", 3, 0.25),
    ("CPU-s per call-minute, us to us, clear", 3, None),
    ("CPU-s per call-minute, us to us, SRTP", 3, None),
    ("the second of them by the first", 2, None),
    (OPUS, 3, None),
    ("pacing, median deviation, ms", 3, 0.03),
    ("pacing, best sd, ms", 3, 0.1),
    ("pacing, best p99, ms", 3, 0.2),
]


def make_sounds(room):
    for codec, rate in RATES.items():
        spoken = sound.speech("callee", 12 if QUICK else 40).at(rate)
        sound.write(room.path(f"{codec}.wav"), spoken)
        for name, said in (("", sound.speech("caller", 10).at(rate)), ("-played", spoken)):
            with open(room.path(f"{codec}{name}.raw"), "wb") as f:
                f.write(said.samples.tobytes())


def show_rows(table, figures, names):
    """A row of the table for each figure: ours, theirs, and the goal that we have set ourselves."""
    ours, theirs = (figures[name] for name in names)

    def cell(values, row, digits):
        return f"{values[row]:.{digits}f}" if row in values else "-"

    print(f"{'':36}{names[0]:>10}{names[1]:>10}{'times':>8}{'goal':>8}")
    for row, digits, goal in table:
        ratio = "-"
        if row in ours and row in theirs and ours[row] > 0:
            ratio = f"{theirs[row] / ours[row]:.1f}"
        reached = "" if goal is None or row not in ours else "  yes" if ours[row] <= goal else "  no"
        print(f"{row:36}{cell(ours, row, digits):>10}{cell(theirs, row, digits):>10}{ratio:>8}"
              f"{'' if goal is None else f'{goal:g}':>8}{reached}")


def show_opus(name, used_s, alone_s, paced_s):
    print(f"  {name} takes {used_s:.2f}: {used_s - alone_s:+.2f} and {used_s / alone_s:.2f} times all at "
          f"once, {used_s - paced_s:+.2f} and {used_s / paced_s:.2f} times packet by packet")


def show(figures, phones, opus_alone_s, opus_paced_s):
    table = [(row, digits, round(opus_alone_s + 0.15, 2) if row == OPUS else goal)
             for row, digits, goal in TABLE]
    show_rows(table, figures, [p.name for p in phones])
    print(f"libopus alone takes {opus_alone_s:.2f} CPU-s for a call-minute of this speech all at once, "
          f"{opus_paced_s:.2f} packet by packet")
    for phone in phones:
        if OPUS in figures[phone.name]:
            show_opus(phone.name, figures[phone.name][OPUS], opus_alone_s, opus_paced_s)
    print("times: how many times our figure theirs is; yes: the goal is reached on this machine")


def main():
    figures, failed = {}, []
    os.sync()  # pages of a program that was built just now would count as written to by it
    with rooms.Room("bench") as room:
        phones = [Tphone(room), Baresip(room)]
        make_sounds(room)
        for phone in phones:
            figures[phone.name] = {}
        for measure in MEASUREMENTS:
            rounds = {phone.name: [] for phone in phones}
            for phone in phones * ROUNDS:
                try:
                    rounds[phone.name].append(measure(room, phone))
                except (Failure, OSError, subprocess.SubprocessError) as e:
                    failed.append(f"{phone.name}: {e}" + "".join(
                        f"\n    {x}" for x in getattr(e, "notes", [])[:5]))
            for name, found in rounds.items():
                for row in found[0] if found else ():
                    figures[name][row] = statistics.median(f[row] for f in found)
        alone = [run_helper("opus", room.path("opus-played.raw"), CALL_S)[0] for _ in range(ROUNDS)]
        show(figures, phones, *(statistics.median(us) / 1e6 for us in zip(*alone)))
    for line in failed:
        print(f"could not be measured: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
