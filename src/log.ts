// The only way to a log line: fixed events and a closed list of fields, so that no text, number, name or code can be
// logged (I8, R61). Refused at compile time by the types, and once more at run time, where a cast got past them.
import pino from 'pino';
import type { DestinationStream } from 'pino';
import { isUuid } from './domain/identifiers';

/** Random ids of ours: UUIDs, by which nobody can be told. */
const uuidFields = ['senderId', 'challengeId', 'sessionId', 'employeeId', 'requestId'] as const;
/** Words and ids of ours or of Temporal: one token each, never what a person or a provider wrote. */
const tokenFields = [
  'messageId', 'conversationId', 'turnId', 'workflowId', 'runId', 'workflowType', 'activity', 'taskQueue', 'component',
  'state', 'stage', 'outcome', 'kind', 'reason', 'method', 'verdict', 'channel', 'dependency', 'code', 'fault',
  'problem', 'route', 'source', 'purpose', 'keyId', 'signal', 'version', 'buildId', 'role',
] as const;
/** Quantities. Of a list only its length is said. */
const numberFields = ['ms', 'count', 'port', 'status', 'attempt', 'line', 'bytes', 'doubts', 'abandoned'] as const;

/** What a line may say beside its event. */
export type LogFields =
  & { readonly [name in (typeof uuidFields)[number] | (typeof tokenFields)[number]]?: string | undefined }
  & { readonly [name in (typeof numberFields)[number]]?: number | readonly unknown[] | undefined }
  /** Anything thrown. Only its class, codes and places in our source are kept; its words only where they are ours. */
  & { readonly error?: unknown };

/** Only a literal: `string` and templates with `string` in them are refused, for they could carry a person's words. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- {} extends a record without required keys
type Literal<E extends string> = {} extends Record<E, 1> ? never : E;

type Write = <E extends string>(event: Literal<E>, fields?: LogFields) => void;
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}
export type LogLevel = keyof Log;

export interface LogOptions {
  readonly level: LogLevel;
  /** The process: `web`, `worker`. */
  readonly name: string;
  /** Where lines go; stdout when not given. */
  readonly destination?: DestinationStream;
}

/** A log of JSON lines. */
export function createLog({ level, name, destination = pino.destination(1) }: LogOptions): Log {
  const lines = pino({
    level, base: { name }, messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  }, destination);
  const write = (at: LogLevel): Write => (event, fields = {}) => lines[at](safeFields(fields), safeEvent(event));
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

export const withheld = '[withheld]';

const token = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$/;
// A telephone number, a code or an employee number, however it is grouped. SQLSTATEs and Twilio's codes have five.
const isNumber = (text: string) => /^[\d._:/-]+$/.test(text) && text.replace(/\D/g, '').length > 5;

function safeToken(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return safeToken(String(value));
  return typeof value === 'string' && token.test(value) && !isNumber(value) ? value : undefined;
}

function safeNumber(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' ? value : undefined;
}

const safeUuid = (value: unknown) =>
  (typeof value === 'string' && isUuid(value.toLowerCase()) ? value : undefined);

const fieldChecks = new Map<string, (value: unknown) => unknown>([
  ...uuidFields.map((name) => [name, safeUuid] as const),
  ...tokenFields.map((name) => [name, safeToken] as const),
  ...numberFields.map((name) => [name, safeNumber] as const),
  ['error', (value: unknown) => reduceError(value)],
]);

function safeFields(fields: LogFields): Record<string, unknown> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const known = given.filter(([name]) => fieldChecks.has(name));
  const safe = known.map(([name, value]) => [name, fieldChecks.get(name)!(value) ?? withheld]);
  // Says that something is missing, so that a new field is not looked for in vain; not what.
  const dropped = given.length - known.length;
  return { ...Object.fromEntries(safe), ...(dropped > 0 ? { dropped } : {}) };
}

