import fc from 'fast-check';
import { createPersonReader, personFields } from '../../../src/directory/reading/person';
import type { PersonValues } from '../../../src/directory/reading/person';

const anna: PersonValues = {
  employee_id: 'e-1', given_name: 'Anna', family_name: 'Example', email: 'Anna@acme.example', mobile: '+1 202 555 0123',
  language: 'de_DE', active: 'yes', external_id: 'a5', department: 'Sales' };

describe('a person of a live system', () => {
  const read = createPersonReader({}, {});

  it('is read as written, whole', () => {
    expect(read(anna)).toEqual({ remarks: [], record: {
      externalId: 'a5', employeeNumber: 'e-1', givenName: 'Anna', familyName: 'Example', preferredLanguage: 'de-DE',
      active: true, department: 'Sales', phones: [{ e164: '+12025550123', raw: '+1 202 555 0123', type: 'mobile', primary: true }],
      emails: [{ address: 'anna@acme.example', type: 'work', primary: true }] } });
    const { external_id: _key, department: _department, active: _status, ...little } = anna;
    expect(read(little).record).toMatchObject({ externalId: 'E-1', active: true });
    expect(read(little).record).not.toHaveProperty('department');
  });

  it.each([
    ['mobile', '+49 900 1234567', { phones: [] }], ['mobile', '0171 2345678', { phones: [] }], ['email', 'a@b@c', { emails: [] }],
    ['language', 'english', { preferredLanguage: null }], ['given_name', 'An\u202Ena', { givenName: '' }],
    ['family_name', 'x'.repeat(301), { familyName: '' }], ['department', 'a\nb', { department: null }],
    ['active', 'perhaps', { active: false }], ['active', '', { active: false }], ['active', '__proto__', { active: false }],
    ['active', 'constructor', { active: false }],
  ])('is read without a %s of %p, which is remarked', (column, value, without) => {
    const { record, remarks } = read({ ...anna, [column]: value });
    expect(record).toEqual({ ...read(anna).record, ...without });
    expect(remarks).toEqual([{ column, why: expect.any(String) }]);
  });

  it.each([
    ['employee_id', ''], ['employee_id', '__proto__'], ['employee_id', 'anna@acme.example'], ['external_id', ''],
    ['external_id', 'a\u0000b'], ['external_id', 'x'.repeat(201)],
  ])('is left out for a %s of %p', (column, value) => {
    expect(read({ ...anna, [column]: value })).toEqual({ remarks: [
      { column, why: expect.stringMatching(/: the person is left out$/) }] });
  });

  it('never lets in under a word that was not said to do so', () => {
    const words = fc.array(fc.constantFrom('active', 'hired', '1', 'true', 'On leave', ''), { minLength: 1 });
    fc.assert(fc.property(words, words, fc.oneof(fc.string(), words.map(([word]) => word!.toUpperCase())), (activeValues, absentValues, active) => {
      const { record } = createPersonReader({}, { activeValues, absentValues })({ ...anna, active });
      const isIn = activeValues.some((word) => word.toLowerCase() === active.toLowerCase());
      expect(record!.active).toBe(isIn);
      if (record!.absent === true) expect(record!.active).toBe(false);
    }));
  });

  it('is read, or left out, whatever is written, and no remark repeats it', () => {
    const values = fc.record(Object.fromEntries(personFields.map((field) => [field, fc.string({ unit: 'binary', minLength: 12 })])));
    fc.assert(fc.property(values, (written) => {
      const { remarks } = read({ ...anna, ...written });
      const said = JSON.stringify(remarks);
      for (const value of Object.values(written)) expect(said).not.toContain(value);
    }), { numRuns: 1_000 });
  });
});
