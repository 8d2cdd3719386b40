// The two ways between the page and the simulator: events come, requests go.

/** Follows the simulator's changes; the browser connects again by itself, and then gets everything anew. */
export function follow(handlers, onConnection) {
  const source = new EventSource('events');
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  source.addEventListener('open', () => onConnection('live'));
  source.addEventListener('error', () => onConnection('lost'));
}

/** Asks the simulator for something; throws an Error with a sentence for people. */
export async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(`admin/${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Error('The simulator does not answer. Is it still running?');
  }
  if (answer.ok) return answer.status === 204 ? undefined : answer.json();
  const { problem } = await answer.json().catch(() => ({}));
  throw new Error(problem ?? `The simulator answered ${answer.status}.`);
}
