"""A Kamailio of the distribution as registrar and proxy of example.test, digest and its database.

Subscribers and bindings are in SQLite, in a file that this makes from the schemas of the package.
It listens on one port of one address for UDP and TCP, with a certificate on another for TLS, relays
a call to all bindings at once, and asks everybody for a password who says that he is from its
domain."""
import glob
import hashlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time

from lib import account, preload
from lib import room as rooms
from lib.tap import Failure

SCHEMAS = "/usr/share/kamailio/db_sqlite"
DOMAIN = "example.test"
TABLES = ("subscriber", "location")

CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
tcp_children=1
tcp_connection_lifetime=3605
auto_aliases=no
alias="{domain}"
alias="{host}:{port}"
listen=udp:{host}:{port}
listen=tcp:{host}:{port}
server_header="Server: Kamailio"
dns=no
rev_dns=no
use_dns_cache=no
mpath="{modules}"
{tls}
loadmodule "db_sqlite.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "path.so"
loadmodule "auth.so"
loadmodule "auth_db.so"
loadmodule "xlog.so"
loadmodule "sqlops.so"
loadmodule "kex.so"
loadmodule "ctl.so"
modparam("ctl", "binrpc", "unix:{control}")
modparam("ctl", "mode", 0600)
modparam("auth_db|usrloc", "db_url", "sqlite:///{database}")
modparam("sqlops", "sqlcon", "db=>sqlite:///{database}")
modparam("auth_db", "calculate_ha1", 0)
modparam("auth_db", "password_column", "ha1")
modparam("auth_db", "use_domain", 1)
modparam("auth", "algorithm", "{algorithm}")
modparam("auth", "nonce_expire", {nonce_s})
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
modparam("usrloc", "db_mode", 1)
modparam("usrloc", "use_domain", 1)
modparam("registrar", "method_filtering", 1)
modparam("registrar", "min_expires", {min_expires})
modparam("registrar", "max_expires", {max_expires})
modparam("registrar", "default_expires", 3600)
modparam("registrar", "max_contacts", 10)
modparam("registrar", "use_path", 1)
modparam("registrar", "gruu_enabled", 0)
modparam("rr", "append_fromtag", 0)
modparam("tm", "fr_timer", 8000)
modparam("tm", "fr_inv_timer", 60000)
modparam("tm", "failure_reply_mode", 3)

{tls_settings}

request_route {{
    xlog("L_NOTICE", "in: $rm $ru from $si:$sp, $proto, $cs of $ci\\n");
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        if (loose_route() || is_method("ACK") && t_check_trans()) {{
            t_relay();
        }} else if (!is_method("ACK")) {{
            sl_send_reply("404", "Not here");
        }}
        exit;
    }}
    if (!is_method("ACK")) t_check_trans();
    remove_hf("Route");
    if (is_method("REGISTER")) {{
        # One that comes again has the same answer, not the challenge of a count used twice.
        t_newtran();
        www_authenticate("{realm}", "subscriber");
        $var(found) = $rc;
        if ($var(found) < 0) {{
            route(DATABASE);
            www_challenge("{realm}", "1");
            exit;
        }}
        if (!save("location", "0x0")) sl_reply_error();
        exit;
    }}
    if (from_uri == myself && !is_method("ACK")) {{
        proxy_authenticate("{realm}", "subscriber");
        $var(found) = $rc;
        if ($var(found) < 0) {{
            route(DATABASE);
            proxy_challenge("{realm}", "1");
            exit;
        }}
        consume_credentials();
    }}
    {record_route}
    if (!(uri == myself)) {{
        t_relay();
        exit;
    }}
    if (is_method("OPTIONS") && $rU == $null) {{
        sl_send_reply("200", "Keepalive");
        exit;
    }}
    $var(found) = lookup("location");
    $var(found) = $rc;
    if ($var(found) == -2) {{
        send_reply("405", "Method Not Allowed");
        exit;
    }}
    if ($var(found) < 0) {{
        send_reply("480", "Not registered");
        exit;
    }}
    if (!t_relay()) sl_reply_error();
}}

