"""IMAPClient: the library that scripts and help desks use.

usage: imapclient_session.py SCENE
"""

import datetime
import smtplib
import sys
import threading
import time

from imapclient import DELETED, FLAGGED, SEEN, IMAPClient
from imapclient.exceptions import LoginError
from imapclient.imapclient import ARCHIVE, DRAFTS, JUNK, SENT, TRASH

from scene import Scene, step, until

scene = Scene(sys.argv[1])
asa, per = scene.people
FOLDER = "Läxor/Åk 3 & övrigt"
LETTER = (
    f"From: {asa.address}\r\nTo: {per.address}\r\nSubject: =?utf-8?q?L=C3=A4xa?=\r\n"
    "Date: Mon, 2 Nov 2026 08:00:00 +0100\r\nMessage-ID: <1@laptop.test>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    "--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nRäkna sidan 12.\r\n"
    "--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--x--\r\n"
).encode()


def client():
    return IMAPClient(scene.host, port=scene.ports["imaps"], ssl_context=scene.tls, timeout=60)


def send(subject):
    with smtplib.SMTP_SSL(scene.host, scene.ports["submissions"], context=scene.tls, timeout=60) as smtp:
        smtp.login(asa.address, asa.password)
        smtp.sendmail(asa.address, [per.address], f"From: {asa.address}\r\nSubject: {subject}\r\n\r\nx\r\n")


with step("a wrong password is refused"):
    try:
        with client() as imap:
            imap.login(per.address, "not this")
            raise AssertionError("it was taken")
    except LoginError:
        pass

imap = client()
with step("log in; capabilities"):
    imap.login(per.address, per.password)
    for capability in ["IMAP4REV1", "IDLE", "NAMESPACE", "UIDPLUS", "MOVE", "SPECIAL-USE", "QUOTA", "ID", "ENABLE"]:
        assert imap.has_capability(capability), (capability, imap.capabilities())

with step("the five special folders are there, one each, subscribed"):
    for use in [SENT, DRAFTS, TRASH, JUNK, ARCHIVE]:
        holders = [name for flags, _, name in imap.list_folders() if use in flags]
        assert len(holders) == 1, (use, holders)
        assert holders[0] in [name for _, _, name in imap.list_sub_folders()], holders

with step("namespace, id, quota"):
    assert imap.namespace().personal[0][1] == "/", imap.namespace()
    imap.id_({"name": "test"})
    roots = imap.get_quota_root("INBOX")
    assert roots[0].quota_roots and "" not in roots[0].quota_roots, roots

with step("a folder with åäö"):
    imap.create_folder(FOLDER)
    imap.subscribe_folder(FOLDER)
    assert imap.folder_exists(FOLDER)
    assert FOLDER in [name for _, _, name in imap.list_folders()]
    assert imap.folder_status(FOLDER)[b"MESSAGES"] == 0

with step("append, with flags and a date"):
    when = datetime.datetime(2026, 11, 2, 8, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    imap.append(FOLDER, LETTER, [SEEN], when)
    imap.append(FOLDER, LETTER.replace(b"Message-ID: <1@", b"Message-ID: <2@"))
    assert imap.select_folder(FOLDER)[b"EXISTS"] == 2

with step("fetch: envelope, structure, date, size, body"):
    (uid, other) = imap.search()
    got = imap.fetch([uid], ["ENVELOPE", "BODYSTRUCTURE", "INTERNALDATE", "RFC822.SIZE", "FLAGS", "BODY[]"])[uid]
    assert got[b"ENVELOPE"].subject == b"=?utf-8?q?L=C3=A4xa?=", got[b"ENVELOPE"]
    assert got[b"ENVELOPE"].from_[0].mailbox + b"@" + got[b"ENVELOPE"].from_[0].host == asa.address.encode()
    assert got[b"ENVELOPE"].message_id == b"<1@laptop.test>"
    parts, subtype = got[b"BODYSTRUCTURE"][0], got[b"BODYSTRUCTURE"][1]
    assert subtype.lower() == b"mixed", got[b"BODYSTRUCTURE"]
    assert [part[0].lower() for part in parts] == [b"text", b"application"], parts
    assert got[b"INTERNALDATE"].astimezone(datetime.timezone.utc).replace(tzinfo=None) == datetime.datetime(
        2026, 11, 2, 7, 30
    ) or got[b"INTERNALDATE"] == when.astimezone().replace(tzinfo=None), got[b"INTERNALDATE"]
    assert got[b"RFC822.SIZE"] == len(LETTER) and got[b"BODY[]"] == LETTER
    assert SEEN in got[b"FLAGS"]

with step("search in UTF-8"):
    assert imap.search(["TEXT", "Räkna sidan"], "UTF-8") == [uid, other]
    assert imap.search(["SUBJECT", "läxa"], "UTF-8") == [uid, other]
    assert imap.search(["TEXT", "finns inte åäö"], "UTF-8") == []

with step("flags, copy, expunge by UID"):
    assert FLAGGED in imap.add_flags([uid], [FLAGGED])[uid]
    assert FLAGGED not in imap.remove_flags([uid], [FLAGGED])[uid]
    imap.copy([uid], "INBOX")
    imap.add_flags([uid, other], [DELETED])
    imap.uid_expunge([uid])
    assert imap.search() == [other]

with step("move"):
    imap.move([other], "INBOX")
    assert imap.search() == []
    assert imap.select_folder("INBOX")[b"EXISTS"] == 2

with step("idle hears of a new letter at once"):
    imap.idle()
    timer = threading.Timer(0.3, send, ["while idle"])
    timer.start()
    begun = time.monotonic()
    until(lambda: (3, b"EXISTS") in imap.idle_check(timeout=1), seconds=15)
    print(f"    after {time.monotonic() - begun:.2f} s")
    timer.join()
    imap.idle_done()
    assert len(imap.search(["SUBJECT", "while idle"])) == 1

with step("rename carries the child; delete"):
    imap.rename_folder("Läxor", "Gamla läxor")
    moved = "Gamla läxor/Åk 3 & övrigt"
    assert imap.folder_exists(moved) and not imap.folder_exists(FOLDER)
    imap.delete_folder(moved)
    assert not imap.folder_exists(moved)

with step("log out"):
    imap.logout()
