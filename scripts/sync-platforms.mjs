// Carries the version in package.json to the platform packages, to the package that stands in for ioredis, to
// optionalDependencies and into the lockfile. Run it after a change of version or after package-lock.json was written from nothing;
// docs/decisions/0002-platform-packages.md says why npm cannot do this itself.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import platforms from './platforms.cjs';
import { ROOT } from './run.mjs';

const readJson = (file) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
const writeJson = (file, value) =>
  writeFileSync(path.join(ROOT, file), `${JSON.stringify(value, null, 2)}\n`);

const main = readJson('package.json');
const lock = readJson('package-lock.json');
main.optionalDependencies = {};

for (const platform of Object.keys(platforms.RUST_TARGETS)) {
  const folder = `npm/${platform}`;
  const manifest = { ...platforms.platformManifest(platform), version: main.version };
  const { name, version, license, engines, os, cpu, libc } = manifest;
  writeJson(`${folder}/package.json`, manifest);
  main.optionalDependencies[name] = version;
  lock.packages[folder] = { name, version, cpu, ...(libc && { libc }), license, optional: true, os, engines };
  lock.packages[`node_modules/${name}`] = { resolved: folder, link: true };
}

const alias = readJson('npm/ioredis/package.json');
alias.version = platforms.aliasVersion(main.version);
alias.dependencies.orgcache = `^${main.version}`;
writeJson('npm/ioredis/package.json', alias);

lock.version = main.version;
Object.assign(lock.packages[''], { version: main.version, optionalDependencies: main.optionalDependencies });
lock.packages[''].devDependencies = main.devDependencies;
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeJson('package.json', main);
writeJson('package-lock.json', lock);
