// Runs the example server until it is told to stop: PORT=3000 node examples/server/start.mjs

import { shutdown } from 'orgcache';
import { createServer } from './server.mjs';
import { untilSignalled } from './signals.mjs';

const CACHE_SHUTDOWN_MS = 5_000;

const server = createServer();
const url = await server.listen({ port: Number(process.env.PORT ?? 3000) });
console.log(`listening on ${url}`);

await untilSignalled();
await server.close();
await shutdown({ timeoutMs: CACHE_SHUTDOWN_MS });
