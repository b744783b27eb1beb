'use strict';

const { version } = require('../../package.json');
const { requireAtRunTime } = require('../native.js');
const { now } = require('../time.js');
const { observeCopies } = require('./copies.js');

/** @import { Attributes, Context, Histogram, Span, Tracer } from '@opentelemetry/api' */
/** @import { Failure } from '../errors.js' */

/**
 * The server of a client, as far as its configuration says.
 * @typedef {{ database: number, serverAddress: string, serverPort: number | undefined }} Server
 */
/** @typedef {typeof import('@opentelemetry/api')} Api */

/** Under this name `@opentelemetry/api` keeps what an application has registered. Until then nothing is loaded. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');
const MS_A_SECOND = 1000;
/** The bounds that the semantic conventions for databases recommend, in seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** @typedef {Record<'context' | 'metrics' | 'trace', unknown>} Registered */

/** Spans and durations of calls, by what the application has registered. */
class Observer {
  #api;
  /** @type {Tracer} */
  #tracer;
  /** @type {Histogram} */
  #durations;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
    this.#tracer = api.trace.getTracer('orgcache', version);
    const meter = api.metrics.getMeter('orgcache', version);
    this.#durations = meter.createHistogram('db.client.operation.duration', {
      description: 'Duration of database client operations.',
      unit: 's',
      advice: { explicitBucketBoundaries: BOUNDS },
    });
    observeCopies(meter);
  }

  /**
   * A round trip: a span if a parent is active, and its duration.
   * @template Answer
   * @param {string} name
   * @param {Server} server
   * @param {() => Promise<Answer>} send
   * @returns {Promise<Answer>}
   */
  async call(name, server, send) {
    const attributes = attributesOf(name, server);
    const span = this.#start(name, this.#api.SpanKind.CLIENT, attributes);
    const begin = now();
    try {
      const answer = await send();
      this.#durations.record((now() - begin) / MS_A_SECOND, attributes);
      return answer;
    } catch (error) {
      const failed = { ...attributes, ...failureOf(/** @type {Failure} */ (error)) };
      this.#durations.record((now() - begin) / MS_A_SECOND, failed);
      this.#fail(span, /** @type {Failure} */ (error));
      throw error;
    } finally {
      span?.end();
    }
  }

  /**
   * Runs a factory in a span of its own, if a parent is active.
   * @template Answer
   * @param {string} cache
   * @param {() => Answer | PromiseLike<Answer>} run
   * @returns {Promise<Answer>}
   */
  async factory(cache, run) {
    const { context, trace, SpanKind } = this.#api;
    const span = this.#start(`factory ${cache}`, SpanKind.INTERNAL, { 'orgcache.cache': cache });
    if (span === undefined) return run();
    try {
      return await context.with(trace.setSpan(context.active(), span), run);
    } catch (error) {
      this.#fail(span, /** @type {Failure} */ (error));
      throw error;
    } finally {
      span.end();
    }
  }

  /**
   * @param {string} name
   * @param {number} kind
   * @param {Attributes} attributes
   */
  #start(name, kind, attributes) {
    const { context, trace } = this.#api;
    /** @type {Context} */
    const active = context.active();
    return trace.getSpan(active) === undefined
      ? undefined
      : this.#tracer.startSpan(name, { kind, attributes }, active);
  }

  /**
   * @param {Span | undefined} span
   * @param {Failure} error
   */
  #fail(span, error) {
    span?.setAttributes(failureOf(error));
    span?.setStatus({ code: this.#api.SpanStatusCode.ERROR });
  }
}

/** @type {{ registered: Registered, trace: unknown, metrics: unknown, observer: Observer | undefined } | undefined} */
let known;

/** Whether the application has registered something that observes calls. */
function isObserved() {
  return /** @type {Record<symbol, unknown>} */ (globalThis)[REGISTERED] !== undefined;
}

/** The observer of what is registered now; undefined if there is none. */
function observer() {
  const registered = /** @type {Record<symbol, Registered | undefined>} */ (globalThis)[REGISTERED];
  if (registered === undefined) return undefined;
  const { trace, metrics } = registered;
  if (known?.registered !== registered || known.trace !== trace || known.metrics !== metrics) {
    known = { registered, trace, metrics, observer: loaded() };
  }
  return known.observer;
}

/** Another package may have registered although this one cannot load the API: a bundle has it inside. */
function loaded() {
  try {
    return new Observer(requireAtRunTime('@opentelemetry/api'));
  } catch {
    return undefined;
  }
}

/**
 * @template Answer
 * @param {string} name
 * @param {Server} server
 * @param {() => Promise<Answer>} send
 * @returns {Promise<Answer>}
 */
function observeCall(name, server, send) {
  return observer()?.call(name, server, send) ?? send();
}

/**
 * @template Answer
 * @param {string} cache
 * @param {() => Answer | PromiseLike<Answer>} run
 * @returns {Answer | PromiseLike<Answer>}
 */
function observeFactory(cache, run) {
  return observer()?.factory(cache, run) ?? run();
}

/**
 * @param {string} name
 * @param {Server} server
 * @returns {Attributes}
 */
function attributesOf(name, { database, serverAddress, serverPort }) {
  return {
    'db.system.name': 'redis',
    'db.operation.name': name,
    'db.namespace': String(database),
    'server.address': serverAddress,
    ...(serverPort === undefined ? {} : { 'server.port': serverPort }),
  };
}

/**
 * @param {Failure} error
 * @returns {Attributes}
 */
function failureOf({ code, name, redisCode }) {
  return {
    'error.type': redisCode ?? code ?? name,
    ...(redisCode === undefined ? {} : { 'db.response.status_code': redisCode }),
  };
}

module.exports = { isObserved, observeCall, observeFactory };
