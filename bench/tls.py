"""TLS in front of the simulator, with a certificate made for this run."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from pathlib import Path


class Tls:
    """A TLS endpoint on loopback that forwards all traffic."""

    def __init__(self, port: int, folder: Path) -> None:
        certificate, self.authority = folder / "certificate.pem", folder / "authorities.pem"
        key = folder / "key.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
                *("-addext", "basicConstraints=critical,CA:FALSE", "-keyout", str(key), "-out", str(certificate)),
            ],
            check=True,
            capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        roots = ssl.get_default_verify_paths().cafile
        known = Path(roots).read_text() if roots else ""
        self.authority.write_text(known + certificate.read_text())
        self._context, self._port = context, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with self._context.wrap_socket(client, server_side=True) as secure:
                with socket.create_connection(("127.0.0.1", self._port)) as server:
                    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    back = threading.Thread(target=_pump, args=(server, secure), daemon=True)
                    back.start()
                    _pump(secure, server)
                    back.join()
        except OSError:
            pass


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
