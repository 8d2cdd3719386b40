import { ApplicationFailure } from '@temporalio/common';
import {
  decodeArrayFromPayloads, decodeOptionalFailureToOptionalError as decodeFailure, encodeErrorToFailure, encodeToPayloads,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow';
import { temporal } from '@temporalio/proto';
import { bundleWorkflowCode } from '@temporalio/worker';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { createDataConverter, failureConverterPath } from '../../src/temporal/dataConverter';

const keys = parseKeyring(JSON.stringify(newKeyring())).payload;
const converter = loadDataConverter(createDataConverter(keys));
const markers = ['canary', '144133', 'provider said', 'unavailable', '.test.ts'];

describe('what Temporal keeps', () => {
  it('A33 holds arguments and results sealed', async () => {
    const payloads = await encodeToPayloads(converter, { employee: 'canary 144133' }, 'canary');
    const kept = Buffer.from(temporal.api.common.v1.Payloads.encode({ payloads: payloads! }).finish());
    for (const marker of markers) expect(kept.includes(marker)).toBe(false);
    expect(await decodeArrayFromPayloads(converter, payloads)).toEqual([{ employee: 'canary 144133' }, 'canary']);
  });

  it('A33 holds failures without their words, stacks, details and causes, and gives them back', async () => {
    const cause = new TypeError('provider said 144133');
    const message = 'canary unavailable';
    const failure = ApplicationFailure.create({ type: 'bug', message, details: [{ canary: 1 }], cause });
    const encoded = await encodeErrorToFailure(converter, failure);
    const kept = Buffer.from(temporal.api.failure.v1.Failure.encode(encoded).finish());
    for (const marker of markers) expect(kept.includes(marker)).toBe(false);
    const decoded = await decodeFailure(converter, encoded) as ApplicationFailure;
    expect(decoded).toBeInstanceOf(ApplicationFailure);
    expect(decoded).toMatchObject({ message, type: 'bug', details: [{ canary: 1 }], cause: { message: 'provider said 144133' } });
  });

  it('is written by the same failure converter inside the workflow bundle', async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: require.resolve('./fixtures/greeting'), failureConverterPath,
      logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    });
    expect(code).toMatch(/encodeCommonAttributes: true/);
  }, 60_000);
});
