# The image of Onethread: one process, one volume, not root.
#
#   docker build -t onethread .
#   docker run -p 8000:8000 -v onethread:/data onethread
#
# Where no container engine runs, tests/frame/test_dockerfile.py performs these very steps in an empty folder: it parses
# this file, runs every RUN, COPY and ENV, starts the CMD and asks the HEALTHCHECK. Keep to the instructions it knows.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/onethread
COPY requirements.lock /src/
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/onethread/bin/pip install --quiet --require-hashes -r /src/requirements.lock
COPY pyproject.toml README.md LICENSE /src/
COPY server /src/server
COPY channels /src/channels
COPY memory /src/memory
COPY widget /src/widget
RUN /opt/onethread/bin/pip install --quiet --no-deps --no-build-isolation /src
RUN mkdir /data

FROM python:3.11-slim
ENV PATH=/opt/onethread/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ONETHREAD_SERVER__DATA=/data \
    ONETHREAD_SERVER__PORT=8000
COPY --from=build /opt/onethread /opt/onethread
COPY --from=build --chown=10001:10001 /data /data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['ONETHREAD_SERVER__PORT'] + '/healthz', timeout=4)"]
CMD ["onethread", "serve", "--host", "0.0.0.0"]
