/**
 * Lets only so many through at a time; the others wait for their turn. Each question of its own connection would cost
 * a TLS handshake, and a few connections that are used again are sooner through with all of them.
 */
export function turnstile(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    // Whoever leaves hands the place over, so that nobody can step in between.
    if (inside === most) await new Promise<void>((enter) => waiting.push(enter));
    else inside++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) inside--;
      else next();
    }
  };
}
