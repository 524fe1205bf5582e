/** Waits for `ms`, or rejects with the signal's reason as soon as it aborts: the signal is the caller's bound. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
