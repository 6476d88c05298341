"""Single requests to a worker of the test's own, with other settings than the instance's, by way of scripts/replay."""

import json
import time

from script import replay


class Answer(replay.Answer):
    """With what the tests ask of an answer through the web server."""

    def json(self):
        return json.loads(self.body)


def ask(method, target, token=None, body=b"", configuration=None, **parameters):
    """One request in CGI mode; the answer, and the seconds it took."""
    values = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "QUERY_STRING": target.partition("?")[2],
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        **parameters,
        **(configuration or {}),
    }
    if token:
        values["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    started = time.monotonic()
    output = replay.Player("cgi").play({name: value for name, value in values.items() if value is not None}, body)
    return Answer.read(output), time.monotonic() - started
