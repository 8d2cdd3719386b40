// Recognises the words that steer a conversation.
// Only a message that is nothing else counts: "resend" in a sentence is text.
import { foldWords, trimEdges } from './characters';
import type { Command } from './messages';
import { commands } from './messages';

// Longer than any command in any language, with room for spaces and marks around it.
const charactersMax = 200;

/** The command that the whole message is in the vocabulary's words. Case, spaces and marks around it do not count. */
export function readCommand(
  text: string,
  vocabulary: Readonly<Record<Command, readonly string[]>>,
): Command | undefined {
  if (text.length > charactersMax) return undefined;
  const said = foldCommand(text);
  if (said === '') return undefined;
  return commands.find((command) => vocabulary[command].some((word) => foldCommand(word) === said));
}

function foldCommand(text: string): string {
  return trimEdges(foldWords(text));
}
