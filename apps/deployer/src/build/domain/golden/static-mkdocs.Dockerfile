FROM py:3 AS files
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN ["python3","-m","venv","/opt/venv"]
ENV PATH=/opt/venv/bin:$PATH
ENV VIRTUAL_ENV=/opt/venv
ENV PYTHONUNBUFFERED=1
COPY ["requirements.txt","./"]
RUN ["pip","install","--disable-pip-version-check","-r","requirements.txt"]
COPY --chown=10001:10001 . ./
RUN ["sh","-c","\"$@\" && find . -name node_modules -prune -o -user 0 -exec chown -h 10001:10001 {} +","sh","mkdocs","build"]
RUN ["sh","-c","set -e; [ -d \"$1\" ] || { echo \"config.json: output: the build made no folder $1; there are: $(ls -d */ 2>/dev/null | tr '\\n' ' ')\" >&2; exit 1; }; [ -f \"$1/index.html\" ] || [ -f \"$1/index.htm\" ] || { echo \"config.json: output: the build made no index.html in $1; it holds: $(ls \"$1\" | head -n 20 | tr '\\n' ' ')\" >&2; exit 1; }; find \"$1\" -type f -exec touch {} +; chmod -R a+rX \"$1\"","sh","site"]
FROM nginx:1
COPY --from=files ["/app/site/","/srv/site/"]
COPY [".slipway/nginx.conf","/etc/slipway/nginx.conf"]
USER 10001:10001
EXPOSE 8080
CMD ["nginx","-c","/etc/slipway/nginx.conf","-g","daemon off;"]
