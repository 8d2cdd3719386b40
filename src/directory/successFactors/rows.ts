// What a page of people looks like. Only the members that are named here are read: neither what a tenant adds nor a
// member called `__proto__` is (A40). Not what they mean, and picklists by their codes, never by the ids of options.
import { z } from 'zod';

const text = z.string().nullish().transform((value) => value?.trim() ?? '');
/** Edm.Int64 and Edm.Decimal come as strings, Edm.Int32 as numbers. */
const count = z.union([z.number(), z.string().regex(/^-?\d{1,15}(\.\d+)?$/).transform(Number)]).nullish()
  .transform((value) => value ?? undefined);
const flag = z.boolean().nullish().transform((value) => value === true);

/** What a navigation leads to: one thing, or several in no order. Nothing where there is nothing. */
const one = <T extends z.ZodType>(item: T) => item.nullish().transform((value) => value ?? undefined);
const many = <T extends z.ZodType>(item: T) => z.object({ results: z.array(item) }).nullish()
  .transform((value) => value?.results ?? []);

const option = one(z.object({ externalCode: text }));

const job = z.object({ startDate: text, seqNumber: count, department: text, emplStatusNav: option });

const employment = z.object({
  userId: text,
  startDate: text,
  endDate: text,
  userNav: one(z.object({ status: text, empId: text, defaultLocale: text })),
  jobInfoNav: many(job),
});

const phone = z.object({
  phoneNumber: text, areaCode: text, extension: text, isPrimary: flag, countryCodeNav: option, phoneTypeNav: option,
});

const email = z.object({ emailAddress: text, isPrimary: flag, emailTypeNav: option });

const personal = z.object({ startDate: text, firstName: text, lastName: text });

const person = z.object({
  /** SuccessFactors' own number of the person, which nobody knows as an employee ID. */
  personId: z.union([z.string(), z.number()]).nullish().transform((value) => (value ?? '').toString()),
  personIdExternal: text,
  employmentNav: many(employment),
  personalInfoNav: many(personal),
  personEmpTerminationInfoNav: one(z.object({ activeEmploymentsCount: count, latestTerminationDate: text })),
  phoneNav: many(phone),
  emailNav: many(email),
});

export type PersonRow = z.output<typeof person>;
export type EmploymentRow = z.output<typeof employment>;
export type JobRow = z.output<typeof job>;
export type PhoneRow = z.output<typeof phone>;
export type EmailRow = z.output<typeof email>;

/** Undefined for what is no person of this shape. */
export function readRow(row: unknown): PersonRow | undefined {
  return person.safeParse(row).data;
}

const page = z.object({ d: z.object({ results: z.array(z.unknown()), __next: z.string().optional() }) });

/** The people of a page as they came, and where the next page is; undefined for what is no page. */
export function readPage(json: unknown): { readonly rows: readonly unknown[]; readonly next?: string } | undefined {
  const read = page.safeParse(json);
  if (!read.success) return undefined;
  const { results: rows, __next: next } = read.data.d;
  return { rows, ...next !== undefined && { next } };
}
