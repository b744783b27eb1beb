import Redis, { type Redis as Named, print, type RedisOptions } from 'orgcache/ioredis';

import module = require('orgcache/ioredis');

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const same: Same<typeof Redis, typeof Named> = true;
const ofModule: Same<typeof module.default, typeof Named> = true;
const options: RedisOptions = { host: 'localhost', keyPrefix: 'app:', lazyConnect: true };
const client: Named = new Redis(options);
client.get('key', print);

export { client, ofModule, same };
