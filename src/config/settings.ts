// Every setting and what it is for: what the documentation is made from.

/** What a setting is for, in the words of docs/configuration.md, which is generated from this table. */
export interface Setting {
  readonly about: string;
  readonly fallback?: string;
  /** `both` profiles need it, only `production` does, or it is `optional`. */
  readonly needed: 'both' | 'production' | 'optional';
  readonly secret?: true;
}

/** Every environment variable, in the order of the documentation. Each is also read from the file named by NAME_FILE. */
export const settings = {
  DOORMAN_PROFILE: { about: '`production` or `development`. Development allows http endpoints, the simulator and a reply quantum of 0.', fallback: 'production', needed: 'optional' },
  DOORMAN_PUBLIC_URL: { about: 'The literal origin that is configured at Twilio, e.g. `https://doorman.example.com`. Signatures are checked over it.', needed: 'both' },
  DOORMAN_PORT: { about: 'Port of the public routes.', fallback: '3000', needed: 'optional' },
  DOORMAN_INTERNAL_PORT: { about: 'Port of health and metrics. Never public. The worker takes the next one.', fallback: '3001', needed: 'optional' },
  DOORMAN_ORGANISATION: { about: 'Name of the company in texts.', needed: 'both' },
  DOORMAN_LANGUAGE: { about: 'Language of texts before the sender is verified.', fallback: 'en', needed: 'optional' },
  DOORMAN_COUNTRIES: { about: 'Countries that codes go to, as ISO 3166 codes: `DE, FR`. Numbers of others are refused at import and get no code. Development takes every country without it.', needed: 'production' },
  DOORMAN_SAME_NUMBER: { about: 'Whether a code may go to the very number that the chat comes from: `allow`, `preferOther` (another one of the employee\'s where there is one) or `refuse` (never; nor to whom WhatsApp shows by a name only).', fallback: 'preferOther', needed: 'optional' },
  DOORMAN_KEYRING: { about: 'All keys as JSON, made by `doorman keys new`.', needed: 'both', secret: true },
  DOORMAN_POLICY: { about: 'JSON of policy numbers that differ from the defaults (below).', fallback: '{}', needed: 'optional' },
  DOORMAN_DIRECTORY: { about: 'JSON, or the path of one, that says where HR\'s data is read from and how often: docs/directory.md. Without, it comes by `doorman directory import` alone.', needed: 'optional', secret: true },
  DOORMAN_PARTNERS: { about: 'JSON, or the path of one, that says which partners post events to `/webhooks/partners/:partner`, how they sign them and what becomes of them: docs/partners.md. Without, there is no such route.', needed: 'optional', secret: true },
  DOORMAN_CLIENTS: { about: 'JSON, or the path of one, that says which applications call Doorman (`/oauth/token`, `/customer_authenticate`, `/getprofile`, `/v1/verifications`) and what each may do: docs/clients.md. Their secrets are made by `doorman client new`. Without, there are no such routes.', needed: 'optional' },
  DOORMAN_SERVICES: { about: 'JSON, or the path of one, that says at which services employees have accounts, and how a verified employee\'s token is got there: docs/services.md.', needed: 'optional', secret: true },
  DOORMAN_IDENTIFY_BY: { about: 'What people are asked for: `employeeId` (a work e-mail is understood as well), or `workEmail` alone: the code goes there first, and the number that writes is bound to the account. Needs `email` among `DOORMAN_CODE_METHODS`.', fallback: 'employeeId', needed: 'optional' },
  DOORMAN_IDENTIFY_ACCOUNT: { about: 'With `workEmail`: a service of `DOORMAN_SERVICES`, of kind `twoEndpoints`, at which the employee needs an account to be let in.', needed: 'optional' },
  DOORMAN_PRIVATE_HOSTS: { about: 'Hosts at private addresses that Doorman may ask: `assistant.internal, 10.0.0.5`. What an assistant, a service, a source or a target leads to otherwise has to be public. Development takes all.', needed: 'optional' },
  DATABASE_URL: { about: 'Postgres >= 15, as the application\'s user: a member of role `doorman_app`, not the owner of the tables.', needed: 'both', secret: true },
  DATABASE_OWNER_URL: { about: 'Postgres as the owner of the tables. Read by `doorman migrate` only.', needed: 'optional', secret: true },
  TEMPORAL_ADDRESS: { about: 'Temporal frontend, `host:port`. The SDK\'s own `TEMPORAL_*` variables for TLS and API keys apply.', needed: 'both' },
  TEMPORAL_NAMESPACE: { about: 'Temporal namespace.', fallback: 'default', needed: 'optional' },
  TEMPORAL_API_KEY: { about: 'API key for Temporal.', needed: 'optional', secret: true },
  TEMPORAL_TLS: { about: '`true` to connect with TLS.', fallback: 'false', needed: 'optional' },
  TEMPORAL_TLS_CLIENT_CERT_PATH: { about: 'Client certificate (PEM file) for mTLS.', needed: 'optional' },
  TEMPORAL_TLS_CLIENT_KEY_PATH: { about: 'Client key (PEM file) for mTLS.', needed: 'optional' },
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: { about: 'Private CA (PEM file) of the Temporal server.', needed: 'optional' },
  TEMPORAL_TLS_SERVER_NAME: { about: 'Server name to expect in the certificate.', needed: 'optional' },
  DOORMAN_BUILD_ID: { about: 'Build id of the worker: the commit that it was built from.', fallback: 'development', needed: 'optional' },
  DOORMAN_LOG_LEVEL: { about: '`debug`, `info`, `warn` or `error`.', fallback: 'info', needed: 'optional' },
  TWILIO_ACCOUNT_SID: { about: 'Account that owns the WhatsApp sender, `AC…`.', needed: 'both' },
  TWILIO_AUTH_TOKEN: { about: 'Auth token of that account: checks signatures, nothing else.', needed: 'both', secret: true },
  TWILIO_AUTH_TOKEN_NEXT: { about: 'The second auth token during a rotation.', needed: 'optional', secret: true },
  TWILIO_API_KEY_SID: { about: 'Restricted API key, `SK…`, that may create, read and list messages (a reply that needs a second try is looked for first) and, for codes by call, create calls.', needed: 'both' },
  TWILIO_API_KEY_SECRET: { about: 'Its secret.', needed: 'both', secret: true },
  TWILIO_WHATSAPP_SENDER: { about: 'Our WhatsApp sender, `whatsapp:+…`.', needed: 'both' },
  DOORMAN_CODE_METHODS: { about: 'How codes travel, the best way first: of `sms`, `call` and `email`, separated by commas. A code that does not arrive goes by the next one. `call` needs `TWILIO_VOICE_SENDER`, `email` a mail server; a session that a mailed code opened is of low assurance.', fallback: 'sms', needed: 'optional' },
  TWILIO_VOICE_SENDER: { about: 'Number that calls with codes come from, `+…`.', needed: 'optional' },
  TWILIO_SMS_SENDER: { about: 'Number that codes come from, `+…`. This or a messaging service is needed, unless there is a `DOORMAN_SMS_CARRIER`.', needed: 'optional' },
  TWILIO_MESSAGING_SERVICE_SID: { about: 'Messaging service that codes come from, `MG…`; preferred.', needed: 'optional' },
  DOORMAN_SMS_CARRIER: { about: 'JSON, or the path of one, that describes an SMS provider with an HTTP API: docs/verifications.md. All SMS go there instead of to Twilio, but for the chat\'s codes where `DOORMAN_OTP_PROVIDER` is Verify.', needed: 'optional', secret: true },
  DOORMAN_OTP_PROVIDER: { about: 'Who carries codes by SMS and call: `own` (our messages and calls), `verifyCustom` (Twilio Verify, with our code) or `verifyManaged` (Twilio Verify makes the code and compares it). E-mail is ours in any case.', fallback: 'own', needed: 'optional' },
  TWILIO_VERIFY_SERVICE_SID: { about: 'Verify service, `VA…`: needed with a provider other than `own`; the API key must be allowed to use it. With `verifyCustom` it takes custom codes; with `verifyManaged` its code length is one of the two of the policy, better the longer one. Keep it set for a day after going back to `own`: Twilio is told how the last codes ended.', needed: 'optional' },
  DOORMAN_WINDOW_TEMPLATE_SID: { about: 'Approved WhatsApp template, `HX…`, without variables: says that a reply waits, to somebody who wrote nothing for a day, once a day. Without it the reply waits in silence until they write again.', needed: 'optional' },
  TWILIO_API_URL: { about: 'Development only: all Twilio products at this origin (the simulator).', needed: 'optional' },
  DOORMAN_SMTP_URL: { about: 'Mail server that notices, and codes by e-mail, go out by, `smtp://user:password@host` (STARTTLS) or `smtps://…`; user and password percent-encoded. No mail is sent without.', needed: 'optional', secret: true },
  DOORMAN_MAIL_FROM: { about: 'Address that mail comes from, such as `doorman@example.com`. Needed with a mail server.', needed: 'optional' },
  DOORMAN_SMTP_CA: { about: 'Private CA (PEM file) of the mail server.', needed: 'optional' },
  DOORMAN_ASSISTANT: { about: 'JSON, or the path of one, that says which kind of assistant verified messages go to, and how it is asked: docs/assistant.md. Without, it is a webhook at `ASSISTANT_URL`; with both, they say the same.', needed: 'optional', secret: true },
  ASSISTANT_URL: { about: 'Where verified messages go: needed without `DOORMAN_ASSISTANT`.', needed: 'optional' },
  DOORMAN_ASSISTANT_AUDIENCE: { about: 'The audience of the statements that go with messages, as whoever answers them checks it: docs/statements.md. Without, the `audience` of `DOORMAN_ASSISTANT` (with both, they are the same), or the origin of the assistant\'s address.', needed: 'optional' },
  ASSISTANT_SECRET: { about: 'Standard Webhooks secret, `whsec_…`, that signs them: needed with `ASSISTANT_URL`.', needed: 'optional', secret: true },
  DOORMAN_MEDIA_HOSTS: { about: 'Hosts that the assistant\'s media may be linked to, by https: `files.example.com, media.example.com`. Without, people get the text alone.', needed: 'optional' },
  DOORMAN_OPERATOR: { about: 'Who runs a command, as the audit will name them; else the login name of the system\'s user, which in a container is everybody\'s.', needed: 'optional' },
  DOORMAN_CODEC_PORT: { about: 'Port of the codec server, on the loopback only.', fallback: '8081', needed: 'optional' },
  DOORMAN_CODEC_TOKEN: { about: 'What the Temporal UI must show to have payloads decoded. `doorman codec` does not start without.', needed: 'optional', secret: true },
  DOORMAN_CODEC_ORIGIN: { about: 'The exact origin of the Temporal UI.', fallback: 'http://127.0.0.1:8233', needed: 'optional' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

/** As they were given: text, before anything is read into them. */
export type RawSettings = Partial<Record<SettingName, string>>;
