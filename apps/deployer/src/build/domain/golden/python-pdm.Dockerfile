FROM slipway/python:3.11
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN ["python3","-m","venv","/opt/venv"]
RUN ["python3","-m","venv","/opt/pdm"]
RUN --mount=type=cache,target=/root/.cache/pip ["/opt/pdm/bin/pip","install","--disable-pip-version-check","--no-compile","pdm==2.29.4","hishel[httpx2]<2"]
ENV PATH=/opt/venv/bin:/opt/pdm/bin:$PATH
ENV VIRTUAL_ENV=/opt/venv
ENV PYTHONUNBUFFERED=1
ENV PDM_CHECK_UPDATE=false
ENV PDM_NON_INTERACTIVE=1
COPY ["pyproject.toml","pdm.lock","./"]
RUN --mount=type=cache,target=/root/.cache/pdm ["pdm","sync","--prod","--no-self"]
COPY --chown=10001:10001 . ./
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn","--bind","0.0.0.0:8000","app:app"]
