// What a message means to a stage. Pure: the text goes in, its meaning comes out, and nothing is kept.
import { readCode } from './codeText';
import { readCommand } from './commands';
import { findIdentifier } from './identifiers';
import type { Command, MessageKind } from './messages';
import type { Input, Stage } from './verification';

/** What a person may type, by meaning, and the words that announce an identifier, in the languages in question. */
export interface Vocabulary {
  readonly commands: Readonly<Record<Command, readonly string[]>>;
  readonly cues: readonly string[];
}

export interface ReadingContext {
  readonly vocabulary: Vocabulary;
  /** identify: whether the person was asked before, so that a number can be an answer and not part of a question. */
  readonly asked?: boolean;
  /** confirm: how many digits a code can have. */
  readonly digits?: readonly number[];
}

/** The input that a message is to its stage, with the identifier or code it holds. */
export type Reading =
  | { readonly input: 'identifier'; readonly identifier: string }
  | { readonly input: 'code'; readonly code: string }
  | { readonly input: Exclude<Input, 'identifier' | 'code'> };

/** Reads a message for `stage`. A button's words only count where nothing is decided by them: in a session (A14). */
export function readMessage(stage: Stage, kind: MessageKind, text: string, context: ReadingContext): Reading {
  if (kind !== 'text') return { input: kind };
  const command = readCommand(text, context.vocabulary.commands);
  if (command !== undefined) return { input: command };
  if (stage === 'identify') return readForIdentify(text, context);
  if (stage === 'confirm') return readForConfirm(text, context);
  return { input: 'text' };
}

function readForIdentify(text: string, { vocabulary, asked = false }: ReadingContext): Reading {
  const result = findIdentifier(text, { asked, cues: vocabulary.cues });
  if (result.found === 'one') return { input: 'identifier', identifier: result.identifier };
  // Late, the code opens nothing, and is nothing to be kept for the assistant either.
  if (result.found === 'code') return { input: 'code', code: result.code };
  return { input: result.found === 'several' ? 'several' : 'text' };
}

function readForConfirm(text: string, { vocabulary, digits = [] }: ReadingContext): Reading {
  // "my id is 144133", said again, is no guess, and an address is nothing to be kept for the assistant.
  const identifier = /[\p{L}@]/u.test(text) ? findIdentifier(text, { asked: false, cues: vocabulary.cues }) : undefined;
  if (identifier?.found === 'one') return { input: 'identifier', identifier: identifier.identifier };
  const result = readCode(text, digits);
  if (result.found === 'one') return { input: 'code', code: result.code };
  if (result.found === 'several') return { input: 'several' };
  // Digits that are no code may be a mistyped one: hinted at, but never kept for the assistant.
  return { input: /\p{Nd}/u.test(text) ? 'digits' : 'text' };
}
