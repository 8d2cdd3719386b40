// Does what the TwiML of an answered call says: fetches it, speaks, waits, listens for keys, and fetches what is next.
// Nothing is heard but the transcript.
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatorState } from '../../state';
import type { Post } from '../../webhooks/poster';
import type { Account } from '../account';
import type { Pace } from '../delivery';
import type { SpokenLine } from './call';
import { twimlParameters } from './callParameters';
import type { Gathered } from './callParameters';
import { parseTwiml, TwimlProblem } from './twiml';
import type { Gather, Say, Utterance, Verb } from './twiml';

export interface ExecutorDeps {
  readonly state: SimulatorState;
  readonly account: Account;
  readonly post: Post;
  readonly pace: Pace;
}

/** A call that somebody has answered. */
export interface Line {
  readonly sid: string;
  /** Ends what is going on in it. */
  readonly signal: AbortSignal;
  /** Hears the next key; keys that nobody listens for are lost. */
  onKey: ((key: string) => void) | undefined;
}

/** Where TwiML comes from. */
export type Source =
  | { readonly twiml: string }
  | { readonly url: string; readonly gathered?: Gathered };

/** Executes one document after the other; resolves when the call is over for them, or when the line is cut. */
export type Execute = (line: Line, source: Source) => Promise<void>;

// About what the voices of Twilio do.
const charactersPerSecond = 15;
const secondsPerDigit = 0.4;

const apology: SpokenLine = {
  kind: 'said', text: 'We are sorry, an application error has occurred. Goodbye.', language: 'en-US',
};

export function createExecutor(deps: ExecutorDeps): Execute {
  return async (line, first) => {
    try {
      for (let source: Source | undefined = first; source !== undefined && !line.signal.aborted;) {
        source = await perform(await readVerbs(source, line, deps), source, line, deps);
      }
    } catch (error) {
      if (line.signal.aborted) return;
      if (!(error instanceof TwimlProblem)) throw error;
      addLine(line, { kind: 'note', text: `Twilio would log ${error.code}: ${error.message}` }, deps);
      addLine(line, apology, deps);
    }
  };
}

async function readVerbs(source: Source, { sid }: Line, { state, account, post }: ExecutorDeps): Promise<Verb[]> {
  if ('twiml' in source) return parseTwiml(source.twiml);
  const call = state.call(sid);
  if (call === undefined) return [];
  const form = twimlParameters(call, account.sid, source.gathered);
  const answer = await post({ kind: 'voice', url: source.url, form, messageSid: sid, about: [call.to] });
  if (answer.failure !== undefined) throw new TwimlProblem(11200, `HTTP retrieval failure: ${answer.problem}`);
  const type = answer.answerHeaders.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? 'none';
  if (!/^(text|application)\/xml\b/.test(type)) throw new TwimlProblem(12300, `Invalid Content-Type: ${type}`);
  return parseTwiml(answer.answerBody);
}

/** The next document; undefined when there is none and the call ends. */
async function perform(
  verbs: readonly Verb[], source: Source, line: Line, deps: ExecutorDeps,
): Promise<Source | undefined> {
  for (const verb of verbs) {
    if (line.signal.aborted) return undefined;
    switch (verb.kind) {
      case 'say': await speak(verb, line, line.signal, deps); break;
      case 'pause': await pass(verb.seconds, line.signal, deps); break;
      case 'hangup': return undefined;
      case 'redirect': return { url: resolveUrl(verb.url, source) };
      case 'gather': {
        const gathered = await gather(verb, line, deps);
        const isTold = gathered.digits !== '' || verb.actionOnEmptyResult;
        if (isTold) return { url: resolveUrl(verb.action ?? '', source), gathered };
      }
    }
  }
  return undefined;
}

/** Absolute addresses stay as they are to the letter, because that is what is signed. */
function resolveUrl(url: string, source: Source): string {
  if (URL.canParse(url)) return url;
  const base = 'url' in source ? source.url.split('#', 1)[0]! : '';
  if (!URL.canParse(url, base)) throw new TwimlProblem(11100, `Invalid URL format: ${url}`);
  return url === '' ? base : new URL(url, base).href;
}

