# Debian 12 has the version of Python that the tests run on.
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv
RUN python3 -m venv /opt/lagdesk
WORKDIR /src
COPY requirements.txt ./
RUN /opt/lagdesk/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . ./
RUN /opt/lagdesk/bin/pip install --no-cache-dir --no-deps . \
    && /opt/lagdesk/bin/pip uninstall -y pip setuptools

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /data lagdesk \
    && install -d -m 700 -o lagdesk /data
COPY --from=build /opt/lagdesk /opt/lagdesk
ENV PATH=/opt/lagdesk/bin:$PATH HOST=0.0.0.0 PORT=3000
USER lagdesk
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --start-period=20s --timeout=5s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:%s/healthz' % os.environ['PORT'])"]
ENTRYPOINT ["lagdesk"]
CMD ["serve"]
