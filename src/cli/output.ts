// How commands print: sentences for people, one JSON document for programs.
import type { Command } from 'commander';

/** Whether --json was given anywhere on the line. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}

/** Prints a result: `lines` for people, `value` for programs. */
export function print(command: Command, value: unknown, lines: readonly string[]): void {
  process.stdout.write(wantsJson(command)
    ? `${JSON.stringify(value, null, 2)}\n`
    : lines.map((line) => `${line}\n`).join(''));
}

/** Progress goes to stderr, so that a result can be piped. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Says no: the process ends with 1 after what is already printed. */
export function refuse(): void {
  process.exitCode = 1;
}
