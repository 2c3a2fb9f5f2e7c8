# The image of Ray nodes: judges candidates. It has no model client, no store driver and
# no command line: of the dependencies of heuresis only worker-requirements.txt.
ARG PYTHON_VERSION=3.12.13

FROM python:${PYTHON_VERSION}-slim-bookworm AS wheel
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY evolve evolve
COPY evaluators evaluators
COPY problems problems
COPY prompts prompts
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /dist .

FROM python:${PYTHON_VERSION}-slim-bookworm AS install
ARG RAY_VERSION=2.60.0
COPY --from=wheel /dist /dist
COPY docker/worker-requirements.txt /dist/
RUN python -m venv /opt/heuresis \
 && /opt/heuresis/bin/pip install --no-cache-dir \
      -r /dist/worker-requirements.txt "ray==${RAY_VERSION}" \
 && /opt/heuresis/bin/pip install --no-cache-dir --no-deps /dist/heuresis-*.whl

FROM python:${PYTHON_VERSION}-slim-bookworm
# Debian removes old versions from its archive, so a pinned one would stop to build.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --create-home --home-dir /heuresis heuresis
COPY --from=install /opt/heuresis /opt/heuresis
COPY docker/probe.py /opt/heuresis/probe.py
COPY --chmod=755 docker/node.sh /usr/local/bin/ray-node
ENV PATH=/opt/heuresis/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /heuresis
USER 10001:10001
HEALTHCHECK --interval=60s --timeout=30s --start-period=60s \
  CMD ["python", "/opt/heuresis/probe.py", "seccomp"]
ENTRYPOINT ["ray-node"]
CMD ["help"]
