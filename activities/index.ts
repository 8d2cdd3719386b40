// The list of activities, by the work they do for a conversation.
import { createAssistantActivities } from './assistant';
import type { AssistantDeps } from './assistant';
import { createChallengeActivities } from './challenge';
import type { ChallengeDeps } from './challenge';
import { createChatActivities } from './chat';
import type { ChatDeps } from './chat';
import { createCodeActivities } from './code';
import type { CodeDeps } from './code';
import { createSessionActivities } from './session';

export type ActivityDeps = AssistantDeps & Omit<ChallengeDeps, 'vocabulary'> & ChatDeps & CodeDeps;

/** Everything that the `doorman` queue runs; `doorman-assistant` runs `relay` only. */
export function createActivities(deps: ActivityDeps) {
  return {
    ...createChallengeActivities({ ...deps, vocabulary: deps.vocabulary(null) }),
    ...createCodeActivities(deps),
    ...createChatActivities(deps),
    ...createSessionActivities(deps),
    ...createAssistantActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
