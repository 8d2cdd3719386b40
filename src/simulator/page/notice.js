// One sentence at the bottom of the page, for a while.
import { byId } from './dom.js';

const shownMs = 6_000;
let timer;

/** Says it, in place of what stands there. */
export function notify(text) {
  const notice = byId('notice');
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => {
    notice.hidden = true;
  }, shownMs);
}
