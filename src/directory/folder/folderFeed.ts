// A folder into which HR's system puts CSV files, as a directory feed: the newest one that has settled, once.
// The schedule asks; nothing listens to the folder, because network file systems and mounted volumes tell no events.
import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { createCsvFeed, defaultLimits } from '../csv/csvFeed';
import { csvColumns } from '../csv/csvHeader';
import type { DirectoryFeed, FeedPage, FeedReading, FeedRemark } from '../directoryFeed';
import type { PhoneRules } from '../phoneNumber';
import { phoneCountry } from '../reading/countries';
import { readWatermark, settingsMark } from '../reading/watermark';
import { duration } from '../sync/settingForms';
import { ageOf, bytesOf, compareAge, lookInto, openFile, refuseChanged, refuseOther } from './folderFiles';
import type { FolderFile } from './folderFiles';

/** Settings of a source of the kind `folder`. */
export const folderSettings = z.strictObject({
  kind: z.literal('folder'),
  path: z.string().refine(isAbsolute, 'must be the whole path of a folder, from the root'),
  /** Names of files that are read: `*` for anything, `?` for one character. */
  pattern: z.string().regex(/^[^/\\*]{0,100}(\*[^/\\*]{0,100}){0,4}$/, 'must be a name, with up to four * in it')
    .min(1).default('*.csv'),
  /** Which file is the newest: by when it was written, or by its name, where that holds a date. */
  order: z.enum(['mtime', 'name']).default('mtime'),
  country: phoneCountry.optional(),
  aliases: z.partialRecord(z.enum(csvColumns), z.array(z.string().min(1))).default({}),
  /** Whether each file holds everybody, so that who is missing has left. */
  complete: z.boolean().default(true),
  /** How long nothing may have been written to a file. */
  settledAfter: duration.default(30_000),
});

export type FolderSettings = z.infer<typeof folderSettings>;

/** What was applied last. The time as text: JSON has no integers of that size. */
const watermark = z.object({
  settings: z.string(), name: z.string(), size: z.string(), sha256: z.string(),
  mtimeNs: z.string().regex(/^-?\d{1,30}$/),
});

type Watermark = z.infer<typeof watermark>;

export interface FolderFeedOptions extends FolderSettings {
  /** Name of the source. Changing it makes every person a new one. */
  readonly source: string;
}

export function createFolderFeed(
  options: FolderFeedOptions, phones: PhoneRules, now: () => number = Date.now,
): DirectoryFeed {
  const { source, complete, pattern, order, settledAfter, path, country, aliases } = options;
  const rules = { ...phones, ...(country && { defaultCountry: country }) };
  const isWanted = namesLike(pattern);
  const settings = settingsMark({ aliases, complete, order }, rules);

  async function* read({ since }: FeedReading): AsyncGenerator<FeedPage, void> {
    const last = readWatermark(watermark, since);
    const unchanged = (...notices: FeedRemark[]): FeedPage => ({
      items: notices.map((notice) => ({ notice })), unchanged: true, ...(since !== undefined && { watermark: since }),
    });
    const view = await lookInto({ path, isWanted, order, settledAfterMs: settledAfter, now: now() });
    const { newest: file, notices } = view;
    if (file === undefined) return yield unchanged(...notices);
    if (last !== undefined && isOlder(file, last)) return yield unchanged(...notices, olderNotice);
    if (last !== undefined && last.settings === settings && isSameFile(file, last)) return yield unchanged(...notices);
    yield* readFile(file, last, [...notices, readNotice(file)], () => unchanged(...notices));
  }

  async function* readFile(
    file: FolderFile, last: Watermark | undefined, notices: readonly FeedRemark[], unchanged: () => FeedPage,
  ): AsyncGenerator<FeedPage, void> {
    if (file.stat.size > defaultLimits.fileBytes) return yield { items: [{ problem: tooLarge }] };
    const handle = await openFile(file);
    try {
      // Twice: a file that is known by its content costs no write, and one that changes meanwhile is seen.
      const before = createHash('sha256');
      for await (const chunk of bytesOf(handle, file.stat)) before.update(chunk);
      const sha256 = before.digest('base64url');
      if (last?.sha256 === sha256 && last.settings === settings) return yield unchanged();
      yield { items: notices.map((notice) => ({ notice })) };
      const again = createHash('sha256');
      let isWhole = false;
      const bytes = async function* () {
        for await (const chunk of bytesOf(handle, file.stat)) {
          again.update(chunk);
          yield chunk;
        }
        isWhole = true;
      };
      const csv = createCsvFeed(bytes, { source, complete, aliases, ...rules });
      for await (const { items } of csv.read()) yield { items };
      await refuseChanged(handle, file.stat);
      // A file that is no CSV is not read to its end, and not applied.
      if (!isWhole) return;
      refuseOther(again.digest('base64url'), sha256);
      yield { items: [], watermark: JSON.stringify({ settings, ...identityOf(file), sha256 } satisfies Watermark) };
    } finally {
      await handle.close();
    }
  }

  const isOlder = (file: FolderFile, { name, mtimeNs }: Watermark): boolean =>
    compareAge(order, ageOf(file), { name, mtimeNs: BigInt(mtimeNs) }) < 0;

  return { source, complete, hasDeltas: false, read: (reading = { mode: 'full' }) => read(reading) };
}

const where = 'the folder';
// What was an old state of the company's when it was written is none to return to: leavers would be back (R45).
const olderNotice = { where, why: 'holds nothing newer than what was applied last: an older file is not read' };
const tooLarge = { where: 'the file', why: `is larger than ${defaultLimits.fileBytes / 1_000_000} MB` };

/** By its time: a name may hold more than that. */
function readNotice({ stat }: FolderFile): FeedRemark {
  return { where, why: `is read: its file of ${stat.mtime.toISOString()}` };
}

function identityOf({ name, stat }: FolderFile): Pick<Watermark, 'name' | 'size' | 'mtimeNs'> {
  return { name, size: String(stat.size), mtimeNs: String(stat.mtimeNs) };
}

function isSameFile(file: FolderFile, last: Watermark): boolean {
  const { name, size, mtimeNs } = identityOf(file);
  return name === last.name && size === last.size && mtimeNs === last.mtimeNs;
}

/** Whether a name is as the pattern says, whatever the case: what people save by hand is called .CSV. */
function namesLike(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  const form = new RegExp(`^${source}$`, 'isu');
  return (name) => form.test(name);
}
