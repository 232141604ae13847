"""Says in TAP what was tried and what came of it.

A test file decorates its functions with @case("what must hold") and ends with run(). A case fails
by raising; Failure carries a sentence for people. Cases may run side by side (jobs), for most of
them only wait for a call to go its way; their results are printed in the order of the file.
"""
import concurrent.futures
import os
import sys
import time
import traceback

_cases = []


class Failure(Exception):
    """What did not hold, in one sentence; notes are lines that help to see why."""

    def __init__(self, sentence, notes=()):
        super().__init__(sentence)
        self.notes = list(notes)


def expect(holds, sentence, *notes):
    if not holds:
        raise Failure(sentence, notes)


def equal(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what}: wanted {wanted!r}, got {got!r}")


def case(name, *args):
    """Adds a function to what run() runs; args are handed to it, so that a table makes rows."""
    def add(function):
        _cases.append((name, function, args))
        return function
    return add


def _outcome(name, function, args):
    start = time.monotonic()
    try:
        said = function(*args)
    except Failure as e:
        return False, [str(e)] + e.notes, time.monotonic() - start
    except Exception as e:
        trace = traceback.format_exc().splitlines()
        notes = [f"{type(e).__name__}: {e}"] + trace + list(getattr(e, "notes", []))
        return False, notes, time.monotonic() - start
    return True, [said] if said else [], time.monotonic() - start


def go_first():
    """Sound that comes late on a busy machine says nothing about the phone: where we may (as root),
    we and all that we start go before other work."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except (OSError, AttributeError):
        pass


def run(jobs=1, in_time=False):
    """Runs the cases whose name contains the first argument of the command line; never returns.
    in_time: the cases judge what is heard, so they must not wait for the processor."""
    if in_time:
        go_first()
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [c for c in _cases if wanted in c[0]]
    print(f"1..{len(chosen)}", flush=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(_outcome, *c) for c in chosen]
        for n, (c, future) in enumerate(zip(chosen, futures), 1):
            ok, notes, seconds = future.result()
            good = good and ok
            print(f"{'ok' if ok else 'not ok'} {n} - {c[0]}")
            for note in notes:
                for line in str(note).splitlines():
                    print("# " + line)
            print(f"# {seconds:.1f} s", flush=True)
    sys.exit(0 if good else 1)
