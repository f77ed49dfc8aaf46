"""The audit of dependencies: finds, passes, and says plainly when it could not ask."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import audit_dependencies
import pytest


@pytest.fixture
def database(monkeypatch):
    """A database of vulnerabilities that knows one weak version of Django."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            weak = {"package": {"name": "django", "ecosystem": "PyPI"}, "version": "1.0"}
            body = json.dumps({"results": [{"vulns": [{"id": "GHSA-x"}]} if q == weak else {} for q in asked]})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(audit_dependencies, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def audit(tmp_path, text):
    lock = tmp_path / "x.lock"
    lock.write_text(text)
    return audit_dependencies.main([str(lock)])


def test_a_known_weakness_fails_and_is_named(database, tmp_path, capsys):
    assert audit(tmp_path, "django==1.0 \\\n    --hash=sha256:0\nclick==8.0 \\\n") == 1
    assert "django 1.0: GHSA-x" in capsys.readouterr().out


def test_sound_versions_pass(database, tmp_path, capsys):
    assert audit(tmp_path, "django==5.2 ; python_version > '3'\n") == 0
    assert "1 packages, 0 with known weaknesses" in capsys.readouterr().out


def test_without_a_network_it_says_that_it_was_skipped(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(audit_dependencies, "ADDRESS", "http://127.0.0.1:1/")
    assert audit(tmp_path, "django==5.2\n") == 0
    assert "SKIPPED" in capsys.readouterr().out
