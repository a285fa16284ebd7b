"""What ENVELOPE and BODYSTRUCTURE should say, from Python's own parse of the same octets.

Only where that parse is sound: a message or part with defects, a header that comes twice, an address list with
comments, a parameter in RFC 2231 form are counted as left out, not compared.
"""

import email
import re
from email import policy
from email._header_value_parser import get_address_list
from email.utils import getaddresses

TOKEN = rb"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+"
CONTENT_TYPE = re.compile(rb"\s*" + TOKEN + rb"/" + TOKEN + rb"\s*(;[^()]*)?\Z")
QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')


class Comparison:
    """Collects differences, and counts what was and was not compared."""

    def __init__(self):
        self.differences, self.compared, self.left_out = [], 0, 0

    def same(self, what, ours, theirs):
        self.compared += 1
        if ours != theirs:
            self.differences.append(f"{what}: the service says {ours!r}, Python {theirs!r}")

    def skip(self):
        self.left_out += 1


def parse(octets):
    return email.message_from_bytes(octets, policy=policy.compat32)


def header(message, name):
    """The raw values of a header, unfolded."""
    values = [value for key, value in message.raw_items() if key.lower() == name]
    return [re.sub(rb"\r?\n", b"", str(value).encode("ascii", "surrogateescape")) for value in values]


def squeezed(text):
    """White space counts as one space: how a folded line is put together again is nobody's business."""
    return None if text is None else re.sub(rb"[ \t\r\n]+", b" ", text).strip() or None


def check_envelope(check, where, message, envelope):
    for name in ["date", "subject", "in-reply-to", "message-id"]:
        values = header(message, name)
        if len(values) > 1:
            check.skip()
            continue
        ours = getattr(envelope, name.replace("-", "_"))
        if not values:
            check.same(f"{where} {name}", ours, None)
        else:
            check.same(f"{where} {name}", squeezed(ours), squeezed(values[0]))
    for name in ["from", "sender", "reply-to", "to", "cc", "bcc"]:
        check_addresses(check, f"{where} {name}", header_or_from(message, name), addresses_of(envelope, name))


def header_or_from(message, name):
    values = header(message, name)
    # RFC 3501 §7.4.2: Sender and Reply-To are From when they are absent or empty.
    if name in ("sender", "reply-to") and not any(value.strip() for value in values):
        return header(message, "from")
    return values


def addresses_of(envelope, name):
    return getattr(envelope, {"from": "from_"}.get(name, name.replace("-", "_")))


def check_addresses(check, where, values, ours):
    if not values:
        check.same(where, ours, None)
        return
    theirs = expected_addresses(values[0]) if len(values) == 1 else None
    if theirs is None:
        check.skip()
        return
    found = [(squeezed(one.name), one.route, one.mailbox, one.host) for one in ours or []]
    check.same(where, found, theirs)


def expected_addresses(value):
    """(name, route, mailbox, host) for each address, or None where Python's reading is no authority."""
    text = value.decode("ascii", "surrogateescape")
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    if "(" in bare or "\\" in bare:
        return None
    if ":" in bare or ";" in bare:
        return expected_groups(text)
    found = []
    for name, address in getaddresses([text]):
        mailbox, at, host = address.rpartition("@")
        if not (mailbox and at and host) or re.search(r'[\s"<>@,]', mailbox + host):
            return None
        name = name.encode("ascii", "surrogateescape")
        found.append((squeezed(name), None, mailbox.encode(), host.encode()))
    return found or None


def expected_groups(text):
    if "=?" in text:
        return None
    tree, rest = get_address_list(text)
    if rest or tree.all_defects:
        return None
    found = []
    for address in tree.addresses:
        group = address.display_name if address.token_type == "address" and address[0].token_type == "group" else None
        if group is not None:
            found.append((None, None, group.encode(), None))
        for box in address.mailboxes:
            name = squeezed((box.display_name or "").encode())
            found.append((name, None, box.local_part.encode(), box.domain.encode()))
        if group is not None:
            found.append((None, None, None, None))
    return found


