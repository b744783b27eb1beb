'use strict';

module.exports = {
  /** A call of a client of the package is answered within this time. */
  COMMAND_TIMEOUT_MS: 1000,
  /** The package's default of `near.maxStalenessMs`. */
  MAX_STALENESS_MS: 1000,
};
