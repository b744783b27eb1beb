'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { BLOCKS } = require('../support/documents');
const { installPacked, makeFolder, packBoth, tool } = require('../support/packed');
const { runNode } = require('../support/process');

const FRAMEWORKS = ['fastify', '@nestjs', '@types', 'reflect-metadata', 'rxjs'];
const ANSWERS = ['database', 'cache'].map((from) => `{"from":"${from}","prices":{"basic":9}}`);

let app;

beforeAll(() => {
  const workplace = makeFolder('frameworks');
  const { main, binary } = packBoth(workplace);
  app = path.join(workplace, 'app');
  installPacked(app, main.tarball, binary.tarball);
  for (const name of FRAMEWORKS) {
    fs.symlinkSync(tool(name), path.join(app, 'node_modules', name), 'junction');
  }
}, 120_000);

afterAll(() => fs.rmSync(path.dirname(app), { recursive: true, force: true }));

describe('the example of docs/getting-started.md for', () => {
  test('Fastify answers from the cache the second time', async () => {
    writeExample('fastify.mjs');
    const program = `import { app } from './fastify.mjs';
      for (const _ of [1, 2]) console.log((await app.inject('/organizations/org-1/prices')).body);
      await app.close();`;
    expect(await run('main.mjs', program)).toEqual(ANSWERS);
  });

  test('Fastify limits its routes', async () => {
    writeExample('fastify-limits.mjs');
    const program = `import { app } from './fastify-limits.mjs';
      const status = async (method, url) => (await app.inject({ method, url })).statusCode;
      for (let i = 0; i < 6; i++) console.log(await status('POST', '/login'));
      console.log(await status('GET', '/prices'));
      await app.close();`;
    expect(await run('limits.mjs', program)).toEqual(['200', '200', '200', '200', '200', '429', '200']);
  });

  test('NestJS is typed, answers from the cache the second time, and ends with the application', async () => {
    const source = writeExample('nest.ts');
    const compiler = path.join(tool('typescript-5.9'), 'bin', 'tsc');
    const decorated = ['--experimentalDecorators', '--emitDecoratorMetadata'];
    const options = [
      '--strict',
      '--skipLibCheck',
      '--module',
      'commonjs',
      '--target',
      'es2022',
      '--types',
      'node',
    ];
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, ...decorated, source], {
      cwd: app,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, '']);
    const program = `require('reflect-metadata');
      const { NestFactory } = require('@nestjs/core');
      const { AppModule } = require('./nest.js');
      async function main() {
        const app = await NestFactory.create(AppModule, { logger: false });
        await app.listen(0, '127.0.0.1');
        for (const _ of [1, 2]) console.log(await (await fetch(await app.getUrl() + '/organizations/org-1/prices')).text());
        await app.close();
      }
      main();`;
    expect(await run('main.cjs', program)).toEqual(ANSWERS);
  });
});

function writeExample(name) {
  const { text } = BLOCKS.find(({ settings }) => settings.file === name);
  const file = path.join(app, name);
  fs.writeFileSync(file, text);
  return file;
}

async function run(name, program) {
  const file = path.join(app, name);
  fs.writeFileSync(file, program);
  const { stdout } = await runNode([file], { env: { USE_REDIS: 'false' } });
  return stdout.trimEnd().split('\n');
}