/** Speaks into the transcript, at the pace of a voice; stops in the middle when `signal` says so. */
async function speak(say: Say, line: Line, signal: AbortSignal, deps: ExecutorDeps): Promise<void> {
  const language = say.language === undefined ? {} : { language: say.language };
  let at: number | undefined;
  let text = '';
  for (const { words, seconds } of say.utterances.flatMap(piecesOf)) {
    if (signal.aborted) return;
    if (words !== '') {
      text = joined(text, words);
      at = putLine(line, at, { kind: 'said', text, ...language }, deps);
    }
    await pass(seconds, signal, deps);
  }
}

interface Piece {
  readonly words: string;
  readonly seconds: number;
}

function piecesOf(utterance: Utterance): Piece[] {
  switch (utterance.kind) {
    case 'silence': return [{ words: '', seconds: utterance.seconds }];
    case 'characters': return [...utterance.text].map((words) => ({ words, seconds: secondsPerDigit }));
    case 'words': return utterance.text.split(/(?<=[.,;:!?…])\s+/)
      .map((words) => ({ words, seconds: words.length / charactersPerSecond }));
  }
}

function joined(before: string, words: string): string {
  return before === '' || /^[.,;:!?…]/.test(words) ? before + words : `${before} ${words}`;
}

/** Listens while the prompts are spoken, and `timeoutSeconds` longer; the first key ends the prompts. */
async function gather(verb: Gather, line: Line, deps: ExecutorDeps): Promise<Gathered> {
  const { state, pace } = deps;
  const prompting = new AbortController();
  const heard = new Promise<Gathered>((resolve) => {
    let digits = '';
    let timer: NodeJS.Timeout | undefined;
    const end = (finishedOn = '') => {
      clearTimeout(timer);
      line.onKey = undefined;
      prompting.abort();
      resolve({ digits, finishedOn });
    };
    const listenOn = () => {
      clearTimeout(timer);
      timer = setTimeout(end, verb.timeoutSeconds * pace.ringSecondMs);
    };
    line.onKey = (key) => {
      prompting.abort();
      if (key === verb.finishKey) return end(key);
      digits += key;
      if (digits.length >= verb.digitsMax) end();
      else listenOn();
    };
    line.signal.addEventListener('abort', () => end(), { once: true });
    const signal = AbortSignal.any([line.signal, prompting.signal]);
    void speakAll(verb.prompts, line, signal, deps).then(() => signal.aborted || listenOn());
  });
  state.changeCall(line.sid, { isListening: true });
  const gathered = await heard;
  // Who cut the line has said already that nobody listens any more.
  if (!line.signal.aborted) state.changeCall(line.sid, { isListening: false });
  return gathered;
}

async function speakAll(
  prompts: Gather['prompts'], line: Line, signal: AbortSignal, deps: ExecutorDeps,
): Promise<void> {
  for (const prompt of prompts) {
    if (signal.aborted) return;
    if (prompt.kind === 'say') await speak(prompt, line, signal, deps);
    else await pass(prompt.seconds, signal, deps);
  }
}

/** Lets time pass at the pace of a voice; an abort ends it early and is no error. */
async function pass(seconds: number, signal: AbortSignal, { pace }: ExecutorDeps): Promise<void> {
  await wait(seconds * pace.speechSecondMs, undefined, { signal }).catch(() => undefined);
}

function addLine({ sid }: Line, added: SpokenLine, { state }: ExecutorDeps): number {
  const transcript = state.call(sid)?.transcript ?? [];
  state.changeCall(sid, { transcript: [...transcript, added] });
  return transcript.length;
}

/** Adds the line, or puts it in the place of the one at `at`; says where it stands. */
function putLine(line: Line, at: number | undefined, put: SpokenLine, deps: ExecutorDeps): number {
  if (at === undefined) return addLine(line, put, deps);
  const transcript = deps.state.call(line.sid)?.transcript ?? [];
  deps.state.changeCall(line.sid, { transcript: transcript.map((old, index) => (index === at ? put : old)) });
  return at;
}
