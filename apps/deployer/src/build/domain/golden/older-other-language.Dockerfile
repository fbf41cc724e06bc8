FROM ruby:3
USER 0
WORKDIR /myapp
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/myapp"]
COPY --chown=10001:10001 . ./
USER 10001:10001
EXPOSE 8000
ENTRYPOINT []
CMD ["python3","/myapp/s1.py"]
