"""The shop's front: lists what is for sale. Flask for the routes, gunicorn to serve them."""

import os

from flask import Flask, jsonify

app = Flask(__name__)

GOODS = [
    {"id": "rope", "title": "Rope, 10 m"},
    {"id": "anchor", "title": "Anchor, 4 kg"},
    {"id": "lamp", "title": "Storm lamp"},
]


@app.get("/")
def goods():
    return jsonify(service="app-server", host=os.uname().nodename, goods=GOODS)


@app.get("/health")
def health():
    return jsonify(status="ok")
