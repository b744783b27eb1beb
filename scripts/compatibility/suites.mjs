// Each suite of mocha: its test files (`under`, `pattern`), what mocha is told, and what TypeScript must become first.
// docs/compatibility.md has the versions, and what is installed and made in a checkout before its tests run.

export const SUITES = {
  ioredis: {
    under: 'test/functional',
    pattern: /\.[tj]s$/,
    compile: ['lib', 'test/helpers', 'test/functional'],
    lib: 'lib',
    flags: ['--timeout', '8000'],
    with: ['test/helpers/global.js'],
    env: { NODE_ENV: 'test' },
  },
  bull: {
    under: 'test',
    pattern: /^test_.*\.js$/,
    flags: ['--timeout', '10000'],
    env: { NODE_ENV: 'test' },
  },
  bullmq: {
    under: 'tests',
    pattern: /^test_.*\.[tj]s$/,
    compile: ['src', 'tests', 'mocha.setup.ts'],
    with: ['mocha.setup.js'],
    flags: ['--timeout', '10000'],
  },
  'rate-limiter-flexible': { under: 'test', pattern: /^RateLimiterRedis.*\.ioredis\.test\.js$/, flags: [] },
  bottleneck: {
    under: 'test',
    pattern: /^\w+\.js$/,
    flags: ['--timeout', '10000'],
    env: { DATASTORE: 'ioredis', BUILD: 'main', REDIS_HOST: '127.0.0.1', REDIS_PORT: '6379' },
  },
  redlock: { under: '', pattern: /^test\.js$/, flags: ['--grep', 'npmjs.com/package/ioredis'] },
  'socket.io-redis-adapter': {
    under: 'test',
    pattern: /^test-runner\.[tj]s$/,
    compile: ['lib', 'test'],
    flags: ['--timeout', '10000', '--grep', 'ioredis standalone'],
  },
};
