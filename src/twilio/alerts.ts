// Tells somebody of refusals that call for them, be it that Twilio answers with one or that a receipt brings it later.
import type { Action, TwilioAlert } from './errorTable';

/** Counts refusals in a row. A provider that is down says nothing of the account. */
export function watchAlerts(alert: (what: TwilioAlert) => void = () => undefined) {
  let inARow = 0;
  return {
    taken(): void { inARow = 0; },
    refused(due: Action['alert']): void {
      if (due === undefined) return;
      if (due.inARow === 1) return alert(due.what);
      inARow += 1;
      // Told once, not at each one that follows.
      if (inARow === due.inARow) alert(due.what);
    },
  };
}
