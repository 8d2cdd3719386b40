// The kinds of message that a chat can carry, and what a person can mean by one.

/**
 * What arrives, as the channel names it; only `text` is ever read (A14). `flood` is the first message that was too many
 * within a minute: its words are not kept.
 */
export const messageKinds = [
  'text', 'media', 'location', 'contacts', 'reaction', 'button', 'group', 'edited', 'unsupported', 'flood',
] as const;
export type MessageKind = (typeof messageKinds)[number];

/** How the chat spells the address of somebody who shows a number, and of somebody who hides it behind a BSUID. */
export const phoneForm = /^whatsapp:\+[1-9]\d{6,14}$/;
export const bsuidForm = /^whatsapp:[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/;

/** Business key of the `index`-th part (from 0) of what the assistant says to a message. */
export const replyKey = (messageId: string, index: number): string => `${messageId}:${index}`;

/**
 * Business key of a text of ours about something: in answer to a message, or to what happened. The same text about the
 * same thing is said once, whoever says it.
 */
export const textKey = (about: string, text: string): string => `${about}:${text}`;

/** Words that a person can type to steer the conversation, whatever the language. */
export const commands = ['resend', 'call', 'email', 'cancel', 'notMe', 'logout'] as const;
export type Command = (typeof commands)[number];

/** How a code can travel. Never the chat itself, never `auto` (R21). */
export const methods = ['sms', 'call', 'email'] as const;
export type Method = (typeof methods)[number];

/** Whether a code may go to the very number that the chat comes from: it adds little against whoever took that over. */
export const sameNumberRules = ['allow', 'preferOther', 'refuse'] as const;
export type SameNumber = (typeof sameNumberRules)[number];

/** What people are asked for: an employee ID, with which a work e-mail is understood as well, or the e-mail alone. */
export const identifyingBy = ['employeeId', 'workEmail'] as const;
export type IdentifyBy = (typeof identifyingBy)[number];

/** How far a session can be trusted, from the way its code travelled. `high` is reserved. */
export type Assurance = 'low' | 'standard' | 'high';
