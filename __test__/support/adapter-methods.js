'use strict';

const PHONE = '+1234567890';

const MESSAGES = [
  { role: 'user', content: 'Do you still have the red estate?', timestamp: 1_700_000_000_000 },
  { role: 'assistant', content: 'Да, он ещё здесь — 今日見に来られますか? 🚗', timestamp: 1_700_000_001_000 },
];

/**
 * Every setter and getter of the adapter: what identifies the value, a value, where it lies in
 * Redis behind the key prefix, and how long.
 */
const ADAPTER_METHODS = [
  {
    noun: 'a conversation context',
    set: 'setConversationContext',
    get: 'getConversationContext',
    id: ['org-123', PHONE],
    otherId: ['org-124', PHONE],
    value: MESSAGES,
    key: 'conversationContexts:org-123:1234567890',
    ttlSeconds: 7200,
  },
  {
    noun: 'a conversation summary',
    set: 'setConversationSummary',
    get: 'getConversationSummary',
    id: ['org-123', PHONE],
    otherId: ['org-124', PHONE],
    value: { summary: 'Wants an estate, red if possible.', turns: 12, score: 0.75 },
    key: 'conversationSummaries:org-123:1234567890',
    ttlSeconds: 7200,
  },
  {
    noun: 'a conversation history',
    set: 'setConversationHistoryCache',
    get: 'getConversationHistoryCache',
    id: ['org-123', PHONE],
    otherId: ['org-124', PHONE],
    value: MESSAGES,
    key: 'historyCache:org-123:1234567890',
    ttlSeconds: 120,
  },
  {
    noun: 'a precomputed context',
    set: 'setPreComputedContext',
    get: 'getPreComputedContext',
    id: ['org-123', PHONE],
    otherId: ['org-124', PHONE],
    value: { prompt: 'You sell cars.', tokens: 812 },
    key: 'preComputedContext:org-123:1234567890',
    ttlSeconds: 120,
  },
  {
    noun: 'the lead of a phone',
    set: 'setPhoneToLeadMapping',
    get: 'getPhoneToLeadMapping',
    id: [PHONE],
    otherId: ['+1234567891'],
    value: 'lead-456',
    key: 'phoneToLead:+1234567890',
    ttlSeconds: 300,
  },
  {
    noun: 'a dynamic lead',
    set: 'setDynamicLead',
    get: 'getDynamicLead',
    id: ['lead-456'],
    otherId: ['lead-457'],
    value: { id: 'lead-456', customer: { name: 'Ada', tags: ['hot', 'estate'] }, budget: null },
    key: 'dynamicLead:lead-456',
    ttlSeconds: 300,
  },
  {
    noun: 'the name of an organization',
    set: 'setOrganizationData',
    get: 'getOrganizationData',
    id: ['org-456'],
    otherId: ['org-457'],
    value: 'Northwind Motors',
    key: 'organization:org-456',
    ttlSeconds: 120,
  },
  {
    noun: 'the configuration mark of an agent',
    set: 'setAgentConfig',
    get: 'getAgentConfig',
    id: ['agent-7', PHONE],
    otherId: ['agent-8', PHONE],
    value: true,
    key: 'agentConfig:agent-7:1234567890',
    ttlSeconds: 3600,
  },
  {
    noun: 'an SSE response',
    set: 'setSSEResponseCache',
    get: 'getSSEResponseCache',
    id: ['lead-456', PHONE],
    otherId: ['lead-457', PHONE],
    value: { messages: MESSAGES, hasMore: false },
    key: 'sseCache:lead-456:1234567890',
    ttlSeconds: 10,
  },
  {
    noun: 'a value under a free key',
    set: 'set',
    get: 'get',
    id: ['report 7'],
    otherId: ['report 8'],
    value: { rows: [1, 2, 3] },
    key: 'kv:report%207',
    ttlSeconds: 7200,
  },
];

module.exports = { ADAPTER_METHODS, MESSAGES, PHONE };
