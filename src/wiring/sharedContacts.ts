// How operators are told that somebody has what is another's too: the same, whichever way the change came.
import type { SharedColumn } from '../directory/delivery/shared';
import type { Log } from '../log';
import type { Telemetry } from '../telemetry';

export type TellShared = (source: string, columns: readonly SharedColumn[]) => void;

export function createTellShared(log: Pick<Log, 'warn'>, telemetry: Pick<Telemetry, 'count'>): TellShared {
  return (source, columns) => {
    for (const column of columns) {
      // A metric's words have no colons; the people of a partner have `partner:<name>` for a source.
      telemetry.count('directoryShared', { source: source.replace(':', '.'), column });
      log.warn('somebody has a number, an address or an employee ID of another person', { source, kind: column });
    }
  };
}
