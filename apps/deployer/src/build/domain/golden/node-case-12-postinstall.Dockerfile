FROM slipway/node:24
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
ENV PATH=/app/node_modules/.bin:$PATH
COPY ["package.json","package-lock.json","./"]
COPY --chown=10001:10001 . ./
RUN ["npm","ci","--omit=dev"]
ENV NODE_ENV=production
USER 10001:10001
EXPOSE 8080
CMD ["node","server.js"]
