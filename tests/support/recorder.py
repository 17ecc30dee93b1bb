"""A server on the loopback that counts what it is asked for: what was really executed, seen from outside."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Recorder:
    """Answers `ok` after so many seconds; `asked` says how often each path was asked for."""

    def __init__(self, seconds: float = 0.01) -> None:
        self.asked: dict[str, int] = {}
        self.seconds = seconds
        lock = threading.Lock()
        recorder = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    recorder.asked[self.path] = recorder.asked.get(self.path, 0) + 1
                time.sleep(recorder.seconds)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
