// Tells Doorman of each status of a message or call, one after the other, as it has to see them in order; twice, late,
// out of order or never where a fault switch asks for that.
import type { FaultSwitches } from '../faults';
import { createLanes } from './lanes';
import type { Post } from './poster';
import type { Parameters } from './signature';

export interface Callback {
  /** The message or call. */
  readonly sid: string;
  readonly url: string;
  readonly form: Parameters;
  readonly about: readonly string[];
}

export interface Callbacks {
  tell(callback: Callback): void;
  /** Posts at once what still waits for another. */
  release(): void;
}

export function createCallbacks(
  { faults, post }: { readonly faults: FaultSwitches; readonly post: Post },
): Callbacks {
  const lanes = createLanes();
  return {
    tell({ sid, url, form, about }) {
      const { statusCopies, statusDelayMs, statusReordered } = faults.now;
      void lanes.run(sid, async () => {
        for (let copy = 0; copy < statusCopies; copy += 1) {
          await post({ kind: 'status', url, form, messageSid: sid, about, delayMs: statusDelayMs });
        }
      }, statusReordered);
    },
    release: () => lanes.release(),
  };
}
