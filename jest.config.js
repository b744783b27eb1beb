'use strict';

const shared = {
  testEnvironment: 'node',
  // Compiled crates and downloaded servers hold package.json files that jest would otherwise index.
  modulePathIgnorePatterns: [
    '<rootDir>/target/',
    '<rootDir>/.cache/',
    '<rootDir>/bench/',
    '<rootDir>/__test__/environments/',
  ],
  transform: {},
};

/** @type {import('jest').Config} */
module.exports = {
  // Starting a server and losing it on purpose takes seconds on a busy machine; a hang is still found.
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'suite',
      testMatch: ['<rootDir>/__test__/**/*.test.js', '<rootDir>/scripts/test/**/*.test.js'],
      testPathIgnorePatterns: ['/node_modules/', '/__test__/(faults|topology|package)/'],
    },
    // These measure time: their step runs them one after the other.
    { ...shared, displayName: 'faults', testMatch: ['<rootDir>/__test__/faults/**/*.test.js'] },
    { ...shared, displayName: 'topology', testMatch: ['<rootDir>/__test__/topology/**/*.test.js'] },
    { ...shared, displayName: 'package', testMatch: ['<rootDir>/__test__/package/**/*.test.js'] },
  ],
};
