FROM nginx:1 AS files
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
COPY --chown=10001:10001 . ./
RUN --mount=type=secret,id=FONTS_TOKEN,required=true ["sh","-c","FONTS_TOKEN=$(cat /run/secrets/FONTS_TOKEN && echo .) && FONTS_TOKEN=${FONTS_TOKEN%.} && export FONTS_TOKEN && exec \"$@\"","sh","sh","-c","\"$@\" && find . -name node_modules -prune -o -user 0 -exec chown -h 10001:10001 {} +","sh","sh","make.sh"]
RUN ["sh","-c","set -e; [ -d \"$1\" ] || { echo \"config.json: output: the build made no folder $1; there are: $(ls -d */ 2>/dev/null | tr '\\n' ' ')\" >&2; exit 1; }; [ -f \"$1/index.html\" ] || [ -f \"$1/index.htm\" ] || { echo \"config.json: output: the build made no index.html in $1; it holds: $(ls \"$1\" | head -n 20 | tr '\\n' ' ')\" >&2; exit 1; }; find \"$1\" -type f -exec touch {} +; chmod -R a+rX \"$1\"","sh","out"]
FROM nginx:1
COPY --from=files ["/app/out/","/srv/site/"]
COPY [".slipway/nginx.conf","/etc/slipway/nginx.conf"]
USER 10001:10001
EXPOSE 8080
CMD ["nginx","-c","/etc/slipway/nginx.conf","-g","daemon off;"]
