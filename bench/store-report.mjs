/** The part of the report about stores of session and rate limit libraries. */
import { contenderById } from './contenders.mjs';
import { renderCells } from './figures.mjs';
import { OPERATIONS } from './store-workloads.mjs';

export function renderStores({ stores }) {
  if (!stores) return [];
  return renderCells(
    stores.cells,
    ({ operation }) => OPERATIONS[operation],
    (id) => contenderById(id).store,
  );
}
