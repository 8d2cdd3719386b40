// Before the journeys: the Temporal development server's program, which the first time may take minutes to get.
import { temporalBinary } from '../../../src/stack/temporal/temporalBinary';
import type { Progress } from '../../../src/stack/progress';

/** Hands over in the environment where the program is; each journey starts a server of its own. */
export async function prepareTemporal(progress: Progress): Promise<() => Promise<void>> {
  process.env.TEMPORAL_CLI_PATH = await temporalBinary(progress);
  return async () => undefined;
}
