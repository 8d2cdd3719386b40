// Registers the search attributes that conversations set: without them a start is refused,
// so this runs before a deploy.
import { Connection } from '@temporalio/client';
import type { TemporalConfig } from '../config';
import { searchAttributes } from '../../workflows/contract';
import { temporalAddress } from './connection';

// Values of temporal.api.enums.v1.IndexedValueType.
const indexedTypes = { KEYWORD: 2, INT: 3, DATETIME: 6 } as const;
const alreadyExists = 6;

/** Adds those that are missing. Repeat-safe. */
export async function registerSearchAttributes(config: TemporalConfig): Promise<void> {
  const connection = await Connection.connect(temporalAddress(config));
  try {
    const { customAttributes = {} } = await connection.operatorService.listSearchAttributes({
      namespace: config.TEMPORAL_NAMESPACE,
    });
    const missing = Object.values(searchAttributes).filter(({ name }) => !(name in customAttributes!));
    if (missing.length === 0) return;
    await connection.operatorService.addSearchAttributes({
      namespace: config.TEMPORAL_NAMESPACE,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, indexedTypes[type]])),
    });
  } catch (error) {
    // Somebody else registered them between the look and the call.
    if ((error as { code?: number }).code !== alreadyExists) throw error;
  } finally {
    await connection.close();
  }
}
