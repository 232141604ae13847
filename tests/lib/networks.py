"""Machines with several networks, made of namespaces: hosts on links of their own to one router.

Link k of host h is the network 10.H.K.0/24 (H = h + 1): the host has .2, the router .1. A host is a
process that only holds its namespace; when the room is left all of it is gone.
"""
import os
import subprocess

from lib.room import wait_until
from lib.tap import Failure


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}; "
                      "this test makes network namespaces and has to run as root")


class Namespace:
    def __init__(self, room, name):
        self.process = room.start(name, ["unshare", "-n", "sleep", "600"])
        self.pid = str(self.process.popen.pid)
        own = _link("self")
        wait_until(lambda: _link(self.pid) not in ("", own), 5, f"no namespace for {name}")
        self.under = ["nsenter", "-t", self.pid, "-n", "--"]
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        _run([*self.under, "ip", *words])


def _link(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return ""


class Host(Namespace):
    """Starts without an address."""

    def __init__(self, router, number, links):
        super().__init__(router.room, f"host {number}")
        self.number = number
        for k in range(links):
            self.ip("link", "add", f"eth{k}", "type", "veth", "peer", "name", f"h{number}l{k}",
                    "netns", router.pid)
            router.ip("addr", "add", f"10.{number + 1}.{k}.1/24", "dev", f"h{number}l{k}")
            router.ip("link", "set", f"h{number}l{k}", "up")

    def address(self, k):
        return f"10.{self.number + 1}.{k}.2"

    def up(self, k):
        """Joins network k; the ways to all others lead there from now on."""
        self.ip("addr", "replace", f"{self.address(k)}/24", "dev", f"eth{k}")
        self.ip("link", "set", f"eth{k}", "up")
        self.ip("route", "replace", "default", "via", f"10.{self.number + 1}.{k}.1")

    def down(self, k):
        """Leaves it, as when somebody pulls the plug and the address goes."""
        self.ip("link", "set", f"eth{k}", "down")
        self.ip("addr", "flush", "dev", f"eth{k}")


class Router(Namespace):
    def __init__(self, room):
        self.room = room
        super().__init__(room, "router")
        _run([*self.under, "sysctl", "-qw", "net.ipv4.ip_forward=1"])
        self._hosts = 0

    def host(self, links=2):
        self._hosts += 1
        return Host(self, self._hosts - 1, links)
