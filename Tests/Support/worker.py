"""Single requests to a worker in CGI mode, with other settings than the instance's."""

import os

from client import Client
from transports import PlainCGI


def ask(method, target, token=None, body=b"", configuration=None, **parameters):
    """The answer.

    configuration: options beside those of the configuration file. parameters: of the gateway; None takes one away.
    """
    values = {"CONTENT_TYPE": "application/json", **parameters, **(configuration or {})}
    client = Client(PlainCGI(os.environ["COFFER_WORKER"], os.environ["COFFER_CONFIG"], values), token)
    return client.request(method, target, body=body)
