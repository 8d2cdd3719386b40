// Everything that a Doorman leaves behind where it should leave nothing of a person, and a search that is not fooled
// by the usual encodings.
import { existsSync, readFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { Payload } from '@temporalio/common';
import type { Stack } from '../stack';
import { createPayloadCodec } from '../../../src/temporal/payloadCodec';

/** One place where something could have been left. */
export interface Trace {
  readonly where: string;
  readonly bytes: Buffer;
}

// The directory is where names, numbers and IDs belong (issue, point 8).
const directory = new Set(['employees', 'employee_phones', 'employee_emails']);

/** Histories, tables, logs, metrics, ids and search attributes, and the bytes of Temporal's own database. */
export async function gatherTraces(stack: Stack): Promise<Trace[]> {
  return [
    ...await conversationTraces(stack),
    ...await tableTraces(stack),
    ...stack.logFiles().filter((file) => !file.endsWith('simulator.log'))
      .map((file) => ({ where: `log ${file}`, bytes: readFileSync(file) })),
    ...await Promise.all((['web', 'worker'] as const).map(async (of) =>
      ({ where: `metrics of ${of}`, bytes: Buffer.from(await stack.metrics(of)) }))),
    ...['', '-wal', '-shm'].map((end) => stack.temporalDatabase + end).filter((file) => existsSync(file))
      .map((file) => ({ where: `Temporal's database ${file}`, bytes: readFileSync(file) })),
  ];
}

async function conversationTraces(stack: Stack): Promise<Trace[]> {
  const client = await stack.temporal({ sealed: true });
  const codec = createPayloadCodec(stack.keyring.payload);
  const traces: Trace[] = [];
  for await (const { workflowId, runId, raw } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    const { raw: described } = await handle.describe();
    const payloads = [...payloadsIn(history), ...payloadsIn(described)];
    // Not even whoever has the keys finds a person in a history: it holds ids only (decision 3).
    const opened = (await codec.decode(payloads)).map(({ data }) => Buffer.from(data ?? []));
    const shown = JSON.stringify([raw, described]);
    traces.push(
      { where: `id, search attributes and memo of ${workflowId}`, bytes: Buffer.from(shown) },
      { where: `history of ${workflowId}`, bytes: Buffer.from(historyToJSON(history)) },
      ...bytesIn(history).map((bytes) => ({ where: `bytes in the history of ${workflowId}`, bytes })),
      ...opened.map((bytes) => ({ where: `opened payload of ${workflowId}`, bytes })),
    );
  }
  return traces;
}

async function tableTraces(stack: Stack): Promise<Trace[]> {
  const { rows: tables } = await stack.owner.query<{ schema: string; name: string }>(
    `SELECT schemaname AS schema, relname AS name FROM pg_stat_user_tables ORDER BY 1, 2`);
  const traces: Trace[] = [];
  for (const { schema, name } of tables.filter((table) => !directory.has(table.name))) {
    const { rows } = await stack.owner.query<Record<string, unknown>>(`SELECT * FROM "${schema}"."${name}"`);
    const text = rows.map((row) => JSON.stringify(row, withoutBytes)).join('\n');
    traces.push({ where: `table ${name}`, bytes: Buffer.from(text) });
    traces.push(...rows.flatMap((row) => bytesIn(row).map((bytes) => ({ where: `bytes in table ${name}`, bytes }))));
  }
  return traces;
}

/** Bytes are searched as what they are. */
function withoutBytes(this: Record<string, unknown>, name: string, value: unknown): unknown {
  return this[name] instanceof Uint8Array ? undefined : value;
}

/** Every run of bytes in a tree of objects. */
function bytesIn(value: unknown): Buffer[] {
  if (value instanceof Uint8Array) return [Buffer.from(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bytesIn) : [];
}

/** Every payload in a tree of objects, by its shape. */
function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const { metadata, data } = value as Payload;
  if (data instanceof Uint8Array && metadata?.encoding instanceof Uint8Array) return [{ metadata, data }];
  return Object.values(value).flatMap(payloadsIn);
}

/** Where something was found, and how it was written there; empty when nowhere. */
export function search(traces: readonly Trace[], canaries: Readonly<Record<string, string>>): string[] {
  return traces.flatMap(({ where, bytes }) => {
    const folded = Buffer.from(bytes.toString('latin1').toLowerCase(), 'latin1');
    return Object.entries(canaries).flatMap(([name, canary]) => spellings(canary)
      .filter(({ needle, anyCase }) => (anyCase ? folded : bytes).includes(needle))
      .map(({ spelling }) => `${name} as ${spelling} in ${where}`));
  });
}

interface Spelling {
  readonly spelling: string;
  readonly needle: Buffer;
  readonly anyCase: boolean;
}

function spellings(canary: string): Spelling[] {
  const bytes = Buffer.from(canary);
  const folded = (text: string) => Buffer.from(Buffer.from(text).toString('latin1').toLowerCase(), 'latin1');
  return [
    { spelling: 'text', needle: folded(canary), anyCase: true },
    { spelling: 'JSON', needle: folded(asciiJson(canary)), anyCase: true },
    { spelling: 'a form', needle: folded(encodeURIComponent(canary)), anyCase: true },
    { spelling: 'hex', needle: Buffer.from(bytes.toString('hex')), anyCase: true },
    { spelling: 'UTF-16', needle: Buffer.from(canary, 'utf16le'), anyCase: false },
    ...[0, 1, 2].map((offset) => base64Core(bytes, offset))
      .map((core) => ({ spelling: 'base64', needle: Buffer.from(core), anyCase: false })),
  ];
}

/** What stands in base64 wherever these bytes begin `offset` bytes after a multiple of three. */
function base64Core(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '');
  // The first and the last characters also depend on the neighbours.
  return text.slice(offset === 0 ? 0 : offset + 1, (offset + bytes.length) % 3 === 0 ? undefined : -1);
}

function asciiJson(text: string): string {
  const escaped = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).slice(1, -1).replace(/[^ -~]/g, escaped);
}
