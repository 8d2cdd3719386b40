// The invented company: who HR knows. Numbers are of ranges that are reserved for fiction.
import { assetPath } from '../assets';

/** The CSV that the local stack imports into the directory. */
export function demoPeopleFile(): string {
  return assetPath('demo', 'people.csv');
}
