/** In place of `node:http2`, which undici and fastify load and the guard never speaks: 8 MB of memory. */
export const constants = {}
