#!/usr/bin/env python3
"""Writes certificates for fuzz_certificate: seeds_certificate.py FOLDER.

Small ones in DER, each odd in another way, which no tool for certificates would make. The
signatures are of nobody: who is believed by name is not asked for one.
"""
import os
import sys

SAN, BASIC, USAGE, PURPOSE = "551d11", "551d13", "551d0f", "551d25"
CN, O, EMAIL = "550403", "55040a", "2a864886f70d010901"
ED25519 = "2b6570"
UTF8, PRINTABLE, T61, IA5, BMP, UNIVERSAL = 12, 19, 20, 22, 30, 28
DNS, URI, IP, MAIL, DIRECTORY, OTHER, REGISTERED = 0x82, 0x86, 0x87, 0x81, 0xa4, 0xa0, 0x88
FROM, TO = (23, b"200101000000Z"), (24, b"20990101000000Z")


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(size)]) + size + body


def oid(dotless):
    return tlv(6, bytes.fromhex(dotless))


def dn(*entries):
    return tlv(48, *(tlv(49, tlv(48, oid(what), tlv(kind, text))) for what, kind, text in entries))


def extension(what, value, critical=False):
    return tlv(48, oid(what), tlv(1, b"\xff") if critical else b"", tlv(4, value))


def san(*names, critical=False):
    return extension(SAN, tlv(48, *(tlv(tag, text) for tag, text in names)), critical)


def name_of(text):
    return dn((CN, UTF8, text))


def certificate(subject, *extensions, issuer=None, since=FROM, until=TO, version=2, curve=ED25519):
    kind = tlv(48, oid(curve))
    key = tlv(48, kind, tlv(3, b"\0" + bytes(range(32))))
    rest = tlv(0xa3, tlv(48, *extensions)) if extensions else b""
    inner = tlv(48, tlv(0xa0, tlv(2, bytes([version]))) if version else b"", tlv(2, b"\x11"), kind,
                issuer or subject, tlv(48, tlv(*since), tlv(*until)), subject, key, rest)
    return tlv(48, inner, kind, tlv(3, b"\0" + bytes(64)))


ME = name_of(b"me")
ROOT = certificate(name_of(b"root"), extension(BASIC, tlv(48, tlv(1, b"\xff")), True))
ADDRESS = bytes([192, 0, 2, 7])
ADDRESS6 = bytes.fromhex("20010db8000000000000000000000007")

SEEDS = {
    "dns": certificate(ME, san((DNS, b"sip.test"))),
    "dns-case-dot": certificate(ME, san((DNS, b"SIP.Test."))),
    "dns-nul": certificate(ME, san((DNS, b"sip.test\0.evil.test"))),
    "dns-wildcard": certificate(ME, san((DNS, b"*.test"), (DNS, b"s*.test"))),
    "dns-many": certificate(ME, san(*((DNS, b"a%d.test" % i) for i in range(9)))),
    "dns-long": certificate(ME, san((DNS, b"\x1b[31m\xe2\x80\xae" * 90), (URI, b"\x07" * 200))),
    "dns-empty": certificate(ME, san((DNS, b""), (DNS, b"."), (URI, b"sip:"), (IP, b""))),
    "uri": certificate(ME, san((URI, b"sip:sip.test"))),
    "uri-parameters": certificate(ME, san((URI, b"SIP:sip.test;transport=tls?a=b:5"))),
    "uri-user": certificate(ME, san((URI, b"sip:alice@sip.test"), (DNS, b"sip.test"))),
    "uri-other": certificate(ME, san((URI, b"sip:other.test"), (DNS, b"sip.test"))),
    "uri-sips": certificate(ME, san((URI, b"sips:sip.test"))),
    "uri-nul": certificate(ME, san((URI, b"sip:sip.test\0@evil"))),
    "ip": certificate(ME, san((IP, ADDRESS), (IP, ADDRESS6))),
    "ip-odd": certificate(ME, san((IP, ADDRESS + b"\xff" * 4), (IP, b"192.0.2.7"))),
    "san-others": certificate(ME, san((MAIL, b"a@b.test"), (REGISTERED, b"\x2a\x03"),
                                      (DIRECTORY, ME),
                                      (OTHER, oid("2a03") + tlv(0xa0, tlv(12, b"x"))))),
    "san-none": certificate(name_of(b"sip.test"), san()),
    "san-broken": certificate(name_of(b"sip.test"), extension(SAN, b"\x30\x05\x82\x7fab")),
    "san-twice": certificate(name_of(b"sip.test"), san((DNS, b"a.test")), san((DNS, b"b.test"))),
    "san-critical": certificate(tlv(48), san((DNS, b"sip.test"), critical=True)),
    "cn": certificate(name_of(b"sip.test")),
    "cn-version-1": certificate(name_of(b"sip.test"), version=0),
    "cn-nul": certificate(name_of(b"sip.test\0.evil")),
    "cn-two": certificate(dn((CN, PRINTABLE, b"a.test"), (CN, IA5, b"sip.test"), (O, UTF8, b"O"))),
    "cn-t61": certificate(dn((CN, T61, b"sip.test"), (EMAIL, IA5, b"a@b.test"))),
    "cn-bmp": certificate(dn((CN, BMP, "sip.test".encode("utf-16-be")))),
    "cn-bmp-raw": certificate(dn((CN, BMP, b"sip.test"))),
    "cn-universal": certificate(dn((CN, UNIVERSAL, "sip.test".encode("utf-32-be")))),
    "cn-bad-utf8": certificate(dn((CN, UTF8, b"\xff\xfe\xc0\x80"))),
    "cn-steers-bmp": certificate(dn((CN, BMP, b"\0\0\0\x1b" * 30), (O, BMP, b"\x20\x2e" * 40))),
    "cn-controls": certificate(dn((CN, UTF8, b"\r\n\x1b]0;x\x07" * 12),
                                  (O, IA5, b"a,b+c=\"d\";<e>"))),
    "cn-sequence": certificate(dn((CN, 48, b"\x0c\x01x"))),
    "time-odd": certificate(ME, since=(23, b"500230250061Z"), until=(24, b"20491231")),
    "time-zone": certificate(ME, since=(23, b"2001010000+0100"), until=(24, b"20990101000000.5Z")),
    "time-broken": certificate(ME, since=(23, b"\x1b[2J"), until=(24, b"")),
    "time-swapped": certificate(ME, since=TO, until=FROM),
    "expired": certificate(ME, san((DNS, b"sip.test")), until=(23, b"210101000000Z")),
    "early": certificate(ME, san((DNS, b"sip.test")), since=(24, b"20800101000000Z")),
    "usage": certificate(ME, san((DNS, b"sip.test")), extension(USAGE, b"\x03\x02\x01\x06", True),
                         extension(PURPOSE, tlv(48, oid("2b06010505070302")))),
    "unknown-critical": certificate(ME, extension("2a030405", b"\5\0", True)),
    "key-of-nothing": certificate(name_of(b"sip.test"), curve="2a0304"),
    "chain": certificate(ME, san((DNS, b"sip.test")), issuer=name_of(b"root")) + ROOT,
    "chain-not-ours": certificate(ME, san((DNS, b"sip.test")), issuer=name_of(b"other")) + ROOT,
    "chain-three": certificate(ME, issuer=name_of(b"middle")) +
                   certificate(name_of(b"middle"), issuer=name_of(b"root")) + ROOT,
    "not-der": b"-----BEGIN CERTIFICATE-----",
}


def main():
    for name, der in SEEDS.items():
        with open(os.path.join(sys.argv[1], name), "wb") as out:
            out.write(der)


if __name__ == "__main__":
    main()
