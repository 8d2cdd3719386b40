// Port: how a verified employee is let into a service where they already have an account. The suite in
// test/ports/actAsProvider.suite.ts holds for each kind. What it gives is a secret: never a result of an activity.
import type { Assurance, Method } from '../domain/messages';

/** Whose account it is, as the directory and the session have it at this moment. */
export interface Holder {
  /** The directory's own id. */
  readonly employeeId: string;
  /** As HR writes it. */
  readonly employeeNumber: string;
  /** In lower case; undefined when HR registered none, or more than one. */
  readonly workEmail: string | undefined;
  /** When they came back after having left. */
  readonly returnedAt: Date | null;
  /** What the employee proved, and how; undefined where nobody speaks in a session yet. */
  readonly proof?: Proof | undefined;
}

export interface Proof {
  readonly sessionId: string;
  readonly method: Method;
  readonly assurance: Assurance;
  readonly verifiedAt: Date;
}

/**
 * Throws an OutboundFault, with no value in it, when the service cannot be asked. What is kept is kept in memory only.
 * Nothing of it is ended from outside: others may wait for the same answer.
 */
export interface ActAsProvider {
  /** Whether there is an account at the service. Undefined for kinds that cannot ask without a proof. */
  readonly exists?: (holder: Holder) => Promise<boolean>;
  /**
   * What the `Authorization` header says in the employee's own name, `Bearer …`; undefined for somebody without an
   * account. `reason`: for the service's own log, without anything personal.
   */
  authorization(holder: Holder, reason: string): Promise<string | undefined>;
  /** The service did not take it: never that one again, and one other for however many were refused. */
  refused(holder: Holder, authorization: string): void;
}
