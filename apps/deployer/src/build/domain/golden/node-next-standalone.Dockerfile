FROM slipway/node:24
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
ENV PATH=/app/node_modules/.bin:$PATH
COPY ["package.json","package-lock.json","./"]
RUN ["npm","ci","--omit=dev"]
COPY --chown=10001:10001 . ./
RUN ["sh","-c","\"$@\" && find . -name node_modules -prune -o -user 0 -exec chown -h 10001:10001 {} +","sh","npm","run","build"]
RUN ["sh","-c","\"$@\" && find . -name node_modules -prune -o -user 0 -exec chown -h 10001:10001 {} +","sh","cp","-r",".next/static",".next/standalone/.next/"]
RUN ["sh","-c","\"$@\" && find . -name node_modules -prune -o -user 0 -exec chown -h 10001:10001 {} +","sh","cp","-r","public",".next/standalone/"]
ENV HOSTNAME=0.0.0.0
ENV NODE_ENV=production
USER 10001:10001
EXPOSE 8080
CMD ["node",".next/standalone/server.js"]
