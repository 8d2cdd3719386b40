// What is new in the views that one of several shows.
import { byId } from './dom.js';

/** Counts what has come to a view that is not seen at the moment. */
export function markUnlooked(view) {
  if (byId(view).getClientRects().length === 0) markTab(view, 1);
}

/** Adds to what a view's tabs count; 0 takes the number away. A view without a number counts nothing. */
export function markTab(view, count) {
  for (const badge of document.querySelectorAll(`:is(.tabs, .panes) button[data-view="${view}"] b`)) {
    const total = count === 0 ? 0 : Number(badge.textContent || 0) + count;
    badge.textContent = total === 0 ? '' : String(total);
    badge.hidden = total === 0;
  }
}
