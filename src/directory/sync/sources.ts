// The sources that the directory is fed from, as configured: which kind each is, and how often it is read.
import { z } from 'zod';
import { nameForm, nameRule } from '../../domain/names/names';
import { createCsvFeed } from '../csv/csvFeed';
import type { DirectoryFeed } from '../directoryFeed';
import { createFolderFeed, folderSettings } from '../folder/folderFeed';
import { createLdapFeed } from '../ldap/ldapFeed';
import { ldapSettings } from '../ldap/ldapSettings';
import type { PhoneRules } from '../phoneNumber';
import { phoneCountry } from '../reading/countries';
import { createReportFeed } from '../report/reportFeed';
import { reportSettings } from '../report/reportSettings';
import { successFactorsSettings } from '../successFactors/settings';
import { createSuccessFactorsFeed } from '../successFactors/successFactorsFeed';
import { duration } from './settingForms';

/** A source that is read on a schedule. */
export interface Source {
  readonly feed: DirectoryFeed;
  readonly everyMs: number;
  /** How old the last full reading may be for a delta to do. */
  readonly fullEveryMs: number;
  /** Share of its active people that one reading may deactivate unasked, 0 to 1. */
  readonly deactivationShareMax: number;
}

const schedule = {
  /** Part of each employee's key: who changes it makes everybody a new person. */
  name: z.string().regex(nameForm, nameRule),
  every: duration.default(15 * 60_000),
  fullEvery: duration.default(24 * 3_600_000),
  deactivationShareMax: z.number().min(0).max(1).default(0.1),
};

const csvSettings = z.strictObject({
  ...schedule, kind: z.literal('csv'), path: z.string().min(1), country: phoneCountry.optional(),
  complete: z.boolean().default(true),
});

/** One schema for each kind of source; settings that it does not know are refused. */
const sourceSettings = z.discriminatedUnion('kind', [
  csvSettings,
  folderSettings.safeExtend(schedule),
  reportSettings.safeExtend(schedule),
  ldapSettings.safeExtend({ ...schedule, kind: z.literal('ldap') }),
  successFactorsSettings.safeExtend({ ...schedule, kind: z.literal('successFactors') }),
]);

export const directorySettings = z.strictObject({
  sources: z.array(sourceSettings).max(50).refine(
    (sources) => new Set(sources.map(({ name }) => name)).size === sources.length, 'two have the same name'),
});

export type DirectorySettings = z.infer<typeof directorySettings>;
type SourceSettings = DirectorySettings['sources'][number];

/** The sources by name. `get` asks those that speak HTTP. Throws a sentence when a setting makes no sense. */
export function createSources(
  { sources }: DirectorySettings, phones: PhoneRules, get: typeof fetch = fetch,
): Map<string, Source> {
  return new Map(sources.map((settings) => {
    const { name, every: everyMs, fullEvery: fullEveryMs, deactivationShareMax } = settings;
    return [name, { feed: createFeed(settings, phones, get), everyMs, fullEveryMs, deactivationShareMax }];
  }));
}

function createFeed(settings: SourceSettings, phones: PhoneRules, get: typeof fetch): DirectoryFeed {
  const { name: source, every: _every, fullEvery: _fullEvery, deactivationShareMax: _share, ...own } = settings;
  switch (own.kind) {
    case 'csv': {
      const national = own.country === undefined ? {} : { defaultCountry: own.country };
      return createCsvFeed(own.path, { countries: phones.countries, source, complete: own.complete, ...national });
    }
    case 'folder': return createFolderFeed({ source, ...own }, phones);
    case 'report': return createReportFeed({ source, ...own }, phones, { fetch: get });
    case 'ldap': return createLdapFeed({ source, ...own }, phones);
    case 'successFactors': return createSuccessFactorsFeed({ source, ...own }, phones, { fetch: get });
  }
}
