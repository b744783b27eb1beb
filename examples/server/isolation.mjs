// The question that the demo asks of every answer: does it hold a value of another organization?

/** The messages or the summary in an answer of the server; each of them names its organization. */
function valuesIn({ status, body }) {
  if (status !== 200) return [];
  return body.messages ?? [body.summary];
}

/** Counts the answers that were looked at, and those that held another organization's value. */
export class IsolationCount {
  checked = 0;
  violations = 0;

  /** Whether nothing in the answer belongs to an organization other than the one that was asked. */
  check(answer, organizationId) {
    const own = valuesIn(answer).every((value) => value?.organizationId === organizationId);
    this.checked += 1;
    if (!own) this.violations += 1;
    return own;
  }
}
