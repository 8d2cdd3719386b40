// How people are told that a contact of theirs changed: the same, whichever way the change came.
import type { ImportConfig } from '../config';
import type { NoticeOptions } from '../directory/delivery/contactChanges';

export const changeNotices = (
  { keyring: keys, policy, mailsCodes: byMail }: Pick<ImportConfig, 'keyring' | 'policy' | 'mailsCodes'>,
): NoticeOptions => ({ keys, noticesMax: policy.contactNoticesMax, byMail });
