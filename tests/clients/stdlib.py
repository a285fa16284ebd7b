"""CPython's smtplib and imaplib: one pupil sends, another reads, sorts and cleans up.

usage: stdlib.py SCENE
"""

import email
import email.policy
import imaplib
import smtplib
import sys
from email.message import EmailMessage

from scene import Scene, mutf7, step, until

scene = Scene(sys.argv[1])
asa, per = scene.people
FOLDER = "Skola/Åk 3 & mer"


def letter(subject, body="Hej från Åsa!\n.\n..\n", attachment=None):
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = f'"{asa.name}" <{asa.address}>'
    message["To"] = per.address
    message["Subject"] = subject
    message["Message-ID"] = f"<{subject.encode().hex()}@laptop.test>"
    message.set_content(body)
    if attachment is not None:
        message.add_attachment(attachment, maintype="image", subtype="png", filename="åäö.png")
    return message


def ok(answer):
    status, data = answer
    assert status == "OK", answer
    return data


def fetch(imap, numbers, items):
    """The first literal of the answer."""
    for part in ok(imap.uid("FETCH", numbers, items)):
        if isinstance(part, tuple):
            return part[1]
    raise AssertionError(f"no literal in FETCH {numbers} {items}")


def uids(imap, *criteria):
    return ok(imap.uid("SEARCH", *criteria))[0].split()


with step("smtplib: 465 with TLS from the start"):
    with smtplib.SMTP_SSL(scene.host, scene.ports["submissions"], context=scene.tls, timeout=60) as smtp:
        smtp.login(asa.address, asa.password)
        refused = smtp.send_message(letter("Första brevet åäö", attachment=bytes(range(256)) * 40))
        assert refused == {}, refused

with step("smtplib: 587 with STARTTLS, two letters in one session"):
    with smtplib.SMTP(scene.host, scene.ports["submission"], timeout=60) as smtp:
        smtp.ehlo()
        assert "auth" not in smtp.esmtp_features, "AUTH is offered before TLS"
        smtp.starttls(context=scene.tls)
        smtp.login(asa.address, asa.password)
        smtp.send_message(letter("Second"))
        smtp.send_message(letter("Third"))

with step("smtplib: a wrong password is 535"):
    with smtplib.SMTP_SSL(scene.host, scene.ports["submissions"], context=scene.tls, timeout=60) as smtp:
        try:
            smtp.login(asa.address, "not this")
            raise AssertionError("it was taken")
        except smtplib.SMTPAuthenticationError as error:
            assert error.smtp_code == 535, error

with step("smtplib: nobody sends as somebody else"):
    with smtplib.SMTP_SSL(scene.host, scene.ports["submissions"], context=scene.tls, timeout=60) as smtp:
        smtp.login(asa.address, asa.password)
        try:
            smtp.sendmail(per.address, [per.address], letter("forged").as_bytes())
            raise AssertionError("it was taken")
        except (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            print("    refused:", error)

with step("imaplib: 143 takes no password in the clear"):
    with imaplib.IMAP4(scene.host, scene.ports["imap"], timeout=60) as imap:
        assert "LOGINDISABLED" in imap.capabilities, imap.capabilities
        try:
            imap.login(per.address, per.password)
            raise AssertionError("it was taken")
        except imaplib.IMAP4.error:
            pass

with step("imaplib: 143 with STARTTLS"):
    with imaplib.IMAP4(scene.host, scene.ports["imap"], timeout=60) as imap:
        ok(imap.starttls(scene.tls))
        ok(imap.login(per.address, per.password))

imap = imaplib.IMAP4_SSL(scene.host, scene.ports["imaps"], ssl_context=scene.tls, timeout=60)
with step("imaplib: log in and wait for three letters"):
    ok(imap.login(per.address, per.password))
    ok(imap.select("INBOX"))
    until(lambda: ok(imap.noop()) and len(uids(imap, "ALL")) == 3)

with step("imaplib: the letter is the one that was sent"):
    raw = fetch(imap, b"1", "(BODY.PEEK[])")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == "Första brevet åäö", message["Subject"]
    assert message.get_body().get_content().splitlines() == ["Hej från Åsa!", ".", ".."]
    (attachment,) = message.iter_attachments()
    assert attachment.get_content() == bytes(range(256)) * 40
    assert attachment.get_filename() == "åäö.png"

with step("imaplib: partial fetches make the whole"):
    parts = [fetch(imap, b"1", f"(BODY.PEEK[]<{at}.1000>)") for at in range(0, len(raw), 1000)]
    assert b"".join(parts) == raw

with step("imaplib: SEARCH with a literal in UTF-8"):
    imap.literal = "brevet åäö".encode()
    assert uids(imap, "CHARSET", "UTF-8", "SUBJECT") == [b"1"]
    assert uids(imap, "UNSEEN", "SUBJECT", "Second") == [b"2"]
    assert uids(imap, "NOT", "FROM", asa.address) == []

with step("imaplib: flags"):
    ok(imap.uid("STORE", "1:2", "+FLAGS", r"(\Seen \Flagged)"))
    ok(imap.uid("STORE", "2", "-FLAGS", r"(\Flagged)"))
    assert uids(imap, "SEEN") == [b"1", b"2"] and uids(imap, "FLAGGED") == [b"1"]

with step("imaplib: a folder with åäö: create, subscribe, list"):
    name = '"' + mutf7(FOLDER) + '"'
    ok(imap.create(name))
    ok(imap.subscribe(name))
    listed = b"\n".join(line for line in ok(imap.list('""', '"Skola/*"')) if line)
    assert mutf7(FOLDER).encode() in listed, listed
    listed = b"\n".join(line for line in ok(imap.lsub('""', '"Skola/*"')) if line)
    assert mutf7(FOLDER).encode() in listed, listed

with step("imaplib: copy, append, status"):
    ok(imap.uid("COPY", "1", name))
    ok(imap.append(name, r"(\Draft)", imaplib.Time2Internaldate(1790000000), letter("Utkast").as_bytes()))
    (status,) = ok(imap.status(name, "(MESSAGES UNSEEN UIDNEXT)"))
    assert b"MESSAGES 2" in status and b"UNSEEN 1" in status and b"UIDNEXT 3" in status, status

with step("imaplib: delete and expunge"):
    ok(imap.store("3", "+FLAGS", r"(\Deleted)"))
    assert ok(imap.expunge()) == [b"3"]
    assert uids(imap, "ALL") == [b"1", b"2"]

with step("imaplib: rename and delete the folder"):
    other = '"' + mutf7("Skola/Åk 4") + '"'
    ok(imap.rename(name, other))
    assert ok(imap.select(other)) == [b"2"]
    assert fetch(imap, b"1", "(BODY.PEEK[])") == raw
    ok(imap.unselect())
    ok(imap.delete(other))
    assert imap.select(other)[0] == "NO"

with step("imaplib: log out"):
    assert imap.logout()[0] == "BYE"
