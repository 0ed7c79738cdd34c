# docker build --build-arg VERSION=0.1.0 --build-arg GIT_SHA="$(git rev-parse HEAD)" \
#   --build-arg BUILD_DATE="$(date -u +%FT%TZ)" .
# How the images are pinned, and how one is published: docs/image.md. No ARG in FROM: Dependabot does not read those.
FROM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS node

# On the builder's own processor: nothing in the bundle depends on it.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS build
WORKDIR /source
# In a layer of its own, so that a change of ours does not install the packages again. None of them needs its install script.
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-fund --no-audit
COPY . .
ARG GIT_SHA
ARG BUILD_DATE
RUN tools/build/make-image-root /image

# On the target's processor, by the very Node that will run it: Node takes no cache that another one made.
FROM node AS cache
COPY --from=build /image /image
COPY tools/build/make-compile-cache.ts /
RUN node make-compile-cache.ts /image/app

FROM gcr.io/distroless/cc-debian13:nonroot@sha256:54df941ed0d06a1bd95ef5e0ce391fd8d9f94b64782dc9a60062727849ee3f97
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=cache /image/app /app
# For LOG_DIR: a volume that is mounted there belongs to the image's user.
COPY --from=cache --chown=65532:65532 /image/var/log/version-guard /var/log/version-guard
# glibc's malloc would keep a pool of memory for each thread: 35 MB of 200 with 1,000 services. It would also take larger and
# larger buffers from that pool, which keeps what is freed: 11 MB of 137.
ENV NODE_COMPILE_CACHE=/app/compile-cache NODE_COMPILE_CACHE_PORTABLE=1 \
    MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=32768
USER 65532:65532
EXPOSE 9877
STOPSIGNAL SIGTERM
# V8 starts four threads to collect and compile. On two processors a scrape waits for them: with one thread, the slowest
# scrape of a hundred takes half as long. V8 begins with a young generation of 1 MB, which pushes what is still in use into
# the old one, where it is expensive to collect: a sixth more CPU time for a probe. It grows, up to 32 MB, only if
# CHECK_CONCURRENCY is above its default.
ENTRYPOINT ["node", "--v8-pool-size=1", "--min-semi-space-size=3", "--max-semi-space-size=32", "/app/dist/main.js"]

ARG VERSION
ARG GIT_SHA
ARG BUILD_DATE
LABEL org.opencontainers.image.title="keybuzz-version-guard" \
      org.opencontainers.image.description="Tells whether what runs on Kubernetes is what you believe runs" \
      org.opencontainers.image.source="https://github.com/keybuzzio/keybuzz-version-guard" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${GIT_SHA}" \
      org.opencontainers.image.created="${BUILD_DATE}"
