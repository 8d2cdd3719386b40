// The parts of the documentation that the code knows best: rendered from the tables, compared by a test.
import { settings } from './config';
import { policyRules } from './domain/policy';
import { faultKinds } from './domain/faults';
import { inputs, reactions, stages, stageTable } from './domain/verification';

/** docs/configuration.md, whole. */
export function configurationPage(): string {
  const variables = Object.entries(settings).map(([name, setting]) => {
    const { about, needed, fallback, secret } = setting as {
      about: string; needed: string; fallback?: string; secret?: true;
    };
    const need = needed === 'both' ? 'yes' : fallback === undefined ? 'no' : `no, \`${fallback}\``;
    return `| \`${name}\` | ${about}${secret === true ? ' Secret.' : ''} | ${need} |`;
  });
  const numbers = Object.entries(policyRules).map(([name, { value, min, max, why }]) =>
    `| \`${name}\` | ${value} | ${min} – ${max} | ${why} |`);
  return [
    '# Configuration',
    '',
    'Generated from `src/config.ts` and `src/domain/policy.ts` by `npm run docs`; a test compares it.',
    '',
    'Every variable can also be given as a file: `NAME_FILE` holds its path. All problems are named at once, and the',
    'process does not start with any. Production (the default profile) refuses `http:` endpoints, `TWILIO_API_URL`,',
    'keys that are missing, short or not random, and numbers outside their bounds.',
    '',
    '## Variables', '', '| name | what it is | needed |', '|---|---|---|', ...variables, '',
    '## Policy numbers', '',
    'Set in `DOORMAN_POLICY` as JSON (or a path to it). Times are in milliseconds. '
      + 'A conversation keeps the numbers it began with.', '',
    '| name | default | bounds | why |', '|---|---|---|---|', ...numbers, '',
  ].join('\n');
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

/** Page, name of the marked place, and table, for every table that stands inside a written page. */
export function generatedTables(): [page: string, name: string, table: string][] {
  return [
    ['docs/architecture.md', 'stage table', stageTableMarkdown()],
    ['docs/errors.md', 'fault table', faultTableMarkdown()],
  ];
}

/** The page with the table between `<!-- name -->` and `<!-- /name -->`. */
export function withTable(page: string, name: string, table: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`the page has no place for the ${name}`);
  return `${page.slice(0, from + start.length)}\n${table}\n${page.slice(to)}`;
}
