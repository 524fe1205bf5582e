/** Settles with the work, or rejects with the signal's reason as soon as it aborts. */
export async function settle<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  // Work that is left behind must not surface as an unhandled rejection.
  work.catch(() => {});
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    // Work usually fails because of the abort, with a poorer message: the reason is what happened.
    throw signal.aborted ? signal.reason : error;
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
