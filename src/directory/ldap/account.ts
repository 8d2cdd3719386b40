// Whether an entry is somebody who works here: by what Active Directory says of the account, and by the operator's own
// attribute. What cannot be read keeps out.
import type { EmployeeRecord } from '../directoryFeed';
import type { EntryValues } from './entryValues';
import type { LdapSettings } from './ldapSettings';

const control = 'userAccountControl';
const expiry = 'accountExpires';
/** Asked of every server: others than Active Directory have neither. */
export const accountAttributes: readonly string[] = [control, expiry];

/** ACCOUNTDISABLE of userAccountControl. */
const disabledBit = 2n;
/** Of accountExpires, beside 0: never. */
const never = 2n ** 63n - 1n;
/** From 1601, where Windows counts from, to 1970. */
const windowsEpochMs = -11_644_473_600_000;

/** Under which a person is judged. */
export interface Judgement {
  readonly status: LdapSettings['status'];
  readonly now: Date;
  /** Every account has its control there: one that is not to be seen may be disabled. */
  readonly isActiveDirectory: boolean;
}

export function accountState(
  values: EntryValues, { status, now, isActiveDirectory }: Judgement, remark: (column: string, why: string) => void,
): Pick<EmployeeRecord, 'active' | 'absent'> {
  const number = (name: string, isNeeded: boolean): bigint | 'none' | 'unreadable' => {
    const [text, ...more] = values.isUnreadable(name) ? [''] : values.all(name);
    if (text === undefined && !isNeeded) return 'none';
    if (text !== undefined && more.length === 0 && /^-?\d{1,19}$/.test(text)) return BigInt(text);
    remark(name, text === undefined ? 'may not be read by this user: the person is kept out'
      : 'is not one number: the person is kept out');
    return 'unreadable';
  };
  const isEnabled = (flags: ReturnType<typeof number>) =>
    flags === 'none' || (flags !== 'unreadable' && (flags & disabledBit) === 0n);
  const isCurrent = (ticks: ReturnType<typeof number>) => ticks === 'none' || ticks === 0n || ticks === never
    || (ticks !== 'unreadable' && Number(ticks / 10_000n) + windowsEpochMs > now.getTime());
  const account = [isEnabled(number(control, isActiveDirectory)), isCurrent(number(expiry, false))].every(Boolean);
  if (status === undefined) return { active: account };
  const said = values.all(status.attribute).map((word) => word.toLowerCase());
  const saysOne = (words: readonly string[] = []) => (word: string) => words.some((one) => one.toLowerCase() === word);
  if (said.some(saysOne(status.absent))) return { active: false, absent: true };
  const listed = status.active === undefined
    ? !said.some(saysOne(status.inactive))
    : said.length > 0 && said.every(saysOne(status.active));
  return { active: account && listed && !values.isUnreadable(status.attribute) };
}
