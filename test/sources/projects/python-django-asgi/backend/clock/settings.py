import os

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-development")
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = []
MIDDLEWARE = []
ROOT_URLCONF = "clock.urls"
ASGI_APPLICATION = "clock.asgi.application"
USE_TZ = True
