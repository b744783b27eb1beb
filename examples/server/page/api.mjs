// Requests to the server, with the token of the session.

let csrfToken = '';

/** A request that has failed; the message is for a person. */
export class Refusal extends Error {
  constructor(message, { code, retryAfterSeconds, violated } = {}) {
    super(message);
    Object.assign(this, { code, retryAfterSeconds, violated });
  }
}

let loading;

/** The session of this browser; the server makes one for a new visitor, and only one. */
export function loadSession() {
  loading ??= request('GET', 'session')
    .then(remember)
    .finally(() => {
      loading = undefined;
    });
  return loading;
}

/** `refresh`: another window may have changed the session, so one more attempt follows with a new token. */
export async function post(path, body, refresh = true) {
  try {
    return remember(await request('POST', path, body));
  } catch (error) {
    if (error.code !== 'E_TOKEN' || !refresh) throw error;
    await loadSession();
    return post(path, body, false);
  }
}

export const get = (path) => request('GET', path);

function remember(answer) {
  if (answer?.csrfToken) csrfToken = answer.csrfToken;
  return answer;
}

async function request(method, path, body) {
  const headers = method === 'POST' ? { 'Content-Type': 'application/json', 'X-CSRF-Token': csrfToken } : {};
  const sent = fetch(`api/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const response = await sent.catch(() => {
    throw new Refusal('The server cannot be reached.');
  });
  const isCounted = response.headers.has('RateLimit');
  if (isCounted) dispatchEvent(new CustomEvent('limits', { detail: limitsOf(response) }));
  if (response.status === 204) return null;
  // A proxy may answer in its own words.
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { code, message } = answer.error ?? {};
  throw new Refusal(message ?? answer.title ?? `The server answered ${response.status}.`, {
    code,
    violated: answer['violated-policies'],
    retryAfterSeconds: Number(response.headers.get('Retry-After')) || undefined,
  });
}

/** The limits in the header fields of an answer: `"user";q=30;w=60` and `"user";r=4;t=2`, separated by commas. */
function limitsOf({ headers, status }) {
  const text = ['RateLimit-Policy', 'RateLimit', 'Retry-After']
    .filter((name) => headers.has(name))
    .map((name) => `${name}: ${headers.get(name)}`);
  const quotas = new Map(membersOf(headers.get('RateLimit-Policy')));
  const limits = membersOf(headers.get('RateLimit')).map(([name, { r, t }]) => {
    const { q, w } = quotas.get(name);
    return { name, left: r, limit: q, windowSeconds: w, moreInSeconds: t };
  });
  return { limits, text: [`Status: ${status}`, ...text].join('\n') };
}

function membersOf(list) {
  return list.split(', ').map((member) => {
    const [name, ...parameters] = member.split(';');
    return [JSON.parse(name), Object.fromEntries(parameters.map((parameter) => parameter.split('=')))];
  });
}
