// English: the source that the other languages translate. WhatsApp shows *words* in bold.
// The SMS keeps to the GSM alphabet, so that it is one message and not three.
import type { Language } from './keys';

export const en = {
  tag: 'en',
  voiceTag: 'en-US',
  texts: {
    askIdentifier:
      'Hello, this is the assistant of {organisation}. Messages are passed on only after you have proved who you are.\n\n'
      + 'Please send your {by, select, workEmail {} other {employee ID or your }}work e-mail address.',
    askIdentifierAgain:
      'There was no {by, select, workEmail {work e-mail address in your message. Please send yours, for example: anna@example.com} '
      + 'other {employee ID or work e-mail address in your message. Please send one of them, for example: my ID is E12345}}',
    severalIdentifiers: 'There was more than one {by, select, workEmail {} other {ID or }}address in your message. Please send only one.',
    codeSent:
      'If these details are registered, a code is on its way {only, select, sms {by SMS to the phone} other {to a contact}} '
      + 'that HR has registered. Type it here within {minutes}.\n\n'
      + 'No code? Type *RESEND*{call, select, yes {, or *CALL* to be called} other {}}'
      + '{email, select, yes {, or *EMAIL* to get it by e-mail} other {}}. To start over, type *CANCEL*.',
    askCode: 'Please type only the code that you were sent. You can also type *RESEND* or *CANCEL*.',
    severalCodes: 'Your message could mean more than one code, so none was checked. Please type only one.',
    wrongCode: 'That is not the right code. {triesLeft, plural, one {You have # try left.} other {You have # tries left.}}',
    codeTooSoon:
      'Please wait {seconds} before you ask for another code. Then send your employee ID or your '
      + 'work e-mail address again.',
    codeResent: 'If these details are registered, the same code is on its way again.',
    codeByCall:
      'If these details are registered, the phone that HR has registered rings now. Pick up, press the two keys that it '
      + 'tells you, and the same code is read out.',
    codeByMail: 'If these details are registered, the same code is on its way to the e-mail address that HR has registered.',
    resendTooSoon: 'Please wait {seconds} before you type *RESEND* again.',
    resendExhausted: 'This code cannot be sent again. You can still type it here, or type *CANCEL* to start over.',
    methodUnavailable: 'The code cannot be sent in this way. Type *RESEND* to have it sent again.',
    codeExpired: 'The code has expired. For a new one, send your employee ID or your work e-mail address again.',
    cancelled: 'The code is void. To start over, send your employee ID or your work e-mail address.',
    notMe: 'Thank you for telling us. The code is void and your report is recorded. Tell nobody a code that you receive.',
    locked: 'That was not the right code either, and it was the last try. You can start over in {minutes}.',
    lockedNotice:
      'There were too many wrong codes. You can start over in {minutes}. What you write until then is neither read nor kept.',
    verified: 'Thank you, you are verified. Your messages are now passed on. Type *LOGOUT* when you are done.',
    heldLost: 'An earlier message of yours could not be kept for so long. Please send it again.',
    heldDropped: 'What was written here before is not passed on any more. If it is still needed, please send it again.',
    sessionEndedByLogout: 'You are logged out. Write again whenever you need something; you will be asked for a new code.',
    sessionEndedIdle: 'You have been logged out because you wrote nothing for a while. Write again to get a new code.',
    sessionEndedAge: 'You have been logged out because your session reached its time limit. Write again to get a new code.',
    sessionEndedByOperator: 'You have been logged out by an administrator. Write again to get a new code.',
    sessionEndedOther: 'Your session has ended. Write again to get a new code.',
    sessionEndedStepUp: 'For this you have to prove once more who you are. What you wrote is kept until then, unless you type *CANCEL*.',
    sessionEndedStepUpFor: 'To go on with “{action}” you have to prove once more who you are. What you wrote is kept until then, unless you type *CANCEL*.',
    stepUpImpossible: 'This needs a stronger proof of who you are than you can give in this chat. Please do it in another way.',
    textOnly: 'Only text messages can be read here. Please type what you want to say.',
    assistantUnavailable: 'There is no answer at the moment, and your message was not kept. Please send it again later. If it asked for something to be done, look first whether it was.',
    flood: 'You have sent too many messages at once, and the last ones were not read. Please wait a minute, then send again what is missing.',
    stillWorking: 'Still working on it. The answer will come here.',
    smsCode:
      '{organisation}: {code} is your code for our WhatsApp chat (from ...{last4}), valid {minutes}. '
      + 'Type it only there, nobody will ask you for it. Not you? Write NOT ME there.',
    smsVerification:
      '{organisation}: {code} is your code, valid {minutes}. Type it only where you asked for it. '
      + 'Nobody will ask you for it.',
    mailCodeSubject: '{organisation}: your code for our WhatsApp chat',
    mailCode:
      'Your code for our WhatsApp chat is:\n\n{code}\n\n'
      + 'It is valid for {minutes}, and was asked for from the number that ends in {last4}.\n\n'
      + 'Type it only in that chat, nobody will ask you for it.\n\n'
      + 'Was it not you? Write NOT ME in your own WhatsApp chat with us, and tell nobody the code.\n\n{organisation}',
    smsNumberChanged:
      '{organisation}: a contact that HR has for your WhatsApp chat codes was changed. '
      + 'If you did not ask for that, tell HR or IT security at once.',
    mailContactChangedSubject: '{organisation}: a contact of yours was changed',
    mailContactChanged:
      'A phone number or an address to which HR lets codes for our WhatsApp chat go was changed.\n\n'
      + 'If you asked for that, there is nothing to do.\n\n'
      + 'If you did not, tell HR or IT security at once.\n\n{organisation}',
    smsSessionOpened:
      '{organisation}: somebody has signed in to our WhatsApp chat as you (from ...{last4}). '
      + 'Not you? Write NOT ME in your own chat with us, or tell IT security at once.',
    mailSessionOpenedSubject: '{organisation}: you signed in to our WhatsApp chat',
    mailSessionOpened:
      'Somebody has just signed in to our WhatsApp chat as you, with a code, from the number that ends in {last4}.\n\n'
      + 'If it was you, there is nothing to do.\n\n'
      + 'If it was not, say so on this page. Their session ends at once, and IT security is told:\n{link}\n\n'
      + 'Nobody will ever ask you for a code.\n\n{organisation}',
    voiceAsk: 'Hello, this is {organisation}, with a code for our WhatsApp chat. To hear it, press {first} and then {second}.',
    voiceCode: 'Your code is:',
    voiceCodeAgain: 'Once more, your code is:',
    voiceAsker: 'It was asked for from the number that ends in:',
    voiceWarning:
      'It is valid for {minutes}. Type it only in the WhatsApp chat, nobody will ask you for it. '
      + 'If this was not you, write NOT ME there. Goodbye.',
    voiceGoodbye: 'Goodbye.',
  },
  commands: {
    resend: ['resend', 're-send', 'send again', 'send it again', 'resend code', 'new code'],
    call: ['call', 'call me', 'phone call', 'voice call'],
    email: ['email', 'e-mail', 'mail', 'by email', 'by e-mail'],
    cancel: ['cancel', 'start over', 'abort'],
    notMe: ['not me', 'notme', "that's not me", "that wasn't me", "it wasn't me", "this wasn't me", 'it was not me'],
    logout: ['logout', 'log out', 'log off', 'logoff', 'sign out', 'signout', 'log me out'],
  },
  cues: [
    'id', 'employee', 'employee id', 'employee number', 'employee no', 'personnel number', 'personnel no', 'staff id',
    'staff number', 'staff no', 'worker id', 'badge number', 'my email', 'my e-mail', 'my mail', 'work email',
    'work e-mail', 'email address', 'e-mail address', 'mail address',
  ],
} as const satisfies Language;
