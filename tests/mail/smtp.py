"""A mail server on a free port. A test sets its replies."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

REPLIES = {
    "CONNECT": "220 mail.example ESMTP",
    "EHLO": "250-mail.example\r\n250 AUTH PLAIN",
    "AUTH": "235 2.7.0 Welcome",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 Go ahead",
    "END": "250 2.0.0 Queued",
    "QUIT": "221 2.0.0 Bye",
    "RSET": "250 2.0.0 OK",
}
SILENT, HANG_UP = "silent", "hang up"


class SmtpServer(ThreadingTCPServer):
    """The server.

    Attributes:
        replies: by command, also `CONNECT` and the `END` of a mail; `SILENT` for no reply,
            `HANG_UP` to end the conversation.
        commands: what clients sent, mails excepted.
        mails: what clients sent between DATA and the end.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.replies: Mapping[str, str] = {}
        self.commands: list[str] = []
        self.mails: list[str] = []
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def recipients(self) -> list[str]:
        return [found[1] for line in self.commands if (found := re.match(r"rcpt TO:<(.*)>", line))]


class _Conversation(StreamRequestHandler):
    server: SmtpServer

    def handle(self) -> None:
        self.server.connections += 1
        self._reply("CONNECT")
        while line := self._line():
            self.server.commands.append(line)
            verb = line.split()[0].upper()
            reply = self._reply(verb)
            if reply.startswith("3"):
                self.server.mails.append("\n".join(iter(self._line, ".")))
                reply = self._reply("END")
            if verb == "QUIT" or reply == HANG_UP:
                return

    def _line(self) -> str:
        return self.rfile.readline().decode().rstrip("\r\n")

    def _reply(self, to: str) -> str:
        text = self.server.replies.get(to, REPLIES.get(to, "500 Unknown command"))
        if text == SILENT:
            self.rfile.read()  # Until the client closes the connection.
        elif text != HANG_UP:
            self.wfile.write(f"{text}\r\n".encode())
        return text


@contextmanager
def smtp_server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
