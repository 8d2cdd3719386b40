// doorman scim token new | list | revoke
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { isPhoneCountry } from '../directory/phoneNumber';
import { issueToken, listTokens, revokeToken } from '../directory/scim/tokens';
import type { Issued, NewToken, ScimToken } from '../directory/scim/tokens';
import { notFound, operator } from './operator';
import { print, refuse } from './output';
import { sourceArgument } from './people/sourceArgument';
import { withDatabase } from './withDatabase';

export function scimCommands(program: Command): void {
  const token = program.command('scim').description('identity providers that push people by SCIM')
    .command('token').description('the tokens by which they are known');
  token.command('new').description('makes a token and prints it, this once; a source may have two, to change over')
    .requiredOption('--source <name>', 'the identity provider, as the directory names it: entra, okta', sourceArgument)
    .addOption(new Option('--employee-number <attribute>', 'where the employee ID stands when the extension has none')
      .choices(['userName', 'externalId', 'nowhere']))
    .option('--country <code>', 'country of telephone numbers without a country code, like DE', country)
    .action(newToken);
  token.command('list').description('which there are, since when, and when they were last used').action(list);
  token.command('revoke').argument('<id>', 'as `list` shows it').description('from now on it is no token')
    .action(revoke);
}

interface NewOptions {
  readonly source: string;
  readonly employeeNumber?: NewToken['employeeNumberFrom'];
  readonly country?: string;
}

const refusals: Record<Exclude<Issued['outcome'], 'issued'>, string> = {
  full: 'Two tokens of this source count already: revoke one first.',
  foreign: 'People of this source come another way, which would end those that are pushed: give another name.',
  partners: 'A partner speaks of this source\'s people, and a source has one owner: give another name, or take '
    + '`source` out of DOORMAN_PARTNERS and restart the web processes.',
};

async function newToken(options: NewOptions, command: Command): Promise<void> {
  const issued = await withDatabase((pool) => issueToken(pool, {
    source: options.source, employeeNumberFrom: options.employeeNumber, defaultCountry: options.country }, operator()));
  if (issued.outcome !== 'issued') {
    print(command, issued, [refusals[issued.outcome]]);
    return refuse();
  }
  print(command, { ...issued, source: options.source }, [
    issued.token, `This is the token ${issued.id} of ${options.source}. It is not shown again.`,
    'It belongs to the address that ends in /scim/v2.']);
}

async function list(_options: unknown, command: Command): Promise<void> {
  const tokens = await withDatabase(listTokens);
  print(command, tokens, tokens.length === 0 ? ['There is no token.'] : tokens.map(line));
}

function line({ id, source: name, createdAt, lastUsedAt, revokedAt }: ScimToken): string {
  const used = lastUsedAt === null ? 'never used' : `last used in the hour of ${lastUsedAt.toISOString()}`;
  const end = revokedAt === null ? '' : `, revoked ${revokedAt.toISOString()}`;
  return `${id}: ${name}, made ${createdAt.toISOString()}, ${used}${end}`;
}

async function revoke(id: string, _options: unknown, command: Command): Promise<void> {
  const revoked = await withDatabase((pool) => revokeToken(pool, id, operator()));
  if (!revoked) return notFound(command, 'No token of this id counts.');
  print(command, { outcome: 'revoked' }, ['Revoked: whoever shows it is refused from now on.']);
}

function country(code: string): string {
  if (isPhoneCountry(code)) return code;
  throw new InvalidArgumentError('must be two capital letters, like DE');
}
