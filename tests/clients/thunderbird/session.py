"""Thunderbird itself: an account is set up, letters are read, answered, moved and deleted, and imaplib sees the same.

usage: session.py SCENE [full]
"""

import email
import email.policy
import imaplib
import pathlib
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from marionette import Thunderbird
from scene import Scene, mutf7, step, until

scene = Scene(sys.argv[1])
full = sys.argv[2:] == ["full"]
asa, per = scene.people
LIBRARY = pathlib.Path(__file__).with_name("steps.js").read_text(encoding="utf-8")
FOLDER, BELOW = "Läxor & övrigt", "Åk 3"
# Nothing of the world outside is asked for, and what goes wrong inside is written to the log.
SETTINGS = {
    "marionette.port": 0,
    "services.settings.server": "data:,",
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "app.donation.eoy.version.viewed": 999,
    "network.manage-offline-status": False,
    "offline.autoDetect": False,
    "devtools.console.stdout.chrome": True,
    "mail.biff.show_alert": False,
}


def make_profile():
    """A folder with the settings and the school's certificate authority, as an administrator would hand out."""
    profile = pathlib.Path(scene.work) / "thunderbird" / "profile"
    profile.mkdir(parents=True)
    lines = [f'user_pref("{name}", {value!r});\n' for name, value in SETTINGS.items()]
    text = "".join(lines).replace("True", "true").replace("False", "false").replace("'", '"')
    (profile / "user.js").write_text(text)
    database = f"sql:{profile}"
    subprocess.run(["certutil", "-N", "--empty-password", "-d", database], check=True)
    words = ["-A", "-n", "school", "-t", "C,,", "-i", scene.authority, "-d", database]
    subprocess.run(["certutil", *words], check=True)
    return profile


def send(subject, text="Räkna sidan 12.\n"):
    letter = EmailMessage(policy=email.policy.SMTP)
    letter["From"], letter["To"], letter["Subject"] = per.address, asa.address, subject
    letter["Message-ID"] = f"<{subject.encode().hex()}@laptop.test>"
    letter.set_content(text)
    with smtplib.SMTP_SSL(scene.host, scene.ports["submissions"], context=scene.tls, timeout=60) as smtp:
        smtp.login(per.address, per.password)
        smtp.send_message(letter)


class Second:
    """The same account, or the other person's, in another program."""

    def __init__(self, person):
        self.imap = imaplib.IMAP4_SSL(scene.host, scene.ports["imaps"], ssl_context=scene.tls, timeout=60)
        self.imap.login(person.address, person.password)

    def letters(self, folder):
        """Subject → flags."""
        status, data = self.imap.select(f'"{mutf7(folder)}"')
        assert status == "OK", data
        data = self.imap.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1] if data != [b"0"] else []
        found = {}
        for part in data:
            if isinstance(part, tuple):
                subject = email.message_from_bytes(part[1], policy=email.policy.default)["Subject"]
                assert subject not in found, f"{subject} is there twice"
                found[subject] = set(imaplib.ParseFlags(part[0])) - {rb"\Recent"}
        return found

    def folders(self):
        return [line.decode().split('"/" ')[1].strip('"') for line in self.imap.list()[1]]

    def store(self, folder, subject, change, flag):
        self.imap.select(f'"{mutf7(folder)}"')
        self.imap.literal = subject.encode()
        numbers = self.imap.search("UTF-8", "SUBJECT")[1][0].decode().replace(" ", ",")
        status, data = self.imap.store(numbers, change, flag)
        assert status == "OK", data


