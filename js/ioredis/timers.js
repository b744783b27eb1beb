'use strict';

/** As they are when the package is loaded: a test's fake timers must not stop a connection. */
const { clearTimeout, setImmediate, setTimeout } = globalThis;
const { nextTick } = process;
const now = Date.now;

module.exports = { clearTimeout, nextTick, now, setImmediate, setTimeout };
