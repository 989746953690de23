# Leadoff as a container. The project is mounted at /shop and may be read-only; database and pictures are in the volume /data.
#
#   docker build -t leadoff .
#   docker run --rm -v "$PWD/shop:/shop:ro" -v leadoff-data:/data leadoff apply --yes
#   docker run -d --name leadoff -v "$PWD/shop:/shop:ro" -v leadoff-data:/data -p 127.0.0.1:8025:8025 --stop-timeout 60 leadoff
#
# compose.yaml says the same with fewer rights.

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE requirements.lock ./
COPY engine/ engine/
COPY blocks/ blocks/
COPY flows/ flows/
COPY schemas/ schemas/
COPY examples/shop/ examples/shop/
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .
# The versions that the tests ran with; whether they are whole is checked by the registry's own hashes.
RUN grep -oE '^[A-Za-z0-9._-]+==[^ ;\\]+' requirements.lock > /wheels/constraints.txt

FROM python:3.11-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --constraint /wheels/constraints.txt /wheels/*.whl && rm -r /wheels
# The volume takes over the owner of the folder it is laid on, so it is made before VOLUME, and for the user who writes there.
RUN groupadd --gid 10001 leadoff \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin leadoff \
 && install -d -o 10001 -g 10001 -m 0700 /data
USER 10001:10001
WORKDIR /shop
ENV LEADOFF_LOG=json \
    LEADOFF_DATABASE_URL=sqlite:////data/leadoff.db \
    PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 8025
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8025/healthz', timeout=3)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["leadoff"]
CMD ["run", "--host", "0.0.0.0"]
