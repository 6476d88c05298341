"""A name server for the tests: every name has the addresses that it is given, for a second."""

import socket
import struct
import threading
from socketserver import BaseRequestHandler, UDPServer


class NameServer:
    """Listens on a loopback port, over UDP."""

    def __init__(self, *addresses):
        self.addresses = addresses
        names = self

        class Handler(BaseRequestHandler):
            def handle(self):
                message, listener = self.request
                listener.sendto(names.answer(message), self.client_address)

        self.listener = UDPServer(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.listener.server_address[1]
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def answer(self, message):
        end = message.index(b"\0", 12) + 1
        question = message[12 : end + 4]
        is_ipv4 = question[-4:-2] == b"\0\1"
        addresses = self.addresses if is_ipv4 else []
        records = b"".join(struct.pack("!HHHIH4s", 0xC00C, 1, 1, 1, 4, socket.inet_aton(a)) for a in addresses)
        return message[:2] + struct.pack("!5H", 0x8180, 1, len(addresses), 0, 0) + question + records

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()
