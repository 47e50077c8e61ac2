import re
from flask import Flask, request

app = Flask(__name__)
MAIL = re.compile(r"^([a-zA-Z0-9]+[._-]?)+@example\\.com$")


@app.get("/")
def landing():
    return "welcome"


@app.get("/subscribe")
def subscribe():
    return "ok" if MAIL.match(request.args.get("mail", "")) else ("no such address", 422)
