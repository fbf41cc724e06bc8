import os

from flask import Flask, jsonify
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///books.db")
db = SQLAlchemy(app)
migrate = Migrate(app, db)


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(80), nullable=False)


@app.get("/")
def about():
    return "A shelf of books"


@app.get("/books")
def books():
    db.session.add(Book(title="The first"))
    db.session.commit()
    return jsonify([book.title for book in Book.query.all()])
