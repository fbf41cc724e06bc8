import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY") or "only-for-development"
    GREETING = "Notes of the factory"
