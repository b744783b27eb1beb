/** The part of the report about rate limits. */
import { contenderById } from './contenders.mjs';
import { renderCells } from './figures.mjs';
import { OPERATIONS } from './limiter-workloads.mjs';

export function renderLimiter({ limiter }) {
  if (!limiter) return [];
  return renderCells(
    limiter.cells,
    ({ operation }) => OPERATIONS[operation],
    (id) => contenderById(id).limiter,
  );
}
