'use strict';

/** The abstract methods in a declaration of bull-board's BaseAdapter that an adapter lacks. */
function missingMethods(declaration, Adapter) {
  const names = [...declaration.matchAll(/^ *abstract (?:get )?(\w+)/gm)].map(([, name]) => name);
  if (names.length === 0)
    throw new Error('the declaration of BaseAdapter has no abstract method; it is written in another way');
  return names.filter((name) => !(name in Adapter.prototype));
}

module.exports = { missingMethods };
