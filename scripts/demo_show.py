"""What the parts of the demo print with: colours, bars, and how a time passes."""
import os
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(TOP, "tests"))
sys.dont_write_bytecode = True
from lib import sound  # noqa: E402

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


def heading(text):
    print("\n" + STYLE.bold(text))


def alike(match, good=GOOD):
    """How much of what was spoken was heard, in words."""
    return STYLE.judged(f"{100 * max(0, match.correlation):.1f} % alike", match.correlation >= good)


def bars(snd, start_s, seconds, width=64):
    """The loudness of width equal parts, as a line of bars."""
    part = snd.cut(max(0, start_s), max(0, start_s) + seconds)
    env = sound.envelope(part, max(10, int(seconds * 1000 / width)))[:width]
    top = max(env, default=0) or 1
    return "".join(STYLE.bars[min(8, int(v / top * 8.99))] for v in env)
