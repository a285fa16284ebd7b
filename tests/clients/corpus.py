"""Sends other people's test mail through port 25, fetches it through 993 and compares.

Each file is sent as one letter, its LF made CRLF. Below the trace headers that the service adds, the letter must come
back octet for octet. ENVELOPE, BODYSTRUCTURE and every part's octets must agree with Python's own parse where that is
sound. A file that is then not a letter in the sense of RFC 5321 (a bare CR, a NUL) must be refused, and no other.

usage: corpus.py SCENE [--refused NAME]... [--as-is FILE]... FILE...
"""

import argparse
import functools
import imaplib
import os
import re
import smtplib
import sys
import traceback

import imap_parse
import mail_expect
from scene import Scene, until

# What the service may put on top (RFC 5321 §4.4).
TRACE = re.compile(rb"(?:(?:Return-Path|Received|Delivered-To|Authentication-Results): (?:[^\r\n]|\r\n[ \t])*\r\n)+\Z")


class Town:
    def __init__(self, scene):
        self.scene = scene
        self.reader = scene.people[0]
        self.imap = imaplib.IMAP4_SSL(scene.host, scene.ports["imaps"], ssl_context=scene.tls, timeout=60)
        self.imap.login(self.reader.address, self.reader.password)
        self.imap.select("INBOX")
        self.seen = 0

    def send(self, octets):
        """The reply to the letter: None when it was taken, otherwise (code, text)."""
        with smtplib.SMTP(self.scene.host, self.scene.ports["smtp"], timeout=60) as smtp:
            smtp.ehlo("elsewhere.test")
            options = ["BODY=8BITMIME"] if max(octets, default=0) > 127 else []
            try:
                smtp.sendmail("ada@elsewhere.test", [self.reader.address], octets, options)
            except smtplib.SMTPDataError as error:
                return error.smtp_code, error.smtp_error
        return None

    def newest(self):
        """The UID of the letter that was just taken."""
        uids = until(lambda: self.imap.noop() and self.uids_after(self.seen))
        assert len(uids) == 1, f"one letter was sent, {len(uids)} came"
        self.seen = uids[0]
        return uids[0]

    def uids_after(self, uid):
        status, data = self.imap.uid("SEARCH", f"UID {uid + 1}:*")
        assert status == "OK", data
        return [found for found in map(int, data[0].split()) if found > uid]

    def fetch(self, uid, items):
        status, data = self.imap.uid("FETCH", str(uid), items)
        assert status == "OK", data
        answers = [imap_parse.fetch(response) for response in imap_parse.responses(data)]
        (answer,) = [answer for answer in answers if answer.get("UID") == uid]
        return answer

    def section(self, uid, section):
        return self.fetch(uid, f"(UID BODY.PEEK[{section}])")[f"BODY[{section}]"]


def letter(path, as_is):
    with open(path, "rb") as file:
        octets = file.read()
    if not as_is:
        octets = octets.replace(b"\n", b"\r\n")
    # A letter over SMTP ends with its last line.
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def compare(town, octets):
    uid = town.newest()
    got = town.fetch(uid, "(UID RFC822.SIZE INTERNALDATE FLAGS ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[])")
    came = got["BODY[]"]
    assert came.endswith(octets), f"changed on the way:\n{came!r}\nwas sent as\n{octets!r}"
    trace = came[: -len(octets)]
    assert TRACE.match(trace), f"not trace headers: {trace!r}"
    assert got["RFC822.SIZE"] == len(came), (got["RFC822.SIZE"], len(came))

    check = mail_expect.Comparison()
    message = mail_expect.parse(octets)
    if message.defects and not all(is_about_parts(defect) for defect in message.defects):
        check.skip()
        return check
    mail_expect.check_envelope(check, "ENVELOPE", message, got["ENVELOPE"])
    if mail_expect.sound_parts(message, octets):
        fetch_section = functools.partial(town.section, uid)
        mail_expect.check_structure(check, "BODYSTRUCTURE", message, got["BODYSTRUCTURE"], "", fetch_section)
    else:
        check.skip()
    return check


def is_about_parts(defect):
    """A multipart that is badly made says nothing about the header above it."""
    return "Boundary" in type(defect).__name__ or "Multipart" in type(defect).__name__


def run(town, path, as_is, refused):
    """What to print about one file; raises when it is not as it should be."""
    octets = letter(path, as_is)
    reply = town.send(octets)
    if refused:
        assert reply is not None, "taken, and should be refused"
        assert 500 <= reply[0] < 600, f"refused for now only: {reply}"
        return f"refused as expected: {reply[0]}"
    assert reply is None, f"refused: {reply}"
    check = compare(town, octets)
    assert not check.differences, "\n".join(check.differences)
    return f"{len(octets)} octets, {check.compared} values agree, {check.left_out} not comparable"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scene")
    parser.add_argument("--refused", action="append", default=[])
    parser.add_argument("--as-is", action="append", default=[])
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    town = Town(Scene(arguments.scene))
    failed = 0
    files = [(path, False) for path in arguments.files] + [(path, True) for path in arguments.as_is]
    for path, as_is in files:
        name = os.path.basename(path) + (" as it is" if as_is else "")
        try:
            print(f"pass: {name}: {run(town, path, as_is, name in arguments.refused)}", flush=True)
        except Exception as error:
            failed += 1
            known = isinstance(error, AssertionError)
            print(f"FAIL: {name}: {error if known else traceback.format_exc()}", flush=True)
    print(f"{failed} of {len(files)} files failed")
    sys.exit(failed > 0)


main()
