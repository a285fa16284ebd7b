"""What a scenario has to know: ports, certificate and people, from the file that the test wrote."""

import contextlib
import json
import ssl
import sys
import time
import traceback
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    name: str
    address: str
    password: str


class Scene:
    """The town as a client sees it."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            scene = json.load(file)
        self.host = scene["host"]
        self.ports = scene["ports"]
        self.work = scene["work"]
        self.authority = scene["authority"]
        self.people = [Person(**person) for person in scene["people"]]
        # Trusts the service's own certificate and nothing else, and checks the name.
        self.tls = ssl.create_default_context(cafile=scene["certificate"])


@contextlib.contextmanager
def step(name):
    """Prints pass or fail; a failure ends the scenario."""
    try:
        yield
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        print(f"FAIL: {name}", flush=True)
        sys.exit(1)
    print(f"pass: {name}", flush=True)


def until(what, seconds=20):
    """Calls `what` until it returns something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing came within {seconds} s")


def mutf7(name):
    """A folder name in IMAP's modified UTF-7 (RFC 3501 §5.1.3)."""
    out, run = [], ""

    def flush():
        nonlocal run
        if run:
            coded = run.encode("utf-7").decode("ascii")
            out.append("&" + coded[1:].rstrip("-").replace("/", ",") + "-")
            run = ""

    for char in name:
        if " " <= char <= "~":
            flush()
            out.append("&-" if char == "&" else char)
        else:
            run += char
    flush()
    return "".join(out)
