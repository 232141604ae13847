#!/usr/bin/env python3
"""One call between two phones of this machine, and what there is to see and hear of it.

usage: demo_call.py TPHONE FOLDER

The caller says a few sentences, the called phone reads from a novel; both record what they hear.
What they recorded is then held against what was spoken. FOLDER gets all the files.
"""
import os
import shutil
import signal
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(TOP, "tests"))
sys.dont_write_bytecode = True
from lib import sound, trace, tphone  # noqa: E402
from lib.room import Process, free_port  # noqa: E402
from lib.tap import Failure  # noqa: E402

RATE = 16000
RING_S, SPEECH_S, AFTER_S = 1, 10, 2
VOICES = {
    "caller": [sound.CODEC2 + "speech_orig_16k.wav"],
    "callee": [sound.LIBRIVOX + "0870.wav", sound.LIBRIVOX + "0930.wav"],
}
GOOD = 0.9  # from here on a recording counts as what was spoken


class Style:
    """Colours on a terminal that wants them; lines and bars where the locale has them."""

    def __init__(self):
        self.colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and \
            os.environ.get("TERM", "dumb") != "dumb"
        self.fine = "utf" in (sys.stdout.encoding or "").lower()
        self.bars = " ▁▂▃▄▅▆▇█" if self.fine else " .:-=+*#@"
        self.dash, self.right, self.left = ("─", "▶", "◀") if self.fine else ("-", ">", "<")

    def paint(self, text, *codes):
        return f"\033[{';'.join(codes)}m{text}\033[0m" if self.colour else text

    def bold(self, text):
        return self.paint(text, "1")

    def dim(self, text):
        return self.paint(text, "2")

    def judged(self, text, good):
        return self.paint(text, "32" if good else "31")


STYLE = Style()


def progress(text, seconds, alive):
    """Waits for alive() to become false, saying how long it may take; False: it took longer."""
    began = time.monotonic()
    if not sys.stdout.isatty():
        print(f"{text} ({seconds:.0f} s) …", flush=True)
    while alive():
        past = time.monotonic() - began
        if past > seconds + 15:
            return False
        if sys.stdout.isatty():
            done = int(30 * min(1, past / seconds))
            print(f"\r{text} [{'#' * done}{'.' * (30 - done)}] {past:.0f} s ", end="", flush=True)
        time.sleep(0.1)
    if sys.stdout.isatty():
        print(f"\r{'':70}\r", end="", flush=True)
    return True


class End:
    """One of the two phones and its files."""

    def __init__(self, name, folder):
        self.name = name
        self.spoken = sound.silence(0.3, RATE) + self._voice()
        self.spoken_path = sound.write(f"{folder}/{name}-spoken.wav", self.spoken)
        self.heard_path = f"{folder}/{name}-heard.wav"
        self.trace_path = f"{folder}/{name}-sip.txt"
        self.log_path = f"{folder}/{name}-said.txt"
        self.process = None

    def _voice(self):
        spoken = None
        for path in VOICES[self.name]:
            if not os.path.exists(path):
                raise Failure(f"{path} is missing: scripts/install-deps --demo brings it")
            part = sound.read(path).at(RATE)
            spoken = part if spoken is None else spoken + part
        return sound.levelled(spoken.cut(0, SPEECH_S), 2500)

    def start(self, program, folder, *arguments):
        self.process = Process(self.name, [
            program, *arguments, "--device", "none", "--play", self.spoken_path, "--record",
            self.heard_path, f"--trace={self.trace_path}"], cwd=folder)

    def result(self):
        got = tphone.results(self)
        return got[-1] if got else {}

    def keep_log(self):
        with open(self.log_path, "w") as f:
            f.write("\n".join(self.process.lines) + "\n")


def call(program, folder, caller, callee):
    """Makes the call. Raises Failure where it does not come about."""
    port = free_port()
    seconds = SPEECH_S + AFTER_S
    try:
        callee.start(program, folder, "answer", "--listen", f"udp:127.0.0.1:{port}", "--delay",
                     str(RING_S), "--times", "1", "--user", "jane")
        callee.process.wait_line(f":{port}", 5)
        caller.start(program, folder, "call", f"sip:jane@127.0.0.1:{port}", "--listen",
                     f"udp:127.0.0.1:{free_port()}", "--for", str(seconds), "--dtmf",
                     "," * (SPEECH_S + 1) + "42#", "--user", "david")
        ended = progress("two phones are talking", RING_S + seconds, caller.process.alive)
        if not ended:
            raise Failure("the call did not end", caller.process.tail())
        if caller.process.status() != 0:
            raise Failure(f"the caller ended with status {caller.process.status()}",
                          caller.process.tail() + callee.process.tail())
        if callee.process.status(5) != 0:
            raise Failure(f"the called phone ended with status {callee.process.status()}",
                          callee.process.tail())
    finally:
        for end in (caller, callee):
            if end.process:
                end.process.stop()
                end.keep_log()


