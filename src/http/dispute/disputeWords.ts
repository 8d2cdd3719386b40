// The words of the page behind a NOT ME link, by language. A person reads them who may be frightened: short, and true.

export interface DisputeWords {
  readonly ask: { readonly title: string; readonly text: string; readonly button: string };
  readonly done: PageWords;
  /** For a link that is wrong, too old or of nothing: which of these is not said. */
  readonly unknown: PageWords;
  readonly later: PageWords;
}

export interface PageWords {
  readonly title: string;
  readonly text: string;
}

/** By BCP 47 tag. */
export const disputeWords = {
  en: {
    ask: {
      title: 'Was that not you?',
      text: 'Somebody was let in to your company’s assistant as you. If that was you, close this page: nothing '
        + 'happens. If it was not, press the button: they are logged out at once, and no unknown device gets in as '
        + 'you any more.',
      button: 'That was not me',
    },
    done: {
      title: 'Thank you',
      text: 'The session is over, your report is recorded, and no unknown device gets in as you any more. Tell '
        + 'nobody a code that you receive.',
    },
    unknown: {
      title: 'This link does not work',
      text: 'It is incomplete or too old. If somebody got in as you, tell your company’s IT support.',
    },
    later: {
      title: 'Not just now',
      text: 'Nothing was changed. Please go back and press the button again in a minute.',
    },
  },
  de: {
    ask: {
      title: 'Waren Sie das nicht?',
      text: 'Jemand wurde in Ihrem Namen beim Assistenten Ihres Unternehmens eingelassen. Waren Sie das, schließen '
        + 'Sie diese Seite: Es geschieht nichts. Waren Sie es nicht, drücken Sie den Knopf: Die Sitzung endet '
        + 'sofort, und kein unbekanntes Gerät kommt mehr in Ihrem Namen hinein.',
      button: 'Das war ich nicht',
    },
    done: {
      title: 'Danke',
      text: 'Die Sitzung ist beendet, Ihre Meldung ist festgehalten, und kein unbekanntes Gerät kommt mehr in Ihrem '
        + 'Namen hinein. Nennen Sie niemandem einen Code, den Sie erhalten.',
    },
    unknown: {
      title: 'Dieser Link gilt nicht',
      text: 'Er ist unvollständig oder zu alt. Wenn jemand in Ihrem Namen hineingekommen ist, sagen Sie es der '
        + 'IT-Abteilung Ihres Unternehmens.',
    },
    later: {
      title: 'Gerade nicht möglich',
      text: 'Es wurde nichts geändert. Bitte gehen Sie zurück und drücken Sie den Knopf in einer Minute noch einmal.',
    },
  },
  es: {
    ask: {
      title: '¿No ha sido usted?',
      text: 'Alguien ha entrado en su nombre en el asistente de su empresa. Si ha sido usted, cierre esta página: '
        + 'no pasará nada. Si no, pulse el botón: la sesión terminará de inmediato y ningún dispositivo desconocido '
        + 'podrá entrar en su nombre.',
      button: 'No he sido yo',
    },
    done: {
      title: 'Gracias',
      text: 'La sesión ha terminado, su aviso ha quedado registrado y ningún dispositivo desconocido podrá entrar '
        + 'en su nombre. No diga a nadie un código que reciba.',
    },
    unknown: {
      title: 'Este enlace no es válido',
      text: 'Está incompleto o es demasiado antiguo. Si alguien ha entrado en su nombre, avise al soporte '
        + 'informático de su empresa.',
    },
    later: {
      title: 'Ahora no es posible',
      text: 'No se ha cambiado nada. Vuelva atrás y pulse el botón de nuevo dentro de un minuto.',
    },
  },
  fr: {
    ask: {
      title: 'Ce n’était pas vous ?',
      text: 'Quelqu’un a été admis en votre nom auprès de l’assistant de votre entreprise. Si c’était vous, fermez '
        + 'cette page : rien ne se passe. Sinon, appuyez sur le bouton : la session prend fin aussitôt et aucun '
        + 'appareil inconnu n’entre plus en votre nom.',
      button: 'Ce n’était pas moi',
    },
    done: {
      title: 'Merci',
      text: 'La session est terminée, votre signalement est enregistré et aucun appareil inconnu n’entre plus en '
        + 'votre nom. Ne donnez à personne un code que vous recevez.',
    },
    unknown: {
      title: 'Ce lien n’est pas valable',
      text: 'Il est incomplet ou trop ancien. Si quelqu’un est entré en votre nom, prévenez le support informatique '
        + 'de votre entreprise.',
    },
    later: {
      title: 'Impossible pour l’instant',
      text: 'Rien n’a été modifié. Revenez en arrière et appuyez de nouveau sur le bouton dans une minute.',
    },
  },
} as const satisfies Record<string, DisputeWords>;

export type DisputeLanguage = keyof typeof disputeWords;
