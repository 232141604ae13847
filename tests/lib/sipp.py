"""SIPp of the distribution with scenarios of our own, as caller or as called side."""
import os
import re

from lib import room as rooms
from lib.tap import Failure

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop", "sipp")


class Sipp:
    """calls in all, at most at_once of them together; more: words for
    [name] in the scenario and, where SIPp takes no such word, for @name@."""

    def __init__(self, room, scenario, target=None, calls=1, at_once=1, rate=10, seconds=30,
                 user="callee", **more):
        self.port, self.media = rooms.free_port(), rooms.free_port(4)
        with open(os.path.join(SCENARIOS, scenario + ".xml")) as f:
            text = f.read()
        for name in set(re.findall(r"@(\w+)@", text)):
            text = text.replace(f"@{name}@", str(more.pop(name)))
        path = room.write(f"{scenario}-{self.port}.xml", text)
        command = ["sipp", f"127.0.0.1:{target}" if target else "127.0.0.1",
                   "-sf", path,
                   "-i", "127.0.0.1", "-s", user, "-p", self.port, "-mi", "127.0.0.1", "-mp", self.media,
                   "-m", calls, "-l", at_once, "-r", rate, "-nostdin", "-timeout", f"{seconds}s",
                   "-timeout_error", "-trace_err", "-error_file", room.path(scenario + ".err"),
                   "-trace_msg", "-message_file", room.path(scenario + ".msg"), "-trace_counts",
                   "-watchdog_interval", "0", "-skip_rlimit"]
        more.setdefault("contact", f"127.0.0.1:{self.port}")
        for name, value in more.items():
            command += ["-key", name, value]
        self.room, self.scenario = room, scenario
        self.process = room.start(f"sipp {scenario}", command,
                                  env=dict(os.environ, TERM="dumb"))
        self.uri = f"sip:{scenario}@127.0.0.1:{self.port}"
        if target is None:
            rooms.wait_udp(self.port)

    def _log(self, kind):
        try:
            with open(self.room.path(f"{self.scenario}.{kind}"), errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def messages(self):
        return self._log("msg")

    def expect_success(self, seconds=40):
        """0 is what SIPp gives when every call went as the scenario says."""
        status = self.process.status(seconds)
        if status != 0:
            notes = self._log("err").splitlines()[-40:]
            raise Failure(f"SIPp's scenario {self.scenario} failed (status {status})", notes)

    def count(self, pattern):
        return len(re.findall(pattern, self.messages(), re.M))

    def stop(self):
        self.process.stop()
