// Whoever asks a private address that is not configured says so in the same words, to who can name it.
import { createReportClient, usualLimits } from '../../src/directory/report/reportRequest';
import { Fault } from '../../src/domain/faults';
import { askFor } from '../../src/outbound/answer';
import { createEgress, privateAddress } from '../../src/outbound/egress';
import { faultOfThrown } from '../../src/outbound/httpFaults';
import { OutboundFault } from '../../src/outbound/outboundFault';
import { createTokens } from '../../src/outbound/tokens';
import { leaks } from '../ports/leaks';

const get = createEgress({ privateHosts: new Set() });
const auth = { header: () => Promise.resolve('Basic x'), renew: () => false };

describe.each(['http://127.0.0.1:40404/', 'http://localhost:40404/'])('at %s', (url) => {
  test.each<[string, () => Promise<unknown>]>([
    ['the service', () => askFor('the service', url, {}, { timeoutMs: 10_000, bytesMax: 1_000 }, get)],
    ['the token endpoint', () => createTokens({ tokenUrl: url, clientId: 'doorman', allowInsecure: true, fetch: get }).bearer()],
    ['the report', () => createReportClient({ format: 'json' }, auth, usualLimits, get).get(new URL(url))],
  ])('%s is misconfigured, and the setting is named, not the address', async (who, ask) => {
    const fault = await ask().catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(OutboundFault);
    expect(fault).toMatchObject({ kind: 'misconfigured', message: `${who} is at ${privateAddress}` });
    expect(privateAddress).toContain('DOORMAN_PRIVATE_HOSTS');
    expect(leaks(fault, [new URL(url).hostname])).toEqual([]);
    expect(faultOfThrown('shop', fault, 'token')).toEqual(new Fault('misconfigured', 'shop', privateAddress));
  });
});