// Words and commas: room for a short sentence, none for a number or an address.
const eventForm = /^[A-Za-z][A-Za-z ,.'()/-]{0,99}$/;

function safeEvent(event: string): string {
  return eventForm.test(event) ? event : withheld;
}

/** What is kept of an error. */
interface ReducedError {
  readonly name: string;
  readonly message?: string;
  readonly code?: string;
  readonly kind?: string;
  readonly type?: string;
  readonly constraint?: string;
  /** Places in source, innermost first. */
  readonly at?: readonly string[];
  readonly causes?: readonly ReducedError[];
}

/** Errors whose words are ours, and hold nothing of a person. */
const ownErrors: ReadonlySet<string> = new Set(['Fault', 'FeedFault', 'Misconfiguration', 'UnknownKey', 'Unsealable']);
const messageLengthMax = 2_000;
const placesMax = 6;
const causesMax = 3;
const depthMax = 4;

/** The class, codes and places of anything thrown. By shape and not by class: errors cross module realms. */
export function reduceError(error: unknown, depth = 0): ReducedError {
  if (typeof error !== 'object' || error === null) return { name: typeof error };
  const { name, message, code, kind, type, constraint, stack, cause, errors } = error as Record<string, unknown>;
  const safeName = safeToken(name) ?? 'Error';
  const own = ownErrors.has(safeName) || isOurFailure(safeName, message);
  const parts = {
    message: own && typeof message === 'string' ? message.slice(0, messageLengthMax) : undefined,
    code: safeToken(code), kind: safeToken(kind), type: safeToken(type), constraint: safeToken(constraint),
    at: own ? undefined : placesOf(stack, message),
    causes: depth < depthMax ? reduceCauses([cause, ...(Array.isArray(errors) ? errors : [])], depth + 1) : undefined,
  };
  return { name: safeName, ...Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) };
}

function reduceCauses(causes: readonly unknown[], depth: number): ReducedError[] | undefined {
  const objects = causes.filter((each) => typeof each === 'object' && each !== null).slice(0, causesMax);
  return objects.length === 0 ? undefined : objects.map((each) => reduceError(each, depth));
}

// What activities/failures.ts makes: a fault's words, or the class, code and place of a bug.
const ourFault = /^[\w-]{1,40} (?:unavailable|throttled|refused|misconfigured|sealed): [\w .-]{1,60}$/;
const ourBug = /^\w{0,40}Error(?: [A-Z0-9_]{2,40})?(?: (at .{1,500}))?$/;

function isOurFailure(name: string, message: unknown): boolean {
  if (name !== 'ApplicationFailure' || typeof message !== 'string' || isNumberInside(message)) return false;
  const bug = ourBug.exec(message);
  return bug === null ? ourFault.test(message) : bug[1] === undefined || frame.test(`    ${bug[1]}`);
}

const isNumberInside = (text: string) => /\d{6,}/.test(text);

// A line of a stack that V8 wrote: a function, a file, a line. A message of several lines could look like one, so the
// message is cut off first, and without it in the stack nothing is kept.
const frame = /^ {4}at (?:[\w$.<>[\] ]{1,100} \()?(?:node:|file:\/\/)?[\w$@./\\:+-]{1,300}:\d{1,6}:\d{1,6}\)?$/;

function placesOf(stack: unknown, message: unknown): string[] | undefined {
  if (typeof stack !== 'string' || typeof message !== 'string') return undefined;
  const start = stack.indexOf(message);
  if (start < 0) return undefined;
  const lines = stack.slice(start + message.length).split('\n');
  const places = lines.filter((line) => frame.test(line) && !isNumberInside(line)).slice(0, placesMax);
  return places.map((line) => line.trim().slice('at '.length));
}

/** An entry of the Temporal SDK's log, as its DefaultLogger hands it on. */
interface TemporalEntry {
  readonly level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly message: string;
  readonly meta?: Readonly<Record<string | symbol, unknown>>;
}

const temporalLevels = { TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * For `new DefaultLogger(level, temporalLogger(log))`. The SDK prints the words of failures, in its messages after a
 * colon and in its fields: neither gets through, the codec does not cover them. Ids, types and attempts do.
 */
export function temporalLogger(log: Log): (entry: TemporalEntry) => void {
  return ({ level, message, meta = {} }) => {
    const { workflowId, runId, workflowType, activityType, attempt, taskQueue, sdkComponent, state } = meta;
    const fault = meta.error ?? meta.err ?? meta.e;
    const fields = {
      workflowId, runId, workflowType, activity: activityType, attempt, taskQueue, component: sdkComponent, state,
      ...(fault === undefined ? {} : { error: fault }),
    };
    const [event = ''] = message.split(/[:;"“`{[=\n]| \(/);
    // The casts let the SDK's own words pass the compiler; the checks of the log remain.
    log[temporalLevels[level]]<'Temporal'>((event.trim() || 'Temporal') as 'Temporal', fields as LogFields);
  };
}
