FROM slipway/node:24
WORKDIR /app
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/app"]
RUN --mount=type=secret,id=NPM_TOKEN,required=true --mount=type=secret,id=SENTRY_AUTH_TOKEN,required=true ["sh","-c","NPM_TOKEN=$(cat /run/secrets/NPM_TOKEN && echo .) && NPM_TOKEN=${NPM_TOKEN%.} && export NPM_TOKEN && SENTRY_AUTH_TOKEN=$(cat /run/secrets/SENTRY_AUTH_TOKEN && echo .) && SENTRY_AUTH_TOKEN=${SENTRY_AUTH_TOKEN%.} && export SENTRY_AUTH_TOKEN && exec \"$@\"","sh","npm","install","--global","pnpm@9.15.9"]
ENV PATH=/app/node_modules/.bin:$PATH
COPY ["package.json","pnpm-lock.yaml",".npmrc","./"]
RUN --mount=type=secret,id=NPM_TOKEN,required=true --mount=type=secret,id=SENTRY_AUTH_TOKEN,required=true ["sh","-c","NPM_TOKEN=$(cat /run/secrets/NPM_TOKEN && echo .) && NPM_TOKEN=${NPM_TOKEN%.} && export NPM_TOKEN && SENTRY_AUTH_TOKEN=$(cat /run/secrets/SENTRY_AUTH_TOKEN && echo .) && SENTRY_AUTH_TOKEN=${SENTRY_AUTH_TOKEN%.} && export SENTRY_AUTH_TOKEN && exec \"$@\"","sh","pnpm","install","--frozen-lockfile","--prod=false"]
COPY --chown=10001:10001 . ./
RUN --mount=type=secret,id=NPM_TOKEN,required=true --mount=type=secret,id=SENTRY_AUTH_TOKEN,required=true ["sh","-c","NPM_TOKEN=$(cat /run/secrets/NPM_TOKEN && echo .) && NPM_TOKEN=${NPM_TOKEN%.} && export NPM_TOKEN && SENTRY_AUTH_TOKEN=$(cat /run/secrets/SENTRY_AUTH_TOKEN && echo .) && SENTRY_AUTH_TOKEN=${SENTRY_AUTH_TOKEN%.} && export SENTRY_AUTH_TOKEN && exec \"$@\"","sh","sh","-c","\"$@\" && find . -name node_modules -prune -o -user 0 -exec chown -h 10001:10001 {} +","sh","pnpm","run","build"]
RUN --mount=type=secret,id=NPM_TOKEN,required=true --mount=type=secret,id=SENTRY_AUTH_TOKEN,required=true ["sh","-c","NPM_TOKEN=$(cat /run/secrets/NPM_TOKEN && echo .) && NPM_TOKEN=${NPM_TOKEN%.} && export NPM_TOKEN && SENTRY_AUTH_TOKEN=$(cat /run/secrets/SENTRY_AUTH_TOKEN && echo .) && SENTRY_AUTH_TOKEN=${SENTRY_AUTH_TOKEN%.} && export SENTRY_AUTH_TOKEN && exec \"$@\"","sh","env","CI=true","pnpm","prune","--prod","--config.ignore-scripts=true"]
ENV NODE_ENV=production
USER 10001:10001
EXPOSE 8080
CMD ["node","dist/index.js"]
