FROM slipway/python:3.11
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN ["python3","-m","venv","/opt/venv"]
RUN ["python3","-m","venv","/opt/poetry"]
RUN --mount=type=cache,target=/root/.cache/pip ["/opt/poetry/bin/pip","install","--disable-pip-version-check","--no-compile","poetry==2.5.1","poetry-plugin-export==1.10.1"]
ENV PATH=/opt/venv/bin:/opt/poetry/bin:$PATH
ENV VIRTUAL_ENV=/opt/venv
ENV PYTHONUNBUFFERED=1
ENV POETRY_NO_INTERACTION=1
COPY ["pyproject.toml","poetry.lock","./"]
RUN --mount=type=cache,target=/root/.cache/pypoetry ["poetry","export","--only","main","--output","/opt/poetry/requirements.txt"]
RUN --mount=type=cache,target=/root/.cache/pip ["pip","install","--disable-pip-version-check","-r","/opt/poetry/requirements.txt"]
COPY --chown=10001:10001 . ./
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn","--bind","0.0.0.0:8000","shop.app:app"]
