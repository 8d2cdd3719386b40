// What is said of a turn beside its text, to assistants that take it as fields of their own: under the names of the
// webhook (docs/assistant.md).
import type { Turn } from './assistant';

export interface SpeakerFields {
  readonly turn_id: string;
  readonly conversation_id: string;
  readonly subject: string;
  readonly verified_at: string;
  readonly assurance: string;
  readonly locale: string;
  readonly statement?: string;
}

export function speakerFields(turn: Turn): SpeakerFields {
  const { turnId, conversationId, subject, verifiedAt, assurance, locale, statement } = turn;
  return {
    turn_id: turnId, conversation_id: conversationId, subject, verified_at: verifiedAt.toISOString(), assurance, locale,
    ...statement === undefined ? {} : { statement },
  };
}
