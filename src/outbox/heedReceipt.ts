// What follows from a receipt: it is noted, a reply that the provider gives back waits to be sent again, a code that is
// lost is looked for at once, and a provider that asks to slow down is heeded.
import type { Pool } from '../db/pool';
import type { FaultKind } from '../domain/faults';
import { asksToSlowDown, slowDown } from './pacing';
import { closeWindow } from './parking';
import { noteReceipt } from './receipts';
import type { ReceiptNote } from './receipts';
import { takeBack } from './takenTexts';

/** What a provider's error number means. */
export interface Meaning {
  /** The person wrote too long ago to be written to. */
  readonly parks?: true;
  /** What it would have been as an answer. */
  readonly fault?: FaultKind;
  /** How often it may be tried again, where that is limited. */
  readonly retriesMax?: number;
}

export interface ReceiptDeps {
  readonly pool: Pool;
  meaningOf(code: string): Meaning | undefined;
  /** Somebody waits for a code that is lost. */
  sweepSoon(): void;
  /** Hears each receipt that says something new. */
  onNews?(note: ReceiptNote): void;
}

// Whoever has written again may be refused again, for as long as the text is kept (policy `textRetentionMs`).
const timesParkedMax = 1_000;
// What passes has passed by the time that something else is said; what does not, is no passing fault.
const timesTriedMax = 3;

/** Rejects when it is not certain that all was noted: told again, it does the rest. What is no news does nothing. */
export async function heedReceipt(deps: ReceiptDeps, note: ReceiptNote): Promise<void> {
  const { pool } = deps;
  const isLost = note.receipt === 'undelivered' || note.receipt === 'failed';
  const meaning = isLost && note.fault !== undefined ? deps.meaningOf(note.fault) : undefined;
  // First: once the text is taken back, its id is another one.
  if (meaning?.parks === true) await closeWindow(pool, note.receiptId);
  const noted = await takenBackOrNoted(pool, note, meaning);
  if (noted === 'ignored') return;
  deps.onNews?.(note);
  if (noted === 'code' && isLost) deps.sweepSoon();
  if (meaning?.fault !== undefined && asksToSlowDown({ kind: meaning.fault, code: note.fault! })) await slowDown(pool);
}

async function takenBackOrNoted(
  pool: Pool, note: ReceiptNote, meaning: Meaning | undefined,
): Promise<'reply' | 'code' | 'ignored'> {
  if (meaning !== undefined && await takeBack(pool, note, timesMax(meaning))) return 'reply';
  const noted = await noteReceipt(pool, note);
  return noted.outcome === 'noted' ? noted.kind : 'ignored';
}

function timesMax({ parks, fault, retriesMax = timesTriedMax }: Meaning): number {
  if (parks === true) return timesParkedMax;
  return fault === 'unavailable' || fault === 'throttled' ? retriesMax : 0;
}
