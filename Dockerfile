# The server with everything that it needs; `docker compose up` adds PostgreSQL. Only the build fetches anything.
FROM python:3.12-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ make cmake git \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV CMAKE_ARGS="-DGGML_OPENMP=OFF -DLLAVA_BUILD=OFF"
COPY requirements.lock requirements-uv.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --quiet --require-hashes -r requirements-uv.lock \
    && .venv/bin/uv pip sync --python .venv/bin/python --require-hashes requirements.lock
COPY . .
RUN .venv/bin/uv pip install --python .venv/bin/python --no-deps --no-build-isolation --editable .

FROM python:3.12-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends nmap libstdc++6 postgresql-client tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 smallwatch \
    && install -d -o smallwatch -g smallwatch /home/smallwatch/.local /home/smallwatch/.local/share \
        /home/smallwatch/.local/share/smallwatch
COPY --from=build /app /app
WORKDIR /app
USER smallwatch
ENV PATH="/app/.venv/bin:$PATH" PYTHONUNBUFFERED=1
VOLUME /home/smallwatch/.local/share/smallwatch
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/ready', timeout=4)"]
ENTRYPOINT ["tini", "--", "smallwatch"]
CMD ["serve", "--host", "0.0.0.0"]
