// Writes the generated parts of docs/ from the built code. A test compares them.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const load = createRequire(import.meta.url);
const docs = load(join(root, 'dist/src/docs.js'));
const security = load(join(root, 'dist/src/docs/security.js'));

writeFileSync(join(root, 'docs/configuration.md'), docs.configurationPage());
writeFileSync(join(root, 'docs/openapi.json'), docs.openApiPage());
writeFileSync(join(root, 'docs/security.md'), security.securityPage(root));
for (const [page, name, table] of docs.generatedTables()) {
  const path = join(root, page);
  writeFileSync(path, docs.withTable(readFileSync(path, 'utf8'), name, table));
}
console.log('docs/configuration.md, docs/openapi.json, docs/security.md and the tables of docs/ are up to date');
