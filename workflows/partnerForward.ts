// Forwards the events of one subject of a partner, in the order in which they came. It is told that something waits and
// looks itself what: what is told twice, late or out of order makes no difference. Completes when nothing waits.
import {
  ActivityFailure, ApplicationFailure, continueAsNew, defineSignal, isCancellation, setHandler, workflowInfo,
} from '@temporalio/workflow';
import { signalNames } from './contract';
import type { PartnerEventStored, PartnerSubject } from './contract';
import { forwardPartnerEvent, nextPartnerEvent, parkPartnerEvent } from './io';

const eventStored = defineSignal<[PartnerEventStored]>(signalNames.partnerEventStored);

export async function partnerForward(subject: PartnerSubject): Promise<string> {
  let isTold = true;
  setHandler(eventStored, () => { isTold = true; });
  // Between the look that finds nothing and the end there is no await: a signal that comes later starts the next run.
  while (isTold) {
    isTold = false;
    for (let eventId = await nextPartnerEvent(subject); eventId !== null; eventId = await nextPartnerEvent(subject)) {
      await settle(eventId);
      if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof partnerForward>(subject);
    }
  }
  return 'idle';
}

async function settle(eventId: string): Promise<void> {
  try {
    await forwardPartnerEvent({ eventId });
  } catch (error) {
    if (isCancellation(error)) throw error;
    await parkPartnerEvent({ eventId, fault: faultOf(error) });
  }
}

/** The kind of the last fault; a try that never ended is one of a target, or of ours, that is not there. */
function faultOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? cause.type ?? 'bug' : 'unavailable';
}
