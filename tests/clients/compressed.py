"""CPython's imaplib over COMPRESS=DEFLATE, with zlib in each of its ways to flush, and with a line cut anywhere.

usage: compressed.py SCENE
"""

import imaplib
import os
import sys
import zlib

from scene import Scene, step

scene = Scene(sys.argv[1])
asa, _ = scene.people
imaplib.Commands["COMPRESS"] = ("AUTH", "SELECTED")


class Compressed(imaplib.IMAP4_SSL):
    """An IMAP4_SSL that deflates after `compress`; `step` octets go in one packet."""

    def compress(self, flush, level, step):
        status, data = self._simple_command("COMPRESS", "DEFLATE")
        assert status == "OK", data
        self.deflater = zlib.compressobj(level, zlib.DEFLATED, -15)
        self.inflater = zlib.decompressobj(-15)
        self.flush, self.step = flush, step
        self.came, self.in_packed, self.in_plain = b"", 0, 0
        self.send, self.readline, self.read = self._send, self._readline, self._read

    def _send(self, data):
        packed = self.deflater.compress(data) + self.deflater.flush(self.flush)
        for at in range(0, len(packed), self.step):
            self.sock.sendall(packed[at : at + self.step])

    def _more(self):
        packed = self.sock.recv(10_000)
        assert packed, "the service hung up"
        plain = self.inflater.decompress(packed)
        self.in_packed, self.in_plain = self.in_packed + len(packed), self.in_plain + len(plain)
        self.came += plain

    def _readline(self):
        while b"\n" not in self.came:
            self._more()
        return self._take(self.came.index(b"\n") + 1)

    def _read(self, size):
        while len(self.came) < size:
            self._more()
        return self._take(size)

    def _take(self, size):
        taken, self.came = self.came[:size], self.came[size:]
        return taken


def ok(answer):
    status, data = answer
    assert status == "OK", answer
    return data


noise = os.urandom(300_000).hex().encode()
text = b"".join(b"rad %d: Hej hej, hemskt mycket hej\r\n" % line for line in range(40_000))
white = b"//////////////////////////////////////////////////////////////////////////\r\n" * 200_000

ways = [
    ("sync flush", zlib.Z_SYNC_FLUSH, 6, 1 << 20),
    ("partial flush, octet by octet", zlib.Z_PARTIAL_FLUSH, 6, 1),
    ("full flush, in threes", zlib.Z_FULL_FLUSH, 9, 3),
    ("stored, in packets of 1000", zlib.Z_SYNC_FLUSH, 0, 1000),
]
for name, flush, level, packet in ways:
    with step(f"imaplib compressed: {name}"):
        imap = Compressed(scene.host, scene.ports["imaps"], ssl_context=scene.tls, timeout=60)
        ok(imap.login(asa.address, asa.password))
        assert b"COMPRESS=DEFLATE" in ok(imap.capability())[0]
        imap.compress(flush, level, packet)
        ok(imap.select("INBOX"))
        bodies = [b"kort\r\n"] if packet < 1000 else [b"kort\r\n", noise, text, white]
        for body in bodies:
            letter = b"Subject: packat\r\nFrom: asa.oqvist@skola.test\r\n\r\n" + body
            ok(imap.append("INBOX", r"(\Seen)", None, letter))
            uid = ok(imap.uid("SEARCH", "ALL"))[0].split()[-1]
            fetched = ok(imap.uid("FETCH", uid, "(FLAGS BODY.PEEK[])"))[0][1]
            # imaplib ends lone line ends itself before it sends.
            assert fetched == imaplib.MapCRLF.sub(imaplib.CRLF, letter), (len(fetched), len(letter))
        for _ in range(30):
            ok(imap.noop())
        if packet >= 1000:
            print(f"    {imap.in_plain} octets came as {imap.in_packed}")
            assert imap.in_packed < imap.in_plain / 5
        ok(imap.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)"))
        ok(imap.expunge())
        assert imap.logout()[0] == "BYE"
