"""Machines with several networks, made of namespaces: hosts on links of their own to one router.

Link k of host h is the network 10.H.K.0/24 (H = h + 1): the host has .2, the router .1; with IPv6
it is fd00:H:K::/64. A host is a process that only holds its namespace; when the room is left all of
it is gone.
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
        # The addresses that links give themselves are there at once, too: a router that still asks
        # whether somebody else has its own says nothing for up to two seconds.
        self.sysctl("net.ipv6.conf.default.accept_dad=0")

    def sysctl(self, setting):
        _run([*self.under, "sysctl", "-qw", setting])

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
            port = router.port(self, k)
            self.ip("link", "add", f"eth{k}", "type", "veth", "peer", "name", port,
                    "netns", router.pid)
            router.ip("addr", "add", router.on_link(number, k, 1, True), "dev", port,
                      *router.at_once)
            router.ip("link", "set", port, "up")
        self.router = router

    def address(self, k):
        return self.router.on_link(self.number, k, 2)

    def up(self, k):
        """Joins network k; the ways to all others lead there from now on."""
        self.ip("link", "set", f"eth{k}", "up")
        self.ip("addr", "replace", self.router.on_link(self.number, k, 2, True), "dev", f"eth{k}",
                *self.router.at_once)
        self.ip(*self.router.family, "route", "replace", "default", "via",
                self.router.on_link(self.number, k, 1))

    def down(self, k):
        """Leaves it, as when somebody pulls the plug and the address goes."""
        self.ip("link", "set", f"eth{k}", "down")
        self.ip("addr", "flush", "dev", f"eth{k}")


class Router(Namespace):
    def __init__(self, room, ipv6=False):
        self.room, self.ipv6 = room, ipv6
        super().__init__(room, "router")
        forward = "net.ipv6.conf.all.forwarding" if ipv6 else "net.ipv4.ip_forward"
        self.sysctl(f"{forward}=1")
        self._hosts = 0
        self.family = ["-6"] if ipv6 else []
        self.at_once = ["nodad"] if ipv6 else []  # nobody else could have the address

    def on_link(self, number, k, end, with_length=False):
        if self.ipv6:
            return f"fd00:{number + 1}:{k}::{end}" + ("/64" if with_length else "")
        return f"10.{number + 1}.{k}.{end}" + ("/24" if with_length else "")

    @staticmethod
    def port(host, k):
        """Its own end of a link."""
        return f"h{host.number}l{k}"

    def host(self, links=2):
        self._hosts += 1
        return Host(self, self._hosts - 1, links)
