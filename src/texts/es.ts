// Spanish. WhatsApp shows *words* in bold; the SMS keeps to the GSM alphabet, which has é and ñ, but no á, í, ó, ú.
import type { Language } from './keys';

export const es = {
  tag: 'es',
  voiceTag: 'es-ES',
  texts: {
    askIdentifier:
      'Hola, este es el asistente de {organisation}. Los mensajes solo se transmiten cuando haya demostrado quién es.\n\n'
      + 'Envíe su {by, select, workEmail {} other {número de empleado o su }}correo electrónico del trabajo.',
    askIdentifierAgain:
      'En su mensaje no había ningún {by, select, workEmail {correo electrónico del trabajo. Envíe el suyo, por ejemplo: anna@example.com} '
      + 'other {número de empleado ni correo electrónico del trabajo. Envíe uno de ellos, por ejemplo: mi ID es E12345}}',
    severalIdentifiers: 'En su mensaje había más de un {by, select, workEmail {} other {número o }}correo. Envíe solo uno.',
    codeSent:
      'Si estos datos están registrados, un código está en camino {only, select, sms {por SMS al teléfono} other {a un contacto}} '
      + 'que tiene registrado Recursos Humanos. Escríbalo aquí antes de {minutes}.\n\n'
      + '¿No le llega? Escriba *REENVIAR*{call, select, yes {, o *LLAMAR* para recibir una llamada} other {}}'
      + '{email, select, yes {, o *CORREO* para recibirlo por correo electrónico} other {}}. '
      + 'Para empezar de nuevo, escriba *CANCELAR*.',
    askCode: 'Escriba solamente el código que ha recibido. También puede escribir *REENVIAR* o *CANCELAR*.',
    severalCodes: 'Su mensaje podría contener más de un código, así que no se ha comprobado ninguno. Escriba solo uno.',
    wrongCode: 'Ese no es el código correcto. {triesLeft, plural, one {Le queda # intento.} other {Le quedan # intentos.}}',
    codeTooSoon:
      'Espere {seconds} antes de pedir otro código. Después, envíe de nuevo su número de empleado '
      + 'o su correo electrónico del trabajo.',
    codeResent: 'Si estos datos están registrados, el mismo código está de nuevo en camino.',
    codeByCall:
      'Si estos datos están registrados, ahora suena el teléfono que tiene registrado Recursos Humanos. '
      + 'Conteste y pulse las dos teclas que se le indiquen, y se leerá el mismo código.',
    codeByMail: 'Si estos datos están registrados, el mismo código está en camino al correo electrónico que tiene registrado Recursos Humanos.',
    resendTooSoon: 'Espere {seconds} antes de volver a escribir *REENVIAR*.',
    resendExhausted: 'Este código ya no se puede reenviar. Todavía puede escribirlo aquí, o escribir *CANCELAR* para empezar de nuevo.',
    methodUnavailable: 'El código no se puede enviar de esa forma. Escriba *REENVIAR* para recibirlo de nuevo.',
    codeExpired: 'El código ha caducado. Para recibir otro, envíe de nuevo su número de empleado o su correo electrónico del trabajo.',
    cancelled: 'El código ya no es válido. Para empezar de nuevo, envíe su número de empleado o su correo electrónico del trabajo.',
    notMe: 'Gracias por avisar. El código ya no es válido y su aviso ha quedado registrado. No diga a nadie un código que reciba.',
    locked: 'Ese tampoco es el código correcto, y era el último intento. Puede empezar de nuevo dentro de {minutes}.',
    lockedNotice:
      'Ha habido demasiados códigos incorrectos. Puede empezar de nuevo dentro de {minutes}. Lo que escriba hasta entonces no se lee ni se guarda.',
    verified: 'Gracias, su identidad está verificada. A partir de ahora sus mensajes se transmiten. Escriba *SALIR* cuando termine.',
    heldLost: 'Un mensaje anterior suyo no se pudo conservar tanto tiempo. Envíelo de nuevo, por favor.',
    heldDropped: 'Lo que se escribió aquí antes ya no se transmite. Si todavía hace falta, envíelo de nuevo, por favor.',
    sessionEndedByLogout: 'Ha cerrado la sesión. Escriba de nuevo cuando necesite algo; se le pedirá un código nuevo.',
    sessionEndedIdle: 'Se ha cerrado su sesión porque no ha escrito durante un tiempo. Escriba de nuevo para recibir un código nuevo.',
    sessionEndedAge: 'Se ha cerrado su sesión porque ha alcanzado su duración máxima. Escriba de nuevo para recibir un código nuevo.',
    sessionEndedByOperator: 'Un administrador ha cerrado su sesión. Escriba de nuevo para recibir un código nuevo.',
    sessionEndedOther: 'Su sesión ha terminado. Escriba de nuevo para recibir un código nuevo.',
    sessionEndedStepUp: 'Para esto debe demostrar de nuevo quién es. Su mensaje se guarda hasta entonces, salvo que escriba *CANCELAR*.',
    sessionEndedStepUpFor: 'Para «{action}» debe demostrar de nuevo quién es. Su mensaje se guarda hasta entonces, salvo que escriba *CANCELAR*.',
    stepUpImpossible: 'Para esto hace falta una prueba de quién es más fuerte que la que puede dar en este chat. Hágalo por otra vía.',
    textOnly: 'Aquí solo se pueden leer mensajes de texto. Escriba lo que quiere decir.',
    assistantUnavailable: 'En este momento no hay respuesta y su mensaje no se ha guardado. Envíelo de nuevo más tarde. Si pedía que se hiciera algo, compruebe antes si ya se ha hecho.',
    flood: 'Ha enviado demasiados mensajes a la vez y los últimos no se han leído. Espere un minuto y envíe de nuevo lo que falte.',
    stillWorking: 'Todavía se está trabajando en ello. La respuesta llegará aquí.',
    smsCode:
      '{organisation}: {code} es su clave del chat WhatsApp (desde ...{last4}), vale {minutes}. '
      + 'Solo para ese chat, nadie se la pide. ¿No es usted? Escriba en él NO SOY YO.',
    smsVerification:
      '{organisation}: {code} es su clave, vale {minutes}. Solo para donde usted la ha pedido. '
      + 'Nadie se la pide.',
    mailCodeSubject: '{organisation}: su código para nuestro chat de WhatsApp',
    mailCode:
      'Su código para nuestro chat de WhatsApp es:\n\n{code}\n\n'
      + 'Vale durante {minutes} y se ha pedido desde el número que termina en {last4}.\n\n'
      + 'Escríbalo solo en ese chat, nadie se lo pedirá.\n\n'
      + '¿No ha sido usted? Escriba NO SOY YO en su propio chat de WhatsApp con nosotros y no diga el código a nadie.\n\n{organisation}',
    smsNumberChanged:
      '{organisation}: se ha cambiado un contacto suyo para las claves del chat WhatsApp. '
      + 'Si usted no lo ha pedido, avise enseguida a Recursos Humanos o a seguridad TI.',
    mailContactChangedSubject: '{organisation}: se ha cambiado un contacto suyo',
    mailContactChanged:
      'Recursos Humanos ha cambiado un teléfono o una dirección a los que se envían los códigos de nuestro chat de WhatsApp.\n\n'
      + 'Si usted lo ha pedido, no hay nada que hacer.\n\n'
      + 'Si no, avise enseguida a Recursos Humanos o a seguridad informática.\n\n{organisation}',
    smsSessionOpened:
      '{organisation}: alguien ha entrado como usted en el chat de WhatsApp (desde ...{last4}). '
      + '¿No es usted? Escriba en él NO SOY YO o avise a seguridad.',
    mailSessionOpenedSubject: '{organisation}: ha entrado en nuestro chat de WhatsApp',
    mailSessionOpened:
      'Alguien acaba de entrar como usted, con un código, en nuestro chat de WhatsApp, desde el número que termina en {last4}.\n\n'
      + 'Si ha sido usted, no tiene que hacer nada.\n\n'
      + 'Si no, dígalo en esta página. La sesión termina enseguida y se avisa a seguridad informática:\n{link}\n\n'
      + 'Nadie le pedirá nunca un código.\n\n{organisation}',
    voiceAsk: 'Hola, le llamamos de {organisation} con un código para nuestro chat de WhatsApp. Para oírlo, pulse {first} y luego {second}.',
    voiceCode: 'Su código es:',
    voiceCodeAgain: 'Repetimos, su código es:',
    voiceAsker: 'Se ha pedido desde el número que termina en:',
    voiceWarning:
      'Es válido durante {minutes}. Escríbalo solo en el chat de WhatsApp, nadie se lo pedirá. '
      + 'Si no ha sido usted, escriba allí NO SOY YO. Adiós.',
    voiceGoodbye: 'Adiós.',
  },
  commands: {
    resend: ['reenviar', 'enviar de nuevo', 'enviar otra vez', 'reenviar código', 'reenviar codigo', 'otro código', 'otro codigo'],
    call: ['llamar', 'llamada', 'llámame', 'llamame', 'llámeme', 'llameme'],
    email: ['correo', 'correo electrónico', 'correo electronico', 'por correo', 'email', 'e-mail'],
    cancel: ['cancelar', 'anular', 'empezar de nuevo'],
    notMe: ['no soy yo', 'no fui yo', 'no he sido yo', 'yo no he sido', 'no he pedido esto'],
    logout: ['salir', 'cerrar sesión', 'cerrar sesion', 'cerrar la sesión', 'cerrar la sesion', 'desconectar'],
  },
  cues: [
    'id', 'empleado', 'empleada', 'número de empleado', 'numero de empleado', 'número de empleada', 'numero de empleada',
    'n.º de empleado', 'nº de empleado', 'número de personal', 'numero de personal', 'identificador', 'mi correo',
    'mi correo electrónico', 'mi correo electronico', 'mi email', 'mi e-mail', 'correo del trabajo',
  ],
} as const satisfies Language;
