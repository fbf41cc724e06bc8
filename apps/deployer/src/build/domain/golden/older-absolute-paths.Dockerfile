FROM own/py:3
USER 0
WORKDIR /myapp
RUN ["sh","-c","grep -q '^[^:]*:[^:]*:10001:' /etc/passwd || echo 'slipway:x:10001:10001::/home/slipway:/bin/sh' >> /etc/passwd; grep -q '^[^:]*:[^:]*:10001:' /etc/group || echo 'slipway:x:10001:' >> /etc/group; mkdir -p /home/slipway \"$1\" && chown 10001:10001 /home/slipway \"$1\"","sh","/myapp"]
RUN ["python3","-m","venv","--system-site-packages","/opt/venv"]
ENV PATH=/opt/venv/bin:$PATH
ENV PYTHONUNBUFFERED=1
COPY ["requirements.txt","./"]
RUN --mount=type=cache,target=/root/.cache/pip ["pip","install","-r","/myapp/requirements.txt"]
COPY --chown=10001:10001 . ./
USER 10001:10001
EXPOSE 8000
ENTRYPOINT []
CMD ["python3","/myapp/s1.py"]
