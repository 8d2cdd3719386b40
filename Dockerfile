# One image for every process: the command says which. Debian, because Temporal's native core has no musl build.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node scripts/build.mjs && npm prune --omit=dev

FROM node:24-bookworm-slim
# Certificates are needed by Temporal's core even without TLS.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production NODE_OPTIONS=--max-old-space-size=1024
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# For what outlives a container: the keyring, the simulator's chats. A volume takes its owner from here.
RUN mkdir -m 0700 /data && chown node:node /data
USER node
ARG BUILD_ID=unknown
ENV DOORMAN_BUILD_ID=$BUILD_ID
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["web"]
# web answers on its internal port, the worker on the next one.
ENV HEALTH_PORT=3001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT}/livez`).then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))"]
