// The name of a source, as an operator types it: the same rule as in settings.
import { InvalidArgumentError } from 'commander';
import { nameForm, nameRule } from '../../domain/names/names';

export function sourceArgument(name: string): string {
  if (nameForm.test(name)) return name;
  throw new InvalidArgumentError(nameRule);
}
