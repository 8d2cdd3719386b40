// What every way keeps to by which an employee's own token of a service is got, whatever the service does.
import type { ActAsProvider, Holder } from '../../src/services/actAsProvider';
import { OutboundFault } from '../../src/outbound/outboundFault';
import type { OutboundFaultKind } from '../../src/outbound/outboundFault';
import { leaks } from './leaks';

export type ServiceMood =
  | 'well' | 'down' | 'silent' | 'throttling' | 'shut' | 'redirecting' | 'showing a page' | 'endless' | 'breaking off';

export interface ActAsService {
  readonly provider: ActAsProvider;
  /** The same with credentials that the service does not know. */
  readonly stranger: ActAsProvider;
  /** The same that does not wait long: the others are not cut off because the machine is busy. */
  readonly impatient: ActAsProvider;
  /** What no fault may show, besides whose account it is. */
  readonly secrets: readonly string[];
  /** Whose a token is, by what the account is known by; undefined for none of the service's. */
  ownerOf(authorization: string): string | undefined;
  /** How often a token was asked for. */
  asked(): number;
  /** Somebody without an account. */
  readonly nobody: Holder;
  set(mood: ServiceMood): void;
  /** What is said of the next tokens, besides the token itself. */
  say(fields: { token_type?: unknown; expires_in?: unknown; issued_token_type?: unknown }): void;
  /** Lets time pass, in ms. */
  pass(ms: number): void;
  close(): Promise<void>;
}

export const anna: Holder = {
  employeeId: '00000000-0000-4000-8000-0000000000a1', employeeNumber: '144133', workEmail: 'anna&co@acme.example',
  returnedAt: null,
  proof: {
    sessionId: '00000000-0000-4000-8000-0000000000b1', method: 'sms', assurance: 'standard',
    verifiedAt: new Date('2026-11-26T10:00:00Z'),
  },
};
export const ben: Holder = {
  ...anna, employeeId: '00000000-0000-4000-8000-0000000000a2', employeeNumber: '144134', workEmail: 'ben@acme.example',
};
/** What is known of both at a service, and nowhere to be read. */
export const personal = [anna, ben].flatMap(({ employeeNumber, workEmail }) => [employeeNumber, workEmail!]);

export function describeActAsProvider(name: string, start: () => Promise<ActAsService>): void {
  describe(`${name} as a way to act for an employee`, () => {
    let service: ActAsService;
    beforeEach(async () => { service = await start(); });
    afterEach(() => service.close());

    const ask = (holder = anna, provider = service.provider) => provider.authorization(holder, 'test');
    const ownerOf = async (holder = anna, provider = service.provider) => service.ownerOf((await ask(holder, provider))!);
    async function fails(kind: OutboundFaultKind, provider = service.provider): Promise<void> {
      const fault = await ask(anna, provider).then((value: unknown) => value, (error: unknown) => error);
      expect(fault).toBeInstanceOf(OutboundFault);
      expect(fault).toMatchObject({ kind });
      expect(leaks(fault, [...service.secrets, ...personal, 'token-'])).toEqual([]);
    }

    it('gets a token of the employee\'s own, and nobody else\'s', async () => {
      expect([anna.workEmail, anna.employeeNumber]).toContain(await ownerOf());
      expect([ben.workEmail, ben.employeeNumber]).toContain(await ownerOf(ben));
      expect(await ask()).toMatch(/^Bearer \S+$/);
    });

    it('asks once for however many messages of one employee at once', async () => {
      const given = await Promise.all(Array.from({ length: 1_000 }, () => ask()));
      expect(new Set(given).size).toBe(1);
      expect(service.asked()).toBe(1);
    });

    it('keeps a token until a minute before it ends', async () => {
      service.say({ expires_in: 600 });
      const first = await ask();
      service.pass(540_000 - 1);
      expect(await ask()).toBe(first);
      service.pass(1);
      expect(await ask()).not.toBe(first);
    });

    it('keeps a token for an hour at most, whatever is said of its life', async () => {
      service.say({ expires_in: 1e9 });
      const first = await ask();
      service.pass(3_540_000 - 1);
      expect(await ask()).toBe(first);
      service.pass(1);
      expect(await ask()).not.toBe(first);
    });

    it('uses a token once that ends at once', async () => {
      service.say({ expires_in: 0 });
      expect(await ask()).not.toBe(await ask());
    });

    it.each([['a life that is over', { expires_in: -1 }], ['a life that is a word', { expires_in: 'canary' }],
      ['another type', { token_type: 'mac' }], ['a type that is none', { token_type: 7 }],
    ])('takes no token of %s', async (_, said) => {
      service.say(said);
      await fails('untrustworthy');
    });

    it('gives nothing to somebody who has no account there', async () => {
      expect(await ask(service.nobody)).toBeUndefined();
      expect(await ask({ ...anna, workEmail: undefined, employeeNumber: service.nobody.employeeNumber })).toBeUndefined();
    });

    it('asks for one other token when the service refuses one, for however many it refused', async () => {
      const refused = (await ask())!;
      const given = await Promise.all(Array.from({ length: 100 }, () => {
        service.provider.refused(anna, refused);
        return ask();
      }));
      expect(new Set(given).size).toBe(1);
      expect(given[0]).not.toBe(refused);
      expect(service.asked()).toBe(2);
      // Late news of the first one.
      service.provider.refused(anna, refused);
      expect(await ask()).toBe(given[0]);
    });

    it('gives another employee, or the same one under another account, another token', async () => {
      const first = await ask();
      const other = await ask({ ...ben, employeeId: anna.employeeId });
      expect(other).not.toBe(first);
      expect(service.ownerOf(other!)).not.toBe(service.ownerOf(first!));
    });

    it.each<[ServiceMood, OutboundFaultKind]>([
      ['down', 'unreachable'], ['silent', 'unreachable'], ['breaking off', 'unreachable'], ['throttling', 'unreachable'],
      ['shut', 'refused'], ['redirecting', 'untrustworthy'], ['showing a page', 'untrustworthy'],
      ['endless', 'untrustworthy'],
    ])('says so of a service that is %s, without a value, and asks again later', async (mood, kind) => {
      const provider = mood === 'silent' ? service.impatient : service.provider;
      service.set(mood);
      await fails(kind, provider);
      service.set('well');
      expect([anna.workEmail, anna.employeeNumber]).toContain(await ownerOf(anna, provider));
    });

    it('is refused with credentials that the service does not know', async () => {
      await fails('refused', service.stranger);
    });
  });
}
