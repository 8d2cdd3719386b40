// What SuccessFactors is asked for: people with their employments and contacts, and no more of them than is used.
// Nothing of a person and no setting stands in a filter; dates do.
import { dayIn, dayLiteral, momentLiteral } from './dates';
import type { SettledSettings } from './settings';

const entity = 'PerPerson';

const fields: Readonly<Record<string, readonly string[]>> = {
  '': ['personId', 'personIdExternal'],
  'employmentNav/': ['userId', 'startDate', 'endDate'],
  'employmentNav/userNav/': ['status', 'empId'],
  'employmentNav/jobInfoNav/': ['startDate', 'seqNumber', 'department'],
  'employmentNav/jobInfoNav/emplStatusNav/': ['externalCode'],
  'personalInfoNav/': ['startDate', 'firstName', 'lastName'],
  'personEmpTerminationInfoNav/': ['activeEmploymentsCount', 'latestTerminationDate'],
  'phoneNav/': ['phoneNumber', 'areaCode', 'extension', 'isPrimary'],
  'phoneNav/countryCodeNav/': ['externalCode'],
  'phoneNav/phoneTypeNav/': ['externalCode'],
  'emailNav/': ['emailAddress', 'isPrimary'],
  'emailNav/emailTypeNav/': ['externalCode'],
};

/** The address of the first page. Who has changed since `since`, a moment in ms; everybody without one. */
export function firstPage(settings: SettledSettings, now: number, since?: number): URL {
  const paths = Object.entries(fields).flatMap(([path, names]) => names.map((name) => path + name));
  const select = settings.language ? [...paths, 'employmentNav/userNav/defaultLocale'] : paths;
  const expand = Object.keys(fields).filter((path) => path !== '').map((path) => path.slice(0, -1));
  const query = {
    $format: 'json',
    // SuccessFactors keeps the list of people as it was: pages by number lose and repeat some when it changes.
    paging: 'snapshot',
    customPageSize: String(settings.pageSize),
    $filter: filterOf(settings.timeZone, now, since),
    $select: select.join(','),
    $expand: expand.join(','),
  };
  const url = new URL(entity, settings.url);
  // Not as a form: "+" is a plus sign in OData.
  url.search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return url;
}

// A change of what belongs to a person does not touch the person's own stamp.
const stamped = ['', ...[
  'personalInfoNav', 'employmentNav', 'employmentNav/jobInfoNav', 'employmentNav/userNav', 'phoneNav', 'emailNav',
].map((path) => `${path}/`)];

// What was entered for a later day comes into force without being changed.
const dated = [
  'employmentNav/startDate', 'employmentNav/endDate', 'employmentNav/jobInfoNav/startDate',
  'personEmpTerminationInfoNav/latestTerminationDate',
];

/** No upper bound: the newest change is in the next delta as well, and whoever changes meanwhile is in a full one. */
function filterOf(timeZone: string, now: number, since: number | undefined): string {
  // Relatives and emergency contacts are persons too, and have no employments to be counted.
  const isEmployed = 'personEmpTerminationInfoNav/activeEmploymentsCount ne null';
  if (since === undefined) return isEmployed;
  const changed = stamped.map((path) => `${path}lastModifiedDateTime ge ${momentLiteral(since)}`);
  // A day more on both sides: a last day ends with the day, and it may be another day where the servers stand.
  const [from, to] = [dayLiteral(dayIn(timeZone, since) - 1), dayLiteral(dayIn(timeZone, now) + 1)];
  const inForce = dated.map((path) => `(${path} ge ${from} and ${path} le ${to})`);
  return `(${isEmployed}) and (${[...changed, ...inForce].join(' or ')})`;
}
