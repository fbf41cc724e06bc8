FLASK_APP=notes.py
