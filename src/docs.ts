// The parts of the documentation that the code knows best: rendered from the tables, compared by a test.
import { settings } from './config';
import { policyRules } from './domain/policy';
import { faultKinds } from './domain/faults';
import { problems } from './http/problem';
import { openApiDocument } from './http/openapi/openApiDocument';
import { inputs, reactions, stages, stageTable } from './domain/verification';
import { languages } from './texts/render';
import { actionOf, errorClasses, errorNumbers } from './twilio/errorTable';
import type { Action, ErrorClass } from './twilio/errorTable';

/** What `npm start`, the tests and the simulator read beside the settings, where they are not told by those. */
export const toolVariables = {
  TEMPORAL_CLI_PATH: 'The Temporal CLI for development servers, instead of one on the path, a download or a build.',
  TEMPORAL_TEST_SERVER_PATH: 'Temporal\'s test server, for tests that skip time, instead of a download or a build.',
  TEST_DATABASE_URL: 'A Postgres >= 15 for the tests, as a superuser; what they make there they remove.',
  DOORMAN_CACHE: 'Folder for what was downloaded or built; else `doorman` in the user\'s cache folder.',
  CHROMIUM_PATH: 'The Chromium that the tests of the page use.',
  SLAPD_PATH: 'The LDAP server that the tests of LDAP use: slapd of OpenLDAP.',
  SIMULATOR_PORT: 'Port of the simulator: page and API. 3010 unless it is set.',
  SIMULATOR_HOST: 'Where it listens. 127.0.0.1 unless it is set.',
  SIMULATOR_ALLOW_REMOTE: '`true` lets it listen elsewhere: whoever reaches the page reads every code.',
  SIMULATOR_STATE: 'File in which chats and mails outlive a restart.',
  SIMULATOR_SMTP_PORT: 'Port of its mail server, on the loopback. There is none unless it is set.',
  SIMULATOR_SMTP_PASSWORD: 'What the user `doorman` logs in with there.',
  SIMULATOR_ACCOUNTS_TOKEN: 'What Doorman shows to the accounts of its S/4HANA; there is neither without.',
  SIMULATOR_HR_SECRET: 'What its HR signs with, as the partner `hr`; the page has no HR without.',
  SIMULATOR_WEBHOOK_URL: 'Where it posts messages.',
  SIMULATOR_PUBLIC_URL: 'The same place as Doorman knows it, over which it signs.',
  SIMULATOR_TEMPORAL_UI: 'The Temporal UI that the page links to.',
} as const;

/** docs/configuration.md, whole. */
export function configurationPage(): string {
  const variables = Object.entries(settings).map(([name, setting]) => {
    const { about, needed, fallback, secret } = setting as {
      about: string; needed: string; fallback?: string; secret?: true;
    };
    const need = needed === 'both' ? 'yes' : needed === 'production' ? 'in production'
      : fallback === undefined ? 'no' : `no, \`${fallback}\``;
    return `| \`${name}\` | ${about}${secret === true ? ' Secret.' : ''} | ${need} |`;
  });
  const numbers = Object.entries(policyRules).map(([name, { value, min, max, why }]) =>
    `| \`${name}\` | ${value} | ${min} – ${max} | ${why} |`);
  return [
    '# Configuration',
    '',
    'Generated from `src/config/settings.ts` and `src/domain/policy.ts` by `npm run docs`; a test compares it.',
    '',
    'Every variable can also be given as a file: `NAME_FILE` holds its path. All problems are named at once, and the',
    'process does not start with any. Where two settings say different things of one, that is a problem. Production',
    '(the default profile) refuses `http:` endpoints, `TWILIO_API_URL`, a Temporal or Postgres on another computer',
    'without TLS, keys and secrets that are missing, short, public or not random, and numbers outside their bounds.',
    '',
    '## Variables', '', '| name | what it is | needed |', '|---|---|---|', ...variables, '',
    '## Policy numbers', '',
    'Set in `DOORMAN_POLICY` as JSON (or a path to it). Times are in milliseconds. '
      + 'A conversation keeps the numbers it began with.', '',
    '| name | default | bounds | why |', '|---|---|---|---|', ...numbers, '',
    '## Of tools and the simulator', '',
    'None of them is read by web, worker or codec.', '',
    '| name | what it is |', '|---|---|',
    ...Object.entries(toolVariables).map(([name, about]) => `| \`${name}\` | ${about} |`), '',
  ].join('\n');
}

