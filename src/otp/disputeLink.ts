// The link by which an employee says NOT ME to a session that was announced to them: signed, so that nobody else can
// make one, with ids in it and nothing of a person. Whoever has the link may dispute that one session, and no more.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUuid } from '../domain/identifiers';
import { UnknownKey } from '../keys/keyring';
import type { PurposeKeys } from '../keys/keyring';

export interface DisputeLink {
  /** The session that was announced, a UUID. */
  readonly sessionId: string;
  /** From then on the link is worth nothing. */
  readonly expiresAt: Date;
}

// Layout: version, length of key id, key id, session id, expiry in ms, HMAC-SHA-256 of all that under the label.
const version = 1;
/** Keeps these signatures apart from the hashes that are made with the same keys (src/keys/box.ts). */
const label = 'dispute-link\0';
const [idBytes, expiryBytes, macBytes] = [16, 6, 32];
/** With the longest key id. */
const tokenLengthMax = Math.ceil((2 + 32 + idBytes + expiryBytes + macBytes) * 4 / 3);

/** A token, signed under the active key: letters, digits, `-` and `_`. Throws RangeError for a bad id or time. */
export function disputeToken(keys: PurposeKeys, { sessionId, expiresAt }: DisputeLink): string {
  if (!isUuid(sessionId.toLowerCase())) throw new RangeError('a session has a UUID');
  if (Number.isNaN(expiresAt.getTime())) throw new RangeError('a link has a time at which it ends');
  const keyId = Buffer.from(keys.activeId);
  const expiry = Buffer.alloc(expiryBytes);
  expiry.writeUIntBE(expiresAt.getTime(), 0, expiryBytes);
  const head = Buffer.from([version, keyId.length]);
  const body = Buffer.concat([head, keyId, Buffer.from(sessionId.replaceAll('-', ''), 'hex'), expiry]);
  return Buffer.concat([body, macOf(keys.key(keys.activeId), body)]).toString('base64url');
}

/** What a token says, when it is ours, whole, and not too old at `now`; undefined for any other text. */
export function readDisputeToken(keys: PurposeKeys, token: string, now: Date): DisputeLink | undefined {
  if (token.length > tokenLengthMax) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // Node skips what is not base64url, and the last sign has bits to spare: one token has one spelling.
  if (bytes.toString('base64url') !== token) return undefined;
  const keyIdBytes = bytes[1] ?? 0;
  if (bytes[0] !== version || bytes.length !== 2 + keyIdBytes + idBytes + expiryBytes + macBytes) return undefined;
  const body = bytes.subarray(0, -macBytes);
  const key = findKey(keys, body.toString('latin1', 2, 2 + keyIdBytes));
  if (key === undefined || !timingSafeEqual(macOf(key, body), bytes.subarray(-macBytes))) return undefined;
  const expiresAt = new Date(body.readUIntBE(body.length - expiryBytes, expiryBytes));
  const sessionId = uuidOf(body.subarray(2 + keyIdBytes, -expiryBytes));
  return now < expiresAt ? { sessionId, expiresAt } : undefined;
}

function macOf(key: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', key).update(label).update(body).digest();
}

/** A key that is gone makes a link worthless; it is no fault of ours. */
function findKey(keys: PurposeKeys, id: string): Buffer | undefined {
  try {
    return keys.key(id);
  } catch (error) {
    if (error instanceof UnknownKey) return undefined;
    throw error;
  }
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