# Credentials that cannot be looked up are not wrong.
route[DATABASE] {{
    sql_query("db", "select count(*) from subscriber");
    $var(found) = $rc;
    if ($var(found) < 0) {{
        sl_send_reply("500", "Server has no database");
        exit;
    }}
}}
"""


TLS = """enable_tls=yes
listen=tls:{host}:{port}
loadmodule "tls.so"
"""
TLS_SETTINGS = """modparam("tls", "tls_method", "{method}")
modparam("tls", "certificate", "{paper.pem}")
modparam("tls", "private_key", "{paper.key}")
"""
TLS_ASKS = """modparam("tls", "ca_list", "{ca.pem}")
modparam("tls", "verify_certificate", 1)
modparam("tls", "require_certificate", 1)
"""


def _running(path):
    """The processes that were started with this path in their command line."""
    found = []
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(folder + "/cmdline", "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            continue
        if path.encode() in words:
            found.append(int(folder.split("/")[2]))
    return found


def _signal(number, pids):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def modules():
    for folder in glob.glob("/usr/lib/*/kamailio/modules") + ["/usr/lib/kamailio/modules"]:
        if os.path.exists(folder + "/db_sqlite.so"):
            return folder
    raise Failure("Kamailio with its SQLite module is not installed, so nothing can be registered "
                  "with it; scripts/install-deps brings it")


class Kamailio:
    """users: name to password. record_route: calls stay with it to their end. Without, it is out
    of the way once the INVITE is answered. host: an address, IPv6 in brackets. paper: its
    certificate (lib/papers.py), for TLS at tls_port; asks: the authority whose certificates its
    clients must show. It runs when this returns."""

    def __init__(self, room, users, record_route=False, algorithm="", realm=DOMAIN,
                 domain=DOMAIN, host="127.0.0.1", name="kamailio", min_expires=0, max_expires=3600,
                 nonce_s=300, port=None, under=(), paper=None, tls_method="TLSv1.2+", asks=None):
        self.under = list(under)  # a command that starts it, in a network where we are not
        self.room, self.name, self.host, self.domain, self.realm = room, name, host, domain, realm
        self.folder = room.path(name)
        os.makedirs(self.folder, 0o700)
        self.port = port or rooms.free_port()
        self.uri = f"sip:{host}:{self.port}"
        self.tls_port = rooms.free_port() if paper else None
        self.database = self.folder + "/kamailio.sqlite"
        self.control = self.folder + "/ctl"
        self.algorithm, self.users = algorithm, users
        self._make_database(users)
        room.write(f"{name}/kamailio.cfg", CONFIG.format(
            domain=domain, host=host, port=self.port, modules=modules(), control=self.control,
            tls=TLS.format(host=host, port=self.tls_port) if paper else "",
            tls_settings=(TLS_SETTINGS.format(method=tls_method, paper=paper) if paper else "") +
                         (TLS_ASKS.format(ca=asks) if asks else ""),
            database=self.database, realm=realm, algorithm=algorithm, nonce_s=nonce_s,
            min_expires=min_expires, max_expires=max_expires,
            record_route='if (is_method("INVITE")) record_route();' if record_route else ""))
        self.process, self._locked = None, False
        room.keep(self)
        self.start()

    def _make_database(self, users):
        with sqlite3.connect(self.database) as db:
            db.execute("PRAGMA journal_mode=WAL")
            for part in ("standard", "auth_db", "usrloc"):
                with open(f"{SCHEMAS}/{part}-create.sql", encoding="ascii") as f:
                    db.executescript(f.read())
            digest = hashlib.sha256 if self.algorithm == "SHA-256" else hashlib.md5
            for user, password in users.items():
                ha1 = digest(f"{user}:{self.realm}:{password}".encode()).hexdigest()
                db.execute("INSERT INTO subscriber (username, domain, password, ha1) "
                           "VALUES (?, ?, ?, ?)", (user, self.realm, "", ha1))
        db.close()

    def account(self, user, transport="udp", password=None):
        if transport != "tls":
            return account.of(self, user, transport, password)
        return account.Account(user, password or self.users[user], self.domain,
                               f"sip:{self.host}:{self.tls_port}", transport)

    # Its life.

    def start(self, seconds=15):
        """Bindings that were in the database come back with it."""
        command = [*self.under, "kamailio", "-f", self.folder + "/kamailio.cfg", "-DD", "-E", "-m",
                   "16", "-M", "4", "-Y", self.folder, "-w", self.folder]
        self.process = self.room.start(self.name, command, env=dict(
            os.environ, **preload.env("lib/sqlite_wait.c")))
        rooms.wait_until(self._answers, seconds, f"{self.name} does not come up")

    def _answers(self):
        """Over TCP as well: the process for that is the last one that it starts."""
        if not self.process.alive():
            raise Failure(f"{self.name} ended at once", self.process.tail())
        if self.under:
            return "uptime" in self.command("core.uptime")
        for kind, name in ((socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")):
            mark = f"up{time.monotonic_ns()}"
            ask = (f"OPTIONS sip:{self.host}:{self.port} SIP/2.0\r\n"
                   f"Via: SIP/2.0/{name} 127.0.0.1:9;rport;branch=z9hG4bK{mark}\r\n"
                   f"From: <sip:up@test.invalid>;tag=1\r\nTo: <{self.uri}>\r\n"
                   f"Call-ID: {mark}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
            family = socket.AF_INET6 if self.host[0] == "[" else socket.AF_INET
            with socket.socket(family, kind) as s:
                s.settimeout(0.3)
                try:
                    s.connect((self.host.strip("[]"), self.port))
                    s.sendall(ask.encode())
                    if b"200" not in s.recv(4096):
                        return False
                except OSError:
                    return False
        return True

    def _family(self):
        return _running(self.folder + "/kamailio.cfg")

    def freeze(self):
        """Silent from now on, its sockets open: SIGSTOP for all of its processes."""
        _signal(signal.SIGSTOP, self._family())

    def thaw(self):
        _signal(signal.SIGCONT, self._family())

    def kill(self):
        """Gone at once, as in a power cut; its ports are free when this returns."""
        def gone():
            family = self._family()
            _signal(signal.SIGKILL, family)
            self.process.popen.poll()
            return not family
        rooms.wait_until(gone, 10, f"{self.name} does not die")

    def restart(self, forget=True):
        """Up again after kill(); forget: all bindings are lost."""
        if forget:
            self._sql("DELETE FROM location")
        self.start()

    def stop(self):
        if self.process:
            self.kill()
            self.process.stop()

    # Its database.

    def _sql(self, statement, *values):
        db = sqlite3.connect(self.database, timeout=10)
        try:
            with db:
                return db.execute(statement, values).fetchall()
        finally:
            db.close()

    def lock(self):
        """Out of database: it can neither read nor write until unlock()."""
        for table in TABLES:
            self._sql(f"ALTER TABLE {table} RENAME TO {table}_away")
        self._locked = True

    def unlock(self):
        for table in TABLES if self._locked else ():
            self._sql(f"ALTER TABLE {table}_away RENAME TO {table}")
        self._locked = False

    def bindings(self, user):
        """The Contact URIs of a user that have not expired, as Kamailio has them in memory, where
        on a busy machine one can be twice: a REGISTER that was repeated."""
        out = self.command("ul.lookup", "location", f"{user}@{self.domain}")
        return list(dict.fromkeys(re.findall(r"Address: (\S+)\s+Expires: \d", out)))

    def wait_bindings(self, user, count, seconds=10):
        rooms.wait_until(lambda: len(self.bindings(user)) == count, seconds,
                         f"{user} never had {count} bindings, but {self.bindings(user)} at first")
        return self.bindings(user)

    def command(self, *words):
        done = subprocess.run(["kamcmd", "-s", "unix:" + self.control, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                              check=False)
        return done.stdout.decode("utf-8", "replace")

    # What it has seen.

    def requests(self, method):
        """How many requests of this method came in; those that were sent again count once."""
        said = [re.sub(".*in: ", "", line) for line in self.process.said(rf"in: {method} ")]
        return len(set(said))
