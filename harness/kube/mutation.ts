import type { KubeRequest } from './client.ts';

/** These are created to get an answer and are kept nowhere. Source: Kubernetes API, authorization and authentication groups. */
const QUESTIONS = /\/(self|local)?subject(access|rules)?reviews$|\/tokenreviews$/;

/** True for a request that may leave the cluster changed: no read, no dry run, no question. */
export function isMutating({ method, path, query }: KubeRequest): boolean {
  return method !== 'GET' && query?.dryRun === undefined && !isQuestion(path);
}

/** True for what is created to get an answer and kept nowhere, such as an access review. */
export function isQuestion(path: string): boolean {
  return QUESTIONS.test(path);
}
