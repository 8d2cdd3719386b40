// What every kind of provider is made with, beside its settings.
import type { Holder } from './actAsProvider';

/** An assertion of ours for one token endpoint, as src/statements makes it. */
export type Assert = (holder: Holder, to: {
  readonly audience: string; readonly subject?: string; readonly claims?: Readonly<Record<string, string>>;
}) => Promise<string>;

export interface ProviderOptions {
  readonly assert: Assert;
  readonly fetch?: typeof fetch | undefined;
  readonly now?: (() => number) | undefined;
}

/** Whatever a service says of a token's life: who left, or lost their telephone, is not spoken for longer. */
export const lifeMaxMs = 60 * 60_000;

/** Employees whose tokens are kept at once, of one service in one process: a few megabytes. */
export const heldMax = 5_000;
