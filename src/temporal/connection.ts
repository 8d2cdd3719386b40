// How web and worker reach Temporal: the address and credentials of the configuration, nothing from the environment.
import { readFileSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/client';
import type { TemporalConfig } from '../config';

export interface TemporalAddress {
  readonly address: string;
  readonly tls: TLSConfig | boolean;
  readonly apiKey?: string;
}

/** Whether Temporal is reached by TLS: when it is asked for, or by what makes no sense without. */
export function usesTls(config: Partial<Pick<TemporalConfig, 'TEMPORAL_TLS' | 'TEMPORAL_API_KEY'
  | 'TEMPORAL_TLS_CLIENT_CERT_PATH' | 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'>>): boolean {
  return config.TEMPORAL_TLS === true || config.TEMPORAL_API_KEY !== undefined
    || config.TEMPORAL_TLS_CLIENT_CERT_PATH !== undefined || config.TEMPORAL_TLS_SERVER_CA_CERT_PATH !== undefined;
}

/** Connection options for Client and NativeConnection alike. Throws when a certificate file cannot be read. */
export function temporalAddress(config: TemporalConfig): TemporalAddress {
  const { TEMPORAL_TLS_CLIENT_CERT_PATH: cert, TEMPORAL_TLS_CLIENT_KEY_PATH: key } = config;
  const ca = config.TEMPORAL_TLS_SERVER_CA_CERT_PATH;
  const pair = cert !== undefined && key !== undefined
    ? { crt: readFileSync(cert), key: readFileSync(key) }
    : undefined;
  const tls: TLSConfig = {
    ...(pair === undefined ? {} : { clientCertPair: pair }),
    ...(ca === undefined ? {} : { serverRootCACertificate: readFileSync(ca) }),
    ...(config.TEMPORAL_TLS_SERVER_NAME === undefined ? {} : { serverNameOverride: config.TEMPORAL_TLS_SERVER_NAME }),
  };
  return {
    address: config.TEMPORAL_ADDRESS,
    tls: usesTls(config) ? tls : false,
    ...(config.TEMPORAL_API_KEY === undefined ? {} : { apiKey: config.TEMPORAL_API_KEY }),
  };
}
