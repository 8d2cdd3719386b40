// People as SuccessFactors' tables have them: with more than is asked for, picklists by ids, dates by milliseconds.
import type { WrittenPerson } from '../../ports/directoryFeed.suite';
import type { Entity } from './oData';

export const day = (iso: string): string => `/Date(${Date.parse(`${iso}T00:00:00Z`)})/`;
export const moment = (iso: string): string => `/Date(${Date.parse(iso)}+0000)/`;
export const openEnd = '/Date(253402214400000)/';
export const longAgo = moment('2020-02-02T02:02:02Z');

const picked = (externalCode: string | null): Entity | null => (externalCode === null ? null
  : { id: '9339', externalCode, localeLabel: 'A label', status: 'ACTIVE' });

export interface Employment {
  readonly userId?: string;
  readonly start?: string;
  readonly end?: string | null;
  readonly status?: string | null;
  readonly userStatus?: string;
  readonly department?: string | null;
  readonly language?: string | null;
  readonly jobStart?: string;
  readonly changed?: Changed;
}

type Changed = Partial<Record<'employment' | 'job' | 'user', string>>;

export function employment(more: Employment = {}): Entity {
  const {
    userId = 'u1', start = day('2021-03-01'), end = null, status = 'A', userStatus = 't', department = 'D-1',
    language = null, jobStart = start, changed = {},
  } = more;
  return {
    userId, startDate: start, endDate: end, lastModifiedDateTime: changed.employment ?? longAgo, isECRecord: true,
    userNav: {
      userId, status: userStatus, empId: `emp-${userId}`, username: `${userId}@acme.example`, defaultLocale: language,
      lastModifiedDateTime: changed.user ?? longAgo,
    },
    jobInfoNav: [{
      userId, startDate: jobStart, endDate: openEnd, seqNumber: '1', department, standardHours: '40',
      lastModifiedDateTime: changed.job ?? longAgo, emplStatus: '4711', emplStatusNav: picked(status),
    }],
  };
}

export const phone = (
  number: string, { country = '+49', area = null, type = 'C', primary = true, extension = null, changed = longAgo }: {
    country?: string | null; area?: string | null; type?: string | null; primary?: boolean; extension?: string | null;
    changed?: string;
  } = {},
): Entity => ({
  phoneNumber: number, areaCode: area, extension, isPrimary: primary, phoneType: '9339', phoneTypeNav: picked(type),
  countryCode: '10233', countryCodeNav: picked(country), lastModifiedDateTime: changed,
});

export const email = (
  address: string, type: string | null = 'B', primary = true, changed = longAgo,
): Entity => ({
  emailAddress: address, isPrimary: primary, emailType: '8448', emailTypeNav: picked(type), lastModifiedDateTime: changed,
});

export const terminated = (latestTerminationDate: string | null, activeEmploymentsCount: number | null): Entity =>
  ({ latestTerminationDate, activeEmploymentsCount });

let persons = 0;

export function person(id: string, more: Entity = {}): Entity {
  persons += 1;
  return {
    personId: String(persons), personIdExternal: id, dateOfBirth: day('1980-01-01'), lastModifiedDateTime: longAgo,
    employmentNav: [employment()],
    personalInfoNav: [{
      startDate: day('2021-03-01'), firstName: 'Given', lastName: 'Family', maritalStatus: '4',
      lastModifiedDateTime: longAgo,
    }],
    personEmpTerminationInfoNav: terminated(null, 1),
    phoneNav: [phone('1522 8817386')],
    emailNav: [email('given@acme.example')],
    ...more,
  };
}

/** A person of the suite of all feeds, as HR would have entered them in SuccessFactors. */
export function entered({ id, givenName, familyName, email: address, mobile, language, active }: WrittenPerson): Entity {
  const [, country, number] = /^(\+\d+) (.*)$/.exec(mobile) ?? [];
  return person(id, {
    employmentNav: [employment({ status: active ? 'A' : 'T', language: language || null })],
    personalInfoNav: [{
      startDate: day('2021-03-01'), firstName: givenName, lastName: familyName, lastModifiedDateTime: longAgo,
    }],
    phoneNav: number === undefined ? [] : [phone(number, { country: country! })],
    emailNav: address === '' ? [] : [email(address)],
  });
}
