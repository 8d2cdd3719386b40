// Reads the code itself: who imports whom, how long things are, where the environment, the console and words may stand.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(__dirname, '..');
const sourceRoots = ['src', 'workflows', 'activities', 'bench', 'test'];

interface Source { path: string; text: string; file: ts.SourceFile }

const sources: Source[] = sourceRoots.flatMap((folder) => filesBelow(join(root, folder))).map((path) => {
  const text = readFileSync(path, 'utf8');
  return { path: relative(root, path), text, file: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
});
const product = sources.filter(({ path }) => /^(src|workflows|activities)\//.test(path));

describe('boundaries', () => {
  // From the most particular folder to the least; the first that fits holds. `type:` allows type imports only.
  const nouns = ['chat', 'otp', 'directory', 'assistant', 'sessions', 'audit', 'inbox', 'outbox', 'twilio', 'mail', 'partners',
    'statements', 'clients', 'services', 'verifications'];
  const sharedByNouns = ['src/domain', 'src/db', 'src/audit', 'src/keys', 'src/log', 'src/outbound'];
  const rules: Record<string, readonly string[]> = {
    'src/domain': ['src/domain'],
    'src/keys': ['src/keys'],
    'src/db': ['src/db'],
    'src/outbound': ['src/outbound', 'src/domain'],
    // Used by backends, without anything else of ours.
    'src/verifier': ['src/verifier'],
    'src/texts': ['src/texts', 'src/domain'],
    'src/assistant/demo': ['src/assistant', 'src/domain', 'src/texts', 'src/outbound', 'src/verifier'],
    ...Object.fromEntries(nouns.map((noun) => [`src/${noun}`, [`src/${noun}`, ...sharedByNouns]])),
    'src/temporal': ['src/temporal', 'src/domain', 'src/keys', 'workflows/contract', 'type:src/config'],
    'src/http': ['src/http', 'src/domain', ...nouns.map((noun) => `type:src/${noun}`), 'type:src/keys', 'type:src/db', 'type:src/log'],
    workflows: ['workflows', 'src/domain', 'type:activities', 'type:src/texts', 'type:src/sessions'],
    activities: ['activities', 'src/domain', 'src/outbound', 'type:src/db', 'type:src/texts', 'type:src/keys', ...nouns.map((noun) => `src/${noun}`)],
  };
  // Chat and codes both speak Twilio, codes go by mail as well, and every noun that talks about words takes the texts
  // by type.
  const also: Record<string, readonly string[]> = {
    'src/partners': ['src/directory/reading', 'src/directory/phoneNumber', 'type:src/directory'],
    'src/statements': ['src/verifier'],
    'src/chat': ['src/twilio'],
    'src/outbox': ['src/twilio'],
    'src/otp': ['src/twilio', 'src/mail', 'type:src/texts'],
    'src/twilio': ['type:src/chat', 'type:src/otp'],
  };
  const folders = Object.keys(rules).sort((a, b) => b.length - a.length);

  test('nobody imports what lies beyond its boundary', () => {
    const crossings = product.flatMap((source) => {
      const folder = folders.find((candidate) => source.path.startsWith(`${candidate}/`));
      if (folder === undefined) return [];
      const allowed = [...rules[folder]!, ...(also[folder] ?? [])];
      return localImports(source)
        .filter(({ target, typeOnly }) => !allowed.some((rule) => permits(rule, target, typeOnly)))
        .map(({ target }) => `${source.path} imports ${target}`);
    });
    expect(crossings).toEqual([]);
  });

  test('vendors are known in one room each', () => {
    const rooms: Record<string, RegExp> = {
      twilio: /^src\/(twilio\/|simulator\/|http\/twilioSignature\.ts)/,
      nodemailer: /^src\/mail\//,
      'smtp-server': /^src\/simulator\/mail\//,
      'postal-mime': /^src\/simulator\/mail\//,
      express: /^src\/(http|simulator)\//,
      pg: /^src\/db\//,
      scimmy: /^src\/http\/scim\//,
      'csv-parse': /^src\/directory\//,
      'libphonenumber-js': /^src\/directory\//,
      ldapts: /^src\/directory\/ldap\//,
      standardwebhooks: /^src\/(assistant|services)\//,
      'openid-client': /^src\/outbound\//,
      undici: /^src\/outbound\//,
      jose: /^src\/(statements|verifier|assistant\/(dialogflowCx|rasa)|services)\//,
      '@node-oauth/oauth2-server': /^src\/http\/clients\//,
      '@asteasolutions/zod-to-openapi': /^src\/(docs|http\/openapi)\//,
      saml: /^src\/(directory\/successFactors|services)\//,
      pino: /^src\/log\.ts$/,
      'prom-client': /^src\/telemetry\.ts$/,
      commander: /^src\/cli/,
      'intl-messageformat': /^src\/texts\//,
      '@temporalio/worker': /^(src\/(worker|log)\.ts|src\/stack\/|activities\/failures\.ts)/,
      '@temporalio/workflow': /^workflows\//,
    };
    const strangers = product.flatMap((source) => packageImports(source)
      .filter(({ name, typeOnly }) => rooms[name] !== undefined && !typeOnly && !rooms[name]!.test(source.path))
      .map(({ name }) => `${source.path} imports ${name}`));
    expect(strangers).toEqual([]);
  });

  test('a workflow takes only types from activities, because a value would bundle and fail when run', () => {
    const values = sources.filter(({ path }) => path.startsWith('workflows/')).flatMap((source) => localImports(source)
      .filter(({ target, typeOnly }) => /^(activities|src\/(?!domain))/.test(target) && !typeOnly)
      .map(({ target }) => `${source.path} imports ${target}`));
    expect(values).toEqual([]);
  });
});

describe('habits', () => {
  test('only the configuration, the local stack and the simulator\'s options read the environment', () => {
    const allowed = /^(src\/config\/|src\/stack\/|src\/simulator\/options\.ts)/;
    expect(product.filter(({ path, text }) => text.includes('process.env') && !allowed.test(path)).map(({ path }) => path)).toEqual([]);
  });

  test('nothing prints to the console', () => {
    expect(product.filter(({ text }) => /\bconsole\.\w+\(/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('A31 codes and ids come from no weak source of chance', () => {
    expect(product.filter(({ text }) => /Math\.random\(/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('there is no default export, no forgotten note and no skipped check', () => {
    const banned = /\bexport default\b|\b(TODO|FIXME|XXX)\b|@ts-ignore|@ts-nocheck|\.only\(/;
    const found = sources.filter(({ path, text }) => path !== 'test/tidy.test.ts' && banned.test(text)).map(({ path }) => path);
    expect(found).toEqual([]);
  });

  test('files say what they are: no utils, helpers, common, manager, service or base', () => {
    const vague = /(\/(utils?|helpers?|common|manager|service|base)|[a-z](Utils?|Helpers?|Common|Manager|Service|Base))\.(test\.)?ts$/;
    expect(sources.filter(({ path }) => vague.test(path)).map(({ path }) => path)).toEqual([]);
  });

  test('words for people stand in the texts only', () => {
    // A text key is one word; a sentence in a workflow, an activity or an adapter would escape translation.
    const spoken = /^(workflows|activities|src\/(chat|otp|sessions))\//;
    const found = product.filter(({ path }) => spoken.test(path)).flatMap(({ path, file }) => strings(file)
      .filter((text) => /^[A-Z][a-z]+( [a-z]+){2,}/.test(text)).map((text) => `${path}: ${text}`));
    expect(found).toEqual([]);
  });
});

describe('sizes', () => {
  // A better reason may raise one, here.
  // The whole conversation in one place; a file more would be a server more. And one table of all that activities do.
  const longer: Record<string, number> = {
    'test/conversation/conversation.wf.test.ts': 340, 'test/activities/acts.ts': 340,
    // Where a code may go is one function.
    'test/directory/contacts.pg.test.ts': 310,
  };
  // Worlds to stand tests in: each is small, and a file of tests takes two or three.
  // And one file a noun, beside what is common to all of them.
  const fuller: Record<string, number> = { 'test/support': 16, activities: 15 };

  test('a file has at most 300 lines', () => {
    const long = sources.filter(({ path, text }) => text.split('\n').length - 1 > (longer[path] ?? 300))
      .map(({ path, text }) => `${path}: ${text.split('\n').length - 1}`);
    expect(long).toEqual([]);
  });

  test('a line has at most 120 columns, tables apart', () => {
    // One row a line is what makes a table of settings or numbers readable.
    const tables = /^src\/config\/|^src\/domain\/policy\.ts$|^src\/texts\//;
    const wide = product.filter(({ path }) => !tables.test(path)).flatMap(({ path, text }) => text.split('\n')
      .flatMap((line, index) => line.length > 120 ? [`${path}:${index + 1}`] : []));
    expect(wide).toEqual([]);
  });

  test('a function has at most 70 lines', () => {
    const long = product.flatMap(({ path, file }) => functions(file)
      .filter(({ lines }) => lines > 70).map(({ name, lines }) => `${path} ${name}: ${lines}`));
    expect(long).toEqual([]);
  });

  test('a folder has at most 12 files', () => {
    const counts = new Map<string, number>();
    for (const { path } of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([folder, count]) => count > (fuller[folder] ?? 12))).toEqual([]);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === 'node_modules' ? [] : filesBelow(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function imports(source: Source): { specifier: string; typeOnly: boolean }[] {
  const found: { specifier: string; typeOnly: boolean }[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly === true : node.isTypeOnly;
      found.push({ specifier: node.moduleSpecifier.text, typeOnly });
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument)) found.push({ specifier: argument.text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source.file);
  return found;
}

function localImports(source: Source): { target: string; typeOnly: boolean }[] {
  return imports(source).filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, typeOnly }) => ({ target: relative(root, resolve(root, dirname(source.path), specifier)), typeOnly }));
}

function packageImports(source: Source): { name: string; typeOnly: boolean }[] {
  return imports(source).filter(({ specifier }) => !specifier.startsWith('.'))
    .map(({ specifier, typeOnly }) => ({ name: specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/'), typeOnly }));
}

function permits(rule: string, target: string, typeOnly: boolean): boolean {
  const path = rule.replace(/^type:/, '');
  return (target === path || target.startsWith(`${path}/`)) && (typeOnly || !rule.startsWith('type:'));
}

function strings(file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function functions(file: ts.SourceFile): { name: string; lines: number }[] {
  const found: { name: string; lines: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isArrowFunction(node) || ts.isFunctionExpression(node)) {
      const first = file.getLineAndCharacterOfPosition(node.getStart()).line;
      const name = 'name' in node && node.name ? node.name.getText() : 'arrow';
      // A factory that returns a table of small functions is as long as its table; its parts are measured one by one.
      if (!/^create[A-Z]/.test(name)) found.push({ name, lines: file.getLineAndCharacterOfPosition(node.end).line - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
