// What a client is told when a request fails. Every sentence is written here: the texts of Express
// and of the cache may quote the path or the value, and a path of this server holds a phone number.

const REFUSALS = {
  E_KEY: [400, 'A phone number or a name in the request is missing, too long or not allowed.'],
  E_SERIALIZE: [400, 'The value cannot be written as JSON.'],
  E_VALUE_TOO_LARGE: [413, 'The value is too large for the cache.'],
  E_OVERLOADED: [503, 'The cache has too much to do; try again in a moment.'],
  E_CLOSED: [503, 'The server is shutting down.'],
  E_CONNECT: [503, 'Redis cannot be reached; try again in a moment.'],
  E_TIMEOUT: [503, 'Redis did not answer in time; try again in a moment.'],
  E_SESSION: [401, 'The session has ended.'],
};

const BODY_TOO_LARGE = ['E_BODY', 413, 'The request body is larger than 1 MB.'];
const BODY_UNREADABLE = ['E_BODY', 400, 'The request body must be JSON in UTF-8.'];
const PATH_UNREADABLE = ['E_PATH', 400, 'The path is not percent-encoded correctly.'];
const UNEXPECTED = ['E_INTERNAL', 500, 'Something went wrong on the server.'];

/** A request that this server refuses by itself; its message is safe to show. */
export class RequestError extends Error {
  constructor(message, { status = 400, code = 'E_BODY' } = {}) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.code = code;
  }

  static notFound(message) {
    return new RequestError(message, { status: 404, code: 'E_NOT_FOUND' });
  }
}

/** The text in a field of a request's body, or the refusal of the request. */
export function requireText(body, field, longest = 200) {
  const text = body?.[field];
  if (typeof text === 'string' && text.trim() !== '' && text.length <= longest) return text;
  throw new RequestError(`The field ${field} must be a text of 1 to ${longest} characters.`);
}

function describe(error) {
  if (error instanceof RequestError) return [error.code, error.status, error.message];
  if (Object.hasOwn(REFUSALS, error.code)) return [error.code, ...REFUSALS[error.code]];
  // Express and its body parser give these errors a status and, where a body is at fault, a type.
  if (error.status === 413) return BODY_TOO_LARGE;
  if (error.status >= 400 && error.status < 500) return error.type ? BODY_UNREADABLE : PATH_UNREADABLE;
  return UNEXPECTED;
}

export function answerUnknownRoute() {
  throw RequestError.notFound('There is nothing at this path.');
}

// Express tells an error handler by its four parameters.
export function answerError(error, _request, response, next) {
  if (response.headersSent) return next(error);
  const [code, status, message] = describe(error);
  if (status === 500) console.error(`A request failed: ${error.code ?? error.name}`);
  if (status === 503) response.set('Retry-After', '1');
  response.status(status).json({ error: { code, message } });
}