def check_structure(check, where, message, part, section, fetch_section):
    """Compares a node and what lies below it. `fetch_section` fetches BODY[section]."""
    if not sound_type(message):
        check.skip()
        return
    kind = message.get_content_type()
    check.same(f"{where} type", (part.type + b"/" + part.subtype).lower().decode(), kind)
    check_params(check, f"{where} parameters", message, "content-type", part.params, part.type)
    check_disposition(check, where, message, part.disposition)
    if kind.startswith("multipart/"):
        children = message.get_payload()
        check.same(f"{where} children", len(part.children), len(children))
        for number, (child, below) in enumerate(zip(children, part.children), 1):
            inner = f"{section}.{number}" if section else str(number)
            check_structure(check, f"part {inner}", child, below, inner, fetch_section)
        return
    section = section or "1"
    check_single(check, where, message, part)
    octets = fetch_section(section)
    check.same(f"{where} octets", part.octets, len(octets))
    if kind == "message/rfc822":
        (inner,) = message.get_payload()
        check_envelope(check, f"{where} envelope", inner, part.envelope)
        # A multipart inside a letter inside a letter numbers its children directly below that letter.
        below = section if inner.is_multipart() and inner.get_content_maintype() == "multipart" else f"{section}.1"
        check_structure(check, f"letter in {where}", inner, part.children[0], below, fetch_section)
    elif isinstance(message.get_payload(), str):
        payload = message.get_payload().encode("ascii", "surrogateescape")
        check.same(f"{where} body", octets, payload)
    if part.lines is not None:
        lines = octets.count(b"\n")
        unfinished = bool(octets) and not octets.endswith(b"\n")
        check.same(f"{where} lines", part.lines in (lines, lines + unfinished), True)


def sound_type(message):
    values = header(message, "content-type")
    if len(values) > 1 or message.defects:
        return False
    return not values or bool(CONTENT_TYPE.match(QUOTED.sub(b"", values[0])))


def sound_parts(message, octets):
    """Whether the letter is well made enough for Python's tree of parts to be the only reading."""
    for part in message.walk():
        boundary = (part.get_boundary() or "").encode("ascii", "surrogateescape")
        # RFC 2046 §5.1.1: between two delimiter lines there is a part. Python skips the second of two in a row.
        twice = rb"--%b[ \t]*\r\n--%b" % (re.escape(boundary), re.escape(boundary))
        if part.defects or boundary and re.search(twice, octets):
            return False
    return True


def check_single(check, where, message, part):
    for name, ours in [("content-id", part.id), ("content-description", part.description), ("content-md5", part.md5)]:
        values = header(message, name)
        check.same(f"{where} {name}", squeezed(ours), squeezed(values[0]) if values else None)
    values = header(message, "content-transfer-encoding")
    if len(values) > 1 or values and not re.fullmatch(rb"\s*" + TOKEN + rb"\s*", values[0]):
        check.skip()
    else:
        check.same(f"{where} encoding", part.encoding.lower(), (values[0] if values else b"7bit").strip().lower())


def check_params(check, where, message, name, ours, type_=b""):
    raw = header(message, name)
    if any(b"*" in value for value in raw):
        check.skip()
        return
    theirs = {}
    for key, value in (message.get_params(failobj=[], header=name) or [])[1:]:
        if key.lower() in theirs or not isinstance(value, str):
            check.skip()
            return
        theirs[key.lower().encode("ascii", "surrogateescape")] = value.encode("ascii", "surrogateescape")
    ours = dict(ours or {})
    # RFC 2046 §4.1.2: text without a charset is US-ASCII; a server may say so.
    if type_.lower() == b"text" and b"charset" not in theirs and ours.get(b"charset", b"").lower() == b"us-ascii":
        del ours[b"charset"]
    check.same(where, ours, theirs)


def check_disposition(check, where, message, ours):
    values = header(message, "content-disposition")
    if len(values) > 1 or values and not re.match(rb"\s*" + TOKEN + rb"\s*(;|\Z)", values[0]):
        check.skip()
    elif not values:
        check.same(f"{where} disposition", ours, None)
    elif ours is None:
        check.same(f"{where} disposition", ours, values[0])
    else:
        check.same(f"{where} disposition", ours[0].lower().decode(), message.get_content_disposition())
        check_params(check, f"{where} disposition parameters", message, "content-disposition", ours[1])
