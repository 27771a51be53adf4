# docker build --tag hexpress .
# docker run --rm --publish 3000:3000 --volume hexpress:/data --env DATABASE_URL=sqlite:///data/hexpress.db \
#     --env AUTO_MIGRATE=true hexpress

FROM rust:1.95-slim-trixie AS build
WORKDIR /source
COPY . .
# The caches stay out of the image, so the program is moved out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --locked --release --package hexpress && \
    cp target/release/hexpress /usr/local/bin/hexpress

FROM debian:trixie-slim
# For sslmode=verify-full, which is the default in production.
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates && \
    rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin hexpress && \
    install --directory --owner=hexpress --group=hexpress --mode=0700 /data
COPY --from=build /usr/local/bin/hexpress /usr/local/bin/hexpress
USER 10001
WORKDIR /data
VOLUME /data
ENV APP_ENV=production
# docs/operations.md, "Memory".
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["hexpress", "healthcheck"]
ENTRYPOINT ["hexpress"]
