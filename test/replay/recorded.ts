// The recorded histories, as they are committed.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

export const historiesFolder = join(__dirname, 'histories');

export interface Recorded {
  /** `conversation.<scenario>.v<N>`, or `conversation.<scenario>-<run>.v<N>` for one of several runs. */
  readonly name: string;
  readonly json: string;
}

export const recorded: readonly Recorded[] = readdirSync(historiesFolder).filter((file) => file.endsWith('.json'))
  .map((file) => ({ name: basename(file, '.json'), json: readFileSync(join(historiesFolder, file), 'utf8') }));

/** The histories of a scenario: one a run. */
export const recordedOf = (scenario: string): Recorded[] =>
  recorded.filter(({ name }) => /^conversation\.(.+?)(-\d+)?\.v\d+$/.exec(name)?.[1] === scenario);
