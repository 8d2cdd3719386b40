// Who is speaking, to the demo assistant: as Doorman's statement says it, and as nothing else does.
import type { IncomingMessage } from 'node:http';
import { createStatementVerifier, statementIn } from '../../verifier/verifier';
import type { Statement } from '../../verifier/verifier';

export interface StatementOptions {
  /** DOORMAN_PUBLIC_URL, from which the statement comes. */
  readonly issuer: string;
  /** By which name Doorman speaks to us. */
  readonly audience: string;
  /** Where Doorman's keys are, from here; at the issuer unless told. */
  readonly jwksUrl?: string;
  readonly fetch?: typeof fetch;
}

/**
 * Reads the statement that came with a turn. Throws StatementRefused, also for a turn without one: then the turn is
 * answered with 401. Repeats of a turn are taken: their answers are the same.
 */
export function createStatementReader(
  options: StatementOptions,
): (request: Pick<IncomingMessage, 'headersDistinct'>, turnId: string) => Promise<Statement> {
  const verifier = createStatementVerifier(options);
  return async (request, turnId) => {
    // One header: of two it would be open which counts.
    const [header, ...more] = request.headersDistinct['customer-auth'] ?? [];
    return verifier.verify(more.length > 0 ? '' : statementIn(header) ?? '', { messageId: turnId });
  };
}
