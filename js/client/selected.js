'use strict';

/** The database that SELECT with these words is about; undefined where the server is to refuse them. */
function selectedBy(words) {
  const text = words.length === 1 ? String(words[0]) : '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The database in which a transaction has left its connection; undefined where it selected none. */
function lastSelected(commands, replies) {
  if (replies === null) return undefined;
  const isDone = ({ command }, index) => command.method === 'select' && !(replies[index] instanceof Error);
  const last = commands.findLast(isDone);
  return last && selectedBy(last.words);
}

module.exports = { lastSelected, selectedBy };
