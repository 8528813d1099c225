# The bot as an image: its libraries pinned by hash (the base image by its tag, the build tool by its
# version), no root, nothing to write but /data. HOST is 127.0.0.1 as everywhere: for HTTP from outside
# the container set HOST=0.0.0.0 behind a TLS proxy; Socket Mode needs no port.
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
COPY config config
RUN pip install --no-cache-dir hatchling==1.33.0 \
    && pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /venv/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data nsx-restore && install -d -o 10001 -m 0700 /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DATABASE_URL=sqlite:////data/nsx-restore.db
USER 10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["nsx-restore"]
CMD ["serve"]
