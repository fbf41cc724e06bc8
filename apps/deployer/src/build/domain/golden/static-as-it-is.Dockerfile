FROM nginx:1 AS files
WORKDIR /app
COPY . ./
RUN ["sh","-c","set -e; rm -rf .slipway Dockerfile config.json; find \"$1\" -type f -exec touch {} +; chmod -R a+rX \"$1\"","sh","."]
FROM nginx:1
COPY --from=files ["/app/","/srv/site/"]
COPY [".slipway/nginx.conf","/etc/slipway/nginx.conf"]
USER 10001:10001
EXPOSE 8080
CMD ["nginx","-c","/etc/slipway/nginx.conf","-g","daemon off;"]