# --- the report ---------------------------------------------------------------------------------

def heading(text):
    print("\n" + STYLE.bold(text))


def _arrow(label, to_right, lost, width):
    line = f" {label} ".center(width - 2, STYLE.dash)
    head = "x" if lost else STYLE.right if to_right else STYLE.left
    return f"{STYLE.dash}{line}{head}" if to_right else f"{head}{line}{STYLE.dash}"


def _colour_of(message):
    if not message.status:
        return "36"
    return "32" if message.status < 300 else "33" if message.status < 400 else "31"


def print_ladder(caller, callee):
    steps = trace.ladder(trace.read(caller.trace_path), trace.read(callee.trace_path))
    if not steps:
        raise Failure("the phones wrote down no SIP messages")
    zero, width = steps[0].sent_s, 44
    print(STYLE.dim(f"{'seconds':>10}  {'caller':<{width // 2}}{'called':>{width // 2}}  took"))
    shown = 0.0
    for step in steps:
        m = step.message
        shown = max(shown, step.sent_s - zero)  # two clocks, a millisecond apart
        label = f"{m.status} {m.reason}" if m.status else m.method
        arrow = _arrow(label + (" + SDP" if m.body.strip() else ""), step.from_ours,
                       step.arrived_s is None, width)
        took = "lost" if step.arrived_s is None else \
            f"{max(0, step.arrived_s - step.sent_s) * 1000:.0f} ms"
        print(f"{shown:10.3f}  {STYLE.paint(arrow, _colour_of(m))}  "
              f"{STYLE.dim(took)}")


def _bars(snd, start_s, seconds, width=64):
    """The loudness of width equal parts, as a line of bars."""
    part = snd.cut(max(0, start_s), max(0, start_s) + seconds)
    env = sound.envelope(part, max(10, int(seconds * 1000 / width)))[:width]
    top = max(env, default=0) or 1
    return "".join(STYLE.bars[min(8, int(v / top * 8.99))] for v in env)


def print_heard(speaker, listener):
    """How well listener heard speaker; the match."""
    heard = sound.read(listener.heard_path)
    match = sound.match(speaker.spoken, heard)
    result = listener.result()
    print(f"  {STYLE.bold(listener.name)} heard {speaker.name}: " +
          STYLE.judged(f"{100 * max(0, match.correlation):.1f} % alike", match.correlation >= GOOD)
          + f", {result.get('codec', '?')}, {result.get('received', '?')} packets, "
          f"{result.get('lost', '?')} lost, jitter {result.get('jitter', '?')} ms")
    print(STYLE.dim("    spoken  ") + _bars(speaker.spoken, 0, SPEECH_S))
    print(STYLE.dim("    heard   ") + _bars(heard, match.lag_ms / 1000, SPEECH_S))
    return match


def print_delays(caller, callee):
    """Each recording begins when its phone's sound begins, and so does what that phone plays. The
    two phones begin within a moment of each other; in the mean of both ways that moment cancels."""
    there, back = callee.lag_ms, caller.lag_ms
    print(f"  mouth to ear: {there:.0f} ms there, {back:.0f} ms back, "
          f"{(there + back) / 2:.0f} ms in the mean")


def report(folder, caller, callee):
    """True: each heard what the other said."""
    heading("What the phones said to each other")
    print_ladder(caller, callee)
    heading("What was heard")
    at_callee = print_heard(caller, callee)
    at_caller = print_heard(callee, caller)
    print_delays(at_caller, at_callee)
    digits = "".join(l.split()[1] for l in callee.process.lines
                     if l.startswith("digit ") and l.endswith("received"))
    print(f"  digits: 42# sent, {digits or 'none'} received")
    heading("Listen for yourself")
    shown = os.path.relpath(folder)
    shown = folder if shown.startswith("../..") else shown
    for name, what in [("caller-spoken.wav", "what the caller said"),
                       ("callee-heard.wav", "what the called phone heard of it"),
                       ("callee-spoken.wav", "what the called phone said"),
                       ("caller-heard.wav", "what the caller heard of it"),
                       ("caller-sip.txt", "every SIP message, word for word")]:
        print(f"  {shown}/{name:<20} {STYLE.dim(what)}")
    good = min(at_callee.correlation, at_caller.correlation) >= GOOD and digits == "42#"
    print("\n" + (STYLE.judged("The call went well.", True) if good else
                  STYLE.judged("The call did not go well: see above.", False)))
    return good


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program, folder = map(os.path.abspath, sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    try:
        caller, callee = End("caller", folder), End("callee", folder)
        call(program, folder, caller, callee)
        return 0 if report(folder, caller, callee) else 1
    except Failure as e:
        print(f"demo: {e}", *e.notes, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
