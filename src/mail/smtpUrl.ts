// Reads the URL of the mail server. Takes nothing from it but where and as whom: in a query one could switch off TLS.

export interface MailServer {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`smtps:`); otherwise STARTTLS. */
  readonly implicitTls: boolean;
  readonly login?: { readonly user: string; readonly password: string };
}

/** Submission (RFC 6409) and submission over TLS (RFC 8314). */
const ports = { 'smtp:': 587, 'smtps:': 465 } as const;

/** Undefined for anything but `smtp[s]://[user:password@]host[:port]`. */
export function readSmtpUrl(text: string): MailServer | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== 'smtp:' && protocol !== 'smtps:') return undefined;
  if (hostname === '' || !/^\/?$/.test(pathname) || search !== '' || hash !== '') return undefined;
  const login = readLogin(username, password);
  if (login === 'unreadable') return undefined;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? ports[protocol] : Number(port),
    implicitTls: protocol === 'smtps:',
    ...login === undefined ? {} : { login },
  };
}

function readLogin(username: string, password: string): MailServer['login'] | 'unreadable' {
  if (username === '' && password === '') return undefined;
  if (username === '' || password === '') return 'unreadable';
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return 'unreadable';
  }
}

/** Whether what is sent there does not leave this computer. */
export function isLoopback({ host }: Pick<MailServer, 'host'>): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
