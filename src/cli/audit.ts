// doorman audit verify | head
import type { Command } from 'commander';
import { auditHead, verifyAudit } from '../audit/verifyAudit';
import { withDatabase } from './withDatabase';
import { print, progress, refuse } from './output';

/** How often progress is told: every so many records, a second or two. */
const progressEvery = 100_000;

export function auditCommands(program: Command): void {
  const audit = program.command('audit').description('the hash-chained audit');
  audit.command('verify').description('recomputes the chain and names the first broken record')
    .option('--head <seq:hash>', 'the head that you keep outside: finds a truncated or restored audit too')
    .action(async ({ head }: { head?: string }, command: Command) => {
      const result = await withDatabase((pool) => verifyAudit(pool, {
        ...(head === undefined ? {} : { expectedHead: parseHead(head) }),
        onProgress: (records) => {
          if (records % progressEvery === 0) progress(`${records.toLocaleString('en')} records verified`);
        },
      }));
      if (result.outcome === 'broken') {
        print(command, result, [`The audit is broken at record ${result.seq}: ${result.why}`]);
        return refuse();
      }
      print(command, result, [
        `The audit is intact: ${result.records} records, head ${result.head.seq}:${result.head.hash}`]);
    });
  audit.command('head').description('prints the head, to be kept outside')
    .action(async (_options, command: Command) => {
      const head = await withDatabase((pool) => auditHead(pool));
      print(command, head, [`${head.seq}:${head.hash}`]);
    });
}

function parseHead(text: string): { seq: number; hash: string } {
  const match = /^(\d+):([0-9a-f]{64})$/.exec(text);
  if (match === null) throw new Error('--head must look like 123:<64 hex digits>, as `doorman audit head` prints it');
  return { seq: Number(match[1]), hash: match[2]! };
}
