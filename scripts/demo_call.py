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

from demo_show import GOOD, STYLE, alike, bars, heading, progress
from lib import sound, trace, tphone
from lib.room import Process, free_port
from lib.tap import Failure

RATE = 16000
RING_S, SPEECH_S, AFTER_S = 1, 10, 2
VOICES = {
    "caller": [sound.CODEC2 + "speech_orig_16k.wav"],
    "callee": [sound.LIBRIVOX + "0870.wav", sound.LIBRIVOX + "0930.wav"],
}


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


def print_heard(speaker, listener):
    """How well listener heard speaker; the match."""
    heard = sound.read(listener.heard_path)
    match = sound.match(speaker.spoken, heard)
    result = listener.result()
    print(f"  {STYLE.bold(listener.name)} heard {speaker.name}: " +
          alike(match) + f", {result.get('codec', '?')}, {result.get('received', '?')} packets, "
          f"{result.get('lost', '?')} lost, jitter {result.get('jitter', '?')} ms")
    print(STYLE.dim("    spoken  ") + bars(speaker.spoken, 0, SPEECH_S))
    print(STYLE.dim("    heard   ") + bars(heard, match.lag_ms / 1000, SPEECH_S))
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
