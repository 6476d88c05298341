"""Transcripts of answers, in which what differs by nature (dates, ids, tokens) is masked."""

import hashlib
import re


class Masks:
    """Replaces what differs by nature. UUIDs are numbered by first sight, so that equal ones remain equal."""

    UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
    TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")
    DATE = re.compile(r"\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\b")
    TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)")
    AGE = re.compile(r"\bMax-Age=[1-9]\d*")
    # What earlier sequences have left in the trash.
    TRASH = re.compile(r'"(trash|version)_bytes":\d+')

    def __init__(self):
        self.seen = {}

    def text(self, text):
        text = self.UUID.sub(lambda match: f"<uuid {self.seen.setdefault(match[0], len(self.seen) + 1)}>", text)
        text = self.TOKEN.sub("<token>", text)
        text = self.AGE.sub("Max-Age=<seconds>", self.DATE.sub("<date>", text))
        text = self.TRASH.sub(r'"\1_bytes":"<bytes>"', text)
        return self.TIME.sub("<time>", text)

    def header(self, name, value, body):
        if name.lower() == "x-request-id":
            return "<request id>"
        # A time's length depends on its fraction.
        if name.lower() == "content-length" and b"<time>" in body:
            return "<bytes>"
        return self.text(value)


def show(answer, masks):
    """Lines of the transcript: status, headers in order of their names, body."""
    body = answer.body
    try:
        text = masks.text(body.decode())
    except UnicodeDecodeError:
        text = None
    if text is None or len(body) > 4000:
        text = f"<{len(body)} bytes, sha-256 {hashlib.sha256(body).hexdigest()}>"
    lines = [f"< {answer.status}"]
    headers = sorted(answer.headers.items(), key=lambda pair: (pair[0].lower(), pair[1]))
    lines += [f"< {name}: {masks.header(name, value, text.encode())}" for name, value in headers]
    return lines + ([text] if text else [])
