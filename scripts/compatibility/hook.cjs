'use strict';

// Loaded before a suite (`node --require`). Where COMPATIBILITY_CLIENT names a module, that is what the suite gets for
// `ioredis`, and ioredis's own tests for the parts of `lib/` that applications see.

const Module = require('node:module');
const path = require('node:path');

const { COMPATIBILITY_CLIENT: client, COMPATIBILITY_LIB: lib, COMPATIBILITY_TESTS: tests } = process.env;
const load = Module._load;

if (client) {
  Module._load = function (request, parent, isMain) {
    const replaced = lib ? ownSuite(request, parent) : alias(request);
    return replaced === undefined ? load.call(this, request, parent, isMain) : replaced;
  };
}

function alias(request) {
  if (request === 'ioredis') return required('');
  if (/^ioredis\/built\/utils(\/index(\.js)?)?$/.test(request)) return required('/built/utils');
  const [, part] = /^ioredis\/built\/(\w+)(\.js)?$/.exec(request) ?? [];
  return part && publicPart(part);
}

/** What is inside of ioredis (parsers, connectors, pools) stays its own. */
function ownSuite(request, parent) {
  if (!request.startsWith('.') || !parent?.filename?.startsWith(tests)) return undefined;
  const file = path.resolve(path.dirname(parent.filename), request);
  if (file === lib) return required('');
  return file.startsWith(lib + path.sep) ? publicPart(path.relative(lib, file)) : undefined;
}

function publicPart(name) {
  const Redis = required('');
  if (name === 'utils') return required('/built/utils');
  if (name === 'Redis') return { __esModule: true, default: Redis };
  if (name === 'cluster') return { __esModule: true, default: Redis.Cluster };
  if (name === 'Command' || name === 'Pipeline') return { __esModule: true, default: Redis[name] };
  return name === 'errors' ? Redis : undefined;
}

function required(subpath) {
  return load.call(Module, client + subpath, module, false);
}
