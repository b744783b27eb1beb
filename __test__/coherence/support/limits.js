'use strict';

module.exports = {
  /** Of the clients of the package: a call is answered within it. */
  COMMAND_TIMEOUT_MS: 1000,
  /** The package's default of `near.maxStalenessMs`. */
  MAX_STALENESS_MS: 1000,
};
