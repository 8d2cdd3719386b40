// Hides the message and stack of every failure behind the codec. Loaded by path: by clients, workers and the bundler.
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
