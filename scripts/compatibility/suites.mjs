// Each suite of mocha: its test files (`under`, `pattern`), what mocha is told, and what TypeScript must become first.

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
  bull: { under: 'test', pattern: /test_.*\.js$/, flags: ['--timeout', '10000'] },
  bullmq: {
    under: 'tests',
    pattern: /test_.*\.[tj]s$/,
    compile: ['src', 'tests'],
    flags: ['--timeout', '10000'],
  },
  'rate-limiter-flexible': { under: 'test', pattern: /Redis.*\.test\.js$/, flags: ['--timeout', '5000'] },
  bottleneck: {
    under: 'test',
    pattern: /^(?!.*(browser|DOCS)).*\.js$/i,
    flags: ['--timeout', '10000'],
    env: { DATASTORE: 'ioredis', BUILD: 'main' },
  },
  redlock: { under: 'src', pattern: /\.test\.[tj]s$/, compile: ['src'], flags: ['--timeout', '10000'] },
  'socket.io-redis-adapter': {
    under: 'test',
    pattern: /\.[tj]s$/,
    compile: ['lib', 'test'],
    flags: ['--timeout', '10000'],
    env: { REDIS_CLIENT: 'ioredis' },
  },
};
