'use strict';

/** Methods of a queue that one bound to an organization has too. */
const OF_AN_ORGANIZATION = /** @type {const} */ ([
  'add',
  'addMany',
  'cancel',
  'counts',
  'drain',
  'events',
  'getJob',
  'isPaused',
  'list',
  'pause',
  'promote',
  'remove',
  'reschedule',
  'resume',
  'retry',
  'runSchedule',
  'schedule',
  'schedules',
  'setPriority',
  'unschedule',
  'update',
  'wait',
]);

module.exports = { OF_AN_ORGANIZATION };
