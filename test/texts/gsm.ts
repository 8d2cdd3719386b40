// The GSM 7-bit alphabet (3GPP TS 23.038) and what a message costs in it: one character outside makes all of it UCS-2.
const alphabet = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà');
const twoUnits = new Set('^{}\\[~]|€\f');

/** Characters that the GSM alphabet does not have. */
export function beyondGsm(text: string): string[] {
  return [...text].filter((character) => !alphabet.has(character) && !twoUnits.has(character));
}

/** How many messages a telephone network makes of a text. */
export function smsSegments(text: string): number {
  if (beyondGsm(text).length > 0) return text.length <= 70 ? 1 : Math.ceil(text.length / 67);
  const units = [...text].reduce((sum, character) => sum + (twoUnits.has(character) ? 2 : 1), 0);
  return units <= 160 ? 1 : Math.ceil(units / 153);
}
