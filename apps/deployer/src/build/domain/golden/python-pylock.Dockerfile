FROM slipway/python:3.11
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN ["python3","-m","venv","/opt/venv"]
RUN ["python3","-m","venv","/opt/uv"]
RUN --mount=type=cache,target=/root/.cache/pip ["/opt/uv/bin/pip","install","--disable-pip-version-check","--no-compile","uv==0.13.9"]
ENV PATH=/opt/venv/bin:/opt/uv/bin:$PATH
ENV VIRTUAL_ENV=/opt/venv
ENV PYTHONUNBUFFERED=1
ENV UV_PROJECT_ENVIRONMENT=/opt/venv
ENV UV_PYTHON=/opt/venv/bin/python3
ENV UV_PYTHON_DOWNLOADS=never
ENV UV_LINK_MODE=copy
COPY ["pylock.toml","./"]
RUN --mount=type=cache,target=/root/.cache/uv ["uv","pip","sync","pylock.toml"]
COPY --chown=10001:10001 . ./
ENV UV_NO_SYNC=1
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn","--bind","0.0.0.0:8000","app:app"]
