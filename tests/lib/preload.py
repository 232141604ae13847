"""Libraries of the tests' own that are loaded before those of a program."""
import atexit
import os
import shutil
import subprocess
import tempfile
import threading

from lib.tap import Failure

_made, _lock = {}, threading.Lock()


def _make(source):
    folder = tempfile.mkdtemp(prefix="tphone-preload-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    name = os.path.splitext(os.path.basename(source))[0]
    library = os.path.join(folder, name + ".so")
    made = subprocess.run([*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", "-O1", "-o",
                           library, source, "-D_GNU_SOURCE", "-ldl"], capture_output=True,
                          text=True, check=False)
    if made.returncode:
        raise Failure(f"{source} does not compile", [made.stderr])
    return library


def library(source):
    """The path of a library made of one file of C, given by its path below tests."""
    here = os.path.dirname(os.path.abspath(__file__))
    with _lock:
        if source not in _made:
            _made[source] = _make(os.path.join(here, "..", source))
        return _made[source]


def env(source):
    """What a program is started with, so that it has this library."""
    # A library before that of the sanitizers is what is wanted here.
    checks = [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]
    return {"LD_PRELOAD": library(source), "ASAN_OPTIONS": ":".join(filter(None, checks))}
