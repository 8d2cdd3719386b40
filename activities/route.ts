// By which way a code goes, and where: the order that is configured, failing routes last, what cannot be used never.
import type { Queryable } from '../src/db/pool';
import type { Contact } from '../src/directory/contacts';
import type { Method } from '../src/domain/messages';
import type { Destination } from '../src/otp/budgets';
import { failingRoutes, passingFailure, refusedRoutes } from '../src/otp/routeHealth';
import { waitsForStandard } from '../src/sessions/stepUps';
import type { ContactQuestion } from './code';

export interface RouteDeps {
  /** How codes can travel here, best first. */
  readonly methods: readonly Method[];
  findContact(db: Queryable, code: ContactQuestion): Promise<Contact | undefined>;
  /** Keyed hash by which sends to one number or address are counted. */
  hashDestination(to: string): Buffer;
}

export interface Route {
  readonly method: Method;
  readonly destination: Destination;
}

type Whose = Pick<ContactQuestion, 'employeeId' | 'senderId'>;

const nowhere: Destination = { destinationHash: null };

/**
 * The best way for a code that somebody asked for; the first one, to nowhere, for whoever has none. Ways by which this
 * code did not arrive come last. Every way is looked at, for somebody unknown too: the same work, whoever is claimed
 * (R25).
 */
export async function chooseRoute(
  deps: RouteDeps, tx: Queryable, whose: Whose, missed: readonly Method[] = [],
): Promise<Route> {
  const routes = await usableRoutes(deps, tx, whose);
  const best = routes.find(({ method }) => !missed.includes(method)) ?? routes[0];
  return best ?? { method: firstMethod(deps), destination: nowhere };
}

/** The next way for a code that did not arrive by some; undefined when there is none left. */
export async function nextRoute(
  deps: RouteDeps, tx: Queryable, whose: Whose, tried: readonly Method[],
): Promise<Route | undefined> {
  return (await usableRoutes(deps, tx, whose)).find(({ method }) => !tried.includes(method));
}

/** The way that is shown to whoever may not know whose code goes by which. */
export function firstMethod({ methods }: Pick<RouteDeps, 'methods'>): Method {
  return methods[0]!; // the configuration has one at least
}

/** Where a code goes by one way. Every way is looked at here, too; asked for nobody as well, with the same work. */
export async function routeBy(deps: RouteDeps, tx: Queryable, question: ContactQuestion): Promise<Destination> {
  const routes = await routesTo(deps, tx, question);
  return routes.find(({ method }) => method === question.method)?.destination ?? nowhere;
}

/**
 * The way of a code's `missed`-th send once more, for one that has no other left: where it failed for a reason that may
 * pass, and leads somewhere still.
 */
export async function sameRoute(
  deps: RouteDeps, tx: Queryable, { id, ...whose }: Whose & { readonly id: string }, missed: number,
): Promise<Route | undefined> {
  const method = await passingFailure(tx, id, missed);
  if (method === undefined) return undefined;
  const destination = await routeBy(deps, tx, { ...whose, method });
  return destination.destinationHash === null ? undefined : { method, destination };
}

/** Those of a failing country come last, and after them those that this contact refused. */
async function usableRoutes(deps: RouteDeps, tx: Queryable, whose: Whose): Promise<Route[]> {
  const routes = await routesTo(deps, tx, whose);
  if (deps.methods.length === 1) return routes;
  const countries = [...new Set(routes.flatMap(({ destination }) => destination.country ?? []))];
  const failing = await failingRoutes(tx, countries);
  const refused = await refusedRoutes(tx, routes.flatMap(({ destination }) => destination.destinationHash ?? []));
  const rank = ({ method, destination: { destinationHash: hash, country } }: Route) => {
    if (refused.some((one) => one.method === method && hash?.equals(one.destinationHash))) return 2;
    return failing.some((one) => one.method === method && one.country === country) ? 1 : 0;
  };
  return [0, 1, 2].flatMap((wanted) => routes.filter((route) => rank(route) === wanted));
}

/**
 * Every way that leads to somebody, in the order that is configured; to another number alone while a message waits for
 * such a proof.
 */
async function routesTo(deps: RouteDeps, tx: Queryable, { employeeId, senderId }: Whose): Promise<Route[]> {
  const routes: Route[] = [];
  const onlyOthers = await waitsForStandard(tx, senderId);
  for (const method of deps.methods) {
    const contact = await deps.findContact(tx, { employeeId, senderId, method });
    if (contact === undefined || (onlyOthers && !contact.isOther)) continue;
    routes.push({ method, destination: destinationOf(deps, contact) });
  }
  return routes;
}

function destinationOf(deps: RouteDeps, contact: Contact): Destination {
  return { destinationHash: deps.hashDestination(contact.to), country: contact.country, isOther: contact.isOther };
}
