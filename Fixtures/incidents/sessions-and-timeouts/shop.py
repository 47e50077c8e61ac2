import socket
from flask import Flask, session
from flask_session import Session
import redis

app = Flask(__name__)
app.config.update(
    SESSION_TYPE="redis", SESSION_REDIS=redis.Redis("10.20.0.80"), SECRET_KEY="lab",
    PERMANENT_SESSION_LIFETIME=60 * 60 * 24 * 90)
Session(app)


@app.get("/")
def landing():
    session["seen"] = ["%08d" % n for n in range(90)]
    session["campaign"] = "spring"
    return "welcome"


@app.get("/invoice.pdf")
def invoice():
    # Asks the printer's service, which does not answer.
    link = socket.create_connection(("10.20.0.81", 9100))
    return link.recv(100)
