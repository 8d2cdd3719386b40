// The stages of a conversation and what each does with each kind of input: the table that docs/architecture.md shows.
import type { Command, MessageKind } from './messages';

export const stages = ['identify', 'confirm', 'session', 'locked'] as const;
export type Stage = (typeof stages)[number];

/** What one message means to the stage it arrives in. */
export const inputs = [
  'identifier', 'code', 'several', 'text', 'digits',
  'resend', 'call', 'email', 'cancel', 'notMe', 'logout',
  'media', 'location', 'contacts', 'button', 'reaction', 'group', 'edited', 'unsupported', 'flood',
] as const satisfies readonly (Command | MessageKind | 'identifier' | 'code' | 'several' | 'digits')[];
export type Input = (typeof inputs)[number];

/** What a stage does. One effect each; the steps in workflows/ and the activities behind them switch on it. */
export const reactions = {
  issue: 'issues a code, or a decoy, for the identifier',
  holdAndAsk: 'holds the message, asks for the identifier',
  ask: 'asks for the identifier',
  askOne: 'asks for one identifier at a time',
  guess: 'charges a guess, then compares',
  holdAndHint: 'holds the message, says that a code is awaited',
  hint: 'says that only the code is awaited',
  hintOne: 'says that several codes are not evaluated',
  resend: 'sends the same code again when its gap is over',
  call: 'calls with the same code when its gap is over; says so where nobody is called',
  email: 'mails the same code when its gap is over; says so where nobody is mailed',
  cancel: 'voids the code, drops what is held, asks anew',
  dispute: 'voids the code, drops what is held; from an employee\'s own chat, ends what others have as them, and '
    + 'shuts strangers out',
  relay: 'relays to the assistant',
  end: 'ends the session',
  textOnly: 'says that only text is read',
  notice: 'gives one notice a window',
  flood: 'says that too many messages came within a minute; the further ones are not even shown to it',
  ignore: 'nothing',
} as const;
export type Reaction = keyof typeof reactions;

const unreadable = {
  media: 'textOnly', location: 'textOnly', contacts: 'textOnly', button: 'textOnly', unsupported: 'textOnly',
  reaction: 'ignore', group: 'ignore', edited: 'ignore', flood: 'flood',
} as const;

/** stage x input -> reaction. Changing a row needs a new recorded history (test/replay). */
export const stageTable = {
  identify: {
    ...unreadable,
    identifier: 'issue', several: 'askOne', text: 'holdAndAsk', code: 'ask', digits: 'holdAndAsk',
    resend: 'ask', call: 'ask', email: 'ask', cancel: 'cancel', notMe: 'dispute', logout: 'cancel',
  },
  confirm: {
    ...unreadable,
    code: 'guess', several: 'hintOne', text: 'holdAndHint', digits: 'hint', identifier: 'hint',
    resend: 'resend', call: 'call', email: 'email', cancel: 'cancel', notMe: 'dispute', logout: 'cancel',
  },
  session: {
    ...unreadable,
    button: 'relay', text: 'relay', digits: 'relay', identifier: 'relay', code: 'relay', several: 'relay',
    resend: 'relay', call: 'relay', email: 'relay', cancel: 'relay', notMe: 'dispute', logout: 'end',
  },
  locked: {
    media: 'notice', location: 'notice', contacts: 'notice', button: 'notice', unsupported: 'notice',
    reaction: 'ignore', group: 'ignore', edited: 'ignore', flood: 'ignore',
    code: 'notice', several: 'notice', text: 'notice', digits: 'notice', identifier: 'notice',
    resend: 'notice', call: 'notice', email: 'notice', cancel: 'notice', notMe: 'notice', logout: 'notice',
  },
} as const satisfies Record<Stage, Record<Input, Reaction>>;

/** How a conversation, or a part of it, came out: the values of DoormanOutcome. */
export const outcomes = [
  'open', 'abandoned', 'expired', 'cancelled', 'disputed', 'locked', 'unlocked',
  'verified', 'loggedOut', 'idle', 'aged', 'ended',
] as const;
export type Outcome = (typeof outcomes)[number];
