'use strict';

const { Flight } = require('./flight.js');

/** @typedef {import('./flight.js').Task} Task */

/**
 * The flights of this thread that later callers may join. A call that changes an entry makes its flight unknown: who asks
 * afterwards must not get what was read before.
 */
class Flights {
  /** @type {Map<string, InstanceType<typeof Flight>>} */
  #byId = new Map();
  /**
   * The ids of flights by their organization.
   * @type {Map<string, Set<string>>}
   */
  #byOrganization = new Map();

  /**
   * @param {Task['manner']} manner
   * @param {string} id
   */
  find(manner, id) {
    return this.#byId.get(slotOf(manner, id));
  }

  /**
   * @param {Omit<Task, 'onDetach'>} task
   * @param {string} organization
   */
  begin(task, organization) {
    const slot = slotOf(task.manner, task.id);
    const flight = new Flight({
      ...task,
      onDetach: (ended) => {
        if (this.#byId.get(slot) === ended) this.#forget(slot, organization);
      },
    });
    this.#byId.set(slot, flight);
    let slots = this.#byOrganization.get(organization);
    if (slots === undefined) {
      slots = new Set();
      this.#byOrganization.set(organization, slots);
    }
    slots.add(slot);
    return flight;
  }

  /**
   * An entry has changed, or is about to.
   * @param {string} id
   * @param {string} organization
   */
  keyChanged(id, organization) {
    if (this.#byId.size === 0) return;
    this.#forget(slotOf('missing', id), organization);
    this.#forget(slotOf('refresh', id), organization);
    this.#forget(slotOf('early', id), organization);
  }

  /**
   * Any entry of an organization may have changed.
   * @param {string} organization
   */
  organizationChanged(organization) {
    const slots = this.#byOrganization.get(organization);
    if (slots === undefined) return;
    for (const slot of slots) this.#byId.delete(slot);
    this.#byOrganization.delete(organization);
  }

  /**
   * @param {string} slot
   * @param {string} organization
   */
  #forget(slot, organization) {
    this.#byId.delete(slot);
    const slots = this.#byOrganization.get(organization);
    if (slots?.delete(slot) && slots.size === 0) this.#byOrganization.delete(organization);
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
