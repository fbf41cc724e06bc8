FROM slipway/python:3.11
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN ["python3","-m","venv","/opt/venv"]
ENV PATH=/opt/venv/bin:$PATH
ENV VIRTUAL_ENV=/opt/venv
ENV PYTHONUNBUFFERED=1
RUN --mount=type=cache,target=/root/.cache/pip ["pip","install","--disable-pip-version-check","bottle"]
COPY --chown=10001:10001 . ./
USER 10001:10001
EXPOSE 8000
CMD ["python","tides.py"]
