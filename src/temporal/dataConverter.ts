// How everything that Temporal keeps is written: sealed payloads, hidden failures. One for clients and workers.
import type { DataConverter } from '@temporalio/common';
import type { PurposeKeys } from '../keys/keyring';
import { createPayloadCodec } from './payloadCodec';

/** Also given to `bundleWorkflowCode`: without it the bundle keeps the default converter and its readable failures. */
export const failureConverterPath = require.resolve('./failureConverter');

/** The data converter over the payload keys. */
export function createDataConverter(keys: PurposeKeys): DataConverter {
  return { payloadCodecs: [createPayloadCodec(keys)], failureConverterPath };
}
