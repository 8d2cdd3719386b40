// What every carrier of codes keeps to, whichever way the code travels.
import { randomUUID } from 'node:crypto';
import type { CodeCarrier, CodeToCarry } from '../../src/otp/carriers/codeCarrier';
import type { Method } from '../../src/domain/messages';
import { faultOf, leaks } from './leaks';

export type CarrierMood = 'well' | 'down' | 'throttling' | 'silent' | 'losing answers';

/** What tells one way from another: how a code is seen or heard that has arrived, and what else there is to know. */
export interface CarrierNature {
  readonly method: Method;
  /** The one code in what arrived, as a person would type it, however often it is said; undefined for none or more. */
  codeIn(words: string): string | undefined;
  /** What has to be said with a code in English: who asked (0123), how long it counts (5 min), warnings. */
  readonly says: readonly RegExp[];
  /** By which a German employee's words are known. */
  readonly inGerman: RegExp;
  /** Contacts of other methods: none of them gets a code by this one. */
  readonly notContacts: readonly string[];
  /** How long a provider that throttles asks to wait, in ms. */
  readonly throttledMs: number;
}

/** Of every code in words. */
export const written: Pick<CarrierNature, 'codeIn' | 'says' | 'inGerman'> = {
  codeIn: (words) => {
    const found = new Set(words.match(/\b\d{6,10}\b/g));
    return found.size === 1 ? [...found][0] : undefined;
  },
  says: [/\b0123\b/, /\b5 min/, /nobody will ask/, /NOT ME/],
  inGerman: /NICHT ICH/,
};

export interface CarrierProvider {
  readonly nature: CarrierNature;
  readonly carrier: CodeCarrier;
  /** The same carrier with credentials that the provider does not know. */
  readonly stranger: CodeCarrier;
  readonly contact: string;
  readonly unreachable: { readonly address: string; readonly code: string };
  /** What no fault may show, besides the code and the contact. */
  readonly secrets: readonly string[];
  /** Makes the challenge that a code belongs to, where a carrier looks for its row. */
  challenge?(): Promise<string>;
  /** What arrived at a contact, in words as they are read or heard, oldest first: of all that was accepted. */
  arrived(address: string): readonly string[] | Promise<readonly string[]>;
  /** What arrived anywhere at all. */
  everything(): readonly string[] | Promise<readonly string[]>;
  set(mood: CarrierMood): void;
  close(): Promise<void>;
}

export function describeCodeCarrier(name: string, start: () => Promise<CarrierProvider>): void {
  describe(`${name} as a carrier of codes`, () => {
    let provider: CarrierProvider;
    let challengeId: string;
    beforeEach(async () => {
      provider = await start();
      challengeId = await provider.challenge?.() ?? randomUUID();
    });
    afterEach(() => provider.close());

    const code = '48392017';
    const carry = (changes: Partial<CodeToCarry> = {}, carrier = provider.carrier) => carrier.carry({
      to: provider.contact, code, language: 'en', requestedBy: '0123', minutesLeft: 5, receiptId: randomUUID(),
      challengeId, ...changes });
    const secrets = () => [code, provider.contact, ...provider.secrets];
    const firstWords = async () => (await provider.arrived(provider.contact))[0];
    const codes = async () => (await provider.arrived(provider.contact)).map((words) => provider.nature.codeIn(words));

    it('brings the code, who asked for it, how long it counts and a warning', async () => {
      expect(provider.carrier.method).toBe(provider.nature.method);
      expect(await carry()).toMatchObject({ outcome: 'accepted' });
      expect(await codes()).toEqual([code]);
      for (const said of provider.nature.says) expect(await firstWords()).toMatch(said);
    });

    it('speaks the language of the employee', async () => {
      await carry({ language: 'de-AT' });
      expect(await firstWords()).toMatch(provider.nature.inGerman);
    });

    it('brings the same code again when it is asked to', async () => {
      await carry();
      await carry();
      expect(await codes()).toEqual([code, code]);
    });

    it('keeps a code with leading zeros', async () => {
      await carry({ code: '000042' });
      expect(await codes()).toEqual(['000042']);
    });

    it('says so when a contact can never be reached', async () => {
      const { address, code: number } = provider.unreachable;
      expect(await carry({ to: address })).toMatchObject({ outcome: 'undeliverable', code: number });
    });

    it('takes no code into a chat, to a contact of another method, or to what is no contact', async () => {
      const nowhere = ['whatsapp:+4915112345678', 'messenger:1234', '', 'not a contact'];
      for (const to of [...nowhere, ...provider.nature.notContacts]) {
        const carried = await carry({ to });
        expect([to, carried]).toEqual([to, expect.objectContaining({ outcome: 'undeliverable' })]);
        expect(leaks(carried, secrets())).toEqual([]);
      }
      expect(await provider.everything()).toEqual([]);
    });

    it('throws a fault that keeps its silence when the provider is down, slow, throttling or does not know us', async () => {
      provider.set('down');
      await faultOf(carry(), 'unavailable', secrets());
      provider.set('silent');
      expect((await faultOf(carry(), 'unavailable', secrets())).code).toBe('timeout');
      provider.set('losing answers');
      await faultOf(carry(), 'unavailable', secrets());
      provider.set('throttling');
      expect((await faultOf(carry(), 'throttled', secrets())).retryAfterMs).toBe(provider.nature.throttledMs);
      provider.set('well');
      await faultOf(carry({}, provider.stranger), 'misconfigured', secrets());
    });

    it('keeps nothing of a code that it carried', async () => {
      await carry();
      expect(leaks(provider.carrier, secrets())).toEqual([]);
    });
  });
}
