// What stands behind the door of the local stack: the demo assistant, which is asked in each employee's own name at the
// simulator's S/4HANA.

/** DOORMAN_SERVICES and DOORMAN_ASSISTANT of the local stack. `simulator` is an origin. */
export function behindTheDoor(
  simulator: string, { assistantSecret, accountsToken }: { assistantSecret: string; accountsToken: string },
): { readonly DOORMAN_SERVICES: string; readonly DOORMAN_ASSISTANT: string } {
  const services = [{
    name: 's4', kind: 'twoEndpoints', base: `${simulator}/s4/accounts`, allowInsecure: true,
    auth: { kind: 'bearer', token: accountsToken },
  }];
  const assistant = {
    kind: 'webhook', url: `${simulator}/assistant`, secret: assistantSecret, onBehalf: 's4', allowInsecure: true,
  };
  return { DOORMAN_SERVICES: JSON.stringify({ services }), DOORMAN_ASSISTANT: JSON.stringify(assistant) };
}
