"""What the servers of this folder have in common: options, accounts, a port on loopback, CORS with credentials, a list of what came in."""

import errno
import json
import os
import socket
import sys
import threading
import unicodedata

options = json.loads(sys.stdin.readline())
accounts = {account["username"]: account for account in options["accounts"]}
requests = []


def watch():
    """Whoever started this server holds the other end of its standard input: when that is gone, however it went, so is the server."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


threading.Thread(target=watch, daemon=True).start()


def authenticate(name, password):
    """The account, or None when the two do not belong together."""
    account = accounts.get(normal(name).strip().lower())
    return account if account and account["password"] == normal(password) else None


def normal(text):
    return unicodedata.normalize("NFC", str(text or ""))


def claims(account):
    return {"name": account["name"], "email": account["email"]}


def note(method, path, headers, body):
    requests.append({"method": method, "path": path, "headers": headers, "body": body})


def saw(headers):
    """What of a credential came with a request, for the page to show: names, never values."""
    found = []
    if authorization := headers.get("authorization"):
        found.append("Authorization: " + authorization.split(" ")[0])
    for cookie in headers.get("cookie", "").split("; "):
        name = cookie.split("=")[0]
        if name == "session" or name.endswith("_token_cookie"):
            found.append("Cookie: " + name)
    if headers.get("x-csrf-token"):
        found.append("X-CSRF-TOKEN")
    return json.dumps(found)


def cors(headers):
    """For a page on a port of this machine."""
    origin = headers.get("origin") or ""
    if not origin.startswith("http://localhost:"):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Headers": headers.get("access-control-request-headers") or "",
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Access-Control-Expose-Headers": "Saw",
        "Saw": saw(headers),
        "Vary": "Origin",
    }


def listen():
    """A socket on the port that was asked for, and the line by which its starter learns which one it is."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", options["port"]))
        listener.listen(64)
    except OSError as problem:
        if problem.errno != errno.EADDRINUSE:
            raise
        print(json.dumps({"busy": options["port"]}), flush=True)
        sys.exit(1)
    print(json.dumps({"url": f"http://localhost:{listener.getsockname()[1]}"}), flush=True)
    return listener
