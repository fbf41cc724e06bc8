FROM slipway/node:24
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN ["npm","install","--global","@yarnpkg/cli-dist@4.9.4"]
ENV PATH=/app/node_modules/.bin:$PATH
ENV YARN_ENABLE_GLOBAL_CACHE=false
COPY ["package.json","yarn.lock",".yarnrc.yml","./"]
RUN ["yarn","install","--immutable"]
RUN ["yarn","workspaces","focus","--all","--production"]
COPY --chown=10001:10001 . ./
ENV NODE_OPTIONS="--require=/app/.pnp.cjs --experimental-loader=/app/.pnp.loader.mjs"
ENV NODE_ENV=production
USER 10001:10001
EXPOSE 8080
CMD ["node","server.js"]
