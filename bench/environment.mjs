/** Where the figures come from: without it they mean nothing to whoever reads them later. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os';
import { NEAR_PEERS } from './near-contenders.mjs';
import { canSeparate } from './placement.mjs';
import { requireRedisServer } from './redis-server.mjs';

/** Read as files: not every package exports its `package.json`. */
const MANIFESTS = {
  orgcache: new URL('../package.json', import.meta.url),
  peer: (name) => new URL(`./node_modules/${name}/package.json`, import.meta.url),
};

export function describeEnvironment({ contenders, scenarios, effort, quick }, redis) {
  const measured = scenarios.includes('near') ? [...contenders, ...NEAR_PEERS] : contenders;
  return {
    node: process.version,
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    loadBefore: loadavg()[0],
    oneCallerSeparated: canSeparate(),
    redis: redis ? redisVersion() : null,
    contenders: Object.fromEntries(measured.map(({ id, ...rest }) => [id, versionOf(rest)])),
    effort,
    quick,
  };
}

function redisVersion() {
  const text = execFileSync(requireRedisServer(), ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(text)?.[1] ?? text.trim();
}

function versionOf({ package: packageName }) {
  const manifest = packageName ? MANIFESTS.peer(packageName) : MANIFESTS.orgcache;
  try {
    return JSON.parse(readFileSync(manifest, 'utf8')).version;
  } catch (error) {
    const name = packageName ?? 'orgcache';
    throw new Error(`${name} is not installed: run \`npm ci\` in the folder bench.`, { cause: error });
  }
}
