// Seals whatever goes to Temporal, so that its database, its backups and its UI hold nothing readable (R53). Search
// attributes, ids, types and headers do not pass here: they stay readable and hold nothing personal (design, I8). So do
// the summaries and the table of a conversation's state, which operators read without a key: src/domain/shown.ts.
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { isShown } from '../domain/shown';
import { open, seal, sealedKeyId, Unsealable } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';
import { workflowTypes } from '../../workflows/contract';

const { Payload: PayloadMessage } = temporal.api.common.v1;

export const sealedEncoding = 'binary/encrypted';
const encodingBytes = Buffer.from(sealedEncoding);
// Not the workflow's id: the SDK knows it on both sides, the codec server does not.
const context = 'temporal payload';

/**
 * Seals each payload as a whole, so that its own metadata is hidden and restored too, under the active key. Opens with
 * the key that the payload names; throws UnknownKey or Unsealable (closed) and passes on what others encoded.
 */
export function createPayloadCodec(keys: PurposeKeys): PayloadCodec {
  return {
    // async, because the interface is: what is thrown becomes a rejection.
    encode: async (payloads) => payloads.map((payload) => sealPayload(keys, payload)),
    decode: async (payloads) => payloads.map((payload) => openPayload(keys, payload)),
  };
}

/** Whether this codec made it. */
export function isSealedPayload({ metadata }: Payload): boolean {
  const encoding = metadata?.encoding;
  return encoding !== undefined && encoding !== null && Buffer.compare(encoding, encodingBytes) === 0;
}

function sealPayload(keys: PurposeKeys, payload: Payload): Payload {
  if (isReadable(payload)) return payload;
  return {
    metadata: { encoding: encodingBytes, 'encryption-key-id': Buffer.from(keys.activeId) },
    data: seal(keys, PayloadMessage.encode(payload).finish(), context),
  };
}

// Longer than any text that is shown, and than the answer that holds one.
const readableBytesMax = 3_000;

/** Whether a payload is a text that is shown, or the SDK's answer to the UI that holds one and nothing else. */
function isReadable({ metadata, data }: Payload): boolean {
  const isJson = Buffer.from(metadata?.encoding ?? []).toString('latin1') === 'json/plain';
  if (!isJson || data === null || data === undefined || data.length > readableBytesMax) return false;
  const text = Buffer.from(data).toString('utf8');
  if (text.startsWith('"')) return isShown(JSON.parse(text));
  return text.startsWith('{"definition":') && isMetadata(JSON.parse(text) as Record<string, unknown>);
}

function isMetadata({ definition, currentDetails, ...more }: Record<string, unknown>): boolean {
  const { type, ...handlers } = definition as Record<string, unknown>;
  return Object.keys(more).length === 0 && isShown(currentDetails) && type === workflowTypes.conversation
    && Object.keys(handlers).every((name) => /^(query|signal|update)Definitions$/.test(name));
}

function openPayload(keys: PurposeKeys, payload: Payload): Payload {
  if (!isSealedPayload(payload)) return payload;
  const data = payload.data ?? new Uint8Array();
  // The id beside the data is for operators, who must be able to rely on it when they retire a key.
  const named = Buffer.from(payload.metadata?.['encryption-key-id'] ?? []).toString('latin1');
  if (named !== sealedKeyId(data)) throw new Unsealable('names another key than the one that sealed it');
  return PayloadMessage.decode(open(keys, data, context));
}
