// The name of a source, as an operator types it: the same rule as in settings.
import { InvalidArgumentError } from 'commander';
import { sourceName, sourceNameRule } from '../../directory/reading/sourceName';

export function sourceArgument(name: string): string {
  if (sourceName.safeParse(name).success) return name;
  throw new InvalidArgumentError(`must be ${sourceNameRule}`);
}
