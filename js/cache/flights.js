'use strict';

const { TurnoverMap } = require('../turnover.js');
const { Flight } = require('./flight.js');
const { isSameVersion } = require('./version.js');

/** @typedef {import('./flight.js').Task} Task */

/**
 * The flights of this thread that later callers may join. A call that changes an entry makes its flight unknown: who asks
 * afterwards must not get what was read before.
 */
class Flights {
  /** @type {InstanceType<typeof TurnoverMap<string, InstanceType<typeof Flight>>>} */
  #bySlot = new TurnoverMap();

  /**
   * @param {Task['manner']} manner
   * @param {string} id
   */
  find(manner, id) {
    return this.#bySlot.get(slotOf(manner, id));
  }

  /**
   * The same, unless its entry may have changed since it began: another thread or process has written it, or one of its
   * tags.
   * @param {Task['manner']} manner
   * @param {string} id
   * @param {() => number | undefined} version The entry's version now.
   */
  findCurrent(manner, id, version) {
    const found = this.find(manner, id);
    return found === undefined || isSameVersion(found.task.version, version()) ? found : undefined;
  }

  /** @param {Task} task */
  begin(task) {
    const flight = new Flight(task, this);
    this.#bySlot.set(slotOf(task.manner, task.id), flight);
    return flight;
  }

  /**
   * Later callers begin a flight of their own.
   * @param {InstanceType<typeof Flight>} flight
   */
  detach(flight) {
    const slot = slotOf(flight.task.manner, flight.task.id);
    if (this.#bySlot.get(slot) === flight) this.#bySlot.delete(slot);
  }

  /**
   * An entry has changed, or is about to.
   * @param {string} id
   */
  keyChanged(id) {
    if (this.#bySlot.size === 0) return;
    this.#bySlot.delete(slotOf('missing', id));
    this.#bySlot.delete(slotOf('refresh', id));
    this.#bySlot.delete(slotOf('early', id));
  }

  /**
   * Any entry of an organization may have changed. There are about as many flights as callers, and such changes are rare.
   * @param {string} organization
   */
  organizationChanged(organization) {
    for (const [slot, flight] of this.#bySlot) {
      if (flight.task.organization === organization) this.#bySlot.delete(slot);
    }
  }
}

/**
 * @param {Task['manner']} manner
 * @param {string} id
 */
function slotOf(manner, id) {
  return manner === 'missing' ? id : `${manner} ${id}`;
}

module.exports = { Flights };
