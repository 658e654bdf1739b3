"""FastAPI with the OAuth2 password form, as its tutorial shows it: form-encoded, no refresh token, refusals in `detail`."""

from datetime import datetime, timedelta, timezone
from secrets import token_hex
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm

import server

SECRET = token_hex()
ALGORITHM = "HS256"

app = FastAPI()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
options = {"lifetime": server.options["lifetime"], "is_opaque": False}
opaque = {}


@app.middleware("http")
async def allow(request: Request, call_next):
    if request.method == "OPTIONS":
        response = Response(status_code=204)
    else:
        if not request.url.path.startswith("/test/"):
            body = (await request.body()).decode()
            server.note(request.method, request.url.path, dict(request.headers), body)
        response = await call_next(request)
    response.headers.update(server.cors(request.headers))
    return response


@app.post("/token")
async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    account = server.authenticate(form.username, form.password)
    if not account:
        raise HTTPException(401, "Incorrect username or password", {"WWW-Authenticate": "Bearer"})
    if options["is_opaque"]:
        token = f"opaque-{len(opaque)}-of-{account['username']}"
        opaque[token] = account["username"]
    else:
        expires = datetime.now(timezone.utc) + timedelta(seconds=options["lifetime"])
        token = jwt.encode({"sub": account["username"], **server.claims(account), "exp": expires}, SECRET, ALGORITHM)
    return {"access_token": token, "token_type": "bearer"}


@app.get("/users/me")
async def me(token: Annotated[str, Depends(oauth2_scheme)]):
    try:
        name = opaque.get(token) or jwt.decode(token, SECRET, algorithms=[ALGORITHM])["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
    return {"username": name}


@app.get("/test/requests")
async def seen():
    return server.requests


@app.post("/test/options")
async def change(request: Request):
    options.update(await request.json())
    opaque.clear()


listener = server.listen()
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
