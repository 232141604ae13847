"""Certificates of a test's own, made by the command openssl in a folder of its room."""
import os
import subprocess

from lib.tap import Failure

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def _openssl(*words):
    done = subprocess.run(["openssl", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=60)
    if done.returncode != 0:
        raise Failure(f"openssl {words[0]} failed", done.stdout.decode("utf-8", "replace"))
    return done.stdout.decode("utf-8", "replace")


class Paper:
    """NAME.pem and NAME.key; issuer: the Paper that signs it, else itself; names: what it is for,
    as openssl writes that ("DNS:example.test"); days: from now until it ends, below 0: it has
    ended; since: a day that it begins on, "20300101000000Z"."""

    def __init__(self, room, name, names=(), issuer=None, days=10, until=None, since=None):
        self.name = name
        self.pem, self.key = room.path(f"{name}.pem"), room.path(f"{name}.key")
        request, more = room.path(f"{name}.csr"), room.path(f"{name}.ext")
        lines = [f"subjectAltName={','.join(names)}"] if names else []
        lines.append(f"basicConstraints=CA:{'FALSE' if names else 'TRUE'}")
        with open(more, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        _openssl("req", "-new", *EC, "-keyout", self.key, "-out", request, "-subj", f"/CN={name}")
        by = issuer or self
        if until or since:
            self._sign_when(room, request, more, by, since or "20200101000000Z",
                            until or "20490101000000Z")
            return
        signed = ["-CA", by.pem, "-CAkey", by.key, "-CAcreateserial"] if issuer else \
            ["-signkey", self.key]
        _openssl("x509", "-req", "-in", request, *signed, "-days", str(days), "-extfile", more,
                 "-out", self.pem)

    def _sign_when(self, room, request, more, by, since, until):
        """"openssl x509" knows no first day; "openssl ca" does, and wants files around it."""
        folder = room.path(f"{self.name}-ca")
        os.makedirs(folder)
        config = os.path.join(folder, "config")
        with open(config, "w", encoding="ascii") as f:
            f.write("[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\n"
                    "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n" % ((folder,) * 3))
        open(os.path.join(folder, "index"), "w", encoding="ascii").close()
        with open(os.path.join(folder, "serial"), "w", encoding="ascii") as f:
            f.write("1000\n")
        own = ["-selfsign"] if by is self else []
        _openssl("ca", "-batch", "-notext", "-config", config, "-in", request, "-keyfile", by.key,
                 "-cert", by.pem, *own, "-startdate", since, "-enddate", until, "-extfile", more,
                 "-out", self.pem)

    def fingerprint(self):
        return _openssl("x509", "-in", self.pem, "-noout", "-fingerprint",
                        "-sha256").split("=", 1)[1].strip()
