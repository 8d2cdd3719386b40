// How many SMS a text takes: Twilio bills and reports segments.

// GSM 03.38: the basic alphabet takes one septet a character, its extension two.
const basic = new Set([
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?',
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
].join(''));
const extension = new Set('\f^{}\\[~]|€');

/** Segments of an SMS: 160 septets alone or 153 joined; outside the GSM alphabet 70 code units, or 67. */
export function segmentsOf(text: string): number {
  const characters = [...text];
  const isGsm = characters.every((character) => basic.has(character) || extension.has(character));
  const septets = characters.length + characters.filter((character) => extension.has(character)).length;
  const length = isGsm ? septets : text.length;
  const [alone, joined] = isGsm ? [160, 153] : [70, 67];
  return length <= alone ? 1 : Math.ceil(length / joined);
}
