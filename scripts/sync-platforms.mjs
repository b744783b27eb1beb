// Carries what package.json says of the package (its version first) to the platform packages and the one that
// stands in for ioredis, to optionalDependencies and into the lockfile, and makes a subpath `orgcache/NAME` of each js/entry/NAME.mjs. Run it
// after a change of version, of LICENSE or of the entries, or after package-lock.json was written from nothing;
// docs/decisions/0002-platform-packages.md says why npm cannot do this itself.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import platforms from './platforms.cjs';
import { ROOT } from './run.mjs';

const at = (file) => path.join(ROOT, file);
const readJson = (file) => JSON.parse(readFileSync(at(file), 'utf8'));
const writeJson = (file, value) => writeFileSync(at(file), `${JSON.stringify(value, null, 2)}\n`);

const main = readJson('package.json');
const lock = readJson('package-lock.json');
Object.assign(main, subpaths(), { optionalDependencies: {} });

for (const platform of Object.keys(platforms.RUST_TARGETS)) {
  const folder = `npm/${platform}`;
  const manifest = platforms.completeManifest(platform, main);
  const { name, version, license, engines, os, cpu, libc } = manifest;
  writeJson(`${folder}/package.json`, manifest);
  for (const [file, text] of Object.entries(platforms.locationFiles(platform))) {
    writeFileSync(at(`${folder}/${file}`), text);
  }
  copyFileSync(at('LICENSE'), at(`${folder}/LICENSE`));
  main.optionalDependencies[name] = version;
  lock.packages[folder] = { name, version, cpu, ...(libc && { libc }), license, optional: true, os, engines };
  lock.packages[`node_modules/${name}`] = { resolved: folder, link: true };
}

const alias = readJson('npm/ioredis/package.json');
alias.version = platforms.aliasVersion(main.version);
alias.dependencies.orgcache = `^${main.version}`;
const { homepage, bugs, repository } = main;
Object.assign(alias, { homepage, bugs, repository: { ...repository, directory: 'npm/ioredis' } });
writeJson('npm/ioredis/package.json', alias);
copyFileSync(at('LICENSE'), at('npm/ioredis/LICENSE'));

lock.version = main.version;
Object.assign(lock.packages[''], { version: main.version, optionalDependencies: main.optionalDependencies });
lock.packages[''].devDependencies = main.devDependencies;
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeJson('package.json', main);
writeJson('package-lock.json', lock);

/** `exports`, and `typesVersions` for the compilers that do not read it (`moduleResolution: node10`). */
function subpaths() {
  const names = readdirSync(at('js/entry'), { recursive: true })
    .filter((file) => path.extname(file) === '.mjs')
    .map((file) => file.slice(0, -'.mjs'.length).replaceAll(path.sep, '/'))
    .sort();
  const entries = names.map((name) => [`./${name}`, bothWays(`./js/entry/${name}`)]);
  return {
    exports: {
      '.': bothWays('./index'),
      ...Object.fromEntries(entries),
      './package.json': './package.json',
    },
    typesVersions: { '*': Object.fromEntries(names.map((name) => [name, [`./js/entry/${name}.d.ts`]])) },
  };
}

function bothWays(file) {
  return {
    import: { types: `${file}.d.mts`, default: `${file}.mjs` },
    require: { types: `${file}.d.ts`, default: `${file}.js` },
  };
}
