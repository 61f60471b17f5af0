"""A web server on this machine with the faults that real ones have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Behaviour:
    """What the server has and how it fails."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None  # bytes of a body after which the connection breaks
    ranges: bool = True  # whether it can send the rest of a file
    status: int | None = None  # answer everything with this error
    silent: bool = False  # close every connection without an answer
    requests: list[str] = field(default_factory=list)  # "path range" of each request
    url: str = ""


@contextmanager
def serving(**faults: object) -> Iterator[Behaviour]:
    """Serve on 127.0.0.1 until the block ends."""
    behaviour = Behaviour(**faults)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            behaviour.requests.append(f"{self.path} {wanted}".strip())
            if behaviour.silent:
                return
            content = behaviour.files.get(self.path.lstrip("/"))
            if behaviour.status or content is None:
                self.send_error(behaviour.status or 404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and behaviour.ranges else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start:][: behaviour.cut_after])  # then the connection is closed

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    behaviour.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield behaviour
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
