// The simulator's HR as a partner of Doorman: how its events are signed, and where in them our fields stand.

/** The source of the people that `doorman directory import` brings: HR speaks of them, too. */
const demoSource = 'csv';

/** DOORMAN_PARTNERS of the local stack: HR alone, with what both sign with. */
export function hrPartner(secret: string): string {
  return JSON.stringify({ partners: [{
    name: 'hr',
    source: demoSource,
    secret,
    signature: {
      header: 'x-hr-signature', encoding: 'hexLower', prefix: 'sha256=', content: 'id.timestamp.body',
      timestampHeader: 'x-hr-timestamp', idHeader: 'x-hr-event',
    },
    deliver: 'directory',
    mapping: {
      kind: {
        at: '/type',
        values: {
          'worker.hired': 'hire', 'worker.changed': 'change', 'worker.left': 'leave', 'worker.rehired': 'rehire',
        },
      },
      externalId: '/worker/number',
      version: { at: '/version', as: 'integer' },
      employeeNumber: '/worker/number',
      givenName: '/worker/name/given',
      familyName: '/worker/name/family',
      email: '/worker/contact/email',
      mobile: '/worker/contact/mobile',
      language: '/worker/language',
      employment: { at: '/worker/status', values: { active: 'active', leave: 'absent' } },
    },
  }] });
}
