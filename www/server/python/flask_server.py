"""Flask with Flask-JWT-Extended as its documentation shows it: `tokens` in JSON, in `cookies`, or Flask's own `session`."""

from datetime import timedelta
from secrets import token_hex

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

mode = server.options["mode"]

app = Flask(__name__)
app.secret_key = app.config["JWT_SECRET_KEY"] = token_hex()
app.config["JWT_TOKEN_LOCATION"] = ["cookies"] if mode == "cookies" else ["headers"]
app.config["JWT_COOKIE_SECURE"] = False
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(seconds=server.options["lifetime"])
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
    response.headers.update(server.cors(request.headers))
    return response


def access_token(name, fresh):
    return create_access_token(name, fresh=fresh, additional_claims=server.claims(server.accounts[name]))


@app.post("/login")
def login():
    account = server.authenticate(request.json.get("username"), request.json.get("password"))
    if not account:
        return jsonify(msg="Bad username or password"), 401
    name = account["username"]
    if mode == "session":
        session["user"] = name
        return jsonify(msg="welcome")
    # What was revoked before is of no more interest.
    revokes_all.update(access=False, refresh=False)
    access, refresh = access_token(name, fresh=True), create_refresh_token(identity=name)
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
    access = access_token(get_jwt_identity(), fresh=False)
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


def user(**more):
    if mode == "session":
        name = session.get("user")
        return (jsonify(sub=name, **more), 200) if name else (jsonify(msg="nobody"), 401)
    return jsonify(sub=get_jwt_identity(), fresh=get_jwt()["fresh"], **more), 200


def protected(view):
    return view if mode == "session" else jwt_required()(view)


@app.get("/session")
@protected
def who():
    name = session.get("user") if mode == "session" else get_jwt_identity()
    return user(**server.claims(server.accounts[name])) if name else user()


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
