// Reads TwiML: what a call is to do. Knows the verbs that a code by voice may need, and refuses all others with the
// number that Twilio's debugger would show.
// Source: https://www.twilio.com/docs/voice/twiml
import { parseXml } from './xml';
import type { XmlElement } from './xml';

/** What is spoken in one go: words, characters one by one, or silence. */
export type Utterance =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'characters'; readonly text: string }
  | { readonly kind: 'silence'; readonly seconds: number };

export interface Say {
  readonly kind: 'say';
  readonly language?: string;
  readonly utterances: readonly Utterance[];
}

export interface Pause {
  readonly kind: 'pause';
  readonly seconds: number;
}

export interface Gather {
  readonly kind: 'gather';
  /** undefined: the document's own URL. */
  readonly action?: string;
  readonly digitsMax: number;
  readonly timeoutSeconds: number;
  /** Ends the input and is no part of it; empty: none does. */
  readonly finishKey: string;
  readonly actionOnEmptyResult: boolean;
  readonly prompts: readonly (Say | Pause)[];
}

export type Verb =
  | Say | Pause | Gather
  | { readonly kind: 'hangup' }
  | { readonly kind: 'redirect'; readonly url: string };

/** Why a document cannot be executed, by its number in Twilio’s debugger. */
export class TwimlProblem extends Error {
  constructor(readonly code: 11100 | 11200 | 12100 | 12200 | 12300, problem: string) {
    super(problem);
    this.name = 'TwimlProblem';
  }
}

/** The verbs of a document, in order. Throws TwimlProblem. */
export function parseTwiml(document: string): Verb[] {
  const root = readXml(document);
  if (root.name !== 'Response') throw schema(`<${root.name}> in place of <Response>`);
  attributesOf(root, []);
  return elementsOf(root).map(verbOf);
}

function readXml(document: string): XmlElement {
  try {
    return parseXml(document);
  } catch (error) {
    throw new TwimlProblem(12100, error instanceof Error ? error.message : String(error));
  }
}

function verbOf(element: XmlElement): Verb {
  switch (element.name) {
    case 'Say': return sayOf(element);
    case 'Pause': return pauseOf(element);
    case 'Gather': return gatherOf(element);
    case 'Hangup': return hangupOf(element);
    case 'Redirect': return redirectOf(element);
    default: throw schema(`<${element.name}>`);
  }
}

function sayOf(element: XmlElement): Say {
  const { language } = attributesOf(element, ['language', 'voice']);
  const utterances = element.children
    .flatMap((child) => (typeof child === 'string' ? wordsOf(child) : [ssmlOf(child)]));
  return { kind: 'say', ...(language === undefined ? {} : { language }), utterances };
}

function wordsOf(text: string): Utterance[] {
  const words = text.replace(/\s+/g, ' ').trim();
  return words === '' ? [] : [{ kind: 'words', text: words }];
}

const spelled = ['digits', 'characters', 'spell-out', 'telephone'];

function ssmlOf(element: XmlElement): Utterance {
  if (element.name === 'break') return { kind: 'silence', seconds: breakSeconds(element) };
  if (element.name !== 'say-as') throw schema(`<${element.name}> in <Say>`);
  const as = attributesOf(element, ['interpret-as'])['interpret-as'] ?? '';
  if (!spelled.includes(as)) throw schema(`interpret-as="${as}"`);
  return { kind: 'characters', text: textOf(element).replace(/\s/g, '') };
}

const strengths: Readonly<Record<string, number>> = {
  none: 0, 'x-weak': 0, weak: 0.2, medium: 0.4, strong: 0.8, 'x-strong': 1.2,
};

function breakSeconds(element: XmlElement): number {
  const { time, strength = 'medium' } = attributesOf(element, ['time', 'strength']);
  nothingIn(element);
  if (time === undefined) return strengths[strength] ?? fail(`strength="${strength}"`);
  const [, amount, unit] = /^(\d{1,5})(ms|s)$/.exec(time) ?? [];
  const seconds = Number(amount) / (unit === 'ms' ? 1_000 : 1);
  // Amazon's limit, and Twilio's voices are Amazon's.
  return seconds <= 10 ? seconds : fail(`time="${time}"`);
}

function pauseOf(element: XmlElement): Pause {
  const { length } = attributesOf(element, ['length']);
  nothingIn(element);
  return { kind: 'pause', seconds: wholeOf('length', length ?? '1', 1, 600) };
}

function gatherOf(element: XmlElement): Gather {
  const names = ['action', 'method', 'input', 'numDigits', 'timeout', 'finishOnKey', 'actionOnEmptyResult'];
  const given = attributesOf(element, names);
  const { action, input = 'dtmf', numDigits, timeout = '5', finishOnKey = '#', actionOnEmptyResult = 'false' } = given;
  isPost(given.method);
  if (input !== 'dtmf') throw schema(`input="${input}"`);
  if (!/^[0-9*#]?$/.test(finishOnKey)) throw schema(`finishOnKey="${finishOnKey}"`);
  if (!/^(true|false)$/.test(actionOnEmptyResult)) throw schema(`actionOnEmptyResult="${actionOnEmptyResult}"`);
  const prompts = elementsOf(element).map(promptOf);
  return {
    kind: 'gather',
    ...(action === undefined || action === '' ? {} : { action }),
    digitsMax: numDigits === undefined ? Number.POSITIVE_INFINITY : wholeOf('numDigits', numDigits, 1, 1_000),
    timeoutSeconds: wholeOf('timeout', timeout, 0, 600),
    finishKey: finishOnKey,
    actionOnEmptyResult: actionOnEmptyResult === 'true',
    prompts,
  };
}

function promptOf(element: XmlElement): Say | Pause {
  const verb = verbOf(element);
  return verb.kind === 'say' || verb.kind === 'pause' ? verb : fail(`<${element.name}> in <Gather>`);
}

function hangupOf(element: XmlElement): Verb {
  attributesOf(element, []);
  nothingIn(element);
  return { kind: 'hangup' };
}

function redirectOf(element: XmlElement): Verb {
  isPost(attributesOf(element, ['method']).method);
  return { kind: 'redirect', url: textOf(element).trim() };
}

function attributesOf({ name, attributes }: XmlElement, known: readonly string[]): Readonly<Record<string, string>> {
  const unknown = Object.keys(attributes).find((given) => !known.includes(given));
  return unknown === undefined ? attributes : fail(`${unknown} of <${name}>`);
}

function elementsOf({ name, children }: XmlElement): XmlElement[] {
  return children.flatMap((child) => {
    if (typeof child !== 'string') return [child];
    return child.trim() === '' ? [] : fail(`text in <${name}>`);
  });
}

function textOf({ name, children }: XmlElement): string {
  return children.map((child) => (typeof child === 'string' ? child : fail(`<${child.name}> in <${name}>`))).join('');
}

function nothingIn(element: XmlElement): void {
  if (textOf(element).trim() !== '') throw schema(`text in <${element.name}>`);
}

function isPost(method = 'POST'): void {
  if (method.toUpperCase() !== 'POST') throw schema(`method="${method}"`);
}

function wholeOf(name: string, value: string, min: number, max: number): number {
  const isWhole = /^\d{1,4}$/.test(value) && Number(value) >= min && Number(value) <= max;
  return isWhole ? Number(value) : fail(`${name}="${value}"`);
}

function schema(what: string): TwimlProblem {
  return new TwimlProblem(12200, `TwiML has no ${what}`);
}

function fail(what: string): never {
  throw schema(what);
}
