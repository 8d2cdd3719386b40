// Checks Doorman's statements in the backend that gets them: `import { … } from 'doorman/verifier'`.
// Imports nothing else of Doorman. What is not beyond doubt is refused; a reason is one word, never the token.
import { createKeySet } from './keySet';
import { readStatement } from './reading';
import type { Statement } from './reading';
import { StatementRefused } from './refusal';
import type { RefusalReason } from './refusal';

export { StatementRefused };
export type { RefusalReason, Statement };

export interface VerifierOptions {
  /** Doorman's public origin: DOORMAN_PUBLIC_URL. */
  readonly issuer: string;
  /** This backend, as Doorman calls it: its DOORMAN_ASSISTANT_AUDIENCE, or the origin of the assistant's address. */
  readonly audience: string;
  /** Where the keys are; `<issuer>/.well-known/jwks.json` unless told. */
  readonly jwksUrl?: string;
  /**
   * Refuses a statement that was used before: resolves with true the first time that it is given this id, for all
   * processes of the backend, and has to remember it until `until`. Doorman may deliver one message twice, under the
   * same id: answer a repeat from what you kept before you verify, or do without.
   */
  readonly once?: (messageId: string, until: Date) => Promise<boolean> | boolean;
  readonly fetch?: typeof fetch;
  readonly now?: () => Date;
  /** In ms, and never set back, unlike `now`: the age of what was fetched. `performance.now` unless told. */
  readonly elapsed?: () => number;
}

export interface StatementVerifier {
  /**
   * Who is speaking. `messageId`: the message that came with it (`turn_id`), which it must be about. Throws
   * StatementRefused, whose `reason` may be logged; `keysUnavailable` is worth a later try.
   */
  verify(jwt: string, message?: { readonly messageId: string }): Promise<Statement>;
}

const typ = 'doorman-statement+jwt';
const lifetimeMaxSeconds = 120;
const skewSeconds = 30;

/** One for a backend: it remembers the keys. */
export function createStatementVerifier(options: VerifierOptions): StatementVerifier {
  const { issuer, audience, once, now = () => new Date() } = options;
  if (issuer === '' || audience === '') throw new Error('a verifier needs the issuer and the audience');
  const keys = createKeySet({
    url: options.jwksUrl ?? `${issuer}/.well-known/jwks.json`,
    fetch: options.fetch ?? fetch,
    elapsed: options.elapsed ?? (() => performance.now()),
  });
  return {
    async verify(jwt, message) {
      const expected = { typ, issuer, audience, lifetimeMaxSeconds, skewSeconds, now: now().getTime() };
      const statement = await readStatement(jwt, expected, (kid) => keys.find(kid));
      if (message !== undefined && statement.messageId !== message.messageId) throw new StatementRefused('message');
      if (once !== undefined) {
        const until = new Date(statement.expiresAt.getTime() + skewSeconds * 1_000);
        // Only true: whatever a store answers when it is in trouble is no.
        if (await once(statement.messageId, until) !== true) throw new StatementRefused('replayed');
      }
      return statement;
    },
  };
}

/** The header that Doorman sends it in, `customer-auth: JWT …`; undefined when there is none, or another. */
export function statementIn(header: string | undefined): string | undefined {
  return /^JWT ([\w.-]+)$/.exec(header ?? '')?.[1];
}
