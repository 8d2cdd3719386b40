// How the local stack says what it is doing: a line when a step has lasted a second, then one every five.
export type Progress = (line: string) => void;

const quietMs = 1_000;
const intervalMs = 5_000;

/** Runs a step and reports it while it lasts. `what` is a phrase such as `starting Postgres`. */
export async function reported<T>(progress: Progress, what: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  let repeat: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    progress(`${what} …`);
    repeat = setInterval(() => progress(`${what} … ${elapsed(began)}`), intervalMs);
  }, quietMs);
  try {
    return await work();
  } finally {
    clearTimeout(first);
    clearInterval(repeat);
  }
}

function elapsed(began: number): string {
  const seconds = Math.round((Date.now() - began) / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
