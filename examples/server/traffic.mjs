// The mixed load of the demo: nine reads for every write, over HTTP, with an eye on every answer.

import { conversationPath } from './client.mjs';
import { continueConversation } from './conversations.mjs';

const WRITE_RATE = 0.1;

/** `foreign` asks an organization for a phone number that only another one knows. */
const READ_SHARES = { conversation: 0.65, summary: 0.15, lead: 0.1, organization: 0.05, foreign: 0.05 };

const SECOND_MS = 1_000;

function randomOf(items) {
  return items[Math.floor(Math.random() * items.length)];
}

function pickRead() {
  let rest = Math.random();
  for (const [kind, share] of Object.entries(READ_SHARES)) {
    rest -= share;
    if (rest < 0) return kind;
  }
  return 'conversation';
}

/** The value below which the given part of all measurements lies (nearest rank). */
function percentile(sorted, part) {
  if (sorted.length === 0) return 0;
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
}

export class Traffic {
  #client;
  #data;
  #isolation;
  #ttlSeconds;
  #startedAt = performance.now();
  #milliseconds = [];
  #counts = { reads: 0, writes: 0, hits: 0, misses: 0, foreignReads: 0, keptInMaps: 0 };
  #unexpected = new Map();
  #turn = 0;
  #leads;
  #known;

  constructor({ client, data, isolation, ttlConfig }) {
    this.#client = client;
    this.#data = data;
    this.#isolation = isolation;
    this.#ttlSeconds = ttlConfig;
    this.#leads = [...data.leads];
    this.#known = new Set(data.conversations.map((conversation) => conversationPath(conversation)));
  }

  async run(requests) {
    const from = performance.now();
    await this.#client.forEach(Array(requests).keys(), () =>
      Math.random() < WRITE_RATE ? this.#write() : this.#read(),
    );
    return this.#result((performance.now() - from) / SECOND_MS);
  }

  async #call(method, path, body) {
    const answer = await this.#client.call(method, path, body);
    this.#milliseconds.push(answer.milliseconds);
    return answer;
  }

  #surprise(what) {
    this.#unexpected.set(what, (this.#unexpected.get(what) ?? 0) + 1);
  }

  async #write() {
    const conversation = randomOf(this.#data.conversations);
    // Of two writes under way at once it is open which one stays; the check at the end needs to know.
    if (conversation.writing) return this.#read();
    conversation.writing = true;
    this.#counts.writes += 1;
    this.#turn += 1;
    const { organizationId } = conversation;
    const messages = continueConversation(conversation.messages, organizationId, this.#turn);
    const { status } = await this.#call('POST', conversationPath(conversation), { messages });
    conversation.writing = false;
    if (status !== 200 && status !== 202) return this.#surprise(`write answered ${status}`);
    if (status === 202) this.#counts.keptInMaps += 1;
    conversation.messages = messages;
  }

  #read() {
    this.#counts.reads += 1;
    switch (pickRead()) {
      case 'foreign':
        return this.#readForeign();
      case 'summary':
        return this.#readSummary(randomOf(this.#data.conversations));
      case 'lead':
        return this.#readLead(randomOf(this.#leads));
      case 'organization':
        return this.#readName(randomOf(this.#data.organizations));
      default:
        return this.#readContext(randomOf(this.#data.conversations));
    }
  }

  async #readContext(conversation) {
    const answer = await this.#call('GET', conversationPath(conversation));
    this.#hit('conversation', answer, this.#ttlSeconds.conversationContext);
    this.#checkOwner(answer, conversation.organizationId);
  }

  async #readSummary(conversation) {
    const answer = await this.#call('GET', `${conversationPath(conversation)}/summary`);
    this.#hit('summary', answer, this.#ttlSeconds.conversationSummary);
    this.#checkOwner(answer, conversation.organizationId);
  }

  async #readLead([phoneNumber, leadId]) {
    const path = `/api/leads/by-phone/${encodeURIComponent(phoneNumber)}`;
    const answer = await this.#call('GET', path);
    if (!this.#hit('lead', answer, this.#ttlSeconds.leadData)) return;
    if (answer.body.leadId !== leadId) this.#surprise('the lead of another phone number');
  }

  async #readName({ id, name }) {
    const answer = await this.#call('GET', `/api/organizations/${encodeURIComponent(id)}`);
    if (!this.#hit('organization', answer, this.#ttlSeconds.organizationData)) return;
    if (answer.body.name !== name) this.#surprise('the name of another organization');
  }

  async #readForeign() {
    const { phoneNumber } = randomOf(this.#data.conversations);
    const organizationId = randomOf(this.#data.organizations).id;
    const path = conversationPath({ organizationId, phoneNumber });
    // This organization happens to know the number too: not a foreign read after all.
    if (this.#known.has(path)) return this.#readLead([phoneNumber, this.#data.leads.get(phoneNumber)]);
    this.#counts.foreignReads += 1;
    const answer = await this.#call('GET', path);
    if (answer.status === 404) this.#counts.misses += 1;
    else this.#surprise(`foreign read answered ${answer.status}`);
    this.#checkOwner(answer, organizationId);
  }

  #checkOwner(answer, organizationId) {
    if (!this.#isolation.check(answer, organizationId)) this.#surprise('a value of another organization');
  }

  /** Whether the answer holds a value. A miss is a surprise unless the value may have expired. */
  #hit(what, { status }, ttlSeconds) {
    if (status === 200) {
      this.#counts.hits += 1;
      return true;
    }
    // Half the TTL, because the values were stored some time before the first request.
    const expirable = performance.now() - this.#startedAt > (ttlSeconds * SECOND_MS) / 2;
    if (status === 404) this.#counts.misses += 1;
    if (status !== 404 || !expirable) this.#surprise(`${what} answered ${status}`);
    return false;
  }

  #result(seconds) {
    const sorted = this.#milliseconds.sort((left, right) => left - right);
    const { hits, misses } = this.#counts;
    return {
      ...this.#counts,
      requests: sorted.length,
      seconds,
      connections: this.#client.connections,
      requestsPerSecond: Math.round(sorted.length / seconds),
      hitRate: hits + misses === 0 ? 0 : hits / (hits + misses),
      p50Milliseconds: percentile(sorted, 0.5),
      p99Milliseconds: percentile(sorted, 0.99),
      unexpected: Object.fromEntries(this.#unexpected),
    };
  }
}
