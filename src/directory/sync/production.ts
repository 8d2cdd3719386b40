// What production refuses of sources, and what it takes for a while: an operator hears of it at each start.
import type { Log } from '../../log';
import { tryingOut } from '../../outbound/tryingOut';
import { isLegacyOver } from '../successFactors/settings';
import type { DirectorySettings } from './sources';

/** One sentence each. */
export function productionRefusals({ sources }: DirectorySettings): string[] {
  return sources.flatMap((settings) => [
    ...'allowInsecure' in settings && settings.allowInsecure
      ? [`production needs an encrypted connection to ${settings.name}`] : [],
    ...settings.kind === 'successFactors' && settings.legacyBasic && settings.acceptLegacyBasicUntil === undefined
      ? [`production takes legacyBasic of ${settings.name} with acceptLegacyBasicUntil alone, the last day of it`] : [],
    ...weakSecrets(settings).map((sentence) => `source ${settings.name}: ${sentence}`),
  ]);
}

/** By the rule that all documents have. That of connections is told above. */
function weakSecrets(settings: DirectorySettings['sources'][number]): string[] {
  return [{ ...settings, allowInsecure: false }, ...'auth' in settings ? [settings.auth] : []].flatMap(tryingOut);
}

export function warnOfPasswords({ sources }: DirectorySettings, now: number, log: Pick<Log, 'warn'>): void {
  for (const settings of sources) {
    if (settings.kind !== 'successFactors' || !settings.legacyBasic) continue;
    const { name: source } = settings;
    if (isLegacyOver(settings, now)) log.warn('a source is not read, its legacy time is over', { source });
    else log.warn('a source signs in by password, which SAP ends', { source });
  }
}
