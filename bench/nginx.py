"""A private nginx for the HTTP cases, on a free port of 127.0.0.1: /small, /64k, and /slow, which answers after 2 s."""

import contextlib
import pathlib
import resource
import socket
import subprocess
import tempfile
import time

PROGRAM = pathlib.Path("/usr/sbin/nginx")
ECHO = pathlib.Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
START_UP = 10  # seconds

CONFIGURATION = """
load_module {echo};
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; sendfile on; tcp_nopush on;
  open_file_cache max=16 inactive=1h;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root {folder}/files;
    location /slow {{ echo_sleep 2; echo slow; }}
  }}
}}
"""


def missing():
    """Why it cannot be started, as a sentence; None when it can."""
    for path, package in ((PROGRAM, "nginx"), (ECHO, "libnginx-mod-http-echo")):
        if not path.exists():
            return f"there is no {path}; install {package}"
    return None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@contextlib.contextmanager
def running():
    """Its origin, such as http://127.0.0.1:8080; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="leash-bench-") as name:
        folder = pathlib.Path(name)
        files = folder / "files"
        files.mkdir()
        (files / "small").write_bytes(b"x" * 128)
        (files / "64k").write_bytes(b"x" * 65536)
        port = free_port()
        # A cancelled request holds a file until nginx notices.
        limit = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536)
        (folder / "nginx.conf").write_text(CONFIGURATION.format(echo=ECHO, folder=folder, port=port, files=limit))
        server = subprocess.Popen([PROGRAM, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
        try:
            give_up = time.monotonic() + START_UP
            while not listens(port):
                if server.poll() is not None or time.monotonic() > give_up:
                    raise SystemExit("nginx does not start: " + (folder / "error.log").read_text())
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()
