// Each suite of mocha: its test files (`under`, `pattern`), what mocha is told, and what TypeScript must become first.
// `prepare` is what the project makes of its source before, `links` are folders that its tests expect under another name.
// docs/compatibility.md has the versions.

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
    prepare: [['generateRawScripts.js'], ['commandTransform.js', './rawScripts', './lib/scripts']],
    under: 'test',
    pattern: /^test_.*\.js$/,
    flags: ['--timeout', '10000'],
    env: { NODE_ENV: 'test' },
  },
  bullmq: {
    prepare: [
      [
        'node_modules/ts-node/dist/bin.js',
        '--transpile-only',
        '--project',
        'tsconfig-cjs.json',
        'scripts/generateRawScripts.ts',
      ],
      ['scripts/commandTransform.js', './rawScripts', './src/scripts'],
    ],
    under: 'tests',
    pattern: /^test_.*\.[tj]s$/,
    compile: ['src', 'tests', 'mocha.setup.ts'],
    // CommonJS in which import() stays: the processors of its sandboxes may be ESM.
    module: 'Node16',
    links: { 'dist/cjs': 'src' },
    with: ['mocha.setup.js'],
    flags: ['--timeout', '10000'],
    env: { NODE_ENV: 'test' },
  },
  'rate-limiter-flexible': { under: 'test', pattern: /^RateLimiterRedis.*\.ioredis\.test\.js$/, flags: [] },
  bottleneck: {
    under: 'test',
    pattern: /^\w+\.js$/,
    flags: ['--timeout', '10000'],
    // Its tests disconnect while commands are under way; the version of Node that they were written for only warned.
    nodeOptions: ['--unhandled-rejections=warn'],
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
