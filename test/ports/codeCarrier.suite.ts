// What every carrier of codes keeps to, whichever way the code travels.
import { randomUUID } from 'node:crypto';
import type { CodeCarrier, CodeToCarry } from '../../src/otp/codeCarrier';
import type { Method } from '../../src/domain/messages';
import { faultOf, leaks } from './leaks';

export type CarrierMood = 'well' | 'down' | 'throttling' | 'silent' | 'losing answers';

export interface CarrierProvider {
  readonly method: Method;
  readonly carrier: CodeCarrier;
  /** The same carrier with credentials that the provider does not know. */
  readonly stranger: CodeCarrier;
  readonly contact: string;
  readonly unreachable: { readonly address: string; readonly code: string };
  /** What no fault may show, besides the code and the contact. */
  readonly secrets: readonly string[];
  /** The words that arrived at a contact, oldest first; those of a call as they are heard when a key is pressed. */
  arrived(address: string): readonly string[];
  /** What arrived anywhere at all. */
  everything(): readonly string[];
  set(mood: CarrierMood): void;
  close(): Promise<void>;
}

export const throttleSeconds = 7;

export function describeCodeCarrier(name: string, start: () => Promise<CarrierProvider>): void {
  describe(`${name} as a carrier of codes`, () => {
    let provider: CarrierProvider;
    beforeEach(async () => { provider = await start(); });
    afterEach(() => provider.close());

    const code = '48392017';
    const carry = (changes: Partial<CodeToCarry> = {}, carrier = provider.carrier) => carrier.carry({
      to: provider.contact, code, language: 'en', requestedBy: '0123', minutesLeft: 5, receiptId: randomUUID(), ...changes });
    const secrets = () => [code, provider.contact, ...provider.secrets];

    it('brings the code, who asked for it, how long it counts and a warning', async () => {
      expect(provider.carrier.method).toBe(provider.method);
      expect(await carry()).toMatchObject({ outcome: 'accepted' });
      const [words] = provider.arrived(provider.contact);
      expect(words).toContain(code);
      expect(words).toContain('0123');
      expect(words).toMatch(/\b5 min/);
      expect(words).toMatch(/nobody will ask/);
      expect(words).toMatch(/NOT ME/);
    });

    it('speaks the language of the employee', async () => {
      await carry({ language: 'de-AT' });
      expect(provider.arrived(provider.contact)[0]).toMatch(/NICHT ICH/);
    });

    it('brings the same code again when it is asked to', async () => {
      await carry();
      await carry();
      expect(provider.arrived(provider.contact).map((words) => words.includes(code))).toEqual([true, true]);
    });

    it('keeps a code with leading zeros', async () => {
      await carry({ code: '000042' });
      expect(provider.arrived(provider.contact)[0]).toMatch(/\b000042\b/);
    });

    it('says so when a contact can never be reached', async () => {
      const { address, code: number } = provider.unreachable;
      expect(await carry({ to: address })).toEqual({ outcome: 'undeliverable', code: number });
    });

    it.each(['whatsapp:+4915112345678', 'messenger:1234', '', 'not a contact'])(
      'takes no code to %j', async (to) => {
        const carried = await carry({ to });
        expect(carried).toMatchObject({ outcome: 'undeliverable' });
        expect(leaks(carried, secrets())).toEqual([]);
        expect(provider.everything()).toEqual([]);
      });

    it('throws a fault that keeps its silence when the provider is down, slow, throttling or does not know us', async () => {
      provider.set('down');
      await faultOf(carry(), 'unavailable', secrets());
      provider.set('silent');
      expect((await faultOf(carry(), 'unavailable', secrets())).code).toBe('timeout');
      provider.set('losing answers');
      await faultOf(carry(), 'unavailable', secrets());
      provider.set('throttling');
      expect((await faultOf(carry(), 'throttled', secrets())).retryAfterMs).toBe(throttleSeconds * 1_000);
      provider.set('well');
      await faultOf(carry({}, provider.stranger), 'misconfigured', secrets());
    });

    it('keeps nothing of a code that it carried', async () => {
      await carry();
      expect(leaks(provider.carrier, secrets())).toEqual([]);
    });
  });
}
