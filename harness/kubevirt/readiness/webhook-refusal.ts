import { InfraError, ProductFailure } from '../../errors/errors.ts';
import { KubeError } from '../../kube/errors.ts';
import { webhookWords } from './webhook-words.ts';

/**
 * Does work that asks the API server to take objects; a refusal because an admission webhook did not answer is told by
 * the name of that webhook. @throws InfraError for somebody else's, ProductFailure for KubeVirt's own; else what it throws.
 */
export async function namingWebhooks<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const words = error instanceof KubeError && error.status >= 500 ? webhookWords(error.said) : undefined;
    if (words === undefined) throw error;
    const details = { cause: error, hint: words.hint };
    throw words.isKubevirts ? new ProductFailure(words.text, details) : new InfraError(words.text, details);
  }
}
