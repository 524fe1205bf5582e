/** What the API server says of an admission webhook that did not answer. */
export interface WebhookWords {
  readonly name: string;
  /** KubeVirt's and CDI's own webhooks come up with them. */
  readonly isKubevirts: boolean;
  /** `webhook pods.policy.example does not answer: ...`. */
  readonly text: string;
  readonly hint: string;
}

/** Reads the words of a refusal because of a webhook that failed; undefined for any other one. Source: apiserver/pkg/admission/plugin/webhook. */
export function webhookWords(said: string): WebhookWords | undefined {
  const match = /failed calling webhook "([^"]+)"(?:: (?:failed to call webhook: )?(.*))?/s.exec(said);
  const name = match?.[1];
  if (name === undefined) return undefined;
  const isKubevirts = /\.kubevirt\.io$/.test(name);
  const why = match?.[2]?.trim() ?? '';
  return {
    name,
    isKubevirts,
    text: `webhook ${name} does not answer${why === '' ? '' : `: ${why}`}`,
    hint: isKubevirts
      ? 'look why virt-operator and virt-api do not serve their webhooks'
      : 'bring the service of that webhook back, or delete its configuration if nobody needs it',
  };
}
