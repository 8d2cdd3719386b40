// The list of activities, by the work they do for a conversation.
import { commands } from '../src/domain/messages';
import type { Command } from '../src/domain/messages';
import type { Vocabulary } from '../src/domain/reading';
import { createAssistantActivities } from './assistant';
import type { AssistantDeps } from './assistant';
import { createChallengeActivities } from './challenge';
import type { ChallengeDeps } from './challenge';
import { createChatActivities } from './chat';
import type { ChatDeps } from './chat';
import { createCodeActivities } from './code';
import type { CodeDeps } from './code';
import { createSessionActivities } from './session';

export type ActivityDeps = AssistantDeps & Omit<ChallengeDeps, 'vocabulary'> & ChatDeps & CodeDeps & {
  /** Every language that there are texts in, as BCP 47 tags. */
  readonly languages: readonly string[];
};

/**
 * What somebody may type whose language is not known yet: commands of every language, since an SMS names one in the
 * employee's. Cues stay those of the organisation: each more of them could take a number of something for a person.
 */
function vocabularyOfAnybody({ vocabulary, languages }: ActivityDeps): Vocabulary {
  const { cues, commands: own } = vocabulary(null);
  const all = [own, ...languages.map((tag) => vocabulary(tag).commands)];
  const words = (command: Command) => [...new Set(all.flatMap((spoken) => spoken[command]))];
  const entries = commands.map((command) => [command, words(command)] as const);
  return { cues, commands: Object.fromEntries(entries) as Record<Command, string[]> }; // cast: fromEntries forgets keys
}

/** Everything that the `doorman` queue runs; `doorman-assistant` runs `relay` only. */
export function createActivities(deps: ActivityDeps) {
  return {
    ...createChallengeActivities({ ...deps, vocabulary: vocabularyOfAnybody(deps) }),
    ...createCodeActivities(deps),
    ...createChatActivities(deps),
    ...createSessionActivities(deps),
    ...createAssistantActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
