FROM slipway/python:3.11
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN ["python3","-m","venv","/opt/venv"]
ENV PATH=/opt/venv/bin:$PATH
ENV VIRTUAL_ENV=/opt/venv
ENV PYTHONUNBUFFERED=1
COPY ["requirements.txt","./"]
RUN --mount=type=cache,target=/root/.cache/pip ["pip","install","--disable-pip-version-check","-r","requirements.txt"]
COPY --chown=10001:10001 . ./
RUN ["sh","-c","\"$@\" && find . -name node_modules -prune -o -user 0 -exec chown -h 10001:10001 {} +","sh","env","SECRET_KEY=not-known-to-the-build","python","manage.py","collectstatic","--noinput"]
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn","--bind","0.0.0.0:8000","shop.wsgi:application"]
