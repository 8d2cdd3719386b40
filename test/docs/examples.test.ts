// Every document that the pages show is one that the code takes: whoever copies it gets a start, and no refusal.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { assistantSettings } from '../../src/assistant/assistantSettings';
import { repliesSchema } from '../../src/assistant/replies';
import { stepUpSchema } from '../../src/assistant/stepUp';
import { clientSettings } from '../../src/clients/clientSettings';
import { verificationSchemas } from '../../src/http/verifications/verificationSchemas';
import { httpCarrierSettings } from '../../src/otp/carriers/httpCarrierSettings';
import { partnerSettings } from '../../src/partners/partnerSettings';
import { serviceSettings } from '../../src/services/serviceSettings';

const read = (path: string) => readFileSync(join(__dirname, '../..', path), 'utf8');

/** Blocks, and what a line of words or of a shell quotes. Those that are left open, by `…` or `<…>`, are no documents. */
function documentsOf(page: string): unknown[] {
  const text = read(`docs/${page}.md`);
  const blocks = [...text.matchAll(/```json\n(.*?)```/gs)].map((match) => match[1]!);
  const quoted = [...text.matchAll(/`(\{"\w+":.*?\})`|'(\{"\w+":.*?\})'/g)].map((match) => match[1] ?? match[2]!);
  const isOpen = (one: string) => /[[{:,] ?[…<]/.test(one);
  return [...blocks, ...quoted.filter((one) => !isOpen(one))].map((one) => JSON.parse(one) as unknown);
}

const pem = (name: string) => read(`test/directory/successFactors/fixtures/apiClient.${name}.pem`);
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
// What stands in the files that a document names; of the others, anything long enough.
const files: Readonly<Record<string, unknown>> = {
  secret: `whsec_${Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7)).toString('base64')}`,
  serviceAccount: { client_email: 'doorman@acme.example', private_key: key.toString() },
  privateKey: pem('key'), certificate: pem('cert'),
};

function withFiles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withFiles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => {
    const plain = name.replace(/File$/, '');
    return plain === name ? [name, withFiles(member)] : [plain, files[plain] ?? 'anything-that-is-long-enough'];
  }));
}

const oneService = z.unknown().transform((one) => ({ services: [one] })).pipe(serviceSettings);
const answer = z.strictObject({ replies: repliesSchema, end_turn: z.boolean(), step_up: stepUpSchema.optional() });
const push = z.strictObject({ turn_id: z.string(), replies: repliesSchema, end_turn: z.boolean() });
const { start, check, returned } = verificationSchemas(['de', 'en']);

/** By the first of these members that a document has; what Doorman itself says has none of them. */
const schemas: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  assistant: { kind: assistantSettings, step_up: answer, replies: push },
  clients: { clients: clientSettings, kind: oneService },
  services: { services: serviceSettings, kind: oneService },
  verifications: { clients: clientSettings, body: httpCarrierSettings, number: start, code: check, otp: returned },
  partners: { partners: partnerSettings },
};

test.each(Object.entries(schemas))('what docs/%s.md shows is taken as it stands there', (page, known) => {
  const read = documentsOf(page).flatMap((document) => {
    const name = Object.keys(known).find((member) => member in (document as object)); // cast: JSON of an object
    return name === undefined ? [] : [{ name, issues: known[name]!.safeParse(withFiles(document)).error?.issues ?? [] }];
  });
  expect(read.filter(({ issues }) => issues.length > 0)).toEqual([]);
  // Each kind of document is shown at least once.
  expect(new Set(read.map(({ name }) => name))).toEqual(new Set(Object.keys(known)));
});
