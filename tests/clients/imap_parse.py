"""A strict reader of FETCH responses: what RFC 3501 §9 does not allow is an error.

Strings come out as bytes, NIL as None, numbers as int. ENVELOPE and BODYSTRUCTURE become the classes below.
"""

import re
from dataclasses import dataclass, field


class ImapSyntaxError(ValueError):
    pass


@dataclass
class Address:
    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


@dataclass
class Envelope:
    date: bytes | None
    subject: bytes | None
    from_: list | None
    sender: list | None
    reply_to: list | None
    to: list | None
    cc: list | None
    bcc: list | None
    in_reply_to: bytes | None
    message_id: bytes | None


@dataclass
class Part:
    """One node of BODYSTRUCTURE; a multipart has children and none of the fields of a single part."""

    type: bytes
    subtype: bytes
    children: list = field(default_factory=list)
    params: dict | None = None
    id: bytes | None = None
    description: bytes | None = None
    encoding: bytes | None = None
    octets: int | None = None
    lines: int | None = None
    envelope: Envelope | None = None
    md5: bytes | None = None
    disposition: tuple | None = None
    language: list | None = None
    location: bytes | None = None


def responses(data):
    """imaplib's pieces (text, literal, text, …) put together again, one entry for each response."""
    whole, current = [], b""
    for piece in data:
        if isinstance(piece, tuple):
            current += piece[0] + b"\r\n" + piece[1]
        elif piece is not None:
            whole.append(current + piece)
            current = b""
    if current:
        raise ImapSyntaxError(f"a response that ends in a literal: {current[-40:]!r}")
    return whole


def fetch(response):
    """The items of `n (NAME value …)` as a dictionary."""
    reader = Reader(response)
    items = {"SEQ": reader.number()}
    reader.take(b" (")
    while True:
        name = reader.match(rb"[A-Z0-9.]+(?:\[[^\]]*\](?:<\d+>)?)?", "an item name").decode()
        reader.take(b" ")
        if name in items:
            raise ImapSyntaxError(f"{name} twice")
        items[name] = reader.value(name)
        if not reader.accept(b" "):
            break
    reader.take(b")")
    reader.end()
    return items


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def fail(self, wanted):
        raise ImapSyntaxError(f"{wanted} expected at {self.at}: {self.data[self.at:self.at + 60]!r} in {self.data!r}")

    def accept(self, text):
        if self.data.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def take(self, text):
        self.accept(text) or self.fail(repr(text))

    def match(self, pattern, wanted):
        found = re.compile(pattern).match(self.data, self.at)
        if not found:
            self.fail(wanted)
        self.at = found.end()
        return found.group()

    def end(self):
        if self.at != len(self.data):
            self.fail("the end")

    def number(self):
        return int(self.match(rb"0|[1-9]\d*", "a number"))

    def string(self):
        if self.accept(b'"'):
            # RFC 3501 §9: quoted strings are 7 bit, without CR, LF and NUL; \ stands before \ and " only.
            text = self.match(rb'(?:[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]|\\["\\])*', "text")
            self.take(b'"')
            return re.sub(rb"\\(.)", rb"\1", text)
        size = int(self.match(rb"\{\d+\}\r\n", "a string")[1:-3])
        text = self.data[self.at : self.at + size]
        if len(text) != size or b"\0" in text:
            self.fail(f"a literal of {size} octets without NUL")
        self.at += size
        return text

    def nstring(self):
        return None if self.accept(b"NIL") else self.string()

    def value(self, name):
        if name in ("UID", "RFC822.SIZE"):
            return self.number()
        if name == "FLAGS":
            return self.match(rb"\((?:[^ ()]+(?: [^ ()]+)*)?\)", "flags")[1:-1].split()
        if name == "INTERNALDATE":
            return self.match(rb'"[ \d]\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"', "a date")[1:-1]
        if name == "ENVELOPE":
            return self.envelope()
        if name in ("BODYSTRUCTURE", "BODY"):
            return self.body(extended=name == "BODYSTRUCTURE")
        return self.nstring()

    def envelope(self):
        self.take(b"(")
        values = [self.nstring(), self.spaced(self.nstring)]
        values += [self.spaced(self.addresses) for _ in range(6)]
        values += [self.spaced(self.nstring), self.spaced(self.nstring)]
        self.take(b")")
        return Envelope(*values)

    def spaced(self, read):
        self.take(b" ")
        return read()

    def addresses(self):
        if self.accept(b"NIL"):
            return None
        self.take(b"(")
        found = []
        while self.accept(b"("):
            found.append(Address(self.nstring(), *(self.spaced(self.nstring) for _ in range(3))))
            self.take(b")")
        if not found:
            self.fail("an address")
        self.take(b")")
        return found

    def body(self, extended):
        self.take(b"(")
        part = self.multipart(extended) if self.data.startswith(b"(", self.at) else self.single(extended)
        self.take(b")")
        return part

    def multipart(self, extended):
        children = []
        while self.data.startswith(b"(", self.at):
            children.append(self.body(extended))
        part = Part(b"multipart", self.spaced(self.string), children)
        if extended and self.accept(b" "):
            part.params = self.params()
            self.extension(part)
        return part

    def single(self, extended):
        part = Part(self.string(), self.spaced(self.string))
        part.params = self.spaced(self.params)
        part.id, part.description = self.spaced(self.nstring), self.spaced(self.nstring)
        part.encoding, part.octets = self.spaced(self.string), self.spaced(self.number)
        kind = (part.type.lower(), part.subtype.lower())
        if kind == (b"message", b"rfc822"):
            part.envelope = self.spaced(self.envelope)
            part.children = [self.spaced(lambda: self.body(extended))]
        if kind == (b"message", b"rfc822") or kind[0] == b"text":
            part.lines = self.spaced(self.number)
        if extended and self.accept(b" "):
            part.md5 = self.nstring()
            self.extension(part)
        return part

    def extension(self, part):
        """Disposition, language, location and what a later standard adds, each only after the one before it."""
        if self.accept(b" "):
            part.disposition = self.disposition()
            if self.accept(b" "):
                part.language = self.language()
                if self.accept(b" "):
                    part.location = self.nstring()

    def params(self):
        if self.accept(b"NIL"):
            return {}
        self.take(b"(")
        params = {}
        while True:
            name = self.string().lower()
            if name in params:
                raise ImapSyntaxError(f"parameter {name!r} twice")
            params[name] = self.spaced(self.string)
            if not self.accept(b" "):
                break
        self.take(b")")
        return params

    def disposition(self):
        if self.accept(b"NIL"):
            return None
        self.take(b"(")
        found = (self.string(), self.spaced(self.params))
        self.take(b")")
        return found

    def language(self):
        if not self.accept(b"("):
            one = self.nstring()
            return None if one is None else [one]
        found = [self.string()]
        while self.accept(b" "):
            found.append(self.string())
        self.take(b")")
        return found
