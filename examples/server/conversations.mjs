// Conversations of several organizations, the same ones for the same seed. Each value names the
// organization it belongs to, so that a reader can tell when it was given to another one.

import { LANGUAGES, MODELS } from './phrases.mjs';

const DEFAULT_SEED = 20_250_911;
const FIRST_MESSAGE_AT = Date.UTC(2025, 8, 1, 8);
const MINUTE_MS = 60_000;

const SHORTEST_CONVERSATION = 2;
const LONGEST_CONVERSATION = 40;

/** One customer in ten writes to two dealers: the same phone number, two organizations. */
const SHARED_PHONE_RATE = 0.1;

/** mulberry32: a generator with 32 bits of state, which is plenty for texts. */
function createRandom(seed) {
  let state = seed >>> 0;
  return function random() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick(random, choices) {
  return choices[Math.floor(random() * choices.length)];
}

function pickLanguage(random) {
  let rest = random();
  for (const language of LANGUAGES) {
    rest -= language.share;
    if (rest < 0) return language;
  }
  return LANGUAGES[0];
}

/** Most conversations are short and a few are long: the square of an even draw is near zero. */
function pickLength(random) {
  const spread = LONGEST_CONVERSATION - SHORTEST_CONVERSATION + 1;
  return SHORTEST_CONVERSATION + Math.floor(random() ** 2 * spread);
}

function pickFacts(random) {
  return {
    model: pick(random, MODELS),
    price: String(1_000 + 250 * Math.floor(random() * 20)),
    hour: `${9 + Math.floor(random() * 9)}:${pick(random, ['00', '15', '30'])}`,
  };
}

function fill(sentence, facts) {
  return sentence.replace(/\{(\w+)\}/g, (_placeholder, name) => facts[name]);
}

/** North American numbers with the area code 555, which is nobody's. */
function pickPhoneNumber(random) {
  return `+1555${String(Math.floor(random() * 10_000_000)).padStart(7, '0')}`;
}

function writeMessages(random, { organizationId, language, facts }) {
  let at = FIRST_MESSAGE_AT + Math.floor(random() * 10_000) * MINUTE_MS;
  return Array.from({ length: pickLength(random) }, (_, turn) => {
    at += Math.ceil(random() * 15) * MINUTE_MS;
    const fromCustomer = turn % 2 === 0;
    return {
      role: fromCustomer ? 'user' : 'assistant',
      content: fill(pick(random, fromCustomer ? language.customer : language.agent), facts),
      timestamp: new Date(at).toISOString(),
      organizationId,
    };
  });
}

function writeConversation(random, { organizationId, phoneNumber }) {
  const language = pickLanguage(random);
  const facts = pickFacts(random);
  const messages = writeMessages(random, { organizationId, language, facts });
  const text = fill(language.summary, facts);
  const summary = { organizationId, language: language.tag, text, messageCount: messages.length };
  return { organizationId, phoneNumber, messages, summary };
}

/**
 * The organizations are called `org-1`, `org-2`, ...: with ten or more of them, the name of one is
 * the beginning of another's, which is where a careless pattern clears too much.
 */
function nameOrganizations(count) {
  return Array.from({ length: count }, (_, index) => ({
    id: `org-${index + 1}`,
    name: `Dealer ${index + 1} of ${count}`,
  }));
}

/** Every organization gets one conversation; the rest fall more often to the first ones. */
function pickOrganization(random, organizations, index) {
  const position = index < organizations.length ? index : random() ** 2 * organizations.length;
  return organizations[Math.floor(position)];
}

/**
 * @param {{conversations: number, organizations: number, seed?: number}} wanted
 * @returns the organizations, their conversations, and which lead a phone number belongs to
 */
export function generateConversations(wanted) {
  const random = createRandom(wanted.seed ?? DEFAULT_SEED);
  const organizations = nameOrganizations(wanted.organizations);
  const conversations = [];
  const leads = new Map();
  const taken = new Set();

  while (conversations.length < wanted.conversations) {
    const { id } = pickOrganization(random, organizations, conversations.length);
    const shared = conversations.length > 0 && random() < SHARED_PHONE_RATE;
    const phoneNumber = shared ? pick(random, conversations).phoneNumber : pickPhoneNumber(random);
    const owner = `${id} ${phoneNumber}`;
    if (taken.has(owner)) continue;
    taken.add(owner);
    if (!leads.has(phoneNumber)) leads.set(phoneNumber, `lead-${leads.size + 1}`);
    conversations.push(writeConversation(random, { organizationId: id, phoneNumber }));
  }
  return { organizations, conversations, leads };
}

/** What customer and agent say next; `turn` makes every continuation another text. */
export function continueConversation(messages, organizationId, turn) {
  const timestamp = new Date(Date.parse(messages.at(-1).timestamp) + MINUTE_MS).toISOString();
  return [
    ...messages,
    { role: 'user', content: `One more question, number ${turn}.`, timestamp, organizationId },
    { role: 'assistant', content: `Of course. Answer ${turn}.`, timestamp, organizationId },
  ];
}
