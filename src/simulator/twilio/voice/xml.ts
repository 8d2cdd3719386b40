// Reads XML strictly, as much of it as TwiML needs: elements, attributes, text, CDATA, comments and the five entities.
// Refuses document types and all that is not well-formed, so that a document that passes here is XML for Twilio too.

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}

/** Why a text is no XML, and where. */
export class XmlProblem extends Error {
  constructor(problem: string, at: number) {
    super(`${problem} at character ${at}`);
    this.name = 'XmlProblem';
  }
}

const nameForm = /[A-Za-z_][\w.-]*/y;
const space = /[ \t\r\n]*/y;
const attributeForm = /[ \t\r\n]+([A-Za-z_:][\w.:-]*)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const declaration = /<\?xml[ \t\r\n]+version=(?:"1\.0"|'1\.0')[^?<>]*\?>/y;
const comment = /<!--(?:(?!--)[^])*-->/y;
const cdata = /<!\[CDATA\[((?:(?!\]\]>)[^])*)\]\]>/y;
const textForm = /[^<]+/y;
// What XML 1.0 does not allow.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };

/** The root element of a document. Throws XmlProblem. */
export function parseXml(document: string): XmlElement {
  const reader = new Reader(document);
  const control = forbidden.exec(document);
  if (control !== null) throw new XmlProblem('a character that XML does not allow', control.index);
  reader.take(declaration);
  reader.skipMisc();
  const root = reader.element();
  reader.skipMisc();
  if (!reader.isAtEnd) throw reader.problem('something after the root element');
  return root;
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  problem(what: string): XmlProblem {
    return new XmlProblem(what, this.#at);
  }

  /** What the pattern matches here, which is then behind; patterns are sticky. */
  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  skipMisc(): void {
    do this.take(space); while (this.take(comment) !== null);
  }

  element(): XmlElement {
    this.#expect('<');
    const name = this.#name();
    const attributes = this.#attributes();
    this.take(space);
    if (this.#has('/>')) return { name, attributes, children: [] };
    this.#expect('>');
    const children = this.#children();
    const closed = this.#name();
    if (closed !== name) throw this.problem(`</${closed}> where </${name}> is due`);
    this.take(space);
    this.#expect('>');
    return { name, attributes, children };
  }

  #attributes(): Record<string, string> {
    const attributes: Record<string, string> = {};
    for (let match = this.take(attributeForm); match !== null; match = this.take(attributeForm)) {
      const [, name, double, single] = match;
      if (Object.hasOwn(attributes, name!)) throw this.problem(`a second ${name}`);
      attributes[name!] = this.#decode((double ?? single)!);
    }
    return attributes;
  }

  /** Up to and with the `</` of the parent. */
  #children(): (XmlElement | string)[] {
    const children: (XmlElement | string)[] = [];
    while (!this.#has('</')) {
      const text = this.take(textForm);
      const verbatim = text === null ? this.take(cdata) : null;
      if (text !== null) children.push(this.#decode(text[0]));
      else if (verbatim !== null) children.push(verbatim[1]!);
      else if (this.take(comment) === null) children.push(this.element());
    }
    return children;
  }

  #name(): string {
    const match = this.take(nameForm);
    if (match === null) throw this.problem('no name');
    return match[0];
  }

  #decode(text: string): string {
    return text.replace(/&([^;&]*);?/g, (whole, name: string) => {
      const character = whole.endsWith(';') ? entities[name] ?? characterOf(name) : undefined;
      if (character === undefined) throw this.problem(`no such entity: ${whole.slice(0, 12)}, before`);
      return character;
    });
  }

  #has(literal: string): boolean {
    if (!this.#text.startsWith(literal, this.#at)) return false;
    this.#at += literal.length;
    return true;
  }

  #expect(literal: string): void {
    if (!this.#has(literal)) throw this.problem(`no ${literal}`);
  }
}

function characterOf(name: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? [];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter && !forbidden.test(String.fromCodePoint(code)) ? String.fromCodePoint(code) : undefined;
}
