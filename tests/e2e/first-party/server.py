"""What the servers of this folder have in common: a free port on loopback, CORS with credentials, and a list of what came in."""

import json
import socket

PASSWORD = "engine-1843"

requests = []


def note(method, path, headers, body):
    requests.append({"method": method, "path": path, "headers": headers, "body": body})


def cors(origin, allowed_headers):
    """For the test's page, which is on a port of this machine."""
    if not (origin or "").startswith("http://localhost:"):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Headers": allowed_headers or "",
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Vary": "Origin",
    }


def listen():
    """A socket on any free port, and the line by which the test learns which one it is."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    print(json.dumps({"url": f"http://localhost:{listener.getsockname()[1]}"}), flush=True)
    return listener
