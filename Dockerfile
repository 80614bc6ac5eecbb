# One image for the three programs: docs/IMAGE.md tells how to build it and how to run it.

# The Node.js that package.json has for tests.
ARG NODE_VERSION=24.21.0

# Install scripts are left out in both stages: no package that is built with or shipped needs one.
FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /app
COPY .npmrc package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json ./
COPY apps apps
COPY libs libs
RUN npm run build \
  && chmod 755 dist/apps/*/src/main.js dist/apps/haproxystats/src/health-check.js

# What is shipped. Every package that package.json names is loaded once, to see that nothing is missing.
FROM node:${NODE_VERSION}-bookworm-slim AS files
WORKDIR /app
COPY .npmrc package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && rm package-lock.json .npmrc
COPY scripts/trim-packages.mjs /tmp/
RUN node /tmp/trim-packages.mjs \
  && node --eval "Object.keys(require('./package.json').dependencies).forEach(require)"
COPY LICENSE ./
COPY --from=build /app/dist dist

FROM node:${NODE_VERSION}-bookworm-slim
# npm, yarn, corepack and the headers of Node.js serve nobody here. (Their bytes stay in the layer below.) The directory of the polls belongs
# to the user of the image, and to group 0, in which any other user (--user, OpenShift) is.
RUN rm -rf /usr/local/lib/node_modules /usr/local/include/node /opt/yarn-* \
  && cd /usr/local/bin && rm -f npm npx corepack yarn yarnpkg \
  && ln -s /app/dist/apps/haproxystats/src/main.js haproxystats \
  && ln -s /app/dist/apps/puller/src/main.js haproxystats-pull \
  && ln -s /app/dist/apps/processor/src/main.js haproxystats-process \
  && ln -s /app/dist/apps/haproxystats/src/health-check.js haproxystats-health \
  && install --directory --owner=1000 --group=0 --mode=775 /var/lib/haproxystats
COPY --from=files /app /app

# Large buffers go back to the system when they are free: 35 MB less for a processor of large snapshots (docs/PERFORMANCE.md).
ENV MALLOC_MMAP_THRESHOLD_=131072

# The user "node" of the image below, by number: so it can be seen not to be root.
USER 1000:1000
STOPSIGNAL SIGTERM
EXPOSE 9311 9312
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s --retries=3 CMD ["haproxystats-health"]
# The program itself is process 1, so it gets the signals that end it.
ENTRYPOINT []
CMD ["haproxystats", "--help"]

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="haproxystats" \
  org.opencontainers.image.description="Collects HAProxy statistics, combines them into true numbers, and sends them to Graphite" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
