"""Thunderbird without a screen, told what to do over Marionette: JSON in counted frames on a socket of its own.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import json
import os
import pathlib
import socket
import subprocess
import time

START_SECONDS = 60
ANSWER_SECONDS = 60


class ScriptError(Exception):
    """A script inside Thunderbird failed; the text is its error and where."""


class Thunderbird:
    """One running program with a profile of its own."""

    def __init__(self, profile, library):
        self.profile, self.library = pathlib.Path(profile), library
        self.log = open(self.profile.parent / "thunderbird.log", "wb")
        port_file = self.profile / "MarionetteActivePort"
        port_file.unlink(missing_ok=True)
        words = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile]
        environment = {**os.environ, "HOME": str(self.profile.parent), "MOZ_CRASHREPORTER_DISABLE": "1"}
        self.process = subprocess.Popen(
            ["thunderbird", *map(str, words)], stdout=self.log, stderr=self.log, env=environment
        )
        try:
            self._connect(port_file)
        except BaseException:
            self.kill()
            raise

    def run(self, name, *arguments):
        """Calls an async function of the library inside Thunderbird and returns what it returns."""
        script = (
            f"{self.library}\nconst [name, words, done] = arguments;\n"
            "const all = { " + ", ".join(self._functions()) + " };\n"
            "all[name](...words).then(value => done({ value: value ?? null }), "
            "error => done({ error: `${error}\\n${error?.stack ?? ''}` }));"
        )
        answer = self._command("WebDriver:ExecuteAsyncScript", {"script": script, "args": [name, arguments]})
        answer = answer["value"]
        if "error" in answer:
            raise ScriptError(f"{name}: {answer['error']}")
        return answer["value"]

    def quit(self):
        """Ends it as File > Quit does."""
        self._command("Marionette:Quit", {"flags": ["eAttemptQuit"]})
        self.process.wait(30)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def _functions(self):
        lines = self.library.splitlines()
        return [line.split("(")[0].split()[-1] for line in lines if line.startswith("async function")]

    def _connect(self, port_file):
        deadline = time.monotonic() + START_SECONDS
        while not (port_file.exists() and port_file.read_text().strip()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Thunderbird did not start: {self.profile.parent}/thunderbird.log")
            time.sleep(0.05)
        self.socket = socket.create_connection(("127.0.0.1", int(port_file.read_text())), ANSWER_SECONDS)
        self.stream = self.socket.makefile("rb")
        self.number = 0
        self._frame()
        self._command("WebDriver:NewSession", {})
        self._command("Marionette:SetContext", {"value": "chrome"})
        self._command("WebDriver:SetTimeouts", {"script": 1000 * (ANSWER_SECONDS - 5)})

    def _command(self, name, parameters):
        self.number += 1
        text = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(b"%d:%b" % (len(text), text))
        kind, number, error, result = self._frame()
        assert (kind, number) == (1, self.number), (kind, number)
        if error:
            raise ScriptError(f"{name}: {error['error']}: {error['message']}")
        return result

    def _frame(self):
        digits = b""
        while not digits.endswith(b":"):
            octet = self.stream.read(1)
            if not octet:
                raise AssertionError("Thunderbird has gone")
            digits += octet
        return json.loads(self.stream.read(int(digits[:-1])))
