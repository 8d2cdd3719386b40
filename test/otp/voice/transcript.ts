// What somebody hears of a call, from its TwiML: what is spoken character by character is one word.

const spelt = / <say-as interpret-as="(?:digits|characters)">(.)<\/say-as><break time="600ms"\/>/g;

/** The sentences that are spoken, in order. */
export function heardIn(twiml: string): string[] {
  return [...twiml.matchAll(/<Say [^>]*>(.*?)<\/Say>/g)].map(([, words]) =>
    words!.replace(/(?: <say-as .{30,60}?<break time="600ms"\/>)+/g, (run) => ` ${run.replace(spelt, '$1')}`));
}
