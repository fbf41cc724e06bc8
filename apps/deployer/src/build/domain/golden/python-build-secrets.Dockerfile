FROM slipway/python:3.11
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN --mount=type=secret,id=PIP_INDEX_URL,required=true ["sh","-c","PIP_INDEX_URL=$(cat /run/secrets/PIP_INDEX_URL && echo .) && PIP_INDEX_URL=${PIP_INDEX_URL%.} && export PIP_INDEX_URL && exec \"$@\"","sh","python3","-m","venv","/opt/venv"]
ENV PATH=/opt/venv/bin:$PATH
ENV VIRTUAL_ENV=/opt/venv
ENV PYTHONUNBUFFERED=1
COPY ["requirements.txt","./"]
RUN --mount=type=secret,id=PIP_INDEX_URL,required=true --mount=type=cache,target=/root/.cache/pip ["sh","-c","PIP_INDEX_URL=$(cat /run/secrets/PIP_INDEX_URL && echo .) && PIP_INDEX_URL=${PIP_INDEX_URL%.} && export PIP_INDEX_URL && exec \"$@\"","sh","pip","install","--disable-pip-version-check","-r","requirements.txt"]
COPY --chown=10001:10001 . ./
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn","--bind","0.0.0.0:8000","app:app"]
