// German. WhatsApp shows *words* in bold; the SMS keeps to the GSM alphabet.
import type { Language } from './keys';

export const de = {
  tag: 'de',
  voiceTag: 'de-DE',
  texts: {
    askIdentifier:
      'Guten Tag, hier ist der Assistent von {organisation}. Nachrichten werden erst weitergegeben, wenn Sie nachgewiesen haben, wer Sie sind.\n\n'
      + 'Bitte senden Sie Ihre {by, select, workEmail {} other {Personalnummer oder Ihre }}dienstliche E-Mail-Adresse.',
    askIdentifierAgain:
      'In Ihrer Nachricht war keine {by, select, workEmail {dienstliche E-Mail-Adresse. Bitte senden Sie Ihre, zum Beispiel: anna@example.com} '
      + 'other {Personalnummer oder dienstliche E-Mail-Adresse. Bitte senden Sie eine davon, zum Beispiel: Meine ID ist E12345}}',
    severalIdentifiers: 'In Ihrer Nachricht war mehr als eine {by, select, workEmail {} other {Nummer oder }}Adresse. Bitte senden Sie nur eine.',
    codeSent:
      'Falls diese Angaben registriert sind, ist ein Code {only, select, sms {per SMS unterwegs an das Telefon, das} '
      + 'other {unterwegs an einen Kontakt, den}} die Personalabteilung registriert hat. '
      + 'Geben Sie ihn innerhalb von {minutes} hier ein.\n\n'
      + 'Kein Code? Schreiben Sie *NOCHMAL*{call, select, yes {, oder *ANRUF*, um angerufen zu werden} other {}}'
      + '{email, select, yes {, oder *E-MAIL*, um ihn per E-Mail zu erhalten} other {}}. '
      + 'Um neu zu beginnen, schreiben Sie *ABBRECHEN*.',
    askCode: 'Bitte schreiben Sie nur den Code, den Sie erhalten haben. Sie können auch *NOCHMAL* oder *ABBRECHEN* schreiben.',
    severalCodes: 'Ihre Nachricht könnte mehr als einen Code meinen, deshalb wurde keiner geprüft. Bitte schreiben Sie nur einen.',
    wrongCode: 'Das ist nicht der richtige Code. {triesLeft, plural, one {Sie haben noch # Versuch.} other {Sie haben noch # Versuche.}}',
    codeTooSoon:
      'Bitte warten Sie {seconds}, bevor Sie einen weiteren Code anfordern. Senden Sie dann Ihre '
      + 'Personalnummer oder dienstliche E-Mail-Adresse noch einmal.',
    codeResent: 'Falls diese Angaben registriert sind, ist derselbe Code noch einmal unterwegs.',
    codeByCall:
      'Falls diese Angaben registriert sind, klingelt jetzt das Telefon, das die Personalabteilung registriert hat. '
      + 'Nehmen Sie ab und drücken Sie die beiden Tasten, die genannt werden, dann wird derselbe Code vorgelesen.',
    codeByMail: 'Falls diese Angaben registriert sind, ist derselbe Code unterwegs an die E-Mail-Adresse, die die Personalabteilung registriert hat.',
    resendTooSoon: 'Bitte warten Sie {seconds}, bevor Sie wieder *NOCHMAL* schreiben.',
    resendExhausted: 'Dieser Code kann nicht noch einmal gesendet werden. Sie können ihn weiter hier eingeben oder mit *ABBRECHEN* neu beginnen.',
    methodUnavailable: 'Auf diesem Weg kann der Code nicht gesendet werden. Schreiben Sie *NOCHMAL*, um ihn noch einmal zu erhalten.',
    codeExpired: 'Der Code ist abgelaufen. Für einen neuen senden Sie bitte noch einmal Ihre Personalnummer oder Ihre dienstliche E-Mail-Adresse.',
    cancelled: 'Der Code ist ungültig. Um neu zu beginnen, senden Sie Ihre Personalnummer oder Ihre dienstliche E-Mail-Adresse.',
    notMe: 'Danke für den Hinweis. Der Code ist ungültig und Ihre Meldung ist festgehalten. Nennen Sie niemandem einen Code, den Sie erhalten.',
    locked: 'Auch das war nicht der richtige Code, und es war der letzte Versuch. Sie können in {minutes} neu beginnen.',
    lockedNotice:
      'Es gab zu viele falsche Codes. Sie können in {minutes} neu beginnen. Was Sie bis dahin schreiben, wird weder gelesen noch aufbewahrt.',
    verified: 'Danke, Ihre Identität ist bestätigt. Ihre Nachrichten werden jetzt weitergegeben. Schreiben Sie *ABMELDEN*, wenn Sie fertig sind.',
    heldLost: 'Eine frühere Nachricht von Ihnen konnte nicht so lange aufbewahrt werden. Bitte senden Sie sie noch einmal.',
    heldDropped: 'Was hier vorher geschrieben wurde, wird nicht mehr weitergegeben. Wenn es noch gebraucht wird, senden Sie es bitte noch einmal.',
    sessionEndedByLogout: 'Sie sind abgemeldet. Schreiben Sie wieder, wenn Sie etwas brauchen; dann werden Sie nach einem neuen Code gefragt.',
    sessionEndedIdle: 'Sie wurden abgemeldet, weil Sie eine Weile nichts geschrieben haben. Schreiben Sie wieder, um einen neuen Code zu erhalten.',
    sessionEndedAge: 'Sie wurden abgemeldet, weil Ihre Sitzung die zulässige Dauer erreicht hat. Schreiben Sie wieder, um einen neuen Code zu erhalten.',
    sessionEndedByOperator: 'Sie wurden von der Administration abgemeldet. Schreiben Sie wieder, um einen neuen Code zu erhalten.',
    sessionEndedOther: 'Ihre Sitzung ist beendet. Schreiben Sie wieder, um einen neuen Code zu erhalten.',
    sessionEndedStepUp: 'Hierfür müssen Sie noch einmal nachweisen, wer Sie sind. Ihre Nachricht bleibt so lange aufgehoben, wenn Sie nicht *ABBRECHEN* schreiben.',
    sessionEndedStepUpFor: 'Für „{action}“ müssen Sie noch einmal nachweisen, wer Sie sind. Ihre Nachricht bleibt so lange aufgehoben, wenn Sie nicht *ABBRECHEN* schreiben.',
    stepUpImpossible: 'Dafür ist ein stärkerer Nachweis nötig, wer Sie sind, als Sie in diesem Chat geben können. Bitte erledigen Sie es auf einem anderen Weg.',
    textOnly: 'Hier können nur Textnachrichten gelesen werden. Bitte schreiben Sie, was Sie sagen möchten.',
    assistantUnavailable: 'Im Moment gibt es keine Antwort, und Ihre Nachricht wurde nicht aufbewahrt. Bitte senden Sie sie später noch einmal. Wenn etwas getan werden sollte, sehen Sie zuerst nach, ob es schon geschehen ist.',
    flood: 'Sie haben zu viele Nachrichten auf einmal gesendet, und die letzten wurden nicht gelesen. Bitte warten Sie eine Minute und senden Sie dann noch einmal, was fehlt.',
    stillWorking: 'Es dauert noch etwas. Die Antwort kommt hier.',
    smsCode:
      '{organisation}: {code} ist Ihr Code im WhatsApp-Chat (von ...{last4}), {minutes} gültig. '
      + 'Nur dort eingeben, niemand fragt danach. Nicht Sie? Dort NICHT ICH schreiben.',
    smsVerification:
      '{organisation}: {code} ist Ihr Code, {minutes} gültig. Nur dort eingeben, wo Sie ihn angefordert haben. '
      + 'Niemand fragt Sie danach.',
    mailCodeSubject: '{organisation}: Ihr Code für unseren WhatsApp-Chat',
    mailCode:
      'Ihr Code für unseren WhatsApp-Chat lautet:\n\n{code}\n\n'
      + 'Er ist {minutes} gültig und wurde von der Nummer angefordert, die auf {last4} endet.\n\n'
      + 'Geben Sie ihn nur in diesem Chat ein, niemand wird Sie danach fragen.\n\n'
      + 'Waren Sie das nicht? Schreiben Sie NICHT ICH in Ihrem eigenen WhatsApp-Chat mit uns, und nennen Sie den Code niemandem.\n\n{organisation}',
    smsNumberChanged:
      '{organisation}: Ihr Kontakt für Codes im WhatsApp-Chat wurde geändert. '
      + 'Nicht von Ihnen veranlasst? Bitte sofort Personalabteilung oder IT-Sicherheit melden.',
    mailContactChangedSubject: '{organisation}: Ein Kontakt von Ihnen wurde geändert',
    mailContactChanged:
      'Eine Telefonnummer oder Adresse, an die Codes für unseren WhatsApp-Chat gehen, wurde bei der Personalabteilung geändert.\n\n'
      + 'Haben Sie das veranlasst, ist nichts zu tun.\n\n'
      + 'Wenn nicht, melden Sie es bitte sofort der Personalabteilung oder der IT-Sicherheit.\n\n{organisation}',
    smsSessionOpened:
      '{organisation}: Anmeldung in unserem WhatsApp-Chat als Sie (von ...{last4}). '
      + 'Nicht Sie? Schreiben Sie dort NICHT ICH oder rufen Sie die IT-Sicherheit an.',
    mailSessionOpenedSubject: '{organisation}: Sie haben sich in unserem WhatsApp-Chat angemeldet',
    mailSessionOpened:
      'Jemand hat sich soeben mit einem Code als Sie in unserem WhatsApp-Chat angemeldet, von der Nummer, die auf {last4} endet.\n\n'
      + 'Wenn Sie das waren, ist nichts zu tun.\n\n'
      + 'Wenn nicht, sagen Sie es auf dieser Seite. Die Sitzung endet sofort, und die IT-Sicherheit erfährt davon:\n{link}\n\n'
      + 'Niemand wird Sie je nach einem Code fragen.\n\n{organisation}',
    voiceAsk: 'Guten Tag, hier ist {organisation} mit einem Code für unseren WhatsApp-Chat. Um ihn zu hören, drücken Sie die {first} und dann die {second}.',
    voiceCode: 'Ihr Code lautet:',
    voiceCodeAgain: 'Noch einmal, Ihr Code lautet:',
    voiceAsker: 'Er wurde angefordert von der Nummer mit der Endung:',
    voiceWarning:
      'Er gilt noch {minutes}. Geben Sie ihn nur im WhatsApp-Chat ein, niemand wird Sie danach fragen. '
      + 'Wenn Sie das nicht waren, schreiben Sie dort NICHT ICH. Auf Wiederhören.',
    voiceGoodbye: 'Auf Wiederhören.',
  },
  commands: {
    resend: ['nochmal', 'noch mal', 'noch einmal', 'nochmals', 'erneut senden', 'nochmal senden', 'neuer code'],
    call: ['anruf', 'anrufen', 'ruf mich an', 'rufen sie mich an'],
    email: ['e-mail', 'email', 'mail', 'per e-mail', 'per email', 'per mail'],
    cancel: ['abbrechen', 'abbruch', 'neu beginnen', 'stornieren'],
    notMe: ['nicht ich', 'das war ich nicht', 'das bin ich nicht', 'ich war das nicht', 'ich war es nicht'],
    logout: ['abmelden', 'ausloggen', 'logout', 'abmeldung'],
  },
  cues: [
    'id', 'personalnummer', 'personal-nr', 'personalnr', 'pers.-nr', 'mitarbeiternummer', 'mitarbeiter-nr', 'mitarbeiter-id',
    'mitarbeiterin', 'mitarbeiter', 'personal-id', 'ausweisnummer', 'meine e-mail', 'meine email', 'meine mail',
    'e-mail-adresse', 'emailadresse', 'mailadresse', 'mail-adresse', 'dienstliche e-mail',
  ],
} as const satisfies Language;