/** docs/openapi.json, whole. */
export function openApiPage(): string {
  return `${JSON.stringify(openApiDocument(languages.map(({ tag }) => tag)), null, 2)}\n`;
}

/** The stage x input table of docs/architecture.md. */
export function stageTableMarkdown(): string {
  const rows = inputs.map((input) => `| ${input} | ${stages.map((stage) => stageTable[stage][input]).join(' | ')} |`);
  const meanings = Object.entries(reactions).map(([name, about]) => `| ${name} | ${about} |`);
  return [
    `| input | ${stages.join(' | ')} |`, `|---|${stages.map(() => '---').join('|')}|`, ...rows, '',
    '| reaction | what happens |', '|---|---|', ...meanings,
  ].join('\n');
}

/** The table of fault kinds in docs/errors.md. */
export function faultTableMarkdown(): string {
  const rows = Object.entries(faultKinds).map(([kind, { retry, about }]) =>
    `| \`${kind}\` | ${about} | ${retry ? 'yes' : 'no'} |`);
  return [
    '| type | what it means | retried |', '|---|---|---|', ...rows,
    '| `bug` | a broken invariant of ours | yes |',
  ].join('\n');
}

/** The table of Twilio's error numbers in docs/errors.md. */
export function errorTableMarkdown(): string {
  const names = Object.keys(errorClasses) as ErrorClass[]; // cast: Object.keys forgets what keys there are
  const rows = names.map((name) => {
    const numbers = errorNumbers[name].map((number) => {
      const own = wordsOf(actionOf(number)!).filter((words) => !wordsOf(errorClasses[name]).includes(words));
      return own.length === 0 ? `${number}` : `${number} (${own.join('; ')})`;
    });
    const { about } = errorClasses[name];
    return `| \`${name}\` | ${about} | ${wordsOf(errorClasses[name]).join('; ')} | ${numbers.join(', ')} |`;
  });
  return ['| class | what it means | what is done | numbers |', '|---|---|---|---|', ...rows].join('\n');
}

function wordsOf({ fault, waitAtLeastMs, retriesMax, nextMethod, passedOver, parks, alert }: Action): string[] {
  return [
    fault === undefined ? 'undeliverable' : `\`${fault}\``,
    ...waitAtLeastMs === undefined ? [] : [`after ${waitAtLeastMs / 1_000} s at least`],
    ...retriesMax === undefined ? [] : [`once it was taken, tried again ${retriesMax} time`],
    ...nextMethod ? ['a code goes by the next method'] : [],
    ...passedOver === undefined ? [] : ['comes last for this contact for a month'],
    ...parks === undefined ? [] : ['kept until the person writes'],
    ...alert === undefined ? [] : [`alert \`${alert.what}\`${alert.inARow > 1 ? ` at ${alert.inARow} in a row` : ''}`],
  ];
}

/** The table of problem documents in docs/errors.md. */
export function problemTableMarkdown(): string {
  const rows = Object.entries(problems).map(([name, { status, detail }]) =>
    `| \`urn:doorman:problem:${name}\` | ${status} | ${detail} |`);
  return ['| type | status | detail |', '|---|---|---|', ...rows].join('\n');
}

/** Page, name of the marked place, and table, for every table that stands inside a written page. */
export function generatedTables(): [page: string, name: string, table: string][] {
  return [
    ['docs/architecture.md', 'stage table', stageTableMarkdown()],
    ['docs/errors.md', 'fault table', faultTableMarkdown()],
    ['docs/errors.md', 'error table', errorTableMarkdown()],
    ['docs/errors.md', 'problem table', problemTableMarkdown()],
  ];
}

/** The page with the table between `<!-- name -->` and `<!-- /name -->`. */
export function withTable(page: string, name: string, table: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`the page has no place for the ${name}`);
  return `${page.slice(0, from + start.length)}\n${table}\n${page.slice(to)}`;
}
