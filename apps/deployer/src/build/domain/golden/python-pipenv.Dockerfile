FROM slipway/python:3.11
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN ["python3","-m","venv","/opt/venv"]
RUN ["python3","-m","venv","/opt/pipenv"]
RUN --mount=type=cache,target=/root/.cache/pip ["/opt/pipenv/bin/pip","install","--disable-pip-version-check","--no-compile","pipenv==2026.10.3"]
ENV PATH=/opt/venv/bin:/opt/pipenv/bin:$PATH
ENV VIRTUAL_ENV=/opt/venv
ENV PYTHONUNBUFFERED=1
ENV PIPENV_VERBOSITY=-1
ENV PIPENV_NOSPIN=1
ENV PIPENV_YES=1
COPY ["Pipfile","Pipfile.lock","./"]
RUN --mount=type=cache,target=/root/.cache/pipenv ["pipenv","install","--deploy"]
COPY --chown=10001:10001 . ./
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn","--bind","0.0.0.0:8000","app:app"]
