"""Flask with Flask-JWT-Extended as its documentation shows it: `tokens` in JSON, in `cookies`, or Flask's own `session`."""

import sys
from datetime import timedelta

from flask import Flask, jsonify, request, session
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)
from werkzeug.serving import make_server

import server

mode = sys.argv[1]

app = Flask(__name__)
app.secret_key = app.config["JWT_SECRET_KEY"] = "a secret of this test, and of nothing else"
app.config["JWT_TOKEN_LOCATION"] = ["cookies"] if mode == "cookies" else ["headers"]
app.config["JWT_COOKIE_SECURE"] = False
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(minutes=15)
jwt = JWTManager(app)

revoked = set()
revokes_all = {"access": False, "refresh": False}


@jwt.token_in_blocklist_loader
def is_revoked(_header, payload):
    return payload["jti"] in revoked or revokes_all[payload["type"]]


@app.before_request
def preflight():
    if request.method == "OPTIONS":
        return "", 204
    if not request.path.startswith("/test/"):
        server.note(request.method, request.path, dict(request.headers), request.get_data(as_text=True))


@app.after_request
def allow(response):
    response.headers.update(server.cors(request.headers.get("Origin"), request.headers.get("Access-Control-Request-Headers")))
    return response


def is_known():
    return request.json.get("password") == server.PASSWORD


@app.post("/login")
def login():
    name = request.json.get("username")
    if not is_known():
        return jsonify(msg="Bad username or password"), 401
    if mode == "session":
        session["user"] = name
        return jsonify(msg="welcome")
    # What was revoked before is of no more interest.
    revokes_all.update(access=False, refresh=False)
    access, refresh = create_access_token(identity=name, fresh=True), create_refresh_token(identity=name)
    if mode == "tokens":
        return jsonify(access_token=access, refresh_token=refresh)
    response = jsonify(msg="login successful")
    set_access_cookies(response, access)
    set_refresh_cookies(response, refresh)
    return response


@app.post("/refresh")
@jwt_required(refresh=True)
def refresh():
    revokes_all["access"] = False
    access = create_access_token(identity=get_jwt_identity(), fresh=False)
    if mode == "tokens":
        return jsonify(access_token=access)
    response = jsonify(msg="refreshed")
    set_access_cookies(response, access)
    return response


@app.post("/logout")
@jwt_required(verify_type=False, optional=True)
def logout():
    if mode == "session":
        session.clear()
        return jsonify(msg="bye")
    token = get_jwt()
    if token:
        revoked.add(token["jti"])
    response = jsonify(msg="token revoked")
    if mode == "cookies":
        unset_jwt_cookies(response)
    return response


def user():
    if mode == "session":
        name = session.get("user")
        return (jsonify(sub=name), 200) if name else (jsonify(msg="nobody"), 401)
    return jsonify(sub=get_jwt_identity(), fresh=get_jwt()["fresh"]), 200


def protected(view):
    return view if mode == "session" else jwt_required()(view)


@app.get("/session")
@protected
def who():
    return user()


@app.route("/api/me", methods=["GET", "POST", "DELETE"], endpoint="me")
@protected
def me():
    return user()


@app.post("/api/fresh")
@jwt_required(fresh=True)
def fresh():
    return user()


@app.get("/test/requests")
def seen():
    return jsonify(server.requests)


@app.post("/test/revoke/<kind>")
def revoke(kind):
    revokes_all[kind] = True
    return jsonify()


@app.post("/test/lifetime/<int:seconds>")
def lifetime(seconds):
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(seconds=seconds)
    return jsonify()


listener = server.listen()
make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno()).serve_forever()
