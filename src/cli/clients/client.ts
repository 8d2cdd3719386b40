// doorman client new | list | revoke
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { clientSettings } from '../../clients/clientSettings';
import { issueCredentials, listCredentials, revokeCredentials } from '../../clients/credentials';
import type { ListedCredential } from '../../clients/credentials';
import { Misconfiguration, readSetting } from '../../config';
import { readJsonSetting } from '../../config/jsonSetting';
import { callerNameRule, isCallerName } from '../../domain/names/names';
import { notFound, operator } from '../operator';
import { print, refuse } from '../output';
import { withDatabase } from '../withDatabase';

export function clientCommands(program: Command): void {
  const client = program.command('client').description('applications that call Doorman, by their credentials');
  client.command('new').argument('<name>', 'as DOORMAN_CLIENTS names it', name)
    .description('makes credentials and prints them, this once; a client may have two of each, to change over')
    .action(newCredentials);
  client.command('list').description('which there are, since when, and when they were last used').action(list);
  client.command('revoke').argument('<id>', 'the client id, as `list` shows it')
    .description('from now on they and the tokens that were got by them let nobody in').action(revoke);
}

async function newCredentials(client: string, _options: unknown, command: Command): Promise<void> {
  if (configuredNames()?.includes(client) === false) {
    print(command, { outcome: 'unknown' }, [
      'DOORMAN_CLIENTS names no such client, and credentials of this name would let nobody in: look at the spelling, '
      + 'or put it there first and restart web and worker.']);
    return refuse();
  }
  const issued = await withDatabase((pool) => issueCredentials(pool, client, operator()));
  if (issued.outcome !== 'issued') {
    print(command, issued, ['Two credentials of this client count already: revoke one of them first.']);
    return refuse();
  }
  const { outcome, id, secret, apiKey } = issued;
  print(command, { outcome, client, client_id: id, client_secret: secret, api_key: apiKey }, [
    `client id:     ${id}`, `client secret: ${secret}`, `api key:       ${apiKey}`,
    `These are credentials of ${client}. Secret and key are not shown again.`,
    'They let it in for what DOORMAN_CLIENTS says of this name.']);
}

/** Undefined where this computer does not have the setting: then any name may be right. */
function configuredNames(): readonly string[] | undefined {
  try {
    const setting = readSetting('DOORMAN_CLIENTS');
    return setting === undefined ? undefined : readJsonSetting(setting, clientSettings).clients.map((one) => one.name);
  } catch (error) {
    throw new Misconfiguration([`DOORMAN_CLIENTS: ${(error as Error).message}`]); // cast: both throw Errors
  }
}

async function list(_options: unknown, command: Command): Promise<void> {
  const credentials = await withDatabase(listCredentials);
  print(command, credentials, credentials.length === 0 ? ['There are no credentials.'] : credentials.map(line));
}

function line({ id, client, createdAt, lastUsedAt, revokedAt }: ListedCredential): string {
  const used = lastUsedAt === null ? 'never used' : `last used in the hour of ${lastUsedAt.toISOString()}`;
  const end = revokedAt === null ? '' : `, revoked ${revokedAt.toISOString()}`;
  return `${id}: ${client}, made ${createdAt.toISOString()}, ${used}${end}`;
}

async function revoke(id: string, _options: unknown, command: Command): Promise<void> {
  const revoked = await withDatabase((pool) => revokeCredentials(pool, id, operator()));
  if (!revoked) return notFound(command, 'No credentials of this id count.');
  print(command, { outcome: 'revoked' }, ['Revoked: whoever shows them, or a token of theirs, is refused.']);
}

function name(given: string): string {
  if (isCallerName(given)) return given;
  throw new InvalidArgumentError(callerNameRule);
}
