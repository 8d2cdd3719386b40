// French. WhatsApp shows *words* in bold; the SMS keeps to the GSM alphabet, which has é, è, à and ù, but no ê, ç or ô.
// An apostrophe is ’: ICU reads ' before a brace as a quotation mark.
import type { Language } from './keys';

export const fr = {
  tag: 'fr',
  voiceTag: 'fr-FR',
  texts: {
    askIdentifier:
      'Bonjour, vous êtes en contact avec l’assistant de {organisation}. Les messages ne sont transmis qu’après vérification de votre identité.\n\n'
      + 'Veuillez envoyer votre {by, select, workEmail {} other {matricule ou votre }}adresse e-mail professionnelle.',
    askIdentifierAgain:
      'Votre message ne contenait {by, select, workEmail {pas d’adresse e-mail professionnelle. Veuillez envoyer la vôtre, par exemple : anna@example.com} '
      + 'other {ni matricule ni adresse e-mail professionnelle. Veuillez envoyer l’un des deux, par exemple : mon ID est E12345}}',
    severalIdentifiers: 'Votre message contenait {by, select, workEmail {plus d’une adresse. Veuillez n’en envoyer qu’une} other {plus d’un matricule ou plus d’une adresse. Veuillez n’en envoyer qu’un}}.',
    codeSent:
      'Si ces informations sont enregistrées, un code est en route {only, select, sms {par SMS vers le téléphone enregistré} '
      + 'other {vers un contact enregistré}} par les ressources humaines. Saisissez-le ici dans un délai de {minutes}.\n\n'
      + 'Pas de code ? Écrivez *RENVOYER*{call, select, yes {, ou *APPELER* pour être appelé} other {}}'
      + '{email, select, yes {, ou *E-MAIL* pour le recevoir par e-mail} other {}}. Pour recommencer, écrivez *ANNULER*.',
    askCode: 'Veuillez écrire uniquement le code que vous avez reçu. Vous pouvez aussi écrire *RENVOYER* ou *ANNULER*.',
    severalCodes: 'Votre message pourrait contenir plus d’un code, aucun n’a donc été vérifié. Veuillez n’en écrire qu’un.',
    wrongCode: 'Ce n’est pas le bon code. {triesLeft, plural, one {Il vous reste # essai.} other {Il vous reste # essais.}}',
    codeTooSoon:
      'Veuillez attendre {seconds} avant de demander un autre code. Renvoyez ensuite votre matricule '
      + 'ou votre adresse e-mail professionnelle.',
    codeResent: 'Si ces informations sont enregistrées, le même code est de nouveau en route.',
    codeByCall:
      'Si ces informations sont enregistrées, le téléphone enregistré par les ressources humaines sonne maintenant. '
      + 'Décrochez et appuyez sur les deux touches indiquées, et le même code sera lu.',
    codeByMail: 'Si ces informations sont enregistrées, le même code est en route vers l’adresse e-mail enregistrée par les ressources humaines.',
    resendTooSoon: 'Veuillez attendre {seconds} avant d’écrire de nouveau *RENVOYER*.',
    resendExhausted: 'Ce code ne peut plus être renvoyé. Vous pouvez encore le saisir ici, ou écrire *ANNULER* pour recommencer.',
    methodUnavailable: 'Le code ne peut pas être envoyé de cette façon. Écrivez *RENVOYER* pour le recevoir de nouveau.',
    codeExpired: 'Le code a expiré. Pour en recevoir un nouveau, renvoyez votre matricule ou votre adresse e-mail professionnelle.',
    cancelled: 'Le code n’est plus valable. Pour recommencer, envoyez votre matricule ou votre adresse e-mail professionnelle.',
    notMe: 'Merci de nous avoir prévenus. Le code n’est plus valable et votre signalement est enregistré. Ne donnez à personne un code que vous recevez.',
    locked: 'Ce n’est pas le bon code non plus, et c’était le dernier essai. Vous pourrez recommencer dans {minutes}.',
    lockedNotice:
      'Il y a eu trop de codes erronés. Vous pourrez recommencer dans {minutes}. Ce que vous écrivez d’ici là n’est ni lu ni conservé.',
    verified: 'Merci, votre identité est vérifiée. Vos messages sont maintenant transmis. Écrivez *DÉCONNEXION* quand vous avez terminé.',
    heldLost: 'Un de vos messages précédents n’a pas pu être conservé aussi longtemps. Veuillez le renvoyer.',
    heldDropped: 'Ce qui a été écrit ici auparavant n’est plus transmis. Si vous en avez encore besoin, veuillez le renvoyer.',
    sessionEndedByLogout: 'Vous êtes déconnecté. Écrivez de nouveau en cas de besoin ; un nouveau code vous sera demandé.',
    sessionEndedIdle: 'Vous avez été déconnecté, car vous n’avez rien écrit depuis un moment. Écrivez de nouveau pour recevoir un nouveau code.',
    sessionEndedAge: 'Vous avez été déconnecté, car votre session a atteint sa durée maximale. Écrivez de nouveau pour recevoir un nouveau code.',
    sessionEndedByOperator: 'Un administrateur vous a déconnecté. Écrivez de nouveau pour recevoir un nouveau code.',
    sessionEndedOther: 'Votre session est terminée. Écrivez de nouveau pour recevoir un nouveau code.',
    sessionEndedStepUp: 'Pour cela, vous devez prouver encore une fois qui vous êtes. Votre message est conservé jusque-là, sauf si vous écrivez *ANNULER*.',
    sessionEndedStepUpFor: 'Pour « {action} », vous devez prouver encore une fois qui vous êtes. Votre message est conservé jusque-là, sauf si vous écrivez *ANNULER*.',
    stepUpImpossible: 'Il faut pour cela une preuve de votre identité plus forte que celle que vous pouvez donner dans ce chat. Veuillez le faire autrement.',
    textOnly: 'Seuls les messages texte peuvent être lus ici. Veuillez écrire ce que vous souhaitez dire.',
    assistantUnavailable: 'Il n’y a pas de réponse pour le moment et votre message n’a pas été conservé. Veuillez le renvoyer plus tard. S’il demandait de faire quelque chose, vérifiez d’abord si c’est déjà fait.',
    flood: 'Vous avez envoyé trop de messages à la fois et les derniers n’ont pas été lus. Veuillez patienter une minute, puis renvoyer ce qui manque.',
    stillWorking: 'La réponse prend un peu de temps. Elle arrivera ici.',
    smsCode:
      '{organisation}: {code} est votre code du chat WhatsApp (de ...{last4}), valable {minutes}. '
      + 'Tapez-le uniquement là, personne ne le demande. Pas vous? Écrivez-y PAS MOI.',
    smsVerification:
      '{organisation}: {code} est votre code, valable {minutes}. Tapez-le uniquement là où il est attendu. '
      + 'Personne ne vous le demandera.',
    mailCodeSubject: '{organisation} : votre code pour notre chat WhatsApp',
    mailCode:
      'Votre code pour notre chat WhatsApp est le suivant :\n\n{code}\n\n'
      + 'Il est valable {minutes} et a été demandé depuis le numéro qui se termine par {last4}.\n\n'
      + 'Tapez-le uniquement dans ce chat, personne ne vous le demandera.\n\n'
      + 'Ce n’était pas vous ? Écrivez PAS MOI dans votre propre chat WhatsApp avec nous, et ne donnez le code à personne.\n\n{organisation}',
    smsNumberChanged:
      '{organisation}: un de vos contacts pour les codes du chat WhatsApp a changé. '
      + "Si vous n'avez rien demandé, prévenez vite les RH ou la sécurité informatique.",
    mailContactChangedSubject: '{organisation} : un de vos contacts a changé',
    mailContactChanged:
      'Un numéro ou une adresse où vont les codes de notre chat WhatsApp a été modifié auprès des ressources humaines.\n\n'
      + 'Si c’est à votre demande, il n’y a rien à faire.\n\n'
      + 'Sinon, prévenez vite les ressources humaines ou la sécurité informatique.\n\n{organisation}',
    smsSessionOpened:
      "{organisation}: quelqu'un est entré dans le chat WhatsApp en votre nom (de ...{last4}). "
      + 'Pas vous? Écrivez-y PAS MOI ou prévenez la sécurité.',
    mailSessionOpenedSubject: '{organisation} : vous vous êtes connecté à notre chat WhatsApp',
    mailSessionOpened:
      'Quelqu’un vient de se connecter en votre nom, avec un code, à notre chat WhatsApp, depuis le numéro qui se termine par {last4}.\n\n'
      + 'Si c’était vous, il n’y a rien à faire.\n\n'
      + 'Sinon, dites-le sur cette page. La session prend fin aussitôt, et la sécurité informatique est prévenue :\n{link}\n\n'
      + 'Personne ne vous demandera jamais un code.\n\n{organisation}',
    voiceAsk: 'Bonjour, ici {organisation}, avec un code pour notre chat WhatsApp. Pour l’entendre, appuyez sur {first} puis sur {second}.',
    voiceCode: 'Votre code est :',
    voiceCodeAgain: 'Je répète, votre code est :',
    voiceAsker: 'Il a été demandé depuis le numéro qui se termine par :',
    voiceWarning:
      'Il est valable {minutes}. Tapez-le uniquement dans le chat WhatsApp, personne ne vous le demandera. '
      + 'Si ce n’était pas vous, écrivez-y PAS MOI. Au revoir.',
    voiceGoodbye: 'Au revoir.',
  },
  commands: {
    resend: ['renvoyer', 'renvoyer le code', 'envoyer de nouveau', 'envoyer à nouveau', 'encore', 'nouveau code'],
    call: ['appeler', 'appel', 'appelez-moi', 'appelez moi'],
    email: ['e-mail', 'email', 'mail', 'courriel', 'par e-mail', 'par email', 'par mail', 'par courriel'],
    cancel: ['annuler', 'recommencer', 'abandonner'],
    notMe: ['pas moi', "ce n'est pas moi", "ce n'était pas moi", "ce n'etait pas moi", "c'est pas moi"],
    logout: ['déconnexion', 'deconnexion', 'se déconnecter', 'se deconnecter', 'déconnecter', 'deconnecter', 'me déconnecter'],
  },
  cues: [
    'id', 'matricule', 'numéro de matricule', 'numero de matricule', 'numéro d’employé', "numero d'employe", 'employé',
    'employée', 'identifiant', 'numéro de badge', 'mon e-mail', 'mon email', 'mon mail', 'mon courriel',
    'adresse e-mail', 'adresse email', 'adresse mail', 'e-mail professionnel', 'adresse professionnelle',
  ],
} as const satisfies Language;