profile = make_profile()
bird = Thunderbird(profile, LIBRARY)
try:
    other, receiver = Second(asa), Second(per)
    with step("an account is set up; the folders are listed with what each is for"):
        bird.run("setUp", {"host": scene.host, "ports": scene.ports}, vars(asa))
        found = dict(bird.run("listFolders"))
        purposes = {name: [name] for name in ["Archive", "Drafts", "Junk", "Sent", "Trash"]}
        assert found == {"INBOX": ["Inbox"], **purposes}, found

    with step("a letter comes and is read"):
        send("Läxa till måndag")
        bird.run("waitFor", "INBOX", "Läxa till måndag")
        letter = bird.run("read", "INBOX", "Läxa till måndag").encode("latin-1")
        letter = email.message_from_bytes(letter, policy=email.policy.default)
        assert letter.get_content().splitlines() == ["Räkna sidan 12."], letter
        bird.run("looks", "INBOX", "Läxa till måndag", {"read": True})
        until(lambda: other.letters("INBOX") == {"Läxa till måndag": {rb"\Seen"}})

    with step("it is answered; the answer arrives, and is in Sent once"):
        bird.run("reply", "INBOX", "Läxa till måndag", "Det är gjort. Åsa\n")
        until(lambda: "Re: Läxa till måndag" in receiver.letters("INBOX"))
        until(lambda: list(other.letters("Sent")) == ["Re: Läxa till måndag"])
        bird.run("shows", "Sent", ["Re: Läxa till måndag"])
        bird.run("looks", "INBOX", "Läxa till måndag", {"replied": True})
        until(lambda: rb"\Answered" in other.letters("INBOX")["Läxa till måndag"])

    with step("a folder is made, and one below it, with åäö and &"):
        bird.run("createFolder", None, FOLDER)
        bird.run("createFolder", FOLDER, BELOW)
        assert mutf7(f"{FOLDER}/{BELOW}") in other.folders(), other.folders()

    with step("a letter is moved there"):
        bird.run("move", "INBOX", "Läxa till måndag", f"{FOLDER}/{BELOW}")
        bird.run("shows", f"{FOLDER}/{BELOW}", ["Läxa till måndag"])
        assert other.letters("INBOX") == {}
        assert rb"\Seen" in other.letters(f"{FOLDER}/{BELOW}")["Läxa till måndag"]

    with step("a letter is deleted: it is in the trash, for everybody"):
        send("Vinn en cykel")
        bird.run("waitFor", "INBOX", "Vinn en cykel")
        bird.run("remove", "INBOX", "Vinn en cykel")
        bird.run("shows", "INBOX", [])
        bird.run("shows", "Trash", ["Vinn en cykel"])
        assert other.letters("INBOX") == {} and list(other.letters("Trash")) == ["Vinn en cykel"]

    with step("what the other program does is seen here"):
        other.store(f"{FOLDER}/{BELOW}", "måndag", "+FLAGS", r"\Flagged")
        bird.run("looks", f"{FOLDER}/{BELOW}", "Läxa till måndag", {"flagged": True, "read": True})

    if full:
        with step("three hundred letters come at once, and are all here and read by their flags"):
            subjects = [f"Brev {number:03}" for number in range(300)]
            for subject in subjects:
                text = f"From: {per.address}\r\nSubject: {subject}\r\n\r\nHej!\r\n".encode()
                other.imap.append("INBOX", r"(\Seen)", imaplib.Time2Internaldate(time.time()), text)
            bird.run("shows", "INBOX", subjects)
            bird.run("looks", "INBOX", "Brev 150", {"read": True})

        with step("half of them go elsewhere, while the other program marks some"):
            for number in range(0, 300, 30):
                other.store("INBOX", f"Brev {number:03}", "+FLAGS", r"\Flagged")
            for number in range(0, 40):
                bird.run("move", "INBOX", f"Brev {number:03}", FOLDER)
            bird.run("shows", FOLDER, subjects[:40])
            bird.run("shows", "INBOX", subjects[40:])
            assert sorted(other.letters("INBOX")) == subjects[40:]
            assert sorted(other.letters(FOLDER)) == subjects[:40]
            assert rb"\Flagged" in other.letters(FOLDER)["Brev 030"]

        with step("a folder with children gets another name"):
            bird.run("renameFolder", FOLDER, "Skola")
            bird.run("shows", f"Skola/{BELOW}", ["Läxa till måndag"])
            assert sorted(other.letters("Skola")) == subjects[:40]

        with step("it writes two letters of its own, and Sent has each once"):
            for subject in ["Första", "Andra"]:
                bird.run("write", per.address, subject, "Hej då!\n")
            until(lambda: {"Första", "Andra"} <= set(receiver.letters("INBOX")))
            bird.run("shows", "Sent", ["Andra", "Första", "Re: Läxa till måndag"])
            assert len(other.letters("Sent")) == 3

        with step("it ends, the other program goes on, it comes back and sees the same"):
            bird.quit()
            other.store("INBOX", "Brev 100", "-FLAGS", r"\Seen")
            other.store("INBOX", "Brev 101", "+FLAGS", r"\Deleted")
            other.imap.expunge()
            bird = Thunderbird(profile, LIBRARY)
            bird.run("listFolders")
            bird.run("shows", "INBOX", [subject for subject in subjects[40:] if subject != "Brev 101"])
            bird.run("looks", "INBOX", "Brev 100", {"read": False})
            bird.run("looks", "INBOX", "Brev 102", {"read": True})

    bird.quit()
finally:
    bird.kill()
